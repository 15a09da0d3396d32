"""Figures over time as SVG: lines with gaps where a figure is withheld, round marks on both axes (pure)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from haoyun.platform.statistics.read import Figure

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 220, 46, 12, 12, 26
_MARKS_X, _MARKS_Y = 3, 4


@dataclass(frozen=True, slots=True)
class Line:
    """One series: its unbroken stretches as SVG points, and its single points."""

    look: str
    stretches: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws. Marks are (place, words)."""

    lines: tuple[Line, ...]
    marks_x: tuple[tuple[float, str], ...]
    marks_y: tuple[tuple[float, str], ...]


def series_chart(histories: Sequence[tuple[str, Sequence[Figure]]], what: str = "value") -> Chart | None:
    """The drawing of (look, history) pairs by `value` or `index`; None while nothing has a figure.

    Time is drawn to scale; where a period is withheld or missing, the line breaks.
    """
    known = [
        (look, [(one.first_week, _of(one, what)) for one in figures], figures) for look, figures in histories
    ]
    values = [value for _, points, _ in known for _, value in points if value is not None]
    if not values:
        return None
    weeks = [week for _, points, _ in known for week, _ in points]
    marks = round_marks(min(values), max(values), _MARKS_Y)
    first, last, low, high = min(weeks), max(weeks), marks[0], marks[-1]
    step = min((b - a for _, points, _ in known for (a, _), (b, _) in _pairs(points)), default=1)

    def x(week: int) -> float:
        share = (week - first) / (last - first) if last > first else 0.5
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(value: float) -> float:
        return round(TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    lines = []
    for look, points, _ in known:
        stretches = [[(x(w), y(v)) for w, v in part] for part in _stretches(points, step)]
        lines.append(
            Line(
                look,
                tuple(" ".join(f"{a},{b}" for a, b in part) for part in stretches if len(part) > 1),
                tuple(part[0] for part in stretches if len(part) == 1),
            )
        )
    names = {one.first_week: one.period for _, _, figures in known for one in figures}
    shown = sorted(names)[:: max(1, math.ceil(len(names) / _MARKS_X))]
    return Chart(
        tuple(lines),
        tuple((x(week), names[week]) for week in shown),
        tuple((y(mark), f"{mark:g}") for mark in marks),
    )


def round_marks(low: float, high: float, count: int) -> list[float]:
    """Round numbers from below `low` to above `high`, about `count` steps of 1, 2 or 5 times a power of ten."""
    size = max(abs(low), abs(high), 1.0)
    span = high - low if high - low > size * 1e-6 else size * 0.2
    raw = span / count
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= raw)
    first, last = math.floor(low / step), math.ceil(high / step)
    if first == last:
        first, last = first - 1, last + 1
    return [round(i * step, 10) for i in range(first, last + 1)]


def _of(figure: Figure, what: str) -> float | None:
    return figure.index if what == "index" else figure.value


def _pairs(
    points: Sequence[tuple[int, float | None]],
) -> list[tuple[tuple[int, float | None], tuple[int, float | None]]]:
    return [(a, b) for a, b in pairwise(points) if b[0] > a[0]]


def _stretches(points: Sequence[tuple[int, float | None]], step: int) -> list[list[tuple[int, float]]]:
    """Runs of neighbouring periods that have a figure; months are four or five weeks apart."""
    found: list[list[tuple[int, float]]] = []
    reach = step + (1 if step > 1 else 0)
    for has, group in groupby(points, key=lambda point: point[1] is not None):
        if not has:
            continue
        part: list[tuple[int, float]] = []
        for week, value in group:
            assert value is not None  # the group's key says so
            if part and week - part[-1][0] > reach:
                found.append(part)
                part = []
            part.append((week, value))
        found.append(part)
    return found
