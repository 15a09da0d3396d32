"""The sieve before `assess`: loads against all capacities, or one capacity against all loads, in columns.

It lets through every pair that may be feasible, with a score that is off by no more than rounding where the pair is;
`assess` decides. A test holds both against assessing every pair.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.geodesy import haversine_m
from haoyun.platform.market.columns import MODES, CapacityColumns, Codes, LoadColumns, Numbers, Places, View
from haoyun.platform.market.driving import FloatArray, legal_durations_s
from haoyun.platform.market.figures import MarketFigures
from haoyun.platform.market.roads import FRESH, SERVICE_S, MatchContext, Standing, VehiclePosition, pace_m_s
from haoyun.platform.market.score import (
    ANY_BODY_SHARE,
    COMFORTABLE_SLACK_S,
    EMPTY_SHARE_WITHOUT_POINTS,
    GOOD_MARGIN,
    UNKNOWN_SHARE,
    WAIT_WITHOUT_POINTS_S,
    WEIGHTS,
)
from haoyun.platform.market.values import Mode
from haoyun.platform.market.way import AREA_SPEED_M_S
from haoyun.tracking.instants import to_ms

_SLACK_M, _SLACK_MS = 1.0, 1000  # the sieve may err only on the side of letting through
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Leniency:
    """How much a pair may miss and still be let through: nothing but rounding, or a little, to find near misses."""

    share: float = 0.0  # of weight, volume and price
    cm: int = 0  # of floor and of the longest piece
    ms: int = _SLACK_MS
    m: float = _SLACK_M
    equipment: bool = False  # whatever is missing


EXACT = Leniency()
_PAIRS_AT_ONCE = 500_000  # that a block of loads makes with all capacities: some 10 MB for a moment


@dataclass(frozen=True, slots=True)
class Survivors:
    """Ids of the other side that may fit, the best score first; `score` is a guess, never far below the true one."""

    ids: list[str]
    score: FloatArray


NOBODY = Survivors([], np.empty(0))


@dataclass(frozen=True, slots=True, eq=False)
class _Starts:
    """Where vehicles start, towards the pickup: a number a pair."""

    leaves_ms: Any
    empty_m: FloatArray
    empty_s: FloatArray
    unknown: Any


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """Both sides in columns, with what gives numbers to their names."""

    places: Places
    orgs: Numbers
    lanes: Numbers
    loads: LoadColumns
    capacities: CapacityColumns

    @classmethod
    def empty(cls) -> Market:
        """Nobody offers anything."""
        places, orgs, lanes = Places(), Numbers(), Numbers()
        return cls(places, orgs, lanes, LoadColumns(places, orgs, lanes), CapacityColumns(places, orgs))

    def capacities_for(
        self,
        loads: View,
        seen_by: Sequence[frozenset[str] | None],
        figures: MarketFigures,
        context: MatchContext,
        now: datetime,
        lenient: Leniency = EXACT,
    ) -> list[Survivors]:
        """Capacities that may carry each of some loads, which are columns of one length; `seen_by` are the
        organizations that may see each of them (None: all)."""
        found = [NOBODY] * len(seen_by)
        known = self.places.rows_of(context)[loads["origin"]] >= 0
        at_once = max(1, _PAIRS_AT_ONCE // max(1, len(self.capacities.ids)))
        for number in np.unique(loads["mode"][known]).tolist():
            same = np.flatnonzero(known & (loads["mode"] == number))
            for i in range(0, len(same), at_once):
                rows = same[i : i + at_once]
                part = {name: column[rows] for name, column in loads.items()}
                visible = [seen_by[row] for row in rows.tolist()]
                survivors = self._for_loads(part, visible, MODES[number], figures, context, now, lenient)
                for row, one in zip(rows.tolist(), survivors, strict=True):
                    found[row] = one
        return found

    def _for_loads(
        self,
        loads: View,
        seen_by: Sequence[frozenset[str] | None],
        mode: Mode,
        figures: MarketFigures,
        context: MatchContext,
        now: datetime,
        lenient: Leniency,
    ) -> list[Survivors]:
        """Loads of one mode whose origins the map knows, all pairs at once: `of` is a pair's load, `rows` its truck."""
        side = self.capacities.whole()
        near = np.broadcast_to(
            side["alive"] & (side["mode"] == MODES.index(mode)), (len(seen_by), len(side["org"]))
        )
        near = near.copy()
        for i, orgs in enumerate(seen_by):
            if orgs is not None:
                near[i] &= np.isin(side["org"], [self.orgs.of(org) for org in orgs])
        lat, lon = self.places.positions()
        for end in ("origin", "destination"):
            at = loads[end]
            away_m = haversine_m(lat[at][:, None], lon[at][:, None], lat, lon)
            anywhere = np.zeros((len(at), 1))  # the last place, -1: it goes anywhere
            near &= np.hstack((away_m, anywhere))[:, side[end]] <= side["radius"] + lenient.m
        of, rows = np.nonzero(near)
        load, capacity = {name: column[of] for name, column in loads.items()}, self.capacities.some(rows)
        fits = np.flatnonzero(_standing(load, capacity, to_ms(now), lenient))
        load, capacity, of, rows = _take(load, fits), _take(capacity, fits), of[fits], rows[fits]
        if not len(rows):
            return [NOBODY] * len(seen_by)
        place = self.places.rows_of(context)[load["origin"]]
        starts = self._starts(rows, capacity, place, mode, context, now)
        may, points = self._rank(load, capacity, starts, mode, figures, context, lenient)
        of, rows = of[may], rows[may]
        order = np.lexsort((-points, of))
        ends = np.searchsorted(of[order], np.arange(len(seen_by) + 1))
        return [
            self._named(self.capacities.ids, rows[order[a:b]], points[order[a:b]])
            for a, b in pairwise(ends.tolist())
        ]

    def loads_for(
        self,
        capacity: View,
        org_id: str,
        start: tuple[int, FloatArray | None, FloatArray | None, bool],
        figures: MarketFigures,
        context: MatchContext,
        now: datetime,
        lenient: Leniency = EXACT,
    ) -> Survivors:
        """Loads that a capacity of `org_id` may carry; `start` is when it leaves, metres and seconds to each place of
        the context, and whether its position is unknown."""
        leaves_ms, distance_m, duration_s, unknown = start
        if distance_m is None or duration_s is None or not len(self.loads):
            return NOBODY
        side = self.loads.whole()
        place = self.places.rows_of(context)
        lat, lon = self.places.positions()
        near = {"origin": place >= 0, "destination": np.ones(len(place), dtype=np.bool_)}
        for end, there in near.items():
            if capacity[end] >= 0:
                away_m = haversine_m(lat, lon, lat[capacity[end]], lon[capacity[end]])
                near[end] = there & (away_m <= capacity["radius"] + lenient.m)
        # Most are too far away: the other columns are looked at for the rest only.
        rows = np.flatnonzero(side["alive"] & near["origin"][side["origin"]])
        rows = rows[near["destination"][side["destination"][rows]]]
        chosen = self.loads.some(rows)
        fits = _standing(chosen, capacity, to_ms(now), lenient)
        hidden = chosen["narrow"] & (chosen["org"] != self.orgs.of(org_id))
        guests = self.loads.invited.get(org_id)
        if guests:
            hidden &= ~np.isin(rows, list(guests))
        kept = np.flatnonzero(fits & ~hidden)
        if not len(kept):
            return NOBODY
        rows, chosen = rows[kept], _take(chosen, kept)
        at = place[chosen["origin"]]
        starts = _Starts(leaves_ms, distance_m[at], duration_s[at], unknown)
        mode = MODES[int(capacity["mode"])]
        may, points = self._rank(chosen, capacity, starts, mode, figures, context, lenient)
        order = np.argsort(-points, kind="stable")
        return self._named(self.loads.ids, rows[may[order]], points[order])

    @staticmethod
    def _named(ids: list[str], rows: Codes, points: FloatArray) -> Survivors:
        return Survivors([ids[row] for row in rows.tolist()], points)

    def _starts(
        self, rows: Codes, chosen: View, place: Codes, mode: Mode, context: MatchContext, now: datetime
    ) -> _Starts:
        """As `way.departure` says, of each truck towards a place of its own."""
        now_ms = to_ms(now)
        known = self.places.rows_of(context)[chosen["origin"]]
        later = chosen["ready_start"] > now_ms
        area_m = np.where(later, 0.0, chosen["radius"])
        distance_m = np.where(known >= 0, context.distance_m[known, place], np.inf)
        by_road_s = np.where(known >= 0, context.duration_s[known, place], np.inf)
        empty_m = distance_m + area_m
        empty_s = (by_road_s if mode is Mode.ROAD else distance_m / pace_m_s(mode)) + area_m / AREA_SPEED_M_S
        unknown = ~later
        live, of, seen = self._seen(rows, np.flatnonzero(~later), context, now)
        if live:
            to = place[seen]
            unknown[seen] = False
            empty_m[seen] = np.stack([one.distance_m for one in live])[of, to]
            by_road_s = np.stack([one.duration_s for one in live])[of, to]
            empty_s[seen] = by_road_s if mode is Mode.ROAD else empty_m[seen] / pace_m_s(mode)
        return _Starts(np.where(later, chosen["ready_start"], now_ms), empty_m, empty_s, unknown)

    def _seen(
        self, rows: Codes, ready: Codes, context: MatchContext, now: datetime
    ) -> tuple[list[VehiclePosition], Codes, Codes]:
        """Fresh positions of trucks that are ready now; for each pair that has one its number, and the pair's."""
        live: list[VehiclePosition] = []
        if not context.positions:
            return live, ready, ready
        trucks, which = np.unique(rows[ready], return_inverse=True)
        number = np.full(len(trucks), -1)
        for i, row in enumerate(trucks.tolist()):
            position = context.positions.get(self.capacities.vehicle[row])
            if position is not None and now - position.seen_at <= FRESH:
                number[i] = len(live)
                live.append(position)
        of = number[which]
        return live, of[of >= 0], ready[of >= 0]

    def _rank(
        self,
        load: View,
        capacity: View,
        starts: _Starts,
        mode: Mode,
        figures: MarketFigures,
        context: MatchContext,
        lenient: Leniency,
    ) -> tuple[Codes, FloatArray]:
        """Which of the pairs may be in time, and their points."""
        law = context.law_of(mode)
        arrives = starts.leaves_ms + 1000 * legal_durations_s(starts.empty_s, law)
        pickup = np.maximum(arrives, load["pickup_start"])
        delivery = pickup + 1000 * (SERVICE_S + legal_durations_s(np.asarray(load["duration"]), law))
        in_time = arrives <= load["pickup_end"] + lenient.ms
        in_time &= delivery <= load["delivery_end"] + lenient.ms
        booked = np.broadcast_to(capacity["booked"], in_time.shape)
        may = np.flatnonzero(in_time | booked)
        load, capacity = _take(load, may), _take(capacity, may)
        starts = _Starts(
            *(_only(one, may) for one in (starts.leaves_ms, starts.empty_m, starts.empty_s, starts.unknown))
        )
        reference_fen = float(context.costs.price_per_km_fen)
        basis = _by(self.lanes, load["lane"], lambda lanes: figures.per_km_of(lanes, reference_fen))
        chance = self._backhaul(load, mode, figures)
        points = _points(load, capacity, starts, arrives[may], booked[may], basis, chance, context)
        points += self._word(capacity["org"], attrgetter("on_time"), "on_time", context)
        points += self._word(load["org"], attrgetter("kept"), "kept", context)
        return may, points

    def _backhaul(self, load: View, mode: Mode, figures: MarketFigures) -> FloatArray:
        known, place = np.unique(np.atleast_1d(load["destination"]), return_inverse=True)
        found = []
        for number in known.tolist():
            key = (mode, self.places.codes[number])
            found.append(min(1.0, figures.loads_from.get(key, 0) / (figures.vehicles_at.get(key, 0) + 1)))
        return np.array(found, dtype=np.float64)[place]

    def _word(
        self, column: Any, of: Callable[[Standing], float | None], key: str, context: MatchContext
    ) -> Any:
        standing = context.standing
        if not standing:
            return WEIGHTS[key] * UNKNOWN_SHARE
        shares = {
            org: UNKNOWN_SHARE if (share := of(one)) is None else share for org, one in standing.items()
        }
        return WEIGHTS[key] * _by(
            self.orgs, column, lambda orgs: [shares.get(org, UNKNOWN_SHARE) for org in orgs]
        )


