"""The temperature of a consignment over time as SVG points (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from haoyun.platform.warehouse.temperature import Logged

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 640, 170, 40, 10, 22
_MOST_POINTS = 600
_MARGIN_C = 1.0


@dataclass(frozen=True, slots=True)
class TemperatureCurve:
    """The drawing: the line, bands of excursions as (x, width), the bounds and marks on the left as (y, degrees)."""

    line: str
    bands: tuple[tuple[float, float], ...]
    bounds: tuple[tuple[float, float], ...]
    marks: tuple[tuple[float, float], ...]
    first: datetime
    last: datetime


def temperature_curve(logged: Logged) -> TemperatureCurve:
    """The drawing of readings, of which there is at least one."""
    readings = logged.readings
    bounds = [bound for bound in (logged.low_c, logged.high_c) if bound is not None]
    values = [one.celsius for one in readings] + bounds
    low, high = min(values) - _MARGIN_C, max(values) + _MARGIN_C
    first, last = readings[0].at, readings[-1].at
    span_s = max(1.0, (last - first).total_seconds())

    def x(at: datetime) -> float:
        return LEFT + (at - first).total_seconds() / span_s * (WIDTH - LEFT - 8)

    def y(celsius: float) -> float:
        return TOP + (high - celsius) / (high - low) * (HEIGHT - TOP - BOTTOM)

    step = max(1, len(readings) // _MOST_POINTS)
    drawn = [*readings[::step], readings[-1]]
    return TemperatureCurve(
        " ".join(f"{x(one.at):.1f},{y(one.celsius):.1f}" for one in drawn),
        tuple((x(one.start), max(2.0, x(one.end) - x(one.start))) for one in logged.excursions),
        tuple((y(bound), bound) for bound in bounds),
        tuple((y(value), value) for value in (round(low + _MARGIN_C, 1), round(high - _MARGIN_C, 1))),
        first,
        last,
    )
