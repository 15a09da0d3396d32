"""Route optimization for freight: a Problem in, a checked Plan out. A library that imports only maps."""

from haoyun.routing.check import Rule, Violation, check, unlawful_minutes, violations
from haoyun.routing.errors import BadFormat, BadProblem, PlanRefused, RoutingError, SolverFailed
from haoyun.routing.explain import view, why_not, why_nots
from haoyun.routing.finding import Code, Finding, RouteView, WhyNot
from haoyun.routing.formats import ReadResult, read_problem
from haoyun.routing.goods import Cleaning, GoodsRules
from haoyun.routing.hours import CHINA, EU_561, NONE, DriverState, HoursRule
from haoyun.routing.plan import (
    CostParts,
    Pause,
    PauseKind,
    Plan,
    Reason,
    ReasonCode,
    Route,
    Step,
    StepKind,
    Unassigned,
)
from haoyun.routing.portfolio import Crew
from haoyun.routing.problem import Objective, Problem
from haoyun.routing.reasons import why_unassigned
from haoyun.routing.recipes import Engine
from haoyun.routing.report import as_json
from haoyun.routing.solve import Progress, solve, tours_of
from haoyun.routing.tasks import Job, Shipment, Visit, Window
from haoyun.routing.travel import Matrices, Plane
from haoyun.routing.underway import Underway
from haoyun.routing.vehicle import Reload, Vehicle
from haoyun.routing.words import say, say_why
from haoyun.routing.worth import worth

__all__ = [
    "CHINA",
    "EU_561",
    "NONE",
    "BadFormat",
    "BadProblem",
    "Cleaning",
    "Code",
    "CostParts",
    "Crew",
    "DriverState",
    "Engine",
    "Finding",
    "GoodsRules",
    "HoursRule",
    "Job",
    "Matrices",
    "Objective",
    "Pause",
    "PauseKind",
    "Plan",
    "PlanRefused",
    "Plane",
    "Problem",
    "Progress",
    "ReadResult",
    "Reason",
    "ReasonCode",
    "Reload",
    "Route",
    "RouteView",
    "RoutingError",
    "Rule",
    "Shipment",
    "SolverFailed",
    "Step",
    "StepKind",
    "Unassigned",
    "Underway",
    "Vehicle",
    "Violation",
    "Visit",
    "WhyNot",
    "Window",
    "as_json",
    "check",
    "read_problem",
    "say",
    "say_why",
    "solve",
    "tours_of",
    "unlawful_minutes",
    "view",
    "violations",
    "why_not",
    "why_nots",
    "why_unassigned",
    "worth",
]
