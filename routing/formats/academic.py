"""What the academic text formats share: rows of numbers with named columns, and Euclidean problems."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np

from haoyun.routing.errors import BadFormat
from haoyun.routing.formats.result import ReadResult
from haoyun.routing.legend import Legend
from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.tasks import LARGEST, Job, Shipment, Window
from haoyun.routing.travel import LONGEST_LEG, Plane

# Parts of the file's unit in the matrix of distances: five significant digits for the largest known instances.
SCALE = 1000
# Times are rounded up leg by leg, so a window that a route meets to the last decimal could be missed by the
# sum of what was added: counted in millionths that sum stays below a ten-thousandth for a hundred stops.
_FINEST = 1_000_000
_FARTHEST = LONGEST_LEG / SCALE / 4  # of a coordinate, so that no distance is too long
# Of the file's unit: keeps a distance of exactly 5 from being rounded up to 5.001 for a float's last digit.
_FLOAT_DUST = 1e-10


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
    parts: int = SCALE  # of one unit of time

    @property
    def window(self) -> Window:
        """When service may begin, in parts of the unit: never wider than in the file."""
        if self.due < self.ready:
            raise BadFormat(
                f"line {self.row.line}: due date {self.due:g} is before ready time {self.ready:g}"
            )
        return Window(
            math.ceil((self.ready - _FLOAT_DUST) * self.parts),
            math.floor((self.due + _FLOAT_DUST) * self.parts),
        )

    @property
    def service_parts(self) -> int:
        """Service time in parts of the unit, rounded up."""
        if self.service < 0:
            raise BadFormat(f"line {self.row.line}: service time is negative ({self.service:g})")
        return math.ceil((self.service - _FLOAT_DUST) * self.parts)


def euclidean_problem(
    format_name: str,
    fleet: int,
    capacity: int,
    sites: Sequence[Site],
    *,
    jobs: Sequence[Job] = (),
    shipments: Sequence[Shipment] = (),
) -> ReadResult:
    """A problem with `fleet` like vehicles at the first site; one unit of distance costs one unit of cost."""
    depot = sites[0]
    # More vehicles than customers cannot be used, and some files state their fleet as good as endless.
    fleet = min(fleet, max(len(sites) - 1, 1))
    points = np.array([(site.x, site.y) for site in sites], dtype=np.float64)
    lengths = np.hypot(*(points[:, None, :] - points[None, :, :]).transpose(2, 0, 1))
    vehicles = (
        Vehicle(number, 0, 0, (capacity,), depot.window, cost_per_km=1000 // SCALE)
        for number in range(1, fleet + 1)
    )
    problem = Problem(
        vehicles=tuple(vehicles),
        durations_s=np.ceil((lengths - _FLOAT_DUST) * depot.parts).astype(np.int64),
        distances_m=np.rint(lengths * SCALE).astype(np.int64),
        jobs=tuple(jobs),
        shipments=tuple(shipments),
        capacity_names=("demand",),
        plane=Plane(points, SCALE, depot.parts),
    )
    legend = Legend(
        points=tuple((site.x, site.y) for site in sites),
        distance_parts=SCALE,
        time_parts=depot.parts,
        abstract=True,
    )
    return ReadResult(problem, format_name, legend)


def located(sites: Sequence[Site]) -> list[Site]:
    """The same sites, each knowing its position in the file and how finely time is counted."""
    far = max((abs(value) for site in sites for value in (site.x, site.y)), default=0.0)
    if far > _FARTHEST:
        raise BadFormat(f"a coordinate is {far:g}; up to {_FARTHEST:g} can be calculated with")
    late = max((abs(value) for site in sites for value in (site.due, site.service)), default=0.0)
    parts = _parts(far * 4, late)
    return [replace(site, location=position, parts=parts) for position, site in enumerate(sites)]


def _parts(longest: float, latest: float) -> int:
    """The finest power of ten from SCALE to _FINEST by which legs and windows stay within range."""
    finer = [SCALE * 10, SCALE * 100, SCALE * 1000]
    fitting = takewhile(
        lambda parts: parts <= _FINEST and longest * parts <= LONGEST_LEG and latest * parts <= LARGEST,
        finer,
    )
    return max([SCALE, *fitting])
