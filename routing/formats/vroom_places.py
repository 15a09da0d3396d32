"""Where a VROOM request's stops lie: by index into its matrices, or by coordinates."""

from __future__ import annotations

from collections import Counter

from haoyun.routing.errors import BadFormat
from haoyun.routing.formats.estimate import estimated_matrices
from haoyun.routing.formats.fields import Fields
from haoyun.routing.legend import Point
from haoyun.routing.travel import Matrices


class Places:
    """Locations of a request. With matrices the index counts and coordinates are for the answer alone;
    without, each distinct pair of coordinates gets the next index.
    """

    def __init__(self, has_matrices: bool) -> None:
        self.has_matrices = has_matrices
        self.left_from: Counter[int] = Counter()  # how many stops and starts lie at a location
        self._by_point: dict[Point, int] = {}
        self._points: dict[int, Point] = {}

    @property
    def has_points(self) -> bool:
        """Whether any place has coordinates."""
        return bool(self._points)

    def find(self, fields: Fields, name: str) -> int | None:
        """The location in `<name>_index` or `<name>`; None if neither is given."""
        index = fields.find_whole(f"{name}_index")
        point = fields.find_coordinates(name)
        if not self.has_matrices:
            if point is None:
                if index is not None:
                    raise BadFormat(f"{fields.path(name)}_index needs matrices; without them give {name}")
                return None
            index = self._by_point.setdefault(point, len(self._by_point))
        elif index is None:
            if point is not None:
                raise BadFormat(f"{fields.path(name)}_index is missing: with matrices every place needs one")
            return None
        if point is not None:
            self._points.setdefault(index, point)
        return index

    def get(self, fields: Fields) -> int:
        """The location of a stop, which must have one."""
        place = self.find(fields, "location")
        if place is None:
            raise BadFormat(f"{fields.where}: location or location_index is missing")
        self.left_from[place] += 1
        return place

    def points(self, size: int) -> tuple[Point | None, ...]:
        """(lon, lat) by location, as far as given."""
        return tuple(self._points.get(place) for place in range(size))

    def estimated(self) -> Matrices:
        """Matrices between all coordinates seen."""
        return estimated_matrices(list(self._by_point))
