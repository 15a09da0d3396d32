"""Runs a job of the kind "optimize": problem -> search -> independent check -> the plan that the page shows.

`routing` never learns that jobs exist; what it refuses becomes the job's error text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from haoyun.platform.database import Databases, reading
from haoyun.platform.jobs import FanOut, Job
from haoyun.platform.jobs.errors import JobRefused, JobStopped
from haoyun.platform.jobs.worker import Handler, JobContext
from haoyun.platform.planning import MAX_LARGE_TIME_LIMIT_S, MAX_TIME_LIMIT_S, OPTIMIZE
from haoyun.platform.planning.fleet import read_fleet
from haoyun.platform.planning.large import PART, LargePlans, problem_of
from haoyun.platform.planning.pages import plan_document
from haoyun.platform.planning.problem import fleet_problem
from haoyun.platform.planning.roads import Roads
from haoyun.platform.settings import Settings
from haoyun.routing import BadFormat, BadProblem, Engine, Plan, Problem, ReadResult, solve
from haoyun.routing.formats import vroom
from haoyun.routing.formats.vroom_answer import as_vroom
from haoyun.routing.kept import refuse_what_is_not_kept
from haoyun.routing.recipes import is_large
from haoyun.routing.solve import Progress

DEFAULT_TIME_LIMIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Task:
    """A problem to solve, and where its locations lie if that is known."""

    problem: Problem
    points: list[tuple[float, float]] | None = None
    labels: Mapping[str, Any] | None = None
    read: ReadResult | None = None  # where it came as a request


def handlers(
    settings: Settings, databases: Databases, now: Callable[[], datetime] | None = None
) -> dict[str, Handler]:
    """The job handlers of this package, for `run_worker`."""
    clock = now or (lambda: datetime.now(UTC))
    large = LargePlans(databases, settings.jobs_at_once, clock)
    dispatch = Dispatch(databases, Roads(settings), clock, large)
    return {OPTIMIZE: dispatch.run, PART: large.run_part}


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The handler of optimization jobs, with the roads it plans on."""

    databases: Databases
    roads: Roads
    now: Callable[[], datetime]
    large: LargePlans

    def run(self, job: Job, context: JobContext) -> dict[str, Any] | FanOut:
        """Solve the job's problem, a large one round by round. Raises JobRefused with the rule that the problem
        breaks, JobStopped.
        """
        payload = job.payload
        limit_s = min(MAX_TIME_LIMIT_S, float(payload.get("time_limit_s", DEFAULT_TIME_LIMIT_S)))
        try:
            task = self._task(job)
            if task.read is not None and is_large(task.problem):
                return self._go_on(job, task)
            plan = solve(
                task.problem,
                time_limit_s=limit_s,
                seed=int(payload.get("seed", 0)),
                objective=payload.get("objective", "distance"),
                progress=_reporter(context, limit_s),
                cancelled=context.stop.is_set,
            )
        except (BadFormat, BadProblem) as error:
            raise JobRefused(str(error)) from error
        if context.stop.is_set():
            raise JobStopped("the job was cancelled or its worker stops")
        document = plan_document(task.problem, plan, task.points, task.labels, self.roads)
        return document | _for_request(payload, task, plan)

    def _go_on(self, job: Job, task: Task) -> dict[str, Any] | FanOut:
        limit_s = min(MAX_LARGE_TIME_LIMIT_S, float(job.payload.get("time_limit_s", DEFAULT_TIME_LIMIT_S)))
        problem = problem_of(job.payload)
        refuse_what_is_not_kept(problem, Engine.RUIN_AND_RECREATE)
        found = self.large.go_on(job, problem, limit_s)
        if isinstance(found, FanOut):
            return found
        document = plan_document(problem, found, task.points, task.labels, self.roads)
        return document | _for_request(job.payload, replace(task, problem=problem), found)

    def _task(self, job: Job) -> Task:
        if "problem" in job.payload:
            read = vroom.read_json(job.payload["problem"])
            return Task(read.problem, read=read)
        now = self.now()
        with reading(self.databases.platform).connect() as db:
            fleet = read_fleet(db, job.org_id, now)
        if not fleet.capacities:
            raise JobRefused("the organization has no open capacity to plan")
        if not fleet.loads:
            raise JobRefused("no open load fits the organization's open capacities")
        matrix = self.roads.matrix(fleet.points)
        problem = fleet_problem(fleet, matrix, now, job.payload.get("objective", "distance"))
        return Task(problem, fleet.points, fleet.labels(now))


def _for_request(payload: Mapping[str, Any], task: Task, plan: Plan) -> dict[str, Any]:
    """What the sender of a request gets beside the plan: its warnings and, if asked for, VROOM's answer."""
    if task.read is None:
        return {}
    document: dict[str, Any] = {"warnings": list(task.read.warnings)}
    if payload.get("answer") == "vroom":
        document["vroom"] = as_vroom(task.problem, plan, task.read.legend)
    return document


def _reporter(context: JobContext, limit_s: float) -> Callable[[Progress], None]:
    def report(progress: Progress) -> None:
        context.fraction = min(0.99, progress.seconds / limit_s)

    return report
