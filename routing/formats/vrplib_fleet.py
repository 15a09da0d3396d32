"""The vehicles of a VRPLIB file: one kind for all, or a row a vehicle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from haoyun.routing.errors import BadFormat
from haoyun.routing.formats.academic import numbers
from haoyun.routing.formats.vrplib_text import Document
from haoyun.routing.formats.vrplib_travel import whole_parts
from haoyun.routing.problem import Reload, Vehicle
from haoyun.routing.tasks import LARGEST, Job, Shipment, Task, Window

# Sections with a row a vehicle.
_ROWS = (
    "CAPACITY", "VEHICLES_DEPOT", "VEHICLES_FIXED_COST", "VEHICLES_UNIT_DISTANCE_COST", "VEHICLES_MAX_DISTANCE",
    "VEHICLES_ALLOWED_CLIENTS", "VEHICLES_MAX_DURATION", "VEHICLES_RELOAD_DEPOT", "VEHICLES_MAX_RELOADS",
)  # fmt: skip

AnyTask = TypeVar("AnyTask", Job, Shipment)


@dataclass(frozen=True, slots=True)
class Fleet:
    """The vehicles, and which numbers of customers only some of them may serve."""

    vehicles: tuple[Vehicle, ...]
    has_costs: bool
    money_parts: int
    reserved: frozenset[int] = frozenset()

    def restricted(self, tasks: Sequence[AnyTask]) -> tuple[AnyTask, ...]:
        """The tasks, those at a reserved customer asking for the skill that its vehicles have."""
        return tuple(
            replace(
                task,
                skills=frozenset(
                    _skill(visit.location + 1) for visit in task.visits if visit.location + 1 in self.reserved
                ),
            )
            for task in tasks
        )


@dataclass(frozen=True, slots=True)
class Places:
    """The depots, the window of each node (None: open at any time), and how long a reload at each depot takes."""

    depots: Sequence[int]
    windows: Sequence[Window | None]
    reload_s: Mapping[int, int]


def _skill(number: int) -> str:
    return f"may serve {number}"


def read_fleet(
    document: Document,
    places: Places,
    jobs: Sequence[Job],
    shipments: Sequence[Shipment],
    parts: int,
    prizes: Sequence[float] = (),
) -> Fleet:
    """The fleet; without VEHICLES as many as could be of use. `prizes` are money as the vehicles' costs are."""
    depots, windows = places.depots, places.windows
    tasks = len(jobs) + len(shipments)
    count = _count(document, tasks)
    if not document.has("CAPACITY") and any((*job.delivery, *job.pickup) != (0, 0) for job in jobs):
        raise BadFormat("CAPACITY is missing, though there are demands")
    capacities = _per_vehicle(document, "CAPACITY", count, default=LARGEST)
    fixed = _per_vehicle(document, "VEHICLES_FIXED_COST", count, default=0)
    unit = _per_vehicle(document, "VEHICLES_UNIT_DISTANCE_COST", count, default=1)
    homes = _per_vehicle(document, "VEHICLES_DEPOT", count, default=depots[0] + 1)
    longest = _per_vehicle(document, "VEHICLES_MAX_DISTANCE", count, default=-1)
    lasting = _per_vehicle(document, "VEHICLES_MAX_DURATION", count, default=-1)
    reloads = [_reloads(row, places) for row in _lists(document, "VEHICLES_RELOAD_DEPOT", count)]
    most_reloads = _per_vehicle(document, "VEHICLES_MAX_RELOADS", count, default=-1)
    allowed = _allowed(document, count)
    reserved = frozenset(range(1, len(windows) + 1)) if allowed else frozenset[int]()
    money_parts = _money_parts((*fixed, *prizes), unit, parts)
    open_end = document.word("TYPE").upper() == "OVRP"
    vehicles = []
    for n in range(count):
        home = _depot(homes[n], depots)
        vehicles.append(
            Vehicle(
                id=n + 1,
                start=home,
                end=None if open_end else home,
                capacity=(_capacity(capacities[n]),),
                window=_shift(document, windows, home, jobs, shipments, parts),
                fixed_cost=round(fixed[n] * money_parts),
                cost_per_km=round(unit[n] * money_parts * 1000 / parts),
                max_distance_m=None if longest[n] < 0 else whole_parts(longest[n], parts, up=False),
                skills=frozenset(_skill(number) for number in allowed.get(n + 1, ())),
                max_duration_s=None if lasting[n] < 0 else whole_parts(lasting[n], parts, up=False),
                reloads=reloads[n],
                max_trips=None if most_reloads[n] < 0 else int(most_reloads[n]) + 1,
            )
        )
    has_costs = any(fixed) or len(set(unit)) > 1
    return Fleet(_useful(vehicles, tasks), has_costs, money_parts, reserved)


