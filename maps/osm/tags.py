"""What a way's tags say in one direction: is it a road, which way it runs, its rules and its name.

Access follows the wiki's chain: `access` < `vehicle` < `motor_vehicle` < `hgv`, the most specific tag
decides; `:forward` and `:backward` go before the plain key; `:conditional` clauses become TimedRules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from haoyun.maps.osm.conditions import Passing, Unreadable, parse_condition, split_clauses
from haoyun.maps.osm.figures import parse_access, parse_metres, parse_tonnes, stricter
from haoyun.maps.rules import Access, Condition, Limit, RoadRules, Subject, TimedRule

Tags = Mapping[str, str]

# Service ways (yards, parking, drives) would double a city's graph; the access leg to a site stands for them.
DEFAULT_CLASSES = (
    "motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "living_street",
    "road", "ferry",
)  # fmt: skip
CLASSES = (*DEFAULT_CLASSES, "service")  # all that may be asked for; a class brings its _link along
_LINKED = frozenset({"motorway", "trunk", "primary", "secondary", "tertiary"})
_NEVER_SERVICE = frozenset({"parking_aisle", "drive-through", "emergency_access", "driveway"})

_CHAIN = ("access", "vehicle", "motor_vehicle", "hgv")  # from general to specific
_LIMITS: dict[Limit, tuple[str, ...]] = {
    Limit.HEIGHT: ("maxheight", "maxheight:physical", "maxheight:legal", "maxheight:hgv"),
    Limit.WIDTH: ("maxwidth", "maxwidth:physical", "maxwidth:hgv"),
    Limit.LENGTH: ("maxlength", "maxlength:hgv"),
    Limit.WEIGHT: (
        "maxweight", "maxweightrating", "maxweight:hgv", "maxweightrating:hgv", "maxgcweight",
        "maxgcweightrating",
    ),
    Limit.AXLE_LOAD: ("maxaxleload", "maxaxleload:hgv"),
}  # fmt: skip
_FERRY_WORDS = ("hgv", "goods", "motor_vehicle", "motorcar", "vehicle", "access")
_TUNNEL_KEYS = ("hazmat:adr_tunnel_cat", "adr_tunnel_cat", "hazmat:tunnel_cat")
_CLOSED = (Access.NO, Access.PRIVATE)

_PLAIN = frozenset(
    {"highway", "route", "junction", "oneway", "oneway:motor_vehicle", "oneway:vehicle", "oneway:hgv", "toll",
     "toll:hgv", "hazmat", "hazmat:water", "service", "area", "motorcar", "goods", "maxspeed", "maxspeed:hgv"}
    | {*_CHAIN, *_TUNNEL_KEYS, *(f"hazmat:{letter}" for letter in "ABCDE")}
    | {key for keys in _LIMITS.values() for key in keys}
)  # fmt: skip
_SIDED = frozenset(f"{key}:{side}" for key in _PLAIN for side in ("forward", "backward"))
# Every key that decides about rules, direction, speed or class: ways that agree in these are alike.
KEYS = _PLAIN | _SIDED | frozenset(f"{key}:conditional" for key in _PLAIN | _SIDED)


def road_class(tags: Tags) -> str:
    """The way's class: its `highway`, "ferry" for a ferry that takes vehicles, "" for what is no road."""
    if tags.get("area") == "yes":
        return ""
    if tags.get("route") == "ferry":
        word = next((tags[key] for key in _FERRY_WORDS if key in tags), "no")  # many carry people only
        return "" if parse_access(word) in _CLOSED else "ferry"
    highway = tags.get("highway", "")
    if highway == "service" and tags.get("service") in _NEVER_SERVICE:
        return ""
    return highway if highway.removesuffix("_link") in CLASSES and highway != "ferry" else ""


def with_links(classes: tuple[str, ...]) -> frozenset[str]:
    """The classes and the slip roads that belong to them."""
    return frozenset(classes) | {f"{name}_link" for name in classes if name in _LINKED}


def is_open(rules: RoadRules) -> bool:
    """Whether any motor vehicle may drive here, if only at times."""
    at_times = [rule.value for rule in rules.timed if isinstance(rule.what, Subject)]
    return any(access not in _CLOSED for access in (rules.motor_vehicle, rules.hgv, *at_times))


def directions(tags: Tags) -> tuple[bool, bool]:
    """(may be driven along the way's node order, against it), by motor vehicles or by trucks alone."""
    usual, hgv = _runs(tags, ""), _runs(tags, "hgv")
    return usual[0] or hgv[0], usual[1] or hgv[1]


