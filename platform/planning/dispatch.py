"""Runs a job of the kind "optimize": problem -> search -> independent check -> the plan that the page shows.

`routing` never learns that jobs exist; what it refuses becomes the job's error text.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from haoyun.platform.database import Databases, reading
from haoyun.platform.jobs import FanOut, Job, attach
from haoyun.platform.jobs.errors import BadMove, JobRefused, JobStopped, NoSuchJob
from haoyun.platform.jobs.worker import Handler, JobContext
from haoyun.platform.planning import OPTIMIZE, PROBLEM_FILE
from haoyun.platform.planning.crews import Crews
from haoyun.platform.planning.fleet import read_fleet
from haoyun.platform.planning.large import PART, LargePlans
from haoyun.platform.planning.options import Options
from haoyun.platform.planning.pages import Places, plan_document
from haoyun.platform.planning.problem import fleet_problem
from haoyun.platform.planning.replan import keep_request, replan
from haoyun.platform.planning.request import under_hours
from haoyun.platform.planning.roads import Roads
from haoyun.platform.planning.stored import read_stored
from haoyun.platform.planning.why import explanations
from haoyun.platform.settings import Settings
from haoyun.routing import BadFormat, BadProblem, Engine, Objective, Plan, Problem, ReadResult, solve
from haoyun.routing.formats.vroom_answer import as_vroom
from haoyun.routing.formats.vroom_request import as_vroom_request
from haoyun.routing.kept import refuse_what_is_not_kept
from haoyun.routing.legend import Legend
from haoyun.routing.recipes import is_large
from haoyun.routing.solve import Progress


@dataclass(frozen=True, slots=True)
class Task:
    """A problem to solve, and where its locations lie if that is known."""

    problem: Problem
    places: Places = field(default_factory=Places)
    labels: Mapping[str, Any] | None = None
    read: ReadResult | None = None  # where it came as a request


@contextmanager
def planning(
    settings: Settings, databases: Databases, now: Callable[[], datetime] | None = None
) -> Iterator[dict[str, Handler]]:
    """The job handlers of this package, for `run_worker`, with search processes that stay warm between jobs."""
    with Crews(first=min(2, os.cpu_count() or 1)) as crews:
        yield handlers(settings, databases, crews, now or (lambda: datetime.now(UTC)))


def handlers(
    settings: Settings, databases: Databases, crews: Crews, clock: Callable[[], datetime]
) -> dict[str, Handler]:
    """The job handlers of this package, whoever runs them and however many side by side."""
    large = LargePlans(databases, settings.jobs_at_once, clock, crews)
    dispatch = Dispatch(databases, Roads(settings), clock, crews, large)
    return {OPTIMIZE: dispatch.run, PART: large.run_part}


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The handler of optimization jobs, with the roads it plans on and the processes that search."""

    databases: Databases
    roads: Roads
    now: Callable[[], datetime]
    crews: Crews
    large: LargePlans

    def run(self, job: Job, context: JobContext) -> dict[str, Any] | FanOut:
        """Solve the job's problem, a large one round by round. Raises JobRefused with the rule that the problem
        breaks, JobStopped.
        """
        options = Options.of(job.payload)
        if "replan_of" in job.payload:
            return self._replan(job)
        try:
            task = self._task(job, options)
            if task.read is not None and is_large(task.problem):
                return self._go_on(job, context, task, options)
            with self.crews.lent() as crew:
                plan = solve(
                    task.problem,
                    time_limit_s=options.time_limit_s,
                    seed=options.seed,
                    threads=options.threads,
                    objective=options.objective,
                    progress=lambda better: _note(context, better),
                    cancelled=lambda: _is_over(context, options.time_limit_s),
                    crew=crew,
                )
        except (BadFormat, BadProblem) as error:
            raise JobRefused(str(error)) from error
        if context.stop.is_set():
            raise JobStopped("the job was cancelled or its worker stops")
        return self._document(job, task, plan)

    def _replan(self, job: Job) -> dict[str, Any]:
        """No process of its own is needed: it takes a second."""
        try:
            with reading(self.databases.platform).connect() as db:
                document, request = replan(db, job)
        except (BadFormat, BadProblem, BadMove, NoSuchJob) as error:
            raise JobRefused(str(error)) from error
        with self.databases.platform.begin() as db:
            keep_request(db, job, request)
        return document

    def _go_on(self, job: Job, context: JobContext, task: Task, options: Options) -> dict[str, Any] | FanOut:
        problem = replace(task.problem, objective=Objective(options.objective or task.problem.objective))
        refuse_what_is_not_kept(problem, Engine.RUIN_AND_RECREATE)
        found = self.large.go_on(job, problem, options.time_limit_s, lambda better: _note(context, better))
        return (
            found if isinstance(found, FanOut) else self._document(job, replace(task, problem=problem), found)
        )

    def _document(self, job: Job, task: Task, plan: Plan) -> dict[str, Any]:
        document = plan_document(task.problem, plan, task.places, task.labels)
        document["why"] = explanations(task.problem, plan)
        return document | _for_request(job.payload, task, plan)

    def _task(self, job: Job, options: Options) -> Task:
        read = read_stored(self.databases.platform, job) if job.payload.get("plan") is None else None
        if read is not None:
            legend = read.legend
            points = legend.points if legend.geographic else ()
            places = Places(tuple(None if p is None else (p[1], p[0]) for p in points))
            return Task(under_hours(read.problem, options.hours), places, read=read)
        return self._fleet(job, options)

    def _fleet(self, job: Job, options: Options) -> Task:
        now = self.now()
        with reading(self.databases.platform).connect() as db:
            fleet = read_fleet(db, job.org_id, now)
        if not fleet.capacities:
            raise JobRefused("the organization has no open capacity to plan")
        if not fleet.loads:
            raise JobRefused("no open load fits the organization's open capacities")
        matrix = self.roads.matrix(fleet.points)
        problem = fleet_problem(fleet, matrix, now, options.objective or "distance")
        # The market moves on; what was planned is kept, so that the plan can be read and explained later.
        legend = Legend(points=tuple((lon, lat) for lat, lon in fleet.points), geographic=True, indexed=True)
        with self.databases.platform.begin() as db:
            attach(db, job.id, PROBLEM_FILE, orjson.dumps(as_vroom_request(problem, legend)))
        problem = under_hours(problem, options.hours)
        return Task(problem, Places(tuple(fleet.points), self.roads), fleet.labels(now))


def _note(context: JobContext, better: Progress) -> None:
    context.note(
        {
            "seconds": round(better.seconds, 2),
            "cost": better.cost,
            "vehicles": better.vehicles,
            "unassigned": better.unassigned,
        }
    )


def _is_over(context: JobContext, limit_s: float) -> bool:
    """Asked often by the search: whether to end, and how far the job is meanwhile."""
    context.advance(limit_s)
    return context.stop.is_set() or context.enough.is_set()


def _for_request(payload: Mapping[str, Any], task: Task, plan: Plan) -> dict[str, Any]:
    """What the sender of a request gets beside the plan: its warnings and, if asked for, VROOM's answer."""
    if task.read is None:
        return {}
    document: dict[str, Any] = {"warnings": list(task.read.warnings), "format": task.read.format}
    if payload.get("answer") == "vroom":
        document["vroom"] = as_vroom(task.problem, plan, task.read.legend)
    return document