def _by(numbers: Numbers, column: Any, of: Callable[[list[Any]], list[float]]) -> FloatArray:
    """What `of` says of each name, by row; asked once for a name."""
    known, place = np.unique(np.atleast_1d(column), return_inverse=True)
    return np.array(of([numbers.names[i] for i in known.tolist()]), dtype=np.float64)[place]


def _standing(load: View, capacity: View, now_ms: int, lenient: Leniency) -> Mask:
    """The constraints that two offers alone tell, but for who sees whom and the area."""
    fits = load["mode"] == capacity["mode"]
    fits = fits & ((load["body"] == 0) | ((load["body"] & capacity["body"]) != 0))
    if not lenient.equipment:
        fits &= (load["equipment"] & ~capacity["equipment"]) == 0
    for name in ("weight", "volume"):
        fits &= load[name] * (1 - lenient.share) <= capacity[name]
    fits &= load["ldm"] - lenient.cm <= capacity["ldm"]
    fits &= load["piece"] - lenient.cm <= capacity["length"]
    common = (capacity["t_min"] <= load["t_max"]) & (capacity["t_max"] >= load["t_min"])
    fits &= ~load["cooled"] | (capacity["cooling"] & common)
    papers, kind = capacity["papers"], load["dg"]
    papers = papers[kind] if papers.ndim == 1 else papers[np.arange(len(papers)), kind]
    fits &= papers >= load["delivery_end"]
    fits &= capacity["insured"] >= load["delivery_end"]
    fits &= (load["expires"] > now_ms - _SLACK_MS) & (capacity["ready_end"] > now_ms - _SLACK_MS)
    return np.asarray(fits & ~(load["price"] < capacity["floor"] * (1 - lenient.share)), dtype=np.bool_)


