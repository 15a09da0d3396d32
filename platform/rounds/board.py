"""The board of a round: open loads and trucks as columns, and which truck may take which load; pure.

Most pairs are told apart by columns. What columns do not know (temperature, certificates, whom a load is offered
to, and every rule that matching may get) is asked of matching itself, pair by pair and only of pairs that are
about to be used; what it refuses is remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.geodesy import haversine_m
from haoyun.platform.market.balance import balance_of
from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.driving import DrivingLaw, FloatArray, legal_durations_s
from haoyun.platform.market.figures import MarketFigures, lane_of
from haoyun.platform.market.load import Load, PriceMode
from haoyun.platform.market.roads import SERVICE_S, Costs, MatchContext
from haoyun.platform.market.rules import standing_broken
from haoyun.platform.market.values import Body, Mode
from haoyun.platform.market.way import Departure, Known, departure
from haoyun.platform.rounds.unit import Job, Roads, Unit, job_of, joined, single

_BIT = {body: 1 << i for i, body in enumerate(Body)}
_ANY = (1 << len(_BIT)) - 1
_EVERYWHERE_KM = 30_000  # farther than any two places on earth
_SLACK_M = 1.0
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rules:
    """How a round may put loads together.

    `most_in_a_row`: loads or pools that one truck takes one after the other. `lane_only`: loads share a vehicle
    only on one lane, as the market books space. `pools`: whether loads share vehicles at all.
    """

    most_in_a_row: int = 4
    lane_only: bool = True
    pools: bool = True


@dataclass(slots=True, eq=False)
class Board:
    """What a round plans with. Jobs and trucks are numbered; `units[j]` is job j alone."""

    jobs: list[Job]
    units: list[Unit]
    trucks: list[Capacity]
    starts: list[Departure]
    roads: Roads
    rules: Rules
    costs: Costs
    law: DrivingLaw
    now: datetime
    cost_fen_m: FloatArray  # fen a metre, by truck
    leaves_s: FloatArray
    first_m: FloatArray  # places x trucks: from where each truck starts
    first_driving_s: FloatArray  # places x trucks, at the wheel
    first_s: FloatArray  # places x trucks, with the rests of the law
    may_chain: Mask
    takes: Mask  # jobs x trucks: so far nothing forbids it, wherever the truck is
    starts_with: Mask  # jobs x trucks: the same for the truck's first load
    lanes: dict[tuple[int, int], list[int]]  # jobs by lane
    _asked: Mask = field(repr=False, default_factory=lambda: np.zeros((0, 0), dtype=np.bool_))
    _asked_first: Mask = field(repr=False, default_factory=lambda: np.zeros((0, 0), dtype=np.bool_))
    _anywhere: dict[int, Capacity] = field(repr=False, default_factory=dict)

    @property
    def waiting_fen_s(self) -> float:
        """What a second of waiting costs."""
        return self.costs.waiting_per_hour_fen / 3600

    @property
    def each_stop_is_a_rest(self) -> bool:
        """Whether drivers set out rested from every stop: the rule of a unit is exact then."""
        return self.law.day_s is None and self.law.pause_s <= SERVICE_S

    def may_take(self, job: int, truck: int) -> bool:
        """Whether the truck may carry the load at all, asked of matching."""
        if self.takes[job, truck] and not self._asked[job, truck]:
            self._asked[job, truck] = True
            capacity = self._anywhere.get(truck)
            if capacity is None:
                capacity = replace(self.trucks[truck], radius_km=_EVERYWHERE_KM, destination=None, plan=())
                self._anywhere[truck] = capacity
            if standing_broken(self.jobs[job].load, capacity, self.now) is not None:
                self.takes[job, truck] = self.starts_with[job, truck] = False
        return bool(self.takes[job, truck])

    def may_start_with(self, job: int, truck: int) -> bool:
        """Whether the load may be the truck's first, asked of matching: its area counts."""
        if self.starts_with[job, truck] and not self._asked_first[job, truck]:
            self._asked_first[job, truck] = True
            if standing_broken(self.jobs[job].load, self.trucks[truck], self.now) is not None:
                self.starts_with[job, truck] = False
        return bool(self.starts_with[job, truck])

    def holds(self, unit: Unit, truck: int, *, first: bool) -> bool:
        """Whether the truck may take the unit: each of its loads, and all of them at once."""
        capacity = self.trucks[truck]
        if (
            unit.weight_kg > capacity.weight_kg
            or unit.volume_dm3 > capacity.volume_dm3
            or unit.ldm_cm > capacity.ldm_cm
        ):
            return False
        return all(
            self.may_take(job, truck) and (not first or self.may_start_with(job, truck)) for job in unit.jobs
        )

    def join(self, unit: Unit, job: int) -> Unit | None:
        """The unit with one more load under the rules of this round; None if it cannot be."""
        if not self.rules.pools:
            return None
        return joined(unit, job, self.jobs, self.roads, lane_only=self.rules.lane_only)


