"""Times of a VROOM request that depend on the vehicle or on the stop before: setup and service by type."""

from __future__ import annotations

from collections.abc import Set

from haoyun.routing.errors import BadFormat
from haoyun.routing.formats.fields import Fields
from haoyun.routing.formats.vroom_places import Places
from haoyun.routing.legend import Named


class TaskTimes:
    """Service times as a Problem knows them: the same for every vehicle and after every stop.

    What VROOM lets depend on the vehicle's type is accepted where all vehicles come to the same figure, a
    setup where no other stop and no start shares its place, since it then always applies.
    """

    def __init__(self, types: Set[str | None]) -> None:
        """`types` are those of all vehicles."""
        self._types = types or {None}
        self.setups_s: dict[Named, int] = {}
        self._setups_at: list[tuple[str, int]] = []

    def service_s(self, kind: str, fields: Fields, location: int) -> int:
        """Setup and service of a stop together."""
        setup_s = self._by_type(fields, "setup")
        if setup_s:
            self.setups_s[kind, fields.id()] = setup_s
            self._setups_at.append((fields.path("setup"), location))
        return setup_s + self._by_type(fields, "service")

    def _by_type(self, fields: Fields, name: str) -> int:
        given = fields.whole(name, default=0)
        by_type = fields.find_wholes(f"{name}_per_type")
        found = {given if t is None else by_type.get(t, given) for t in self._types}
        if len(found) > 1:
            raise BadFormat(
                f"{fields.path(name)}_per_type is not supported where it differs among the vehicles: "
                "it needs times of a stop that depend on the vehicle"
            )
        if min(found) < 0:
            raise BadFormat(f"{fields.path(name)} must not be negative")
        return found.pop()

    def check_setups(self, places: Places) -> None:
        """Refuse a setup that would not always apply."""
        for path, location in self._setups_at:
            if places.left_from[location] > 1:
                raise BadFormat(
                    f"{path} is not supported where other stops or a vehicle's start share the place: "
                    "it needs a time that applies on arrival from elsewhere only"
                )
