"""The auditor's eye on what is on board: loads, load sequence, goods kept apart, cleaning (see check.py).

It keeps a stack of what was loaded, the last on top, and replays the route on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from haoyun.routing.plan import Step, StepKind
from haoyun.routing.problem import Problem, Vehicle
from haoyun.routing.tasks import Job, Shipment, Task
from haoyun.routing.violation import Rule

Amounts = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """Goods on board: of which task, which way they go (a job's may go both), how much."""

    task: Task | None  # None: goods of before that only the trip's end unloads
    outbound: bool
    amounts: Amounts

    @property
    def goods(self) -> frozenset[str]:
        """Their kind, if they have one."""
        return frozenset({self.task.goods} if self.task and self.task.goods else ())

    @property
    def rides_along(self) -> bool:
        """Whether the end of the trip unloads it: all but shipments."""
        return not isinstance(self.task, Shipment)


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule broken at a step."""

    rule: Rule
    text: str
    step: Step
    excess: float | None = None


class Cargo:
    """What is on board from step to step. `served`: the task of each step, None at start, reloads and end."""

    def __init__(
        self, problem: Problem, vehicle: Vehicle, steps: Sequence[Step], served: Sequence[Task | None]
    ) -> None:
        self.problem = problem
        self.vehicle = vehicle
        self.steps = steps
        self.served = served
        self.stack: list[Item] = []
        self.carried: frozenset[str] = frozenset()
        self.loads: list[Amounts] = []

    def replay(self) -> Iterator[Finding]:
        """Walk along the route."""
        for number, (step, task) in enumerate(zip(self.steps, self.served, strict=True)):
            if step.kind is StepKind.START:
                yield from self._start()
            elif step.kind is StepKind.RELOAD:
                yield from self._reload(number)
            elif isinstance(task, Job):
                yield from self._job(step, task)
            elif isinstance(task, Shipment):
                yield from self._shipment(step, task)
            yield from self._compare(step)
        yield from self._states_loads()

    def _start(self) -> Iterator[Finding]:
        step, way = self.steps[0], self.vehicle.underway
        if way is None or way.location is None:
            yield from self._load_trip(0)
        else:
            served = self._deliveries(0)
            known = {job.id: job for job in self.problem.jobs}
            for job in served:
                if job.id not in way.loaded and any(job.delivery):
                    text = f"{job.label} gets goods that were not loaded before the vehicle left"
                    yield Finding(Rule.NOT_LOADED, text, step)
            stay = [known[i] for i in way.loaded if known[i] not in served and any(known[i].delivery)]
            if any(way.load):
                self.stack.append(Item(None, False, way.load))
            self.stack += [Item(job, True, job.delivery) for job in [*stay, *reversed(served)]]
            shipments = {shipment.id: shipment for shipment in self.problem.shipments}
            self.stack += [Item(shipments[i], True, shipments[i].amount) for i in way.on_board]
        self.carried = self._kinds()
        for end in (step, self.steps[-1]):
            if end.cleaning_s:
                yield Finding(Rule.CLEANING, f"there is no cleaning at the {end.kind}", end, end.cleaning_s)

    def _deliveries(self, number: int) -> list[Job]:
        """The jobs with something to deliver in the trip that begins at this step, as they are served."""
        jobs = []
        for step, task in zip(self.steps[number + 1 :], self.served[number + 1 :], strict=True):
            if step.kind is StepKind.RELOAD:
                break
            if isinstance(task, Job) and any(task.delivery):
                jobs.append(task)
        return jobs

    def _load_trip(self, number: int) -> Iterator[Finding]:
        """Load what the trip's jobs get, the last one's first."""
        items = [Item(job, True, job.delivery) for job in reversed(self._deliveries(number))]
        self.stack += items
        kinds = frozenset[str]().union(*(item.goods for item in items))
        if self.steps[number].kind is StepKind.RELOAD:
            others = [item for item in self.stack if item not in items]
            yield from self._clean(self.steps[number], kinds, others)
        yield from self._apart(self.steps[number])

    def _reload(self, number: int) -> Iterator[Finding]:
        step = self.steps[number]
        if self.vehicle.lifo and any(not item.rides_along for item in self.stack):
            yield Finding(Rule.LIFO, "a shipment stays on board over a reload", step)
        self.stack = [item for item in self.stack if not item.rides_along]
        yield from self._load_trip(number)

    def _job(self, step: Step, job: Job) -> Iterator[Finding]:
        if any(job.delivery):
            yield from self._unload(step, job)
        if any(job.pickup):
            yield from self._load(step, Item(job, False, job.pickup))
        else:
            yield from self._clean(step, frozenset(), [])

    def _shipment(self, step: Step, shipment: Shipment) -> Iterator[Finding]:
        if step.kind is StepKind.PICKUP:
            yield from self._load(step, Item(shipment, True, shipment.amount))
        else:
            yield from self._unload(step, shipment)
            yield from self._clean(step, frozenset(), [])

    def _load(self, step: Step, item: Item) -> Iterator[Finding]:
        yield from self._clean(step, item.goods, self.stack)
        self.stack.append(item)
        yield from self._apart(step)

    def _unload(self, step: Step, task: Task) -> Iterator[Finding]:
        places = [n for n, item in enumerate(self.stack) if item.outbound and item.task == task]
        if not places:
            # Not on board: whoever checks pairs says so. The books must balance all the same.
            self.stack.append(Item(None, False, tuple(-a for a in _amount(task))))
            return
        in_front = len(self.stack) - 1 - places[-1]
        if self.vehicle.lifo and in_front:
            text = f"{in_front} loaded later stand in front of {task.label}"
            yield Finding(Rule.LIFO, text, step, in_front)
        del self.stack[places[-1]]

    def _kinds(self) -> frozenset[str]:
        return frozenset[str]().union(*(item.goods for item in self.stack))

    def _apart(self, step: Step) -> Iterator[Finding]:
        kinds = self._kinds()
        for one, other in self.problem.goods.apart:
            if one in kinds and other in kinds:
                yield Finding(Rule.APART, f"{one} and {other} are on board together", step)

    def _clean(self, step: Step, loaded: frozenset[str], others: Sequence[Item]) -> Iterator[Finding]:
        """Whether the step cleans as long as it must before these kinds are loaded beside the others."""
        due = 0
        for cleaning in self.problem.goods.cleanings:
            if cleaning.after in self.carried and cleaning.before in loaded:
                due = max(due, cleaning.duration_s)
        if step.cleaning_s != due:
            text = f"cleaning takes {step.cleaning_s} s before loading, must take {due} s"
            yield Finding(Rule.CLEANING, text, step, abs(due - step.cleaning_s))
        if due and others:
            yield Finding(Rule.CLEANING, "the truck must be empty to be cleaned", step)
        self.carried = loaded if due else self.carried | loaded

    def _compare(self, step: Step) -> Iterator[Finding]:
        """The load after a step with what there is room for."""
        load = [0] * len(self.problem.capacity_names)
        for item in self.stack:
            for dimension, amount in enumerate(item.amounts):
                load[dimension] += amount
        # At the end the books are closed with what is on board on arrival.
        self.loads.append(tuple(load))
        for name, amount, room in zip(self.problem.capacity_names, load, self.vehicle.capacity, strict=True):
            if amount > room:
                text = f"carries {amount} of {name}, has room for {room}"
                yield Finding(Rule.CAPACITY, text, step, amount - room)
            if amount < 0:
                yield Finding(
                    Rule.CAPACITY, f"hands over {-amount} of {name} more than it carries", step, -amount
                )

    def _states_loads(self) -> Iterator[Finding]:
        for step, load in zip(self.steps, self.loads, strict=True):
            stated = step.load or (0,) * len(load)
            if stated != load:
                text = f"the stated load {list(stated)} does not follow from the stops: {list(load)}"
                yield Finding(Rule.LOAD, text, step)


def _amount(task: Task) -> Amounts:
    return task.delivery if isinstance(task, Job) else task.amount
