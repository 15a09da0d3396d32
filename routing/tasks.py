"""What is to be done: jobs, shipments, where they stop and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from haoyun.routing.errors import require

Id = int | str

HIGHEST_PRIORITY = 100
# A trillion: seconds, kilograms or cents beyond it are a mistake, and sums below it stay far inside 64 bits.
LARGEST = 10**12


class StopKind(StrEnum):
    """What a vehicle does at a stop."""

    JOB = "job"
    PICKUP = "pickup"
    DELIVERY = "delivery"


def clock(time_s: int) -> str:
    """Seconds as hh:mm[:ss] within a week of the origin, otherwise as a plain number of seconds."""
    if not 0 <= time_s < 7 * 86400:
        return f"{time_s} s"
    minutes, seconds = divmod(time_s, 60)
    text = f"{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{seconds:02}" if seconds else text


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """When something may begin: from `start_s` to `end_s`, both included."""

    start_s: int
    end_s: int

    def __post_init__(self) -> None:
        """Refuse a window that ends before it begins or lies beyond LARGEST."""
        require(max(abs(self.start_s), abs(self.end_s)) <= LARGEST, f"window reaches beyond {LARGEST} s")
        require(
            self.start_s <= self.end_s,
            f"window ends ({clock(self.end_s)}) before it begins ({clock(self.start_s)})",
        )


def check_windows(owner: str, windows: Sequence[Window]) -> None:
    """Refuse windows that overlap or stand in the wrong order."""
    for earlier, later in pairwise(windows):
        require(
            earlier.end_s < later.start_s,
            f"windows of {owner} must follow one another: one ends at {clock(earlier.end_s)}, "
            f"the next begins at {clock(later.start_s)}",
        )


def check_amounts(owner: str, amounts: Iterable[int]) -> None:
    """Refuse an amount below zero or beyond LARGEST."""
    for amount in amounts:
        require(amount >= 0, f"{owner} has a negative amount ({amount})")
        require(amount <= LARGEST, f"{owner} has an amount above {LARGEST} ({amount})")


@dataclass(frozen=True, slots=True)
class Visit:
    """One place to be at: an index into the matrices, how long service takes, when it may begin (any time if empty).

    `setup_s` (parking, papers) comes before service within the same window, unless the vehicle comes from the same
    location.
    """

    id: Id
    location: int
    service_s: int = 0
    windows: tuple[Window, ...] = ()
    setup_s: int = 0

    def __post_init__(self) -> None:
        """Refuse negative service and overlapping or unsorted windows."""
        require(self.location >= 0, f"stop {self.id} has the negative location {self.location}")
        require(self.service_s >= 0, f"stop {self.id} has a negative service time ({self.service_s} s)")
        require(self.service_s <= LARGEST, f"service at stop {self.id} takes longer than {LARGEST} s")
        require(0 <= self.setup_s <= LARGEST, f"setup at stop {self.id} is outside 0..{LARGEST} s")
        check_windows(f"stop {self.id}", self.windows)


@dataclass(frozen=True, slots=True)
class Job:
    """One visit: `delivery` amounts come from the start of its trip, `pickup` amounts go to the end of it.

    `goods` names the kind of goods (goods.py), `revenue` what serving it earns, `mandatory` that it comes before
    all that is not (worth.py); so with shipments. `release_s`: its trip begins no earlier, at the start or at the
    reload; the first trip of a vehicle under way that has left its start has begun already.
    """

    id: Id
    location: int
    service_s: int = 0
    windows: tuple[Window, ...] = ()
    delivery: tuple[int, ...] = ()
    pickup: tuple[int, ...] = ()
    skills: frozenset[str] = frozenset()
    priority: int = 0
    setup_s: int = 0
    goods: str | None = None
    revenue: int = 0
    mandatory: bool = False
    release_s: int | None = None

    def __post_init__(self) -> None:
        """Refuse what its visit would refuse, negative amounts or revenue, priorities outside 0..100, wild releases."""
        self.visits  # noqa: B018 - the visit checks itself
        require(abs(self.release_s or 0) <= LARGEST, f"{self.label} is released beyond {LARGEST} s")
        check_amounts(f"job {self.id}", (*self.delivery, *self.pickup))
        _check_merit(self.label, self.priority, self.revenue)

    @property
    def label(self) -> str:
        """How messages call it."""
        return f"job {self.id}"

    @property
    def visits(self) -> tuple[Visit, ...]:
        """Its only visit."""
        return (Visit(self.id, self.location, self.service_s, self.windows, self.setup_s),)


@dataclass(frozen=True, slots=True)
class Shipment:
    """A pickup and a delivery on the same route, in this order; `amount` is on board in between."""

    id: Id
    pickup: Visit
    delivery: Visit
    amount: tuple[int, ...] = ()
    skills: frozenset[str] = frozenset()
    priority: int = 0
    goods: str | None = None
    revenue: int = 0
    mandatory: bool = False

    def __post_init__(self) -> None:
        """Refuse negative amounts or revenue and priorities outside 0..100."""
        check_amounts(self.label, self.amount)
        _check_merit(self.label, self.priority, self.revenue)

    @property
    def label(self) -> str:
        """How messages call it."""
        return f"shipment {self.id}"

    @property
    def visits(self) -> tuple[Visit, ...]:
        """Pickup, then delivery."""
        return (self.pickup, self.delivery)


Task = Job | Shipment


def _check_merit(owner: str, priority: int, revenue: int) -> None:
    require(0 <= revenue <= LARGEST, f"revenue of {owner} is {revenue}, outside 0..{LARGEST}")
    require(
        0 <= priority <= HIGHEST_PRIORITY, f"priority of {owner} is {priority}, outside 0..{HIGHEST_PRIORITY}"
    )


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit together with the task that it belongs to."""

    kind: StopKind
    task: Task
    visit: Visit


def stops_of(task: Task) -> tuple[Stop, ...]:
    """The stops of a task in the order in which they are served."""
    if isinstance(task, Job):
        return (Stop(StopKind.JOB, task, task.visits[0]),)
    return (
        Stop(StopKind.PICKUP, task, task.pickup),
        Stop(StopKind.DELIVERY, task, task.delivery),
    )
