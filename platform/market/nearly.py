"""Near misses: pairs that fit once a little gives way, with what would have to give way.

A cure is the smallest change of the load or the offer that the broken constraint asks for. Cures are tried one after
the other until the pair fits; what breaks a constraint without a cure, or asks for more than these limits, is no near
miss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.capacities_store import get_capacity
from haoyun.platform.market.capacity import MAX_RADIUS_KM, Capacity
from haoyun.platform.market.disclosure import seen_by
from haoyun.platform.market.figures import MarketFigures
from haoyun.platform.market.index import view_of
from haoyun.platform.market.load import Load
from haoyun.platform.market.loads_store import get_load
from haoyun.platform.market.match import Match, WhyNot
from haoyun.platform.market.matching import explain
from haoyun.platform.market.offers import read_capacities, read_loads
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.sieve import Leniency
from haoyun.platform.market.tables import CAPACITY, LOAD
from haoyun.platform.market.values import Equipment, Window
from haoyun.platform.market.words import Params, sentence

SHARE = 0.10  # too heavy, too voluminous, too cheap
CM = 100  # too long
LATE_MIN = 120
OUTSIDE_KM = 50
_LENIENT = Leniency(share=SHARE, cm=CM, ms=LATE_MIN * 60_000, m=OUTSIDE_KM * 1000.0, equipment=True)
_MOST_CURES = 3
_LOOKED_AT = 60
SHOWN = 10

Pair = tuple[Load, Capacity]


@dataclass(frozen=True, slots=True)
class Cure:
    """A constraint that is in the way, and what would clear it: two keys of `words` with their figures."""

    broken: WhyNot
    key: str
    params: Params

    def message(self, language: str = "en") -> str:
        """What would make it fit, as a sentence."""
        return sentence(self.key, self.params, language)


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A pair that would be `match` with all the cures."""

    load: Load
    capacity: Capacity
    cures: tuple[Cure, ...]
    match: Match


def near_miss(
    load: Load, capacity: Capacity, context: MatchContext, market: MarketFigures, now: datetime
) -> NearMiss | None:
    """What would make the pair fit; None where it fits, or where that is too much."""
    pair, cures = (load, capacity), list[Cure]()
    while True:
        verdict = explain(*pair, context, market, now)
        if isinstance(verdict, Match):
            return NearMiss(load, capacity, tuple(cures), verdict) if cures else None
        cured = _CURES[verdict.key](pair, verdict.params) if verdict.key in _CURES else None
        if cured is None or len(cures) == _MOST_CURES:
            return None
        pair, key, params = cured
        if (
            key in _WINDOW_OF
        ):  # one window may be in the way twice: what counts is how much longer it is in the end
            late = _longer_by(load, pair[0], _WINDOW_OF[key])
            if late > LATE_MIN:
                return None
            cures, params = [one for one in cures if one.key != key], {"late_min": late}
        cures.append(Cure(verdict, key, params))


def near_loads(
    db: sa.Connection, capacity_id: str, viewer: Actor, now: datetime, context: MatchContext
) -> list[NearMiss]:
    """Loads that nearly fit a capacity: for its carrier all that it may see, for a shipper its own. Raises NotFound."""
    capacity = get_capacity(db, capacity_id, viewer)
    if not capacity.is_open(now):
        return []
    view = view_of(db, now)
    mine = None if _sees_all(viewer, capacity.org_id) else _of_org(db, LOAD, viewer.org_id)
    near = view.loads_for(capacity, context, now, _LENIENT)
    ids = _only_near(near, view.loads_for(capacity, context, now), mine)
    found = read_loads(db, ids)
    misses = (near_miss(found[key], capacity, context, view.figures, now) for key in ids if key in found)
    return _best(misses, viewer)


def near_capacities(
    db: sa.Connection, load_id: str, viewer: Actor, now: datetime, context: MatchContext
) -> list[NearMiss]:
    """Capacities that nearly fit a load: for its publisher all, for a carrier its own. Raises NotFound."""
    load = get_load(db, load_id, viewer)
    if not load.is_open(now):
        return []
    view = view_of(db, now)
    mine = None if _sees_all(viewer, load.org_id) else _of_org(db, CAPACITY, viewer.org_id)
    (near,) = view.capacities_for([load], context, now, _LENIENT)
    (exact,) = view.capacities_for([load], context, now)
    ids = _only_near(near, exact, mine)
    found = read_capacities(db, ids)
    misses = (near_miss(load, found[key], context, view.figures, now) for key in ids if key in found)
    return _best(misses, viewer)