def rules_of(tags: Tags, forward: bool, unread: Counter[str] | None = None) -> RoadRules:
    """The legal situation in one direction. What cannot be read is left out and counted in `unread`.

    A condition without meaning to this program closes or limits the road at all times, and never opens it.
    """
    unread = Counter() if unread is None else unread
    side = 0 if forward else 1
    motor = _access(tags, _CHAIN[:3], forward)
    hgv = _access(tags, _CHAIN, forward)
    return RoadRules(
        **{limit.value: _limit(tags, limit, forward, unread) for limit in Limit},
        motor_vehicle=motor if _runs(tags, "")[side] else Access.NO,
        hgv=hgv if _runs(tags, "hgv")[side] else Access.NO,
        hazmat=_access(tags, ("hazmat",), forward),
        hazmat_water=_access(tags, ("hazmat:water",), forward),
        timed=tuple(_timed(tags, forward, unread)),
        toll=tags.get("toll:hgv", tags.get("toll", "no")) not in ("no", ""),
        tunnel_category=_tunnel_category(tags),
    )


def combined(a: RoadRules, b: RoadRules) -> RoadRules:
    """Both at once: the smaller of each limit, the stricter of each access, all clauses."""
    limits = {}
    for limit in Limit:
        figures = [
            figure for figure in (getattr(a, limit.value), getattr(b, limit.value)) if figure is not None
        ]
        limits[limit.value] = min(figures, default=None)
    return RoadRules(
        **limits,
        motor_vehicle=stricter(a.motor_vehicle, b.motor_vehicle),
        hgv=stricter(a.hgv, b.hgv),
        hazmat=stricter(a.hazmat, b.hazmat),
        hazmat_water=stricter(a.hazmat_water, b.hazmat_water),
        timed=a.timed + b.timed,
        toll=a.toll or b.toll,
        tunnel_category=max(a.tunnel_category, b.tunnel_category),
    )


def _value(tags: Tags, key: str, forward: bool, suffix: str = "") -> str | None:
    side = "forward" if forward else "backward"
    return tags.get(f"{key}:{side}{suffix}", tags.get(f"{key}{suffix}"))


def _access(tags: Tags, chain: tuple[str, ...], forward: bool) -> Access:
    for key in reversed(chain):
        word = _value(tags, key, forward)
        if word is not None:
            return parse_access(word)
    return Access.YES


def _runs(tags: Tags, vehicle: str) -> tuple[bool, bool]:
    keys = ([f"oneway:{vehicle}"] if vehicle else []) + ["oneway:motor_vehicle", "oneway:vehicle", "oneway"]
    oneway = next((tags[key] for key in keys if key in tags), "")
    if oneway in ("-1", "reverse"):
        return False, True
    if oneway == "reversible":  # which way it runs changes in the day; nobody can rely on either
        return False, False
    implied = tags.get("junction") in {"roundabout", "circular"} or tags.get("highway") == "motorway"
    if oneway in ("yes", "true", "1") or (implied and oneway not in ("no", "false", "0")):
        return True, False
    return True, True


def _limit(tags: Tags, limit: Limit, forward: bool, unread: Counter[str]) -> float | None:
    figures = []
    for key in _LIMITS[limit]:
        text = _value(tags, key, forward)
        if text is not None:
            try:
                figures.append(_parser(limit)(text))
            except ValueError:
                unread[f"{key}={text}"] += 1
    return min((figure for figure in figures if figure is not None), default=None)


def _parser(limit: Limit) -> Callable[[str], float | None]:
    return parse_tonnes if limit in (Limit.WEIGHT, Limit.AXLE_LOAD) else parse_metres


def _tunnel_category(tags: Tags) -> str:
    letters = [tags[key].strip().upper() for key in _TUNNEL_KEYS if key in tags]
    letters += [letter for letter in "ABCDE" if tags.get(f"hazmat:{letter}") == "no"]
    return max((letter for letter in letters if letter in ("A", "B", "C", "D", "E")), default="")


def _timed(tags: Tags, forward: bool, unread: Counter[str]) -> Iterator[TimedRule]:
    for subject, chain in (
        (Subject.MOTOR_VEHICLE, _CHAIN[:3]),
        (Subject.HGV, _CHAIN),
        (Subject.HAZMAT, ("hazmat",)),
    ):
        settled = max((i for i, key in enumerate(chain) if _value(tags, key, forward)), default=0)
        for key in chain[settled:]:
            yield from _clauses(tags, key, subject, parse_access, forward, unread)
    for limit, keys in _LIMITS.items():
        for key in keys:
            yield from _clauses(tags, key, limit, _parser(limit), forward, unread)


def _clauses(
    tags: Tags,
    key: str,
    what: Limit | Subject,
    parse: Callable[[str], Any],
    forward: bool,
    unread: Counter[str],
) -> Iterator[TimedRule]:
    text = _value(tags, key, forward, ":conditional")
    if text is None:
        return
    try:
        clauses = split_clauses(text)
    except Unreadable:
        unread[f"{key}:conditional={text}"] += 1
        return
    for word, condition in clauses:
        try:
            value = parse(word)
            yield TimedRule(what, value, parse_condition(condition))
        except Passing:
            continue
        except Unreadable:
            unread[f"{key}:conditional={text}"] += 1
            if _binds(value):
                yield TimedRule(what, value, Condition())
        except ValueError:
            unread[f"{key}:conditional={text}"] += 1


def _binds(value: Access | float | None) -> bool:
    return not value.is_through if isinstance(value, Access) else value is not None
