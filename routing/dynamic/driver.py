"""What the driver of a vehicle under way has behind them at an instant of its route."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from haoyun.routing.dynamic.standing import Standing
from haoyun.routing.hours import DriverState
from haoyun.routing.plan import Route
from haoyun.routing.shift import Shift, driven, idled, rested, settled
from haoyun.routing.vehicle import Vehicle

# ("drives" | "idles" | "serves" | "reloads", from, until)
Spell = tuple[str, int, int]


def driver_at(vehicle: Vehicle, route: Route, standing: Standing) -> DriverState:
    """The driver's state where the vehicle stands, when what the route says until then has happened.

    To be safe, a delay counts as driving, and of a pause that is going on nothing counts unless it is long enough.
    """
    until_s = standing.time_s - standing.behind_s
    rule, before = vehicle.hours, vehicle.driver
    begin_s = route.steps[0].departure_s
    day_s = begin_s if before.day_began_s is None else before.day_began_s
    at = Shift(
        begin_s,
        before.driven_s,
        before.driven_today_s,
        day_s,
        before.reduced_rests_used,
        before.first_part_taken,
    )
    for doing, start_s, end_s in _spells(route):
        length_s = min(end_s, until_s) - start_s
        if length_s <= 0:
            continue
        if doing == "idles":
            at = idled(at, length_s)
        elif doing == "drives":
            at = driven(settled(rule, at), length_s)
        elif doing == "serves" and rule.service_is_break:
            at = rested(rule, at)
            at = replace(at, now_s=at.now_s + length_s, idle_s=at.idle_s + length_s)
        else:
            at = settled(rule, at)
            at = replace(at, now_s=at.now_s + length_s)
    at = settled(rule, idled(at, max(until_s - at.now_s, 0)))
    at = driven(at, standing.behind_s)
    return DriverState(at.driven_s, at.today_s, at.day_began_s, at.first_part, at.reduced_used)


def _spells(route: Route) -> Iterator[Spell]:
    for number, (before, after) in enumerate(pairwise(route.steps), start=1):
        now_s = before.departure_s
        for pause in route.pauses:
            if pause.step == number and pause.driven_s is not None:
                yield "drives", now_s, pause.start_s
                now_s = pause.start_s + pause.duration_s
                yield "idles", pause.start_s, now_s
        yield "drives", now_s, after.arrival_s
        yield "idles", after.arrival_s, after.start_service_s
        work = "reloads" if after.kind.value == "reload" else "serves"
        yield work, after.start_service_s, after.departure_s