def _count(document: Document, tasks: int) -> int:
    """How many vehicles to build: of a single kind no more than could be of use."""
    most = max(tasks, 1)
    row = document.find("VEHICLES")
    if row is None:
        return most
    count = row.whole("VEHICLES")
    if count < 1:
        raise BadFormat(f"line {row.line}: VEHICLES must be positive, not {count}")
    for name in _ROWS:
        if name in document.sections:
            document.sections[name].by_number((), count, "vehicle")
            return count
    return min(count, most)


def _per_vehicle(document: Document, name: str, count: int, *, default: float) -> list[float]:
    """A value a vehicle: from a section's rows, from the head for all, or the default."""
    if name in document.sections:
        return [row[name] for row in document.sections[name].by_number((name,), count, "vehicle")]
    row = document.find(name)
    return [default if row is None else row[name]] * count


def _allowed(document: Document, count: int) -> dict[int, tuple[int, ...]]:
    """Numbers of the customers that each vehicle may serve; empty where all may serve all."""
    if "VEHICLES_ALLOWED_CLIENTS" not in document.sections:
        return {}
    return dict(enumerate(_lists(document, "VEHICLES_ALLOWED_CLIENTS", count), start=1))


def _lists(document: Document, name: str, count: int) -> list[tuple[int, ...]]:
    """The whole numbers in each vehicle's row of a section; none without it."""
    if name not in document.sections or not document.sections[name].rows:
        return [()] * count
    section = document.sections[name]
    texts = dict(section.rows)
    found = []
    for row in section.by_number((), count, "vehicle"):
        names = [f"number {n}" for n in range(len(texts[row.line].split()) - 1)]
        values = numbers(row.line, texts[row.line], ("number", *names))
        found.append(tuple(values.whole(name) for name in names))
    return found


def _reloads(depots: Sequence[int], places: Places) -> tuple[Reload, ...]:
    """A reload at each of these depots, called by its number, while the depot is open."""
    for number in depots:
        if number - 1 not in places.depots:
            raise BadFormat(f"VEHICLES_RELOAD_DEPOT_SECTION names {number}, which is not in DEPOT_SECTION")
    return tuple(
        Reload(
            number,
            number - 1,
            places.reload_s[number - 1],
            () if (window := places.windows[number - 1]) is None else (window,),
        )
        for number in dict.fromkeys(depots)
    )


def _depot(number: float, depots: Sequence[int]) -> int:
    if number - 1 not in depots:
        raise BadFormat(f"VEHICLES_DEPOT_SECTION names {number:g}, which is not in DEPOT_SECTION")
    return int(number) - 1


def _capacity(value: float) -> int:
    if value != int(value) or value < 0:
        raise BadFormat(f"CAPACITY must be a whole number that is not negative, not {value:g}")
    return int(value)


def _shift(
    document: Document,
    windows: Sequence[Window | None],
    home: int,
    jobs: Sequence[Job],
    shipments: Sequence[Shipment],
    parts: int,
) -> Window | None:
    """The depot's window. DISTANCE limits travel and service together: without windows, that is a shift."""
    row = document.find("DISTANCE")
    if row is None:
        return windows[home]
    tasks: list[Task] = [*jobs, *shipments]
    if any(visit.windows for task in tasks for visit in task.visits):
        raise BadFormat(
            f"line {row.line}: DISTANCE beside time windows is not supported: it needs a limit on a route's time"
        )
    return Window(0, min(whole_parts(row["DISTANCE"], parts, up=False), LARGEST))


def _money_parts(fixed: Sequence[float], unit: Sequence[float], parts: int) -> int:
    """The power of ten that makes all rates whole, so that costs come out exactly."""
    for money_parts in (1, 10, 100, 1000, 10_000):
        rates = {
            *(value * money_parts for value in fixed),
            *(value * money_parts * 1000 / parts for value in unit),
        }
        if all(abs(rate - round(rate)) < 1e-6 for rate in rates):
            return money_parts
    raise BadFormat("costs of vehicles have more than four decimals")


def _useful(vehicles: Sequence[Vehicle], tasks: int) -> tuple[Vehicle, ...]:
    """More vehicles of one kind than there are tasks cannot be used."""
    seen: Counter[Vehicle] = Counter()
    kept = []
    for vehicle in vehicles:
        kind = replace(vehicle, id=0)
        seen[kind] += 1
        if seen[kind] <= max(tasks, 1):
            kept.append(vehicle)
    return tuple(kept)
