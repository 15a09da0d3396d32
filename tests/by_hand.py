"""Routes driven by hand: a second, slow reading of the rules, which shares nothing with the timetable or the auditor.

`drive` leaves at the earliest instant, waits for the next opening, and notes which rules the tour breaks. Driver hours
are left to test_shifts.py, which lives through them second by second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from haoyun.routing import Job, Problem, Route, Rule, Shipment, Step, StepKind, Vehicle, Window
from haoyun.routing.plan import CostParts
from haoyun.routing.tasks import Stop
from haoyun.routing.vehicle import Reload


@dataclass
class Parcel:
    """Something on board: whose it is, how it leaves, how much of what."""

    owner: object  # a task; None: from before, leaves at the trip's end
    leaves_at_a_stop: bool
    amounts: tuple[int, ...]
    goods: str | None = None


@dataclass
class ByHand:
    """A vehicle on its tour, with all that it has come to know."""

    problem: Problem
    vehicle: Vehicle
    calls: list[Stop | Reload]
    broken: set[Rule] = field(default_factory=set)
    body: list[Parcel] = field(default_factory=list)
    smells_of: set[str] = field(default_factory=set)
    steps: list[Step] = field(default_factory=list)
    where: int | None = None
    now_s: int = 0
    metres: int = 0
    travel_s: int = 0
    worked_s: int = 0

    def drive(self) -> Route:
        """The route, and in `broken` which rules it breaks."""
        self._leave()
        for number, call in enumerate(self.calls):
            self._go_to(call.location if isinstance(call, Reload) else call.visit.location)
            if isinstance(call, Reload):
                self._reload(number, call)
            else:
                self._serve(number, call)
        arrival_s = self._go_to(self.vehicle.end)
        window = self.vehicle.window
        if window and arrival_s > window.end_s:
            self.broken.add(Rule.SHIFT)
        self._note(StepKind.END, None, self.vehicle.end, arrival_s, arrival_s, arrival_s)
        self._look_at_tasks()
        self._look_at_limits()
        return self._route()

    # -- the way ------------------------------------------------------------------------------------------------

    def _go_to(self, place: int | None) -> int:
        if self.where is not None and place is not None:
            seconds, metres = self.problem.matrices_of(self.vehicle)
            self.travel_s += int(seconds[self.where, place])
            self.metres += int(metres[self.where, place])
            self.now_s += int(seconds[self.where, place])
        self.came_from, self.where = self.where, place
        return self.now_s

    def _stay(
        self, kind: StepKind, name: object, work_s: int, windows: tuple[Window, ...], **how: int
    ) -> None:
        arrival_s = self.now_s
        openings = [max(arrival_s, w.start_s) for w in windows if w.end_s >= arrival_s]
        fixed = self.vehicle.underway.fixed if self.vehicle.underway else ()
        if windows and not openings and (kind.value, name) not in {(k.value, n) for k, n in fixed}:
            self.broken.add(Rule.WINDOW)
        begin_s = openings[0] if openings else arrival_s
        self.now_s = begin_s + work_s
        self._note(kind, name, self.where, arrival_s, begin_s, self.now_s, **how)

    def _note(self, kind: StepKind, name: object, place: int | None, *times: int, **how: int) -> None:
        load = [sum(column) for column in zip(*(p.amounts for p in self.body), strict=True)]
        load = load or [0] * len(self.problem.capacity_names)
        if any(a > room or a < 0 for a, room in zip(load, self.vehicle.capacity, strict=True)):
            self.broken.add(Rule.CAPACITY)
        self.steps.append(Step(kind, name, place, *times, tuple(load), **how))  # type: ignore[arg-type]

    # -- what is on board ---------------------------------------------------------------------------------------

    def _leave(self) -> None:
        way, window = self.vehicle.underway, self.vehicle.window
        self.now_s = max(
            [w for w in (window and window.start_s, way and way.time_s) if w is not None], default=0
        )
        self.where = self.vehicle.start if way is None or way.location is None else way.location
        if way is None or way.location is None:
            self.body += self._loaded_for_trip(0)
        else:
            trip = self._loaded_for_trip(0)
            mine = {job.id: job for job in self.problem.jobs if job.id in way.loaded}
            if any(parcel.owner.id not in mine for parcel in trip):  # type: ignore[attr-defined]
                self.broken.add(Rule.NOT_LOADED)
            staying = [job for job in mine.values() if job not in [parcel.owner for parcel in trip]]
            self.body += [Parcel(None, False, way.load)] if any(way.load) else []
            self.body += [Parcel(j, True, j.delivery, j.goods) for j in staying if any(j.delivery)]
            self.body += trip
            aboard = {s.id: s for s in self.problem.shipments}
            self.body += [self._parcel_of(aboard[name]) for name in way.on_board]
        self._smell()
        if way is None or way.location is None:
            self._look_apart()
        self._note(StepKind.START, None, self.where, self.now_s, self.now_s, self.now_s)
        self.left_s = self.now_s

    def _loaded_for_trip(self, first: int) -> list[Parcel]:
        trip: list[Job] = []
        for call in self.calls[first:]:
            if isinstance(call, Reload):
                break
            if isinstance(call.task, Job) and any(call.task.delivery):
                trip.insert(0, call.task)
        return [Parcel(job, True, job.delivery, job.goods) for job in trip]

    def _parcel_of(self, shipment: Shipment) -> Parcel:
        return Parcel(shipment, True, self.problem.amounts(shipment.amount), shipment.goods)

    def _reload(self, number: int, reload: Reload) -> None:
        kept = [p for p in self.body if isinstance(p.owner, Shipment)]
        if kept and self.vehicle.lifo:
            self.broken.add(Rule.LIFO)
        new = self._loaded_for_trip(number + 1)
        self.body = kept
        cleaning_s = self._wash({p.goods for p in new if p.goods})
        self.body = kept + new
        self._smell()
        self._look_apart()
        self._stay(
            StepKind.RELOAD, reload.id, reload.duration_s + cleaning_s, reload.windows, cleaning_s=cleaning_s
        )

    def _serve(self, number: int, stop: Stop) -> None:
        task, visit = stop.task, stop.visit
        new: list[Parcel] = []
        if isinstance(task, Job):
            if any(task.delivery):
                self._take_out(task, task.delivery)
            if any(task.pickup):
                new = [Parcel(task, False, task.pickup, task.goods)]
        elif stop.kind.value == "pickup":
            new = [self._parcel_of(task)]
        else:
            self._take_out(task, self.problem.amounts(task.amount))
        cleaning_s = self._wash({p.goods for p in new if p.goods})
        self.body += new
        self._smell()
        if new:
            self._look_apart()
        setup_s = 0 if self.came_from == visit.location else visit.setup_s
        work_s = cleaning_s + setup_s + visit.service_s
        self.worked_s += work_s
        kind = StepKind(stop.kind.value)
        self._stay(kind, visit.id, work_s, visit.windows, setup_s=setup_s, cleaning_s=cleaning_s)

    def _take_out(self, task: Job | Shipment, amounts: tuple[int, ...]) -> None:
        found = [p for p in self.body if p.owner == task and p.leaves_at_a_stop]
        if not found:
            self.body.append(Parcel(None, False, tuple(-a for a in amounts)))
            return
        if self.vehicle.lifo and self.body[-1] is not found[-1]:
            self.broken.add(Rule.LIFO)
        self.body = [p for p in self.body if p is not found[-1]]

    def _wash(self, kinds: set[str]) -> int:
        due = [
            c.duration_s
            for c in self.problem.goods.cleanings
            if c.after in self.smells_of and c.before in kinds
        ]
        if due:
            self.smells_of = set()
            if self.body:
                self.broken.add(Rule.CLEANING)
        return max(due, default=0)

    def _smell(self) -> None:
        self.smells_of |= {p.goods for p in self.body if p.goods}

    def _look_apart(self) -> None:
        kinds = {p.goods for p in self.body}
        if any({one, other} <= kinds for one, other in self.problem.goods.apart):
            self.broken.add(Rule.APART)

    # -- what the vehicle may -----------------------------------------------------------------------------------

    def _look_at_tasks(self) -> None:
        stops = [call for call in self.calls if not isinstance(call, Reload)]
        if any(not stop.task.skills <= self.vehicle.skills for stop in stops):
            self.broken.add(Rule.SKILL)
        self.broken |= set(self._pairs([(stop.kind.value, stop.task) for stop in stops]))
        way = self.vehicle.underway
        begun = [(s.kind.value, s.id) for s in self.steps[1 : 1 + len(way.fixed)]] if way else []
        if way and begun != [(kind.value, name) for kind, name in way.fixed]:
            self.broken.add(Rule.FIXED)
        others = [v.underway for v in self.problem.vehicles if v.underway and v.id != self.vehicle.id]
        for stop in stops:
            gets = isinstance(stop.task, Job) and any(stop.task.delivery)
            if gets and any(stop.task.id in other.loaded for other in others):
                self.broken.add(Rule.NOT_LOADED)

    def _pairs(self, served: list[tuple[str, Job | Shipment]]) -> Iterator[Rule]:
        aboard = {name: v.id for v in self.problem.vehicles if v.underway for name in v.underway.on_board}
        for shipment in {task for _, task in served if isinstance(task, Shipment)}:
            order = [kind for kind, task in served if task == shipment]
            if shipment.id in aboard:
                if aboard[shipment.id] != self.vehicle.id or order != ["delivery"]:
                    yield Rule.ON_BOARD
            elif len(order) == 1:
                yield Rule.PAIR_SPLIT
            elif order == ["delivery", "pickup"]:
                yield Rule.PAIR_ORDER

    def _look_at_limits(self) -> None:
        v = self.vehicle
        stops = sum(not isinstance(call, Reload) for call in self.calls)
        measured = (
            (stops, v.max_stops), (self.metres, v.max_distance_m), (self.travel_s, v.max_travel_s),
            (self.now_s - self.left_s, v.max_duration_s),
        )  # fmt: skip
        if any(limit is not None and value > limit for value, limit in measured):
            self.broken.add(Rule.LIMIT)
        if v.max_trips is not None and len(self.calls) - stops + 1 > v.max_trips:
            self.broken.add(Rule.TRIPS)

    def _route(self) -> Route:
        v, hours = self.vehicle, 3600
        parts = CostParts(
            float(v.fixed_cost), v.cost_per_km * self.metres / 1000, v.cost_per_hour * self.travel_s / hours,
            v.cost_per_duty_hour * (self.now_s - self.left_s) / hours, v.cost_per_task_hour * self.worked_s / hours,
        )  # fmt: skip
        last = [c.task for c in self.calls if not isinstance(c, Reload) and c.kind.value != "pickup"]
        return Route(
            v.id, tuple(self.steps), self.metres, self.travel_s, parts.total, parts,
            revenue=sum(task.revenue for task in last),
        )  # fmt: skip