def _points(
    load: View,
    capacity: View,
    starts: _Starts,
    arrives_ms: FloatArray,
    booked: Mask,
    basis: Any,
    chance: FloatArray,
    context: MatchContext,
) -> FloatArray:
    """What `score` gives, but for its rounding; at least that for vehicles that are booked already."""
    costs = context.costs
    km = load["distance"] / 1000
    price = np.where(np.isnan(load["price"]), basis * km, load["price"])
    empty_m = np.where(booked, 0.0, starts.empty_m)
    waiting_s = np.maximum(load["pickup_start"] - arrives_ms, 0.0) / 1000
    driven_km = np.where(booked, 0.0, empty_m / 1000 + km)
    waiting_fen = np.where(booked, 0.0, waiting_s / 3600 * costs.waiting_per_hour_fen)
    backhaul_fen = chance * costs.backhaul_share * km * capacity["cost"]
    contribution = price - driven_km * capacity["cost"] - waiting_fen + backhaul_fen
    empty_share = empty_m / (empty_m + load["distance"])
    near = np.where(starts.unknown & ~booked, 0.0, 1 - empty_share / EMPTY_SHARE_WITHOUT_POINTS)
    slack = np.minimum(1.0, (load["pickup_end"] - arrives_ms) / 1000 / COMFORTABLE_SLACK_S)
    timely = np.where(booked, 1.0, slack * (1 - waiting_s / WAIT_WITHOUT_POINTS_S))
    use = np.zeros(1)
    for name in ("weight", "volume", "ldm"):
        free = capacity[f"free_{name}"]
        use = np.maximum(use, np.where(free > 0, load[name] / np.maximum(free, 1), 0.0))
    level = np.where(np.isnan(load["price"]), UNKNOWN_SHARE, load["price"] / km / basis - 0.5)
    asked = np.where(np.asarray(load["body"]) > 0, 1.0, ANY_BODY_SHARE)
    shares = {
        "deadhead": near,
        "margin": contribution / price / GOOD_MARGIN,
        "time_fit": timely,
        "weight_use": use,
        "backhaul": chance,
        "price_index": level,
        "body": asked,
    }
    total = sum(WEIGHTS[key] * np.clip(share, 0.0, 1.0) for key, share in shares.items())
    return np.asarray(np.broadcast_to(total, empty_m.shape), dtype=np.float64).copy()


def _take(view: View, rows: Codes) -> View:
    return {name: _only(one, rows) for name, one in view.items() if name != "papers"}


def _only(one: Any, rows: Codes) -> Any:
    return one[rows] if np.ndim(one) else one
