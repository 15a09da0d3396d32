"""What the pipeline has to know of a device beside its fixes: whom it carries, which fences and limits apply.

Everything here is valid from an instant on, so that reading old fixes again finds what was valid then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from haoyun.tracking.geofences import Geofence
from haoyun.tracking.journeys import Journey
from haoyun.tracking.steps.ground import Point
from haoyun.tracking.steps.rules import Rules

CELL = 10  # fences are looked up in cells of a tenth of a degree, about 10 km


@dataclass(frozen=True, slots=True)
class PlannedWay:
    """The planned way of a journey as (lat, lon) points, and how far beside it is still on it."""

    points: tuple[Point, ...]
    corridor_m: float = 2000.0


@dataclass(frozen=True)
class Context:
    """`journeys` are the open ones; `ways` are planned ways by journey id; `rules` (since_ms, Rules) rise."""

    journeys: tuple[Journey, ...] = ()
    ways: Mapping[str, PlannedWay] = field(default_factory=dict)
    fences: tuple[Geofence, ...] = ()
    rules: tuple[tuple[int, Rules], ...] = ()

    def rules_at(self, at_ms: int) -> Rules:
        """The rules that were valid then; those of nobody where none were set."""
        found = _NO_RULES
        for since_ms, rules in self.rules:
            if since_ms > at_ms:
                break
            found = rules
        return found

    @cached_property
    def fences_by_id(self) -> Mapping[str, Geofence]:
        """Fences by their id."""
        return {fence.id: fence for fence in self.fences}

    @cached_property
    def _cells(self) -> Mapping[tuple[int, int], tuple[Geofence, ...]]:
        cells: dict[tuple[int, int], list[Geofence]] = {}
        for fence in self.fences:
            south, west, north, east = fence.shape.box
            for row in range(int(south * CELL // 1), int(north * CELL // 1) + 1):
                for column in range(int(west * CELL // 1), int(east * CELL // 1) + 1):
                    cells.setdefault((row, column), []).append(fence)
        return {cell: tuple(found) for cell, found in cells.items()}

    def fences_near(self, lat: float, lon: float) -> tuple[Geofence, ...]:
        """The fences that a position may lie in."""
        return self._cells.get((int(lat * CELL // 1), int(lon * CELL // 1)), ())


_NO_RULES = Rules()
NOBODY = Context()
