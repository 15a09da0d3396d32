"""What a job planned, read again: its problem from its request, its plan from the tours in its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from haoyun.platform.database import reading
from haoyun.platform.jobs import Job, JobState, find_attached
from haoyun.platform.jobs.errors import BadMove
from haoyun.platform.planning import PROBLEM_FILE, VEHICLES_FILE
from haoyun.platform.planning.options import Options
from haoyun.platform.planning.problem import CAPACITIES
from haoyun.platform.planning.request import read_files, read_json_request, under_hours
from haoyun.routing import BadFormat, Objective, Plan, Problem, ReadResult, Reason, ReasonCode, Unassigned
from haoyun.routing.build import plan_of
from haoyun.routing.problem import Tours


def read_stored(engine: sa.Engine, job: Job) -> ReadResult:
    """The problem that came with the job, as it came. Raises BadFormat."""
    if "problem" in job.payload:
        return read_json_request(job.payload["problem"])
    with reading(engine).connect() as db:
        content = find_attached(db, job.id, PROBLEM_FILE)
        vehicles = find_attached(db, job.id, VEHICLES_FILE)
    if content is None:
        raise BadFormat(f"job {job.id} has neither a problem nor a file")
    read = read_files(content, vehicles)
    if job.payload.get("plan") == "my_fleet":
        problem = replace(read.problem, capacity_names=CAPACITIES)
        return replace(read, problem=problem)
    return read


def planned(engine: sa.Engine, job: Job) -> tuple[ReadResult, Plan]:
    """Problem and plan of a job that succeeded. Raises BadMove before it has, BadFormat."""
    if job.state is not JobState.SUCCEEDED or job.result is None:
        raise BadMove(f"job {job.id} has no plan ({job.state})")
    read, options = read_stored(engine, job), Options.of(job.payload)
    problem = under_hours(read.problem, options.hours)
    problem = replace(problem, objective=Objective(job.result["objective"]))
    plan = plan_in(problem, job.result)
    if plan is None:
        raise BadFormat(f"the plan of job {job.id} cannot be timed again")
    return replace(read, problem=problem), plan


def plan_in(problem: Problem, result: Mapping[str, Any]) -> Plan | None:
    """The plan in a job's result, timed again; None if that cannot be."""
    plan = plan_of(problem, _tours(problem, result["steps"]), result["method"])
    if plan is None:
        return None
    return replace(plan, seconds=float(result["seconds"]), unassigned=_reasons(plan, result))


def _tours(problem: Problem, routes: list[dict[str, Any]]) -> Tours:
    numbers = {(stop.kind.value, stop.visit.id): number for number, stop in enumerate(problem.stops)}
    by_vehicle = {route["vehicle"]: route["steps"][1:-1] for route in routes}

    def tour(vehicle_id: object, reloads: Mapping[object, int]) -> tuple[int, ...]:
        return tuple(
            reloads[step["id"]] if step["kind"] == "reload" else numbers[step["kind"], step["id"]]
            for step in by_vehicle.get(vehicle_id, [])
        )

    return tuple(
        tour(v.id, {reload.id: -1 - k for k, reload in enumerate(v.reloads)}) for v in problem.vehicles
    )


def _reasons(plan: Plan, result: Mapping[str, Any]) -> tuple[Unassigned, ...]:
    said = {
        (entry["kind"], entry["id"]): tuple(
            Reason(ReasonCode(r["code"]), r["text"]) for r in entry["reasons"]
        )
        for entry in result["why_unassigned"]
    }
    return tuple(replace(entry, reasons=said.get((entry.kind, entry.id), ())) for entry in plan.unassigned)
