"""Route optimization for freight: a Problem in, a checked Plan out. A library that imports only maps."""

from haoyun.routing.check import Rule, Violation, check, violations
from haoyun.routing.errors import BadFormat, BadProblem, PlanRefused, RoutingError, SolverFailed
from haoyun.routing.explain import why_unassigned
from haoyun.routing.formats import ReadResult, read_problem
from haoyun.routing.plan import Plan, Reason, ReasonCode, Route, Step, StepKind, Unassigned
from haoyun.routing.portfolio import Crew
from haoyun.routing.problem import Objective, Problem, Vehicle
from haoyun.routing.recipes import Engine
from haoyun.routing.report import as_json
from haoyun.routing.solve import Progress, solve, tours_of
from haoyun.routing.tasks import Job, Shipment, Visit, Window
from haoyun.routing.travel import Matrices, Plane

__all__ = [
    "BadFormat",
    "BadProblem",
    "Crew",
    "Engine",
    "Job",
    "Matrices",
    "Objective",
    "Plan",
    "PlanRefused",
    "Plane",
    "Problem",
    "Progress",
    "ReadResult",
    "Reason",
    "ReasonCode",
    "Route",
    "RoutingError",
    "Rule",
    "Shipment",
    "SolverFailed",
    "Step",
    "StepKind",
    "Unassigned",
    "Vehicle",
    "Violation",
    "Visit",
    "Window",
    "as_json",
    "check",
    "read_problem",
    "solve",
    "tours_of",
    "violations",
    "why_unassigned",
]
