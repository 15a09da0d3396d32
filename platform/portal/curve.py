"""Lines over time as SVG points: how a search went, how full a vehicle is (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 640, 150, 8, 12, 20
PROFILE_WIDTH, PROFILE_HEIGHT = 320, 56
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Curve:
    """The course of a search: step lines of cost and of what is left behind, each between its own least and most."""

    cost: str
    unassigned: str  # "" where it never changed
    ticks: tuple[tuple[float, float], ...]  # (x, seconds)
    highest_cost: float
    lowest_cost: float
    last: Mapping[str, Any]


def curve(course: Sequence[Mapping[str, Any]], seconds: float) -> Curve | None:
    """The drawing of a job's course over so many seconds; None while nothing has been found."""
    if not course:
        return None
    span = max(seconds, float(course[-1]["seconds"]), 0.1)
    costs = [float(point["cost"]) for point in course]
    left = [int(point["unassigned"]) for point in course]
    times = [float(point["seconds"]) for point in course]
    low, high = min(costs), max(costs)
    return Curve(
        cost=_steps(times, [_share(cost, low, high) for cost in costs], span),
        unassigned=_steps(times, [_share(count, min(left), max(left)) for count in left], span)
        if min(left) < max(left)
        else "",
        ticks=tuple((LEFT + share * (WIDTH - 2 * LEFT), share * span) for share in _SHARES),
        highest_cost=high,
        lowest_cost=low,
        last=course[-1],
    )


def _share(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low) if high > low else 0.5


def _steps(times: Sequence[float], shares: Sequence[float], span: float) -> str:
    """A line that stays level until something better is found."""
    inner_width, inner_height = WIDTH - 2 * LEFT, HEIGHT - TOP - BOTTOM
    points: list[tuple[float, float]] = []
    for seconds, share in zip(times, shares, strict=True):
        x, y = LEFT + seconds / span * inner_width, TOP + (1 - share) * inner_height
        if points:
            points.append((x, points[-1][1]))
        points.append((x, y))
    points.append((WIDTH - LEFT, points[-1][1]))
    return _written(points)


def profile(steps: Sequence[Mapping[str, Any]]) -> str:
    """The area of how full a vehicle is over its route, by its fullest dimension; "" where it has no capacities."""
    if not any(step.get("filled") for step in steps):
        return ""
    start, end = steps[0]["departure_s"], steps[-1]["arrival_s"]
    scale = PROFILE_WIDTH / max(1, end - start)
    points: list[tuple[float, float]] = [(0.0, float(PROFILE_HEIGHT))]
    for step in steps:
        x = max(0.0, min(PROFILE_WIDTH, (step["departure_s"] - start) * scale))
        points.append((x, points[-1][1]))
        points.append((x, PROFILE_HEIGHT * (1 - min(1.0, max(step["filled"])))))
    points += [(float(PROFILE_WIDTH), points[-1][1]), (float(PROFILE_WIDTH), float(PROFILE_HEIGHT))]
    return _written(points)


def _written(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
