"""Units: what a truck takes in one go. One load alone, or several that share the vehicle; pure.

However many stops a unit has, when it is done follows from when it is begun by one rule: arriving at its first
stop at `t`, which must not be after `latest_s`, the vehicle is free at ``max(t + span_s, earliest_free_s)``.
Driving times have the rests in them that the law asks of a driver who sets out rested. A stop takes SERVICE_S a load:
in China that is a rest. Where it is none (EU), the rule is a guess in favour of the unit, and route.py drives exactly.
Times are seconds from the round's instant, places are rows of the context's matrices.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import inf, isfinite

import numpy as np

from haoyun.platform.market.driving import FloatArray, legal_duration_s, legal_durations_s
from haoyun.platform.market.load import Load
from haoyun.platform.market.roads import SERVICE_S, MatchContext

MOST_POOLED = 4  # loads in one vehicle at once: beyond, sharing is planned by whoever runs a terminal


@dataclass(frozen=True, slots=True)
class Job:
    """A load in the round's figures: places, windows in seconds, the price in fen that is asked or expected."""

    load: Load
    origin: int
    destination: int
    pickup_start_s: float
    pickup_end_s: float
    delivery_start_s: float
    delivery_end_s: float
    distance_m: float
    driving_s: float
    legal_s: float
    price_fen: float

    @property
    def lane(self) -> tuple[int, int]:
        """Where from and where to."""
        return self.origin, self.destination


