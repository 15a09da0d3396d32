"""The routes of a plan as bars over time: an SVG drawing of values, no names but ours in it (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

WIDTH, ROW, LEFT, TOP = 960, 34, 130, 26
_BAR, _THIN = 14, 4
_TICKS = (1800, 3600, 2 * 3600, 4 * 3600, 6 * 3600, 12 * 3600, 24 * 3600, 48 * 3600)
_MOST_TICKS = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle: driving, waiting, a pause, or the service at a stop."""

    x: float
    width: float
    y: float
    kind: str  # drive, wait, break, rest, stop, stop delivery, stop reload
    title: str
    height: float


@dataclass(frozen=True, slots=True)
class Row:
    """A vehicle's line."""

    label: str
    y: float
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws; `ticks` are (x, hours since the start of the plan)."""

    width: int
    height: float
    rows: tuple[Row, ...]
    ticks: tuple[tuple[float, float], ...]


def chart(routes: Sequence[Mapping[str, Any]], vehicle_names: Mapping[str, str]) -> Chart:
    """Lay out the routes of a stored plan (`result["steps"]`)."""
    times = [step["departure_s"] for route in routes for step in route["steps"]]
    times += [step["arrival_s"] for route in routes for step in route["steps"]]
    start, end = (min(times), max(times)) if times else (0, 1)
    scale = (WIDTH - LEFT - 10) / max(1, end - start)
    rows = tuple(_row(i, route, vehicle_names, start, scale) for i, route in enumerate(routes))
    ticks = tuple((LEFT + (t - start) * scale, t / 3600) for t in _tick_times(start, end))
    return Chart(WIDTH, TOP + ROW * len(rows) + 6, rows, ticks)


def _row(i: int, route: Mapping[str, Any], names: Mapping[str, str], start: float, scale: float) -> Row:
    y = TOP + i * ROW
    steps = route["steps"]
    line = _Line(y, start, scale)
    bars = [line.thin("drive", a["departure_s"], b["arrival_s"]) for a, b in pairwise(steps)]
    waits = [(step["arrival_s"], step["start_service_s"]) for step in steps]
    bars += [line.thin("wait", begin, end) for begin, end in waits if end > begin]
    pauses = route.get("pauses", ())
    bars += [line.thick(p["kind"], p["start_s"], p["start_s"] + p["duration_s"], "") for p in pauses]
    bars += [line.stop(step) for step in steps if step["kind"] not in ("start", "end")]
    vehicle = str(route["vehicle"])
    return Row(names.get(vehicle, vehicle)[:16], y, tuple(bars))


@dataclass(frozen=True, slots=True)
class _Line:
    """The line of one vehicle: where an instant lies on it."""

    y: float
    start: float
    scale: float

    def thin(self, kind: str, begin: float, end: float) -> Bar:
        return self._bar(kind, begin, end, _THIN, "", least=0.0)

    def thick(self, kind: str, begin: float, end: float, title: str) -> Bar:
        return self._bar(kind, begin, end, _BAR, title, least=4.0)

    def stop(self, step: Mapping[str, Any]) -> Bar:
        other = {"delivery": "stop delivery", "reload": "stop reload"}
        kind = other.get(step["kind"], "stop")
        return self.thick(kind, step["start_service_s"], step["departure_s"], str(step["id"]))

    def _bar(self, kind: str, begin: float, end: float, height: float, title: str, *, least: float) -> Bar:
        x = LEFT + (begin - self.start) * self.scale
        width = max(least, (end - begin) * self.scale)
        return Bar(x, width, self.y + (ROW - height) / 2, kind, title, height)


def _tick_times(start: float, end: float) -> list[float]:
    step = next((one for one in _TICKS if (end - start) / one <= _MOST_TICKS), _TICKS[-1])
    first = -(-start // step) * step
    return [first + i * step for i in range(int((end - first) // step) + 1)]
