"""Where a vehicle is in its route at an instant, by its plan and what has been reported.

Without a report what is planned has happened: a stop is done once its service has begun, and a vehicle between two
stops goes on to the next one, so that no place between them needs a row in the matrices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from haoyun.routing.dynamic.changes import Breakdown, Seen
from haoyun.routing.errors import require
from haoyun.routing.plan import Route, Step
from haoyun.routing.tasks import StopKind
from haoyun.routing.underway import StopKey
from haoyun.routing.vehicle import Vehicle


@dataclass(frozen=True, slots=True)
class Report:
    """What is known of a vehicle besides its plan."""

    late_s: int = 0
    seen: Seen | None = None
    broken: Breakdown | None = None
    longer_s: Mapping[StopKey, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a vehicle has done, and where and when it goes on.

    `location` None: it has not left its start. `heading`: it is on the way to the first of `rest`. `stood_at`: the
    place that it last left, or stands at. `behind_s`: how much later than planned that is.
    """

    location: int | None
    time_s: int
    done: tuple[Step, ...] = ()
    rest: tuple[Step, ...] = ()
    heading: bool = False
    stood_at: int | None = None
    behind_s: int = 0


def stop_key(step: Step) -> StopKey | None:
    """How a step that serves a task is named; None for a reload."""
    served = step.kind.value in ("job", "pickup", "delivery") and step.id is not None
    return (StopKind(step.kind.value), step.id) if served and step.id is not None else None


def standing(vehicle: Vehicle, route: Route | None, now_s: int, report: Report) -> Standing:
    """Where the vehicle stands at `now_s`; BadProblem for reports that contradict its plan."""
    broken = report.broken
    at_s = now_s if broken is None or broken.time_s is None else broken.time_s
    require(at_s <= now_s, f"{vehicle.label} breaks down later than now")
    if report.seen is not None:
        found = _seen(vehicle, route, now_s, report.seen)
    elif route is None:
        found = _without_route(vehicle, now_s, report.late_s)
    else:
        found = _by_plan(vehicle, route, at_s, report)
    return found


def _without_route(vehicle: Vehicle, now_s: int, late_s: int) -> Standing:
    way = vehicle.underway
    place = way.location if way else None
    since = way.time_s if way else now_s
    stood = vehicle.start if place is None else place
    return Standing(place, max(since, now_s) + late_s, stood_at=stood)


def _seen(vehicle: Vehicle, route: Route | None, now_s: int, seen: Seen) -> Standing:
    require(seen.time_s <= now_s, f"{vehicle.label} is seen later than now")
    calls = () if route is None else route.steps[1:-1]
    done = sum(step.start_service_s <= seen.time_s for step in calls)
    if seen.next_stop is not None:
        keys = [stop_key(step) for step in calls]
        kind, name = seen.next_stop
        require(seen.next_stop in keys, f"{vehicle.label} does not go to {kind} {name}, so it is not next")
        done = keys.index(seen.next_stop)
    at_home = vehicle.underway is None and seen.location == vehicle.start and not done
    if at_home and (route is None or seen.time_s <= route.steps[0].departure_s):
        return Standing(None, now_s, rest=calls, stood_at=seen.location)
    heading = done < len(calls)
    time_s = seen.time_s if heading else now_s
    return Standing(seen.location, time_s, calls[:done], calls[done:], heading, seen.location)


def _by_plan(vehicle: Vehicle, route: Route, at_s: int, report: Report) -> Standing:
    start, *calls, end = route.steps
    if start.departure_s + report.late_s > at_s:
        way = vehicle.underway
        free_s = start.departure_s + report.late_s if report.late_s else at_s
        begins_at = way.location if way else None
        return Standing(begins_at, free_s, rest=tuple(calls), stood_at=vehicle.begins_at)
    done = 0
    while done < len(calls) and _begins_s(calls[done], report) <= at_s:
        done += 1
    past, rest = tuple(calls[:done]), tuple(calls[done:])
    place = past[-1].location if past else vehicle.begins_at
    behind_s = _behind_s(past, report)
    left_s = past[-1].departure_s + behind_s if past else at_s
    if past and left_s >= at_s:  # service is going on
        return Standing(place, left_s, past, rest, stood_at=place, behind_s=behind_s)
    if rest:
        arrival_s = max(rest[0].arrival_s + behind_s, at_s)
        return Standing(rest[0].location, arrival_s, past, rest, True, place, behind_s)
    if end.location is None:
        return Standing(place, max(left_s, at_s), past, stood_at=place)
    home_s = max(end.arrival_s + behind_s, at_s)
    return Standing(end.location, home_s, past, stood_at=place, behind_s=behind_s)


def _begins_s(step: Step, report: Report) -> int:
    return step.start_service_s + max(0, report.late_s - step.waiting_s)


def _behind_s(past: tuple[Step, ...], report: Report) -> int:
    """How late the vehicle leaves its last stop, or runs on the leg after it."""
    if not past:
        return report.late_s
    key = stop_key(past[-1])
    more_s = 0 if key is None else report.longer_s.get(key, 0)
    return max(0, report.late_s - past[-1].waiting_s) + more_s
