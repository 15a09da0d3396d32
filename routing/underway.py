"""A vehicle that is not free any more: where it goes on, what it carries, which stops are fixed.

The plan begins at `time_s` at `location`; stops that are done are no part of it. The rules:

- The route serves the `fixed` stops first, in their order, and nothing in between but pauses. They are facts: late
  at a fixed stop breaks no rule (service begins at the first opening after arrival, or on arrival if there is none).
- Shipments `on_board` have been picked up: their pickup appears in no route, their delivery in this vehicle's or in
  none (then the goods ride along to the end, and the shipment is listed as unassigned). Bottom of the stack first.
- Jobs `loaded` have their delivery amounts on board until they are served or the trip ends. Other jobs with
  delivery amounts can be served only after a reload: the vehicle is not where they are loaded.
- `load` is on board besides until the trip ends (pickups that are done).
- The vehicle's limits, and its fixed cost, count from here on: what was driven before is the caller's to subtract.
- With `location` None the vehicle has not left its start: it loads there as planned, and only `fixed` binds.
"""

from __future__ import annotations

from dataclasses import dataclass

from haoyun.routing.errors import require
from haoyun.routing.tasks import LARGEST, Id, StopKind, check_amounts

# How a stop is named from outside: a job and a shipment's stop may bear the same id.
StopKey = tuple[StopKind, Id]


@dataclass(frozen=True, slots=True)
class Underway:
    """Where and when a vehicle goes on (the module says what follows)."""

    time_s: int
    location: int | None = None
    fixed: tuple[StopKey, ...] = ()
    on_board: tuple[Id, ...] = ()  # shipments
    loaded: tuple[Id, ...] = ()  # jobs
    load: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse stops or goods named twice, goods on board of a vehicle that has not left, wild times."""
        require(abs(self.time_s) <= LARGEST, f"a vehicle goes on beyond {LARGEST} s ({self.time_s})")
        object.__setattr__(self, "fixed", tuple((StopKind(kind), name) for kind, name in self.fixed))
        check_amounts("the load of a vehicle under way", self.load)
        for what, ids in (("stop", self.fixed), ("shipment", self.on_board), ("job", self.loaded)):
            require(len(set(ids)) == len(ids), f"a vehicle under way names a {what} twice")
        require(
            self.location is not None or not (self.on_board or self.loaded or any(self.load)),
            "a vehicle that has not left its start has nothing on board yet: give the location where it goes on",
        )
