"""The way of one truck through its units, driven stop by stop: times, kilometres, money; pure.

This is the truth about a route; searches only guess and ask here. The driver's state at the wheel goes along where the
law does not end it at every stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

from haoyun.platform.market.driving import RESTED, Wheel, stand
from haoyun.platform.market.driving import drive as at_the_wheel
from haoyun.platform.market.roads import SERVICE_S
from haoyun.platform.rounds.board import Board
from haoyun.platform.rounds.unit import Unit

Times = dict[int, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Leg:
    """One unit on a route: the empty way to it and when it is begun and done; seconds from the round's instant."""

    unit: Unit
    empty_m: float
    arrives_s: float
    free_s: float
    waits_s: float


@dataclass(frozen=True, slots=True)
class Route:
    """A truck's units in order, and what they come to: contribution as the score counts it, without backhaul."""

    truck: int
    legs: tuple[Leg, ...]
    empty_m: float
    loaded_m: float
    waits_s: float
    price_fen: float
    contribution_fen: float

    @property
    def units(self) -> tuple[Unit, ...]:
        """The units in order."""
        return tuple(leg.unit for leg in self.legs)


@dataclass(slots=True)
class _Driver:
    """Where a truck is (-1: where it starts), when, and how long its driver has been at the wheel."""

    place: int
    at_s: float
    wheel: Wheel = field(default=RESTED)


def drive(board: Board, truck: int, units: Sequence[Unit]) -> Route | None:
    """The truck's way through these units; None where a window, a road or a rule forbids it."""
    if len(units) > (board.rules.most_in_a_row if board.may_chain[truck] else 1):
        return None
    legs: list[Leg] = []
    driver = _Driver(-1, float(board.leaves_s[truck]))
    for unit in units:
        first = driver.place < 0
        leg = (
            _quickly(board, truck, driver, unit)
            if board.each_stop_is_a_rest
            else _serve(board, truck, driver, unit)
        )
        if leg is None or not board.holds(unit, truck, first=first):
            return None
        legs.append(leg)
    return _summed(board, truck, tuple(legs))


def stop_times(board: Board, route: Route) -> Times:
    """When each load of a route is picked up and when it is delivered, in seconds from the round's instant."""
    times: Times = {}
    driver = _Driver(-1, float(board.leaves_s[route.truck]))
    for unit in route.units:
        _serve(board, route.truck, driver, unit, times)
    return times


def leg_contribution_fen(board: Board, truck: int, leg: Leg) -> float:
    """What one unit adds: its prices less kilometres and waiting."""
    cost = float(board.cost_fen_m[truck])
    return leg.unit.price_fen - (leg.empty_m + leg.unit.loaded_m) * cost - leg.waits_s * board.waiting_fen_s


def _quickly(board: Board, truck: int, driver: _Driver, unit: Unit) -> Leg | None:
    """By the unit's rule, which is exact where every stop is a rest."""
    if driver.place < 0:
        empty_m, way_s = board.first_m[unit.entry, truck], board.first_s[unit.entry, truck]
    else:
        empty_m = board.roads.distance_m[driver.place, unit.entry]
        way_s = board.roads.legal_s[driver.place, unit.entry]
    arrives_s = driver.at_s + float(way_s)
    free_s = unit.free_s(arrives_s)
    if free_s == inf:
        return None
    driver.place, driver.at_s = unit.exit, free_s
    return Leg(unit, float(empty_m), arrives_s, free_s, unit.waits_s(arrives_s))


def _serve(board: Board, truck: int, driver: _Driver, unit: Unit, times: Times | None = None) -> Leg | None:
    """Stop by stop, with the driver's state; None where a window is missed."""
    empty_m, arrives_s, waits_s = 0.0, 0.0, 0.0
    pickups: dict[int, float] = {}
    alone = len(unit.jobs) == 1
    for number, stop in enumerate(unit.stops):
        job = board.jobs[stop.job]
        to = job.origin if stop.pickup else job.destination
        if driver.place < 0:
            empty_m, driving_s = float(board.first_m[to, truck]), float(board.first_driving_s[to, truck])
        else:
            driving_s = float(board.roads.driving_s[driver.place, to])
            if number == 0:
                empty_m = float(board.roads.distance_m[driver.place, to])
        way_s, driver.wheel = at_the_wheel(
            board.law, driver.wheel, job.driving_s if alone and not stop.pickup else driving_s
        )
        reached_s = driver.at_s + way_s
        opens_s, closes_s = (
            (job.pickup_start_s, job.pickup_end_s)
            if stop.pickup
            else (job.delivery_start_s, job.delivery_end_s)
        )
        if reached_s > closes_s:
            return None
        if number == 0:
            arrives_s = reached_s
        begins_s = max(reached_s, opens_s)
        if stop.pickup:
            pickups[stop.job] = begins_s
        elif times is not None:
            times[stop.job] = pickups[stop.job], reached_s
        if stop.pickup or not alone:  # the score counts no wait of a single load's delivery
            waits_s += begins_s - reached_s
        driver.wheel = stand(board.law, driver.wheel, begins_s - reached_s + SERVICE_S)
        driver.place, driver.at_s = to, begins_s + SERVICE_S
    return Leg(unit, empty_m, arrives_s, driver.at_s, waits_s)


def _summed(board: Board, truck: int, legs: tuple[Leg, ...]) -> Route:
    return Route(
        truck,
        legs,
        empty_m=sum(leg.empty_m for leg in legs),
        loaded_m=sum(leg.unit.loaded_m for leg in legs),
        waits_s=sum(leg.waits_s for leg in legs),
        price_fen=sum(leg.unit.price_fen for leg in legs),
        contribution_fen=sum(leg_contribution_fen(board, truck, leg) for leg in legs),
    )
