"""What a file says and a search need not know: where the places lie, what stops are called, what a unit is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from haoyun.routing.tasks import Id

# ("vehicle" | "job" | "pickup" | "delivery", id)
Named = tuple[str, Id]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Legend:
    """How to read a plan back in the words of the file that its problem came from.

    A Problem counts in whole numbers; `*_parts` say how many of them make one of the file's own unit (1000
    for thousandths), by which a printed figure is divided.
    """

    points: tuple[Point | None, ...] = ()  # by location: (lon, lat) in degrees, or (x, y) of a plane
    geographic: bool = False
    distance_parts: int = 1
    time_parts: int = 1
    money_parts: int = 1
    capacity_parts: tuple[int, ...] = ()  # empty: amounts are in the file's units
    has_distances: bool = True  # False: the file gives times alone
    indexed: bool = False  # the file calls its locations by number
    abstract: bool = False  # times and distances are in a unit of the file's own, not seconds and metres
    origin: datetime | None = None  # the file's wall clock at the problem's second 0; None: not given
    descriptions: Mapping[Named, str] = field(default_factory=dict)
    setups_s: Mapping[Named, int] = field(
        default_factory=dict
    )  # part of the service time, reported on its own

    def point(self, location: int | None) -> Point | None:
        """Where a location lies, as far as the file says."""
        if location is None or location >= len(self.points):
            return None
        return self.points[location]

    def amounts(self, given: Sequence[int]) -> list[float]:
        """Amounts in the file's own units."""
        parts = self.capacity_parts or (1,) * len(given)
        return [divided(amount, one) for amount, one in zip(given, parts, strict=True)]


def divided(value: float, parts: int) -> float:
    """A figure in the file's own unit: without a decimal point where it is whole, otherwise to a millionth."""
    exact = value / parts
    return int(exact) if exact == int(exact) else round(exact, 6)
