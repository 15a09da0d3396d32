"""A plan as tables for dispatchers: a summary, the stops of all routes or of one, what stayed behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from haoyun.routing.formats.sheet_columns import measure_name
from haoyun.routing.formats.words import Language, word
from haoyun.routing.legend import Legend, divided
from haoyun.routing.plan import Plan, Route, Step, StepKind
from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.tasks import Id, Job
from haoyun.routing.timing import leg_m

Cell = str | int | float | None

# Seconds beyond this (1973) are counted from the epoch, below it from the midnight of a day of the caller's.
_EPOCH_SECONDS = 100_000_000


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table; all rows are as long as the headings."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


class PlanTables:
    """The tables of one plan in one language."""

    def __init__(self, problem: Problem, plan: Plan, legend: Legend, language: Language) -> None:
        self._problem = problem
        self._plan = plan
        self._legend = legend
        self._language = language
        self._vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
        self._measures = [measure_name(name, language) for name in problem.capacity_names]
        self._one_way = {job.id: way for job in problem.jobs if (way := _way(job)) is not None}

    def summary(self) -> Table:
        """A row a route, and their total."""
        names = self._problem.capacity_names
        headings = (
            self._word("vehicle"),
            self._word("stop_count"),
            *(self._word(key) for key in ("departure", "ending")),
            self._distance_heading("distance"),
            *(self._time_heading(key) for key in ("travel", "service", "waiting", "duration")),
            self._word("cost"),
            *(f"{self._word('most')} {name}" for name in self._measures),
        )
        rows = [self._summary_row(route) for route in self._plan.routes]
        numbers = [row[4:10] for row in rows]
        sums = [
            divided(sum(float(value or 0) for value in column), 1) for column in zip(*numbers, strict=True)
        ] or [0] * 6
        stops = sum(len(route.stops) for route in self._plan.routes)
        total = (self._word("total"), stops, None, None, *sums, *(None for _ in names))
        return Table(self._word("summary"), headings, (*rows, total))

    def stops(self, routes: Sequence[Route] | None = None) -> Table:
        """A row a step of the routes, starts and ends included."""
        chosen = self._plan.routes if routes is None else routes
        rows = [row for route in chosen for row in self._steps(route)]
        return Table(self._word("stops"), self._stop_headings(), tuple(rows))

    def unassigned(self) -> Table:
        """A row a task that stayed behind, with the reasons."""
        rows = [
            (
                self._word(entry.kind),
                entry.id,
                self._note(entry.kind, entry.id),
                "; ".join(r.text for r in entry.reasons),
            )
            for entry in self._plan.unassigned
        ]
        headings = tuple(self._word(key) for key in ("action", "id", "note", "reasons"))
        return Table(self._word("unassigned"), headings, tuple(rows))

    def all_stops(self) -> Table:
        """The stops of all routes, then what stayed behind, in one table: for a format of one table."""
        table = self.stops()
        blank: tuple[Cell, ...] = (None,) * (len(table.headings) - 5)
        left = [
            (None, None, self._word("left"), entry.id, *blank, "; ".join(r.text for r in entry.reasons))
            for entry in self._plan.unassigned
        ]
        return Table(table.title, table.headings, (*table.rows, *left))

    def by_route(self) -> list[Table]:
        """A table of stops a route, titled by its vehicle."""
        tables = [(route, self.stops([route])) for route in self._plan.routes]
        return [Table(str(route.vehicle_id), table.headings, table.rows) for route, table in tables]

    def _word(self, key: str) -> str:
        return word(key, self._language)

    def _distance_heading(self, key: str) -> str:
        return self._word(key) if self._legend.abstract else f"{self._word(key)} ({self._word('km')})"

    def _time_heading(self, key: str) -> str:
        return self._word(key) if self._legend.abstract else f"{self._word(key)} ({self._word('min')})"

    def _stop_headings(self) -> tuple[str, ...]:
        return (
            *(
                self._word(key)
                for key in ("vehicle", "position", "action", "id", "latitude", "longitude", "arrival")
            ),
            self._time_heading("waiting"),
            *(self._word(key) for key in ("begin", "departure")),
            self._distance_heading("leg"),
            *(f"{self._word('load')} {name}" for name in self._measures),
            self._word("note"),
        )

    def _summary_row(self, route: Route) -> tuple[Cell, ...]:
        service_s = sum(step.departure_s - step.start_service_s for step in route.stops)
        waiting_s = sum(step.waiting_s for step in route.stops)
        most = tuple(max(column) for column in zip(*(step.load for step in route.steps), strict=True))
        return (
            route.vehicle_id,
            len(route.stops),
            self.when(route.steps[0].departure_s),
            self.when(route.steps[-1].arrival_s),
            self.distance(route.distance_m),
            *(self.span(seconds) for seconds in (route.travel_s, service_s, waiting_s, route.duration_s)),
            divided(route.cost, self._legend.money_parts),
            *self._amounts(most),
        )

    def _steps(self, route: Route) -> Iterator[tuple[Cell, ...]]:
        vehicle = self._vehicles[route.vehicle_id]
        legs = [None, *(self._leg(vehicle, a, b) for a, b in pairwise(route.steps))]
        for position, (step, leg) in enumerate(zip(route.steps, legs, strict=True)):
            # Coordinates of a plane are no latitude and longitude.
            point = self._legend.point(step.location) if self._legend.geographic else None
            lon, lat = point or (None, None)
            yield (
                route.vehicle_id,
                position,
                self._action(step),
                step.id,
                lat,
                lon,
                self.when(step.arrival_s),
                self.span(step.waiting_s),
                self.when(step.start_service_s),
                self.when(step.departure_s),
                leg,
                *self._amounts(step.load),
                self._note(step.kind.value, step.id),
            )

    def _action(self, step: Step) -> str:
        """What is done there: a job that only brings or only fetches is called by that."""
        own = self._one_way.get(step.id) if step.kind is StepKind.JOB and step.id is not None else None
        return self._word(own or step.kind.value)

    def _leg(self, vehicle: Vehicle, before: Step, after: Step) -> Cell:
        return self.distance(leg_m(self._problem, vehicle, before.location, after.location))

    def _amounts(self, given: tuple[int, ...]) -> list[Cell]:
        return [*self._legend.amounts(given)]

    def _note(self, kind: str, name: Id | None) -> Cell:
        if name is None:
            return None
        kinds = ("pickup", "delivery") if kind == "shipment" else (kind,)
        found = (self._legend.descriptions.get((one, name)) for one in kinds)
        return next((text for text in found if text is not None), None)

    def distance(self, metres: int) -> Cell:
        """Kilometres, or the file's own unit."""
        if self._legend.abstract:
            return divided(metres, self._legend.distance_parts)
        return divided(metres, 1000) if self._legend.has_distances else None

    def span(self, seconds: int) -> Cell:
        """Minutes to a tenth, or the file's own unit."""
        if self._legend.abstract:
            return divided(seconds, self._legend.time_parts)
        return divided(round(seconds / 6), 10)

    def when(self, time_s: int) -> Cell:
        """The wall clock, the clock of a day that the file does not date, or the file's own unit."""
        if self._legend.abstract:
            return divided(time_s, self._legend.time_parts)
        if self._legend.origin is not None:
            return f"{self._legend.origin + timedelta(seconds=time_s):%Y-%m-%d %H:%M:%S}"
        if time_s >= _EPOCH_SECONDS:
            return f"{_utc(time_s):%Y-%m-%d %H:%M:%SZ}"
        sign, rest = ("-", -time_s) if time_s < 0 else ("", time_s)
        return f"{sign}{rest // 3600:02}:{rest % 3600 // 60:02}:{rest % 60:02}"


def _way(job: Job) -> str | None:
    if any(job.delivery) == any(job.pickup):
        return None
    return "delivery" if any(job.delivery) else "pickup"


def _utc(time_s: int) -> datetime:
    latest = int(datetime.max.replace(tzinfo=UTC).timestamp())
    return datetime.fromtimestamp(min(time_s, latest), UTC)
