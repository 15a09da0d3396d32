"""Which rules each engine keeps: a plan that an engine could only find by luck is refused before it is looked for."""

from __future__ import annotations

from collections.abc import Iterator

from haoyun.routing.errors import BadProblem
from haoyun.routing.problem import Objective, Problem, Vehicle
from haoyun.routing.recipes import Engine
from haoyun.routing.tasks import Job, Task

_MOST_GOODS = 62  # the compiled search keeps them as the bits of a whole number


def refuse_what_is_not_kept(problem: Problem, engine: Engine) -> None:
    """Raise BadProblem that names the first rule, and who asks for it, that this engine does not keep."""
    rule = next(_not_kept(problem, engine), None)
    if rule is not None:
        raise BadProblem(
            f"the search ({engine.value}) does not keep {rule} yet; it can be checked, not solved"
        )


def _not_kept(problem: Problem, engine: Engine) -> Iterator[str]:
    own = engine is Engine.RUIN_AND_RECREATE
    if own and len(problem.goods.kinds) > _MOST_GOODS:
        yield f"rules for more than {_MOST_GOODS} kinds of goods"
    if not own:
        yield from _not_by_or_tools(problem)
        return
    for vehicle in problem.vehicles:
        if (
            vehicle.underway is not None
            and vehicle.underway.fixed
            and problem.objective is Objective.VEHICLES
        ):
            yield f"the objective vehicles with fixed stops ({vehicle.label})"


def is_judged(problem: Problem, vehicle: Vehicle) -> bool:
    """Whether only driving a route through from end to end tells if it keeps the rules, or what it costs."""
    by_cost = problem.objective in (Objective.COST, Objective.PROFIT)
    way = vehicle.underway
    return (
        vehicle.lifo
        or (way is not None and way.location is None and len(way.fixed) > 0)
        or vehicle.hours.binds
        or vehicle.max_duration_s is not None
        or (by_cost and vehicle.cost_per_duty_hour + vehicle.cost_per_task_hour > 0)
        or any(
            task.goods in problem.goods.kinds or any(visit.setup_s for visit in task.visits)
            for task in problem.tasks
        )
    )


def _not_by_or_tools(problem: Problem) -> Iterator[str]:
    if problem.objective is Objective.PROFIT:
        yield "the objective profit"
    for task in problem.tasks:
        yield from _not_by_or_tools_of_task(problem, task)
    for vehicle in problem.vehicles:
        yield from _not_by_or_tools_of_vehicle(problem, vehicle)


def _not_by_or_tools_of_task(problem: Problem, task: Task) -> Iterator[str]:
    if task.mandatory and not all(other.mandatory for other in problem.tasks):
        yield f"mandatory before other tasks ({task.label})"
    if any(visit.setup_s for visit in task.visits):
        yield f"setup ({task.label})"
    if isinstance(task, Job) and task.release_s is not None:
        yield f"release_s ({task.label})"
    if task.goods in problem.goods.kinds:
        yield f"goods rules ({task.label} carries {task.goods})"


def _not_by_or_tools_of_vehicle(problem: Problem, vehicle: Vehicle) -> Iterator[str]:
    by_cost = problem.objective is Objective.COST
    if vehicle.hours.binds:
        yield f"driver hours, rule {vehicle.hours.name} ({vehicle.label})"
    if vehicle.underway is not None:
        yield f"what a vehicle under way carries and has fixed ({vehicle.label})"
    if vehicle.reloads:
        yield f"reloads ({vehicle.label})"
    if vehicle.lifo:
        yield f"load sequence, last in first out ({vehicle.label})"
    if vehicle.max_duration_s is not None:
        yield f"max_duration_s ({vehicle.label})"
    if by_cost and (vehicle.cost_per_duty_hour or vehicle.cost_per_task_hour):
        yield f"costs of duty or task hours ({vehicle.label})"