def board_of(
    loads: Sequence[Load],
    capacities: Sequence[Capacity],
    context: MatchContext,
    now: datetime,
    rules: Rules | None = None,
    figures: MarketFigures | None = None,
) -> Board:
    """The open offers made ready for a round: of roads only, without auctions and what nobody could carry in time."""
    figures = figures or balance_of(loads, capacities)
    trucks, starts = _placed(capacities, context, now)
    jobs: list[Job] = []
    units: list[Unit] = []
    for load in loads:
        auctioned = load.price_mode is PriceMode.AUCTION  # bids find its carrier
        if load.mode is not Mode.ROAD or auctioned or not load.is_open(now):
            continue
        job = job_of(load, context, _price_fen(load, figures, context.costs), now)
        unit = single(len(jobs), job) if job is not None else None
        if job is not None and unit is not None:
            jobs.append(job)
            units.append(unit)
    first_m = np.array([start.distance_m for start in starts]).reshape(len(trucks), len(context.places))
    drive_s = np.array([start.duration_s for start in starts]).reshape(len(trucks), len(context.places))
    takes, starts_with = _sieve(jobs, trucks)
    lanes: dict[tuple[int, int], list[int]] = {}
    for number, one in enumerate(jobs):
        lanes.setdefault(one.lane, []).append(number)
    return Board(
        jobs, units, trucks, starts, Roads.of(context), rules or Rules(), context.costs, context.law, now,
        cost_fen_m=np.array([c.cost_per_km_fen / 1000 for c in trucks], dtype=np.float64),
        leaves_s=np.array([(s.leaves_at - now).total_seconds() for s in starts], dtype=np.float64),
        first_m=np.ascontiguousarray(first_m.T),
        first_driving_s=np.ascontiguousarray(drive_s.T),
        first_s=np.ascontiguousarray(legal_durations_s(drive_s, context.law).T),
        # A truck that carries something already, or that goes home, takes one load or one pool on its way.
        may_chain=np.array([c.destination is None and not c.booked for c in trucks], dtype=np.bool_),
        takes=takes, starts_with=starts_with, lanes=lanes,
        _asked=np.zeros(takes.shape, dtype=np.bool_), _asked_first=np.zeros(takes.shape, dtype=np.bool_),
    )  # fmt: skip


def is_known(start: Departure) -> bool:
    """Whether the empty way from there is known."""
    return start.known is not Known.UNKNOWN


def _placed(
    capacities: Sequence[Capacity], context: MatchContext, now: datetime
) -> tuple[list[Capacity], list[Departure]]:
    trucks, starts = [], []
    for capacity in capacities:
        usable = capacity.mode is Mode.ROAD and capacity.is_open(now)
        start = departure(capacity, context, now) if usable else None
        if start is not None and start.distance_m is not None and start.duration_s is not None:
            trucks.append(capacity)
            starts.append(start)
    return trucks, starts


def _price_fen(load: Load, figures: MarketFigures, costs: Costs) -> float:
    """The price that is fixed, else what such a way costs: the same basis as the score's."""
    if load.price_fen is not None:
        return float(load.price_fen)
    basis = figures.price_of_lane(lane_of(load), costs.price_per_km_fen)
    return basis.per_km_fen * load.distance_m / 1000


def _sieve(jobs: Sequence[Job], trucks: Sequence[Capacity]) -> tuple[Mask, Mask]:
    """Pairs that columns do not rule out: anywhere, and as a truck's first load."""

    def column(name: str) -> NDArray[np.int64]:
        return np.array([getattr(truck, name) for truck in trucks], dtype=np.int64)

    body = np.array([_BIT[truck.body] for truck in trucks], dtype=np.int64)
    space = {name: column(name) for name in ("weight_kg", "volume_dm3", "ldm_cm", "length_cm")}
    floor_fen = np.array([truck.min_price_fen or 0 for truck in trucks], dtype=np.int64)
    radius_m = column("radius_km") * 1000.0 + _SLACK_M
    lat = np.array([truck.origin.lat for truck in trucks], dtype=np.float64)
    lon = np.array([truck.origin.lon for truck in trucks], dtype=np.float64)
    bound = [i for i, truck in enumerate(trucks) if truck.destination is not None or truck.plan]
    takes = np.zeros((len(jobs), len(trucks)), dtype=np.bool_)
    starts_with = np.zeros_like(takes)
    around: dict[tuple[float, float], Mask] = {}
    for j, job in enumerate(jobs):
        load = job.load
        row = (body & (sum(_BIT[b] for b in load.body) or _ANY)) != 0
        row &= (space["weight_kg"] >= load.weight_kg) & (space["volume_dm3"] >= load.volume_dm3)
        row &= (space["ldm_cm"] >= load.ldm_cm) & (space["length_cm"] >= load.max_piece_cm)
        if load.price_fen is not None:
            row &= floor_fen <= load.price_fen
        takes[j] = row
        where = load.origin.lat, load.origin.lon
        if where not in around:
            around[where] = np.asarray(haversine_m(lat, lon, *where) <= radius_m, dtype=np.bool_)
        near = row & around[where]
        for i in bound:
            if near[i] and not _on_its_way(trucks[i], load):
                near[i] = False
        starts_with[j] = near
    return takes, starts_with


def _on_its_way(truck: Capacity, load: Load) -> bool:
    # What joins a booked way elsewhere is matching's to say, by insertion; a round keeps to the lane that is booked.
    if any((one.origin, one.destination) != (load.origin.code, load.destination.code) for one in truck.plan):
        return False
    home = truck.destination
    return home is None or home.distance_m(load.destination) <= truck.radius_km * 1000.0 + _SLACK_M
