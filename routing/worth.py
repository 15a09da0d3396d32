"""Which of two plans is better."""

from __future__ import annotations

from haoyun.routing.plan import Plan
from haoyun.routing.problem import Objective, Problem
from haoyun.routing.tasks import Task


def worth(problem: Problem, plan: Plan) -> tuple[float, ...]:
    """A plan's place in the order of plans, smaller is better, compared from left to right.

    1. what it leaves out of the mandatory tasks, each counted 1 + priority;
    2. what it leaves out of the others, counted so; not under PROFIT, where they are served if that pays;
    3. the objective: metres; vehicles, then metres; cost; or cost minus revenue.
    """
    left = plan.left_out(problem)
    mandatory = sum(_weight(task) for task in left if task.mandatory)
    by_objective: dict[Objective, tuple[float, ...]] = {
        Objective.DISTANCE: (plan.distance_m,),
        Objective.VEHICLES: (plan.vehicles, plan.distance_m),
        Objective.COST: (plan.cost,),
        Objective.PROFIT: (-plan.profit,),
    }
    own = by_objective[problem.objective]
    if problem.objective is Objective.PROFIT:
        return (mandatory, *own)
    return (mandatory, sum(_weight(task) for task in left if not task.mandatory), *own)


def _weight(task: Task) -> int:
    return 1 + task.priority
