"""Other solvers on the same problem: what they find is timed and checked by our own code.

PyVRP and VROOM live in an environment of their own (`--peers FOLDER`, made if it is missing): they are opponents,
never a dependency.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from haoyun.routing import Objective, Plan, Problem, Vehicle, violations
from haoyun.routing.model import search
from haoyun.routing.recipes import Engine, portfolio
from haoyun.routing.solve import plan_of
from haoyun.routing.tasks import Job, Task

WANTED = ("pyvrp==0.14.*", "pyvroom", "matplotlib")
RUNNER = Path(__file__).with_name("peer_run.py")


@dataclass(frozen=True, slots=True)
class PeerPlan:
    """What a peer found; `plan` None: nothing that our checker passes."""

    plan: Plan | None
    seconds: float
    note: str


def environment(folder: Path) -> Path:
    """The Python of the peers' environment; installs them on first use."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *WANTED], check=True)
    return python


def run_peer(name: str, problem: Problem, python: Path, *, seconds: float, seed: int) -> PeerPlan:
    """One peer on two cores: PyVRP as two processes with two seeds, VROOM with two threads, OR-Tools as it is."""
    if name == "or-tools":
        return _stock_or_tools(problem, seconds)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(as_numbers(problem), file)
        file.flush()
        seeds = (2 * seed + 1, 2 * seed + 2) if name == "pyvrp" else (seed,)
        processes = [
            subprocess.Popen(
                [str(python), str(RUNNER), name, file.name, str(seconds), str(s), "2"],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for s in seeds
        ]
        answers = [process.communicate() for process in processes]
    plans = [_plan(problem, out, err) for out, err in answers]
    return min(plans, key=lambda p: (p.plan is None, *_rank(p.plan)))


def _rank(plan: Plan | None) -> tuple[float, ...]:
    if plan is None:
        return ()
    if plan.objective is Objective.PROFIT:
        return (plan.cost - plan.revenue,)
    main = plan.cost if plan.objective is Objective.COST else plan.distance_m
    return (len(plan.unassigned), main)


def _plan(problem: Problem, out: str, err: str) -> PeerPlan:
    if not out:
        return PeerPlan(None, 0.0, err.strip().splitlines()[-1] if err.strip() else "no answer")
    answer = json.loads(out)
    tours: list[tuple[int, ...]] = [()] * len(problem.vehicles)
    for vehicle, stops in answer["tours"]:
        tours[vehicle] = tuple(stops)
    return _checked(problem, tuple(tours), answer["seconds"], answer["version"])


def _checked(problem: Problem, tours: Any, seconds: float, note: str) -> PeerPlan:
    plan = plan_of(problem, tours) if any(tours) else None
    if plan is None:
        return PeerPlan(None, seconds, f"{note}: no feasible plan")
    wrong = violations(problem, plan)
    return PeerPlan(None if wrong else plan, seconds, wrong[0].text if wrong else note)


def _stock_or_tools(problem: Problem, seconds: float) -> PeerPlan:
    """Guided local search with native matrices, from the best of three first solutions."""
    guided = portfolio(problem, 3, Engine.OR_TOOLS)[2]
    begun = time.monotonic()
    tours = search(problem, guided, deadline=begun + seconds)
    took = time.monotonic() - begun
    return _checked(problem, tours or (), took, "OR-Tools guided local search")


def as_numbers(problem: Problem) -> dict[str, Any]:
    """The problem as plain numbers; stops are numbered as in problem.stops."""
    stops = problem.stops
    skills = sorted({s for owner in (*problem.vehicles, *problem.tasks) for s in owner.skills})
    code = {name: number for number, name in enumerate(skills)}
    kinds: dict[str, int] = {}
    of_vehicle = []
    for vehicle in problem.vehicles:
        key = json.dumps(_kind(vehicle, code))
        of_vehicle.append(kinds.setdefault(key, len(kinds)))
    return {
        "durations": problem.durations_s.tolist(),
        "distances": problem.distances_m.tolist(),
        "by_rates": problem.objective in (Objective.COST, Objective.PROFIT),
        "prizes": problem.objective is Objective.PROFIT,
        "kinds": [json.loads(key) for key in kinds],
        "counts": [of_vehicle.count(kind) for kind in range(len(kinds))],
        "vehicles_of_kind": [
            [v for v, k in enumerate(of_vehicle) if k == kind] for kind in range(len(kinds))
        ],
        "vehicles": list(enumerate(of_vehicle)),
        "stops": [
            {
                "place": stop.visit.location,
                "service": stop.visit.service_s,
                "windows": [[w.start_s, w.end_s] for w in stop.visit.windows],
            }
            for stop in stops
        ],
        "tasks": _tasks(problem, code),
    }


def _kind(vehicle: Vehicle, code: dict[str, int]) -> dict[str, Any]:
    return {
        "start": vehicle.start,
        "end": vehicle.end,
        "capacity": list(vehicle.capacity),
        "on": vehicle.window.start_s if vehicle.window else 0,
        "off": vehicle.window.end_s if vehicle.window else None,
        "skills": sorted(code[s] for s in vehicle.skills),
        "max_stops": vehicle.max_stops,
        "max_metres": vehicle.max_distance_m,
        "max_travel_s": vehicle.max_travel_s,
        "max_duration_s": vehicle.max_duration_s,
        "reloads": [[reload.location, reload.duration_s] for reload in vehicle.reloads],
        "max_trips": vehicle.max_trips,
        "fixed": vehicle.fixed_cost,
        "per_hour": vehicle.cost_per_hour,
        "per_km": vehicle.cost_per_km,
    }


def _tasks(problem: Problem, code: dict[str, int]) -> list[dict[str, Any]]:
    rows = []
    first = 0
    for task in problem.tasks:
        rows.append(
            {
                "stops": list(range(first, first + len(task.visits))),
                "given": list(problem.amounts(task.delivery)) if isinstance(task, Job) else None,
                "taken": _taken(problem, task),
                "skills": sorted(code[s] for s in task.skills),
                "priority": task.priority,
                "prize": None if task.mandatory else task.revenue,
                "release_s": task.release_s if isinstance(task, Job) else None,
            }
        )
        first += len(task.visits)
    return rows


def _taken(problem: Problem, task: Task) -> list[int]:
    return list(problem.amounts(task.pickup if isinstance(task, Job) else task.amount))