def _sees_all(viewer: Actor, org_id: str) -> bool:
    return viewer.sees_all or viewer.org_id == org_id


def _of_org(db: sa.Connection, table: sa.Table, org_id: str) -> set[str]:
    return set(db.scalars(sa.select(table.c.id).where(table.c.org_id == org_id)))


def _only_near(
    lenient: Iterator[tuple[str, float]], exact: Iterator[tuple[str, float]], mine: set[str] | None
) -> list[str]:
    """Ids that only leniency lets through, of `mine` where those are given."""
    fit = {key for key, _ in exact}
    near = (key for key, _ in lenient if key not in fit and (mine is None or key in mine))
    return list(islice(near, _LOOKED_AT))


def _best(found: Iterator[NearMiss | None], viewer: Actor) -> list[NearMiss]:
    near = [
        replace(one, match=seen_by(one.match, viewer, one.capacity.org_id))
        for one in found
        if one is not None
    ]
    near.sort(key=lambda one: (len(one.cures), -one.match.score, one.load.id, one.capacity.id))
    return near[:SHOWN]


Cured = tuple[Pair, str, Params]


def _less(field: str, limit: str, key: str) -> Callable[[Pair, Params], Cured | None]:
    def cure(pair: Pair, params: Params) -> Cured | None:
        load, capacity = pair
        most, over = getattr(capacity, limit), next(iter(params.values()))
        allowed = CM if field.endswith("_cm") else SHARE * getattr(load, field)
        if float(over) > allowed or (field == "weight_kg" and most < 1):
            return None
        changed: dict[str, Any] = {field: most}
        return (replace(load, **changed), capacity), key, {"most": most}

    return cure


def _longer(name: str, key: str) -> Callable[[Pair, Params], Cured | None]:
    def cure(pair: Pair, params: Params) -> Cured | None:
        load, late = pair[0], float(params["late_min"])
        if late > LATE_MIN:
            return None
        window = getattr(load, name)
        changed: dict[str, Any] = {name: Window(window.start, window.end + timedelta(minutes=late))}
        return (replace(load, **changed), pair[1]), key, {"late_min": late}

    return cure


_WINDOW_OF = {"fits_with_pickup": "pickup", "fits_with_delivery": "delivery"}


def _longer_by(before: Load, after: Load, name: str) -> int:
    longer: timedelta = getattr(after, name).end - getattr(before, name).end
    return round(longer.total_seconds() / 60)


def _farther(pair: Pair, params: Params) -> Cured | None:
    load, capacity = pair
    over = int(params["over_km"])
    if over > OUTSIDE_KM or capacity.radius_km + over > MAX_RADIUS_KM:
        return None
    wider = replace(capacity, radius_km=capacity.radius_km + over)
    return (load, wider), "fits_with_radius", {"radius_km": wider.radius_km}


def _dearer(pair: Pair, params: Params) -> Cured | None:
    load, capacity = pair
    short, floor = float(params["short_fen"]), capacity.min_price_fen or 0
    if short > SHARE * floor:
        return None
    return (replace(load, price_fen=floor), capacity), "fits_with_price", {"yuan": floor / 100}


def _equipped(pair: Pair, params: Params) -> Cured | None:
    load, capacity = pair
    missing = str(params["missing"])
    more = frozenset(Equipment(name) for name in missing.split("/"))
    return (
        (load, replace(capacity, equipment=capacity.equipment | more)),
        "fits_with_equipment",
        {"missing": missing},
    )


_CURES: Mapping[str, Callable[[Pair, Params], Cured | None]] = {
    "lacks_equipment": _equipped,
    "too_heavy": _less("weight_kg", "weight_kg", "fits_with_weight"),
    "too_voluminous": _less("volume_dm3", "volume_dm3", "fits_with_volume"),
    "too_much_floor": _less("ldm_cm", "ldm_cm", "fits_with_floor"),
    "piece_too_long": _less("max_piece_cm", "length_cm", "fits_with_piece"),
    "outside_origin_area": _farther,
    "outside_destination_area": _farther,
    "not_ready_in_time": _longer("pickup", "fits_with_pickup"),
    "late_at_pickup": _longer("pickup", "fits_with_pickup"),
    "late_at_delivery": _longer("delivery", "fits_with_delivery"),
    "price_below_floor": _dearer,
}
