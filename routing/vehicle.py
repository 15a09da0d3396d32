"""One vehicle: where it starts and ends, what it may carry, what it costs, what limits it."""

from __future__ import annotations

from dataclasses import dataclass

from haoyun.routing.errors import require
from haoyun.routing.hours import NONE, RESTED, DriverState, HoursRule
from haoyun.routing.tasks import LARGEST, Id, Window, check_amounts, check_windows
from haoyun.routing.underway import Underway

_COUNTED = (
    "fixed_cost", "cost_per_km", "cost_per_hour", "cost_per_duty_hour", "cost_per_task_hour",
    "max_stops", "max_distance_m", "max_travel_s", "max_duration_s",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reload:
    """A place where a vehicle may end a trip and begin the next: unload what jobs sent along, load what they get."""

    id: Id
    location: int
    duration_s: int = 0
    windows: tuple[Window, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a negative place or duration and unsorted windows."""
        require(self.location >= 0, f"reload {self.id} has the negative location {self.location}")
        require(0 <= self.duration_s <= LARGEST, f"reload {self.id} has a duration outside 0..{LARGEST} s")
        check_windows(f"reload {self.id}", self.windows)


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle, one route at most. `start` None: it begins at its first stop; `end` None: stays at its last.

    The route's trips are divided by reloads. Delivery amounts of jobs are on board from the beginning of their trip,
    pickup amounts until its end; shipments may stay on board over a reload. Going to a reload and back counts as
    any driving. A tour names the k-th entry of `reloads` as stop -1 - k.
    """

    id: Id
    start: int | None
    end: int | None
    capacity: tuple[int, ...] = ()
    window: Window | None = None  # the shift: not before, not after
    skills: frozenset[str] = frozenset()
    fixed_cost: int = 0
    cost_per_km: int = 0
    cost_per_hour: int = 0  # of travel; waiting and service are free
    max_stops: int | None = None  # tasks' stops; reloads do not count
    max_distance_m: int | None = None
    max_travel_s: int | None = None
    profile: str | None = None  # whose matrices it travels by; None: the problem's own
    cost_per_duty_hour: int = 0  # from departure to the end: travel, waiting, service, breaks and rests
    cost_per_task_hour: int = 0  # of setup, cleaning and service at stops; not of reloads
    max_duration_s: int | None = None  # from departure to the end, breaks and rests included
    hours: HoursRule = NONE
    driver: DriverState = RESTED
    lifo: bool = False  # what was loaded last must be unloaded first (loading.py)
    reloads: tuple[Reload, ...] = ()
    max_trips: int | None = None  # reloads + 1; None: any number
    underway: Underway | None = None

    def __post_init__(self) -> None:
        """Refuse negative capacities, costs and limits, and what contradicts itself."""
        check_amounts(self.label, self.capacity)
        for name in _COUNTED:
            value = getattr(self, name)
            require(value is None or value >= 0, f"{name} of {self.label} is negative ({value})")
            require(value is None or value <= LARGEST, f"{name} of {self.label} is above {LARGEST} ({value})")
        require(
            self.max_trips is None or self.max_trips >= 1,
            f"max_trips of {self.label} must be at least 1, not {self.max_trips}",
        )
        ids = [reload.id for reload in self.reloads]
        require(len(set(ids)) == len(ids), f"{self.label} has two reloads with one id")
        self._check_driver()

    def _check_driver(self) -> None:
        driver, rule = self.driver, self.hours
        require(rule.binds or driver.is_fresh, f"{self.label} has a driver's state but no rule on hours")
        require(
            not driver.first_part_taken or rule.split_s is not None,
            f"the driver of {self.label} has taken the first part of a break that may not be split",
        )
        began = driver.day_began_s
        require(
            began is None or began <= self.on_duty_s,
            f"the day of {self.label}'s driver begins after the vehicle may leave",
        )

    @property
    def label(self) -> str:
        """How messages call it."""
        return f"vehicle {self.id}"

    @property
    def on_duty_s(self) -> int:
        """The earliest instant at which its route may begin; the origin of time if nothing says otherwise."""
        shift = self.window.start_s if self.window else 0
        if self.underway is None:
            return shift
        return max(shift, self.underway.time_s) if self.window else self.underway.time_s

    @property
    def begins_at(self) -> int | None:
        """Where its route begins: the start, or the place where it goes on; None at its first stop."""
        on_the_road = self.underway is not None and self.underway.location is not None
        return self.underway.location if on_the_road and self.underway else self.start

    @property
    def trips_allowed(self) -> float:
        """How many trips its route may have."""
        if not self.reloads:
            return 1
        return float("inf") if self.max_trips is None else self.max_trips
