"""The routes of a plan as bars over time: an SVG drawing of values, no names but ours in it (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

WIDTH, ROW, LEFT, TOP = 960, 34, 130, 26
_BAR = 14
_TICKS = (1800, 3600, 2 * 3600, 4 * 3600, 6 * 3600, 12 * 3600, 24 * 3600, 48 * 3600)
_MOST_TICKS = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle: driving between steps, or the service at one."""

    x: float
    width: float
    y: float
    kind: str  # drive, stop (pickup or job), delivery
    title: str


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
    bars = [_drive(a, b, y, start, scale) for a, b in pairwise(steps)]
    bars += [_stop(step, y, start, scale) for step in steps if step["kind"] not in ("start", "end")]
    vehicle = str(route["vehicle"])
    return Row(names.get(vehicle, vehicle)[:16], y, tuple(bars))


def _drive(a: Mapping[str, Any], b: Mapping[str, Any], y: float, start: float, scale: float) -> Bar:
    x = LEFT + (a["departure_s"] - start) * scale
    return Bar(x, max(0.0, (b["arrival_s"] - a["departure_s"]) * scale), y + (ROW - 4) / 2, "drive", "")


def _stop(step: Mapping[str, Any], y: float, start: float, scale: float) -> Bar:
    x = LEFT + (step["start_service_s"] - start) * scale
    width = max(4.0, (step["departure_s"] - step["start_service_s"]) * scale)
    kind = "stop delivery" if step["kind"] == "delivery" else "stop"
    return Bar(x, width, y + (ROW - _BAR) / 2, kind, str(step["id"]))


def _tick_times(start: float, end: float) -> list[float]:
    step = next((one for one in _TICKS if (end - start) / one <= _MOST_TICKS), _TICKS[-1])
    first = -(-start // step) * step
    return [first + i * step for i in range(int((end - first) // step) + 1)]
