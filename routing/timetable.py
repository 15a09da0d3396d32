"""When to be where, given what to call at: no driver hours here (shifts.py) but windows, setup, work and slack.

A `Line` is a route as bare numbers, which both timetables work on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from haoyun.routing.legs import Call, closing, leg_s, opening, path, released_s, setup_of, windows_of
from haoyun.routing.loading import Loads, loads_along
from haoyun.routing.plan import Pause
from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.tasks import LARGEST, Window
from haoyun.routing.vehicle import Reload

# Without a window of its own a vehicle is on duty from the origin of time on, for ever.
FOR_EVER = 2**62


@dataclass(frozen=True, slots=True)
class Line:
    """n calls: n + 1 legs; windows, work (cleaning, setup and service) and its parts by call."""

    legs_s: tuple[int, ...]
    windows: tuple[tuple[Window, ...], ...]
    work_s: tuple[int, ...]
    setup_s: tuple[int, ...]
    is_reload: tuple[bool, ...]
    fixed: int  # the first so many calls are fixed: late there is no lateness
    on_duty_s: int
    off_duty_s: int
    loads: Loads

    def open_at(self, call: int, earliest_s: int) -> int | None:
        """When service begins at a call that is reached then."""
        begin = opening(self.windows[call], earliest_s)
        return earliest_s if begin is None and call < self.fixed else begin

    def closed_at(self, call: int, latest_s: int, begun_s: int) -> int:
        """The latest begin of service up to `latest_s`, for a call that begins at `begun_s` at the earliest."""
        windows = self.windows[call]
        if call < self.fixed and windows and begun_s > windows[-1].end_s:
            return latest_s
        begin = closing(windows, latest_s)
        return begun_s if begin is None else begin


@dataclass(frozen=True, slots=True)
class Timetable:
    """Departure, arrival and begin of service at each call, arrival at the end, pauses."""

    departure_s: int
    arrivals_s: tuple[int, ...]
    begins_s: tuple[int, ...]
    end_s: int
    pauses: tuple[Pause, ...] = field(default=())

    @property
    def duration_s(self) -> int:
        """From departure to the end."""
        return self.end_s - self.departure_s


def line_of(problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> Line:
    """A route as bare numbers."""
    where = path(vehicle, calls)
    loads = loads_along(problem, vehicle, calls)
    setups = [setup_of(call, before) for call, before in zip(calls, where, strict=False)]
    services = [call.duration_s if isinstance(call, Reload) else call.visit.service_s for call in calls]
    parts = zip(loads.cleaning_s, setups, services, strict=True)
    releases = [released_s(calls[number:]) for number in range(len(calls) + 1)]
    waits = vehicle.underway is None or vehicle.underway.location is None
    return Line(
        legs_s=tuple(leg_s(problem, vehicle, i, j) for i, j in pairwise(where)),
        windows=tuple(
            _released(call, after) if isinstance(call, Reload) else windows_of(call)
            for call, after in zip(calls, releases[1:], strict=True)
        ),
        work_s=tuple(sum(part) for part in parts),
        setup_s=tuple(setups),
        is_reload=tuple(isinstance(call, Reload) for call in calls),
        fixed=len(vehicle.underway.fixed) if vehicle.underway else 0,
        on_duty_s=max(vehicle.on_duty_s, releases[0])
        if waits and releases[0] is not None
        else vehicle.on_duty_s,
        off_duty_s=vehicle.window.end_s if vehicle.window else FOR_EVER,
        loads=loads,
    )


def _released(reload: Reload, release_s: int | None) -> tuple[Window, ...]:
    """The windows of a reload from when the goods of the trip that it begins are there."""
    if release_s is None:
        return reload.windows
    left = [Window(max(w.start_s, release_s), w.end_s) for w in reload.windows if w.end_s >= release_s]
    if left or reload.windows:
        return tuple(left) or (Window(LARGEST, LARGEST),)  # too late: never
    return (Window(release_s, LARGEST),)


def forward(line: Line, departure_s: int) -> Timetable | None:
    """Each call as early as possible after leaving then; None where a window or the shift is missed."""
    arrivals, begins = [], []
    now_s = departure_s
    for call, work_s in enumerate(line.work_s):
        arrivals.append(now_s + line.legs_s[call])
        begin = line.open_at(call, arrivals[-1])
        if begin is None:
            return None
        begins.append(begin)
        now_s = begin + work_s
    end_s = now_s + line.legs_s[-1]
    if end_s > line.off_duty_s:
        return None
    return Timetable(departure_s, tuple(arrivals), tuple(begins), end_s)


def latest_departure(line: Line, found: Timetable, kept_s: Sequence[int]) -> int:
    """How late one may leave and still end at the same time; `kept_s`: pauses on each leg and before each service."""
    latest_s = found.end_s - line.legs_s[-1] - kept_s[-1]
    for call in reversed(range(len(line.work_s))):
        begin = line.closed_at(call, latest_s - line.work_s[call], found.begins_s[call])
        latest_s = begin - line.legs_s[call] - kept_s[call]
    return max(latest_s, found.departure_s)


def earliest_end(line: Line) -> Timetable | None:
    """Ending as early as possible, leaving as late as that allows; no driver hours."""
    first = forward(line, line.on_duty_s)
    if first is None:
        return None
    return forward(line, latest_departure(line, first, [0] * len(line.legs_s)))


def departures_worth_trying(line: Line, pause_s: int, period_s: int) -> list[int]:
    """Departures that reach some call just as a window opens, with any number of pauses due on the way.

    Between two of them nothing changes but that everything happens later.
    """
    found = {line.on_duty_s}
    way_s = driven_s = 0
    for call, work_s in enumerate(line.work_s):
        way_s += line.legs_s[call]
        driven_s += line.legs_s[call]
        pauses = driven_s // period_s + 1 if pause_s else 0
        for window in line.windows[call]:
            found |= {window.start_s - way_s - n * pause_s for n in range(pauses + 1)}
        way_s += work_s
    return sorted(d for d in found if line.on_duty_s <= d <= line.off_duty_s)
