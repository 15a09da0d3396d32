"""A second reading of an OpenStreetMap extract, to find what a route breaks. Shares no code with the engine.

It reads ways, barriers and turn restrictions with osmium, knows the drawn line of a route and nothing else, and
looks the line's points up among the nodes of the file. What it cannot read it counts, so that nothing passes
unseen. Conditional tags are taken at their strictest.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import osmium

Point = tuple[int, int]  # 1e-7 degrees, as OpenStreetMap stores them
Piece = tuple[int, bool, Point, Point]
CLOSED = {"no", "private", "agricultural", "forestry", "military", "emergency", "delivery_only"}
LOCAL = {"destination", "delivery", "customers", "permit"}
STOPS = {
    "bollard",
    "block",
    "jersey_barrier",
    "log",
    "debris",
    "cycle_barrier",
    "motorcycle_barrier",
    "chain",
}


@dataclass(frozen=True)
class Truck:
    height_m: float
    width_m: float
    length_m: float
    weight_t: float
    axle_t: float
    hazmat: bool


@dataclass
class Restriction:
    kind: str
    source: set[int]
    via_ways: list[int]
    via_node: int
    target: set[int]


@dataclass
class Law:
    tags: dict[int, dict[str, str]] = field(default_factory=dict)
    segments: dict[tuple[Point, Point], list[tuple[int, bool]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    nodes: dict[Point, set[int]] = field(default_factory=lambda: defaultdict(set))
    way_points: dict[int, list[Point]] = field(default_factory=dict)
    barriers: dict[int, dict[str, str]] = field(default_factory=dict)
    restrictions: list[Restriction] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)


def read_law(path: Path) -> Law:
    law = Law()
    for thing in osmium.FileProcessor(str(path)).with_locations():
        tags = {tag.k: tag.v for tag in thing.tags}
        if thing.is_node() and ("barrier" in tags or "maxheight" in tags):
            law.barriers[thing.id] = tags
        elif thing.is_way() and ("highway" in tags or tags.get("route") == "ferry"):
            points = []
            for node in thing.nodes:
                if node.location.valid():
                    point = (node.location.x, node.location.y)
                    law.nodes[point].add(node.ref)
                    points.append(point)
            law.tags[thing.id], law.way_points[thing.id] = tags, points
            for a, b in pairwise(points):
                law.segments[a, b].append((thing.id, True))
                law.segments[b, a].append((thing.id, False))
        elif thing.is_relation() and tags.get("type", "").startswith("restriction"):
            _add_restriction(law, thing, tags)
    return law


def _add_restriction(law: Law, relation: osmium.osm.Relation, tags: dict[str, str]) -> None:
    kind = tags.get("restriction:hgv") or tags.get("restriction") or ""
    if not kind and any(key.startswith("restriction:") for key in tags):
        kind = next(v for k, v in sorted(tags.items()) if k.startswith("restriction:"))
        kind = kind.split("@")[0].strip()
        if not any(k in tags for k in ("restriction:conditional", "restriction:hgv:conditional")):
            return  # of bicycles, buses, ...
    if not kind or {"hgv", "motor_vehicle", "motorcar;hgv"} & set(
        re.split(r"[;, ]+", tags.get("except", ""))
    ):
        return
    ends: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for member in relation.members:
        ends[member.role].append((member.type, member.ref))
    via_ways = [ref for kind_, ref in ends["via"] if kind_ == "w"]
    via_nodes = [ref for kind_, ref in ends["via"] if kind_ == "n"]
    source, target = {r for _, r in ends["from"]}, {r for _, r in ends["to"]}
    if not source or not target or not (via_ways or via_nodes):
        law.unread["restriction without from, via or to"] += 1
        return
    law.restrictions.append(Restriction(kind, source, via_ways, via_nodes[0] if via_nodes else 0, target))


def drive_of(law: Law, line: list[tuple[float, float]], ways: list[int]) -> list[Piece]:
    """(way, along it?, point, point) of every piece of a (lat, lon) line; LookupError for one that is on no way.

    The first and the last point may lie between two nodes, or so close to one that nothing is left of the first
    or the last way. Ways may lie on each other, so all places in the
    list of ways are followed at once: each piece stays on its way or goes on to the next one.
    """
    at = [(round(lon * 1e7), round(lat * 1e7)) for lat, lon in line]
    at = [p for i, p in enumerate(at) if i == 0 or p != at[i - 1]]
    steps: list[dict[int, tuple[int, bool]]] = []  # for each piece: place in `ways` -> (place before, along?)
    for i, (a, b) in enumerate(pairwise(at)):
        before = {0} if i == 0 else set(steps[-1])
        step: dict[int, tuple[int, bool]] = {}
        for place in sorted(before):
            for onto in (place, place + 1):
                if onto < len(ways) and onto not in step:
                    along = _lies_on(law, a, b, ways[onto], i == 0, i == len(at) - 2)
                    if along is not None:
                        step[onto] = (place, along)
        if not step:
            raise LookupError(
                f"the piece {a} to {b} of the line is not on the ways {[ways[p] for p in before]}"
            )
        steps.append(step)
    place = max(steps[-1], default=0) if steps else 0
    if place < len(ways) - 2:
        raise LookupError(f"the line ends before the way {ways[-1]}")
    pieces: list[Piece] = []
    for step, (a, b) in zip(reversed(steps), reversed(list(pairwise(at))), strict=True):
        before_place, along = step[place]
        pieces.append((ways[place], along, a, b))
        place = before_place
    return pieces[::-1]


def _lies_on(law: Law, a: Point, b: Point, way: int, first: bool, last: bool) -> bool | None:
    """Whether a piece runs along a way (True) or against it (False); None if it is not on it."""
    for other, along in law.segments.get((a, b), ()):
        if other == way:
            return along
    return _partial(law, a, b, way, first, last) if first or last else None


def _partial(law: Law, a: Point, b: Point, way: int, first: bool, last: bool) -> bool | None:
    for p, q in pairwise(law.way_points[way]):
        for u, v, along in ((p, q, True), (q, p, False)):
            ends_fit = (first or u == a) and (last or v == b)
            if ends_fit and _between(u, a, v) and _between(u, b, v) and _ahead(u, a, b, v):
                return along
    return None


def _between(u: Point, p: Point, v: Point) -> bool:
    """Whether p lies on the piece from u to v, within a decimetre."""
    ux, uy, vx, vy = 0, 0, v[0] - u[0], v[1] - u[1]
    px, py = p[0] - u[0], p[1] - u[1]
    length = vx * vx + vy * vy
    t = max(0.0, min(1.0, (px * vx + py * vy) / length)) if length else 0.0
    return (px - ux - t * vx) ** 2 + (py - uy - t * vy) ** 2 <= 30**2


def _ahead(u: Point, a: Point, b: Point, v: Point) -> bool:
    return (b[0] - a[0]) * (v[0] - u[0]) + (b[1] - a[1]) * (v[1] - u[1]) >= 0


def faults_of(law: Law, truck: Truck, line: list[tuple[float, float]], ways: list[int]) -> list[str]:
    """Everything that a drive along a line breaks; empty if it is legal."""
    pieces = drive_of(law, line, ways)
    found, kinds = [], []
    for way, along in dict.fromkeys((p[0], p[1]) for p in pieces):
        kind, why = _may_drive(law, truck, way, along)
        if kind == "closed":
            found.append(f"way {way}: {why}")
    for piece in pieces:
        kinds.append(_may_drive(law, truck, piece[0], piece[1])[0][0])
    if "l" in "".join(kinds).strip("l"):
        local = sorted({p[0] for p, k in zip(pieces, kinds, strict=True) if k == "l"})
        found.append(f"passes through roads for destination traffic, among them: {local}")
    found += _barred(law, truck, pieces)
    return found + _turned(law, pieces)


def _may_drive(law: Law, truck: Truck, way: int, along: bool) -> tuple[str, str]:
    """("through", "local" or "closed", why)."""
    tags, side = law.tags[way], "forward" if along else "backward"
    if _against_oneway(tags, along):
        return "closed", "against its direction"
    local = ""
    for key, own in (
        ("maxheight", truck.height_m), ("maxheight:physical", truck.height_m), ("maxwidth", truck.width_m),
        ("maxwidth:physical", truck.width_m), ("maxlength", truck.length_m), ("maxweight", truck.weight_t),
        ("maxweightrating", truck.weight_t), ("maxgcweight", truck.weight_t),
        ("maxweight:hgv", truck.weight_t), ("maxweightrating:hgv", truck.weight_t), ("maxaxleload", truck.axle_t),
    ):  # fmt: skip
        for name in (key, f"{key}:{side}"):
            most = _figure(law, name, tags[name]) if name in tags else None
            clauses = _clauses(tags.get(f"{name}:conditional", ""))
            exempt = [c for v, c in clauses if v in ("none", "no") and LOCAL & set(re.findall(r"\w+", c))]
            at_times = [_figure(law, name, v) for v, c in clauses if not LOCAL & set(re.findall(r"\w+", c))]
            if any(figure is not None and own > figure for figure in at_times):
                return "closed", f"{name}:conditional={tags[f'{name}:conditional']}"
            if most is not None and own > most:
                if not exempt:
                    return "closed", f"{name}={tags[name]}"
                local = f"{name}={tags[name]} but {exempt}"
    kind, why = _access(tags, truck, side)
    return ("local", local) if local and kind == "through" else (kind, why)


def _access(tags: dict[str, str], truck: Truck, side: str) -> tuple[str, str]:
    values = []
    for key in ("hgv", "motor_vehicle", "vehicle", "access"):
        value = tags.get(f"{key}:{side}", tags.get(key))
        values += [
            v for v, c in _clauses(tags.get(f"{key}:conditional", "")) if "weight" not in c and v in CLOSED
        ]
        if value is not None:
            values.append(value)
            break
    if truck.hazmat:
        values.append(tags.get(f"hazmat:{side}", tags.get("hazmat", "yes")))
    if any(v in CLOSED for v in values):
        return "closed", f"access {values}"
    return ("local", f"access {values}") if any(v in LOCAL for v in values) else ("through", "")


def _clauses(text: str) -> list[tuple[str, str]]:
    """(value, condition) of a conditional tag."""
    parts = re.split(r";(?![^(]*\))", text)
    return [(v.strip(), c.strip()) for v, _, c in (part.partition("@") for part in parts) if v.strip()]


def _against_oneway(tags: dict[str, str], along: bool) -> bool:
    oneway = tags.get("oneway:hgv", tags.get("oneway:motor_vehicle", tags.get("oneway", "")))
    if not oneway and (
        tags.get("junction") in ("roundabout", "circular") or tags.get("highway") == "motorway"
    ):
        oneway = "yes"
    return not along if oneway in ("yes", "1", "true") else (along if oneway in ("-1", "reverse") else False)


def _figure(law: Law, key: str, text: str) -> float | None:
    """Metres or tonnes; None for what sets no limit and, counted, for what cannot be read."""
    if text in ("default", "none", "below_default", "no_indications", "no_sign", "unsigned"):
        return None
    plain = re.fullmatch(r"(\d+(?:[.,]\d+)?) ?(m|t|st)?", text)
    if plain:
        return float(plain[1].replace(",", ".")) * (0.90718474 if plain[2] == "st" else 1.0)
    feet = re.fullmatch(r"(\d+)'(?: ?(\d+)\")?", text)
    if feet:
        return int(feet[1]) * 0.3048 + int(feet[2] or 0) * 0.0254
    law.unread[f"{key}={text}"] += 1
    return None


def _barred(law: Law, truck: Truck, pieces: list[Piece]) -> list[str]:
    found = []
    for _, _, _, point in pieces[:-1]:
        for node in law.nodes[point]:
            tags = law.barriers.get(node, {})
            access = tags.get("hgv", tags.get("motor_vehicle", tags.get("vehicle", tags.get("access", ""))))
            if tags.get("barrier") in STOPS and access not in ("yes", "permissive", "designated", *LOCAL):
                found.append(f"node {node}: barrier={tags['barrier']}")
            if (
                "maxheight" in tags
                and (most := _figure(law, "maxheight", tags["maxheight"]))
                and most < truck.height_m
            ):
                found.append(f"node {node}: maxheight={tags['maxheight']}")
    return found


def _turned(law: Law, pieces: list[Piece]) -> list[str]:
    """Broken turn restrictions: runs of pieces are compared with from, via and to."""
    found = []
    by_source: dict[int, list[Restriction]] = defaultdict(list)
    for rule in law.restrictions:
        for way in rule.source:
            by_source[way].append(rule)
    for i in range(len(pieces) - 1):
        for rule in by_source.get(pieces[i][0], ()):
            j, inside = i + 1, True
            if not rule.via_ways:
                inside = rule.via_node in law.nodes[pieces[i][3]]
            else:
                for via in rule.via_ways:
                    begun = j
                    while j < len(pieces) and pieces[j][0] == via:
                        j += 1
                    inside = inside and j > begun
            if not inside or j >= len(pieces):
                continue
            onto = pieces[j][0]
            turns_back = onto == pieces[i][0] and pieces[j][3] == pieces[i][2]
            if rule.kind.startswith("no_"):
                meant = onto in rule.target and (
                    rule.kind != "no_u_turn" or turns_back or onto != pieces[i][0]
                )
                meant = meant and (onto != pieces[i][0] or turns_back)
                if meant:
                    found.append(f"{rule.kind} from {pieces[i][0]} at {pieces[i][3]} to {onto}")
            elif rule.kind.startswith("only_") and onto not in rule.target and not rule.via_ways:
                found.append(f"{rule.kind} from {pieces[i][0]} at {pieces[i][3]}: took {onto}")
    return found