def job_of(load: Load, context: MatchContext, price_fen: float, now: datetime) -> Job | None:
    """A load for the round; None where one of its places is not on the map or no road leads."""
    origin, destination = context.places.get(load.origin.code), context.places.get(load.destination.code)
    if origin is None or destination is None or not isfinite(load.duration_s):
        return None

    def seconds(at: datetime) -> float:
        return (at - now).total_seconds()

    return Job(
        load, origin, destination, seconds(load.pickup.start), seconds(load.pickup.end),
        seconds(load.delivery.start), seconds(load.delivery.end), load.distance_m, load.duration_s,
        legal_duration_s(load.duration_s, context.law), price_fen,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stop:
    """A job taken up or delivered; `job` is its number in the round."""

    job: int
    pickup: bool


@dataclass(frozen=True, slots=True)
class Unit:
    """Jobs in one vehicle, from its first stop to its last.

    `wait_floor_s`: arriving before it means waiting. For a single load that is the start of its pickup window, as
    the score counts it; a pool counts every wait on its way. `weight_kg`, `volume_dm3`, `ldm_cm` are the most on
    board at any moment.
    """

    stops: tuple[Stop, ...]
    jobs: tuple[int, ...]
    entry: int
    exit: int
    latest_s: float
    span_s: float
    earliest_free_s: float
    wait_floor_s: float
    loaded_m: float
    price_fen: float
    weight_kg: int
    volume_dm3: int
    ldm_cm: int

    def free_s(self, arrives_s: float) -> float:
        """When the vehicle is free after arriving at the first stop; inf where that is too late."""
        return max(arrives_s + self.span_s, self.earliest_free_s) if arrives_s <= self.latest_s else inf

    def waits_s(self, arrives_s: float) -> float:
        """How long it waits."""
        return max(0.0, self.wait_floor_s - arrives_s)


@dataclass(frozen=True, slots=True, eq=False)
class Roads:
    """Metres, seconds at the wheel, and seconds with the rests of the law, between places."""

    distance_m: FloatArray
    driving_s: FloatArray
    legal_s: FloatArray
    to_m: FloatArray  # the same by where the way ends: [to, from]
    to_s: FloatArray

    @classmethod
    def of(cls, context: MatchContext) -> Roads:
        """The roads of a snapshot."""
        distance_m = np.asarray(context.distance_m, dtype=np.float64)
        driving_s = np.asarray(context.duration_s, dtype=np.float64)
        legal_s = legal_durations_s(driving_s, context.law)
        return cls(
            distance_m,
            driving_s,
            legal_s,
            np.ascontiguousarray(distance_m.T),
            np.ascontiguousarray(legal_s.T),
        )


def single(number: int, job: Job) -> Unit | None:
    """The unit of one load; None where its own windows leave no time for it."""
    loading_s = SERVICE_S + job.legal_s
    latest_s = min(job.pickup_end_s, job.delivery_end_s - loading_s)
    if latest_s < job.pickup_start_s:
        return None
    load = job.load
    return Unit(
        stops=(Stop(number, True), Stop(number, False)),
        jobs=(number,),
        entry=job.origin,
        exit=job.destination,
        latest_s=latest_s,
        span_s=loading_s + SERVICE_S,
        earliest_free_s=max(job.pickup_start_s + loading_s, job.delivery_start_s) + SERVICE_S,
        wait_floor_s=job.pickup_start_s,
        loaded_m=job.distance_m,
        price_fen=job.price_fen,
        weight_kg=load.weight_kg,
        volume_dm3=load.volume_dm3,
        ldm_cm=load.ldm_cm,
    )


def pooled(stops: tuple[Stop, ...], jobs: list[Job], roads: Roads) -> Unit | None:
    """The unit of several loads with their stops in this order; None where a window or a road is missing.

    The vehicle is never empty between the first and the last stop: what would be two units is no pool.
    """
    first = jobs[stops[0].job]
    clock = _Clock()
    place, loaded_m, on_board = first.origin, 0.0, _OnBoard()
    for number, stop in enumerate(stops):
        job = jobs[stop.job]
        to = job.origin if stop.pickup else job.destination
        if number:
            if on_board.loads == 0:
                return None
            loaded_m += float(roads.distance_m[place, to])
            clock.drive(float(roads.legal_s[place, to]))
        window = (
            (job.pickup_start_s, job.pickup_end_s)
            if stop.pickup
            else (job.delivery_start_s, job.delivery_end_s)
        )
        if not clock.stop(*window):
            return None
        on_board.change(job.load, 1 if stop.pickup else -1)
        place = to
    return Unit(
        stops=stops,
        jobs=tuple(stop.job for stop in stops if stop.pickup),
        entry=first.origin,
        exit=place,
        latest_s=clock.latest_s,
        span_s=clock.span_s,
        earliest_free_s=clock.earliest_s,
        wait_floor_s=clock.earliest_s - clock.span_s,
        loaded_m=loaded_m,
        price_fen=sum(jobs[stop.job].price_fen for stop in stops if stop.pickup),
        weight_kg=on_board.most_kg,
        volume_dm3=on_board.most_dm3,
        ldm_cm=on_board.most_cm,
    )


def joined(unit: Unit, number: int, jobs: list[Job], roads: Roads, *, lane_only: bool) -> Unit | None:
    """The unit with one more load: pickup and delivery where they add the fewest kilometres; None if nowhere.

    `lane_only`: only loads of the same origin and destination share a vehicle.
    """
    if len(unit.jobs) >= MOST_POOLED or number in unit.jobs or not _go_together(unit, number, jobs):
        return None
    if lane_only and any(jobs[one].lane != jobs[number].lane for one in unit.jobs):
        return None
    best: Unit | None = None
    stops, count = unit.stops, len(unit.stops)
    for up in range(count):
        for down in range(up + 1, count + 2):
            order = [*stops[:up], Stop(number, True), *stops[up:]]
            order.insert(down, Stop(number, False))
            found = pooled(tuple(order), jobs, roads)
            if found is not None and (best is None or _cheaper(found, best)):
                best = found
    return best


def _cheaper(one: Unit, other: Unit) -> bool:
    return (one.loaded_m, one.earliest_free_s, -one.latest_s) < (
        other.loaded_m,
        other.earliest_free_s,
        -other.latest_s,
    )


def _go_together(unit: Unit, number: int, jobs: list[Job]) -> bool:
    """Dangerous goods ride alone; one temperature must suit all that ask for one."""
    loads = [jobs[one].load for one in (*unit.jobs, number)]
    if any(load.dg_class is not None for load in loads):
        return False
    lows = [load.temperature_min_c for load in loads if load.temperature_min_c is not None]
    highs = [load.temperature_max_c for load in loads if load.temperature_max_c is not None]
    return not lows or not highs or max(lows) <= min(highs)


class _Clock:
    """The rule of a unit, built stop by stop."""

    def __init__(self) -> None:
        self.span_s, self.earliest_s, self.latest_s = 0.0, -inf, inf

    def drive(self, seconds: float) -> None:
        """Go on to the next stop."""
        self.span_s += seconds
        self.earliest_s += seconds

    def stop(self, opens_s: float, closes_s: float) -> bool:
        """Arrive within the window, wait for its start, serve; False where that cannot be."""
        self.latest_s = min(self.latest_s, closes_s - self.span_s)
        if self.earliest_s > closes_s or not isfinite(self.span_s):
            return False
        self.earliest_s = max(self.earliest_s, opens_s) + SERVICE_S
        self.span_s += SERVICE_S
        return opens_s <= closes_s


class _OnBoard:
    """What is on board, and the most that was."""

    def __init__(self) -> None:
        self.loads = 0
        self._kg = self._dm3 = self._cm = 0
        self.most_kg = self.most_dm3 = self.most_cm = 0

    def change(self, load: Load, sign: int) -> None:
        """Take a load up (1) or deliver it (-1)."""
        self.loads += sign
        self._kg += sign * load.weight_kg
        self._dm3 += sign * load.volume_dm3
        self._cm += sign * load.ldm_cm
        self.most_kg = max(self.most_kg, self._kg)
        self.most_dm3 = max(self.most_dm3, self._dm3)
        self.most_cm = max(self.most_cm, self._cm)
