"""How many vehicles could serve each task if it were the only one: what the compiled search has worked out anyway."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Able:
    """By task. Beyond `vehicles` the figures are those of tasks that no vehicle can serve, for others 0."""

    vehicles: tuple[int, ...]
    without_hours: tuple[int, ...]  # if there were no rule on driver hours
    in_reach: tuple[int, ...]  # in time, whatever skills and room it takes
