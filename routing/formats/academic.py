"""What the academic text formats share: rows of numbers with named columns, and Euclidean problems."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from haoyun.routing.errors import BadFormat
from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.tasks import Job, Shipment, Window
from haoyun.routing.travel import LONGEST_LEG, Plane

# Parts of the file's unit in the integer matrices: five significant digits for the largest known instances.
SCALE = 1000
_FARTHEST = LONGEST_LEG / SCALE / 4  # of a coordinate, so that no distance is too long
# Keeps a distance of exactly 5 from being rounded up to 5.001 for a float's last digit.
_FLOAT_DUST = 1e-7


@dataclass(frozen=True, slots=True)
class Row:
    """The numbers of one line, by the name of the column."""

    line: int
    values: dict[str, float]

    def __getitem__(self, column: str) -> float:
        """The number in a column."""
        return self.values[column]

    def whole(self, column: str) -> int:
        """The number in a column that must be whole."""
        value = self.values[column]
        if value != int(value):
            raise BadFormat(f"line {self.line}: column {column} must be a whole number, not {value:g}")
        return int(value)


def numbers(line: int, text: str, columns: Sequence[str]) -> Row:
    """Read a line of numbers; more columns than named are ignored, fewer are refused by name."""
    words = text.split()
    if len(words) < len(columns):
        raise BadFormat(f"line {line}: column {columns[len(words)]} is missing")
    return Row(line, {name: _number(line, name, word) for name, word in zip(columns, words, strict=False)})


def _number(line: int, column: str, word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        raise BadFormat(f"line {line}: column {column} must be a number, not {word!r}") from None
    if not math.isfinite(value):
        raise BadFormat(f"line {line}: column {column} must be finite, not {word}")
    return value


@dataclass(frozen=True, slots=True)
class Site:
    """The depot or a customer as a file describes it; `location` is its position in the file."""

    row: Row
    id: int
    x: float
    y: float
    demand: int
    ready: float
    due: float
    service: float
    location: int = 0

    @property
    def window(self) -> Window:
        """When service may begin, in parts of the unit: never wider than in the file."""
        if self.due < self.ready:
            raise BadFormat(
                f"line {self.row.line}: due date {self.due:g} is before ready time {self.ready:g}"
            )
        return Window(math.ceil(self.ready * SCALE - _FLOAT_DUST), math.floor(self.due * SCALE + _FLOAT_DUST))

    @property
    def service_parts(self) -> int:
        """Service time in parts of the unit, rounded up."""
        if self.service < 0:
            raise BadFormat(f"line {self.row.line}: service time is negative ({self.service:g})")
        return math.ceil(self.service * SCALE - _FLOAT_DUST)


def euclidean_problem(
    fleet: int,
    capacity: int,
    sites: Sequence[Site],
    *,
    jobs: Sequence[Job] = (),
    shipments: Sequence[Shipment] = (),
) -> Problem:
    """A problem with `fleet` like vehicles at the first site; one unit of distance costs one unit of cost."""
    depot = sites[0]
    # More vehicles than customers cannot be used, and some files state their fleet as good as endless.
    fleet = min(fleet, max(len(sites) - 1, 1))
    points = np.array([(site.x, site.y) for site in sites], dtype=np.float64)
    far = float(np.abs(points).max(initial=0))
    if far > _FARTHEST:
        raise BadFormat(f"a coordinate is {far:g}; up to {_FARTHEST:g} can be calculated with")
    lengths = np.hypot(*(points[:, None, :] - points[None, :, :]).transpose(2, 0, 1)) * SCALE
    vehicles = (
        Vehicle(number, 0, 0, (capacity,), depot.window, cost_per_km=1000 // SCALE)
        for number in range(1, fleet + 1)
    )
    return Problem(
        vehicles=tuple(vehicles),
        durations_s=np.ceil(lengths - _FLOAT_DUST).astype(np.int64),
        distances_m=np.rint(lengths).astype(np.int64),
        jobs=tuple(jobs),
        shipments=tuple(shipments),
        capacity_names=("demand",),
        plane=Plane(points, SCALE),
    )


def located(sites: Sequence[Site]) -> list[Site]:
    """The same sites, each knowing its position in the file."""
    return [replace(site, location=position) for position, site in enumerate(sites)]
