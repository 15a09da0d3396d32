"""Routing benchmark: gaps to best-known values over published instances, against other solvers in the same run.

    python tests/bench/routing.py [--family F ...] [--time 10] [--threads 2] [--seed 0] [--peers FOLDER]
                                  [--against P ...] [--json FILE [--resume] [--minutes M]] [--markdown]
                                  [--plot FILE] [INSTANCE ...]

Prints beforehand how long everything takes, then a line an instance, the mean of each family, on which share of
instances ours is at least as good as every peer, and the largest deficit. What gaps are counted from, and the marks
"v" and "s", are told in routing_figures.py: a family published vehicles first is not compared with distances of
plans that may use more vehicles without saying so. For `--objective vehicles` a gap counts only where the number of
vehicles is the published one. HFVRP is measured by its costs.

With --peers FOLDER, PyVRP (two processes, best of two seeds), VROOM (two threads) and OR-Tools (guided local
search, native matrices) run on the same problems for the same time, one solver after the other.
--json keeps every run; --resume goes on where that file ends; --minutes starts no run after so many minutes.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import peers
from routing_figures import (
    FAMILIES,
    OURS,
    PEERS,
    Figures,
    Run,
    kept_runs,
    line,
    markdown,
    published,
    summary,
)

from haoyun.routing import (
    BadFormat,
    Objective,
    Plan,
    Progress,
    ReadResult,
    as_json,
    read_problem,
    solve,
)
from haoyun.routing.portfolio import Crew

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "routing"
# Seconds a run takes besides its limit: reading, starting, checking.
_BESIDES_S = 2.0


@dataclass(frozen=True, slots=True)
class Instance:
    """A file of a family."""

    name: str
    family: str
    path: Path


@dataclass(frozen=True, slots=True)
class Todo:
    """One run that is still to be made."""

    instance: Instance
    solver: str


def instances(data: Path, families: list[str], names: list[str]) -> list[Instance]:
    """The files of the families, or those named."""
    found = [
        Instance(path.name.split(".txt")[0].removesuffix(".vrp"), family, path)
        for family in families
        for path in sorted((data / family).glob("*"))
        if path.suffix in (".txt", ".gz", ".vrp")
    ]
    unknown = set(names) - {instance.name for instance in found}
    if unknown:
        raise SystemExit(f"no such instance in {data}: {', '.join(sorted(unknown))}")
    return [instance for instance in found if not names or instance.name in names]


def objective_of(found: ReadResult, wanted: str) -> str:
    """What is minimized: HFVRP's costs and PCVRPTW's prizes are their own, everything else goes by the command line."""
    costs = found.problem.objective is Objective.COST
    return (Objective.COST if costs else found.objective(wanted)).value


def to_do(
    chosen: list[Instance], arguments: argparse.Namespace, figures: Figures
) -> Iterator[tuple[Todo, ReadResult]]:
    """What has not been run yet, instance by instance; files that cannot be read are named and left out."""
    solvers = [OURS, *(arguments.against if arguments.peers else [])]
    for instance in chosen:
        try:
            found = read_problem(instance.path)
        except BadFormat as refusal:
            print(f"skipped {instance.name} ({instance.family}): {refusal}")
            continue
        objective = objective_of(found, arguments.objective)
        for solver in solvers:
            key = (instance.name, solver, objective, arguments.time, arguments.seed)
            if key not in figures.runs:
                yield Todo(instance, solver), found


def run(todo: Todo, found: ReadResult, arguments: argparse.Namespace, crew: Crew) -> Run:
    """Solve one instance with one solver."""
    objective = objective_of(found, arguments.objective)
    heard: list[Progress] = []
    if todo.solver == OURS:
        plan: Plan | None = solve(
            found.problem,
            time_limit_s=arguments.time,
            seed=arguments.seed,
            threads=arguments.threads,
            objective=objective,
            progress=heard.append,
            crew=crew,
        )
        assert plan is not None
        seconds, note = plan.seconds, plan.method
    else:
        python = peers.environment(arguments.peers)
        answer = peers.run_peer(
            todo.solver, found.problem, python, seconds=arguments.time, seed=arguments.seed
        )
        plan, seconds, note = answer.plan, answer.seconds, answer.note
    unit = _in_its_unit(found, plan, objective) if plan is not None else 0.0
    raw = plan.cost if plan is not None else 0.0  # progress tells costs; here they are as good as distances
    return Run(
        instance=todo.instance.name,
        family=todo.instance.family,
        stops=len(found.problem.stops),
        solver=todo.solver,
        objective=objective,
        limit_s=arguments.time,
        seed=arguments.seed,
        vehicles=plan.vehicles if plan is not None else 0,
        cost=float(unit),
        unserved=len(plan.left_out(found.problem) if plan is not None else found.problem.tasks),
        seconds=round(seconds, 2),
        note=note,
        history=[(round(p.seconds, 2), p.cost * unit / raw) for p in heard if not p.unassigned and raw],
    )


def _in_its_unit(found: ReadResult, plan: Plan, objective: str) -> float:
    """What was asked to be small, in the file's unit; where there are prizes, those that are missed count."""
    figures = as_json(found.problem, plan, found.legend)
    if objective == Objective.PROFIT:
        return float(figures["cost"] + figures["uncollected"])
    return float(figures["cost"] if objective == Objective.COST else figures["distance"])


def heading(arguments: argparse.Namespace) -> dict[str, object]:
    """What a reader needs to judge the figures."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
        "ortools": version("ortools"),
        "numba": version("numba"),
        "haoyun": version("haoyun"),
        "objective": arguments.objective,
        "seconds": arguments.time,
        "threads": arguments.threads,
        "seed": arguments.seed,
    }


def arguments_of(words: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Gaps of haoyun.routing to best-known values.")
    parser.add_argument("instances", nargs="*", help="names; all of the families if none is given")
    parser.add_argument("--family", nargs="*", choices=FAMILIES, default=list(FAMILIES))
    parser.add_argument("--time", type=float, default=10.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--objective", choices=("distance", "vehicles"), default="distance")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--peers", type=Path, help="folder of the peers' environment; made if it is missing")
    parser.add_argument("--against", nargs="*", choices=PEERS, default=list(PEERS))
    parser.add_argument("--json", type=Path, help="keep every run in this file")
    parser.add_argument("--resume", action="store_true", help="keep what --json has, run what it lacks")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="start no run after so long")
    parser.add_argument("--markdown", action="store_true", help="print tables for docs/reference/routing.md")
    parser.add_argument("--plot", type=Path, help="draw gaps over time as PNG (needs --peers and --json)")
    arguments = parser.parse_args(words)
    if arguments.resume and not arguments.json:
        parser.error("--resume needs --json FILE")
    if arguments.plot and not (arguments.peers and arguments.json):
        parser.error("--plot needs --peers FOLDER, which has matplotlib, and --json FILE")
    return arguments


def measure(arguments: argparse.Namespace, figures: Figures, about: dict[str, object]) -> None:
    """Make all runs that are missing; each is kept as soon as it is there."""
    chosen = instances(arguments.data, arguments.family, arguments.instances)
    todo = list(to_do(chosen, arguments, figures))
    need_s = len(todo) * (arguments.time + _BESIDES_S)
    print(f"{len(todo)} runs of {arguments.time:g} s to make: about {need_s / 60:.0f} minutes", flush=True)
    begun = time.monotonic()
    with Crew(arguments.threads) as crew:
        for number, (entry, found) in enumerate(todo, 1):
            if time.monotonic() - begun > 60 * arguments.minutes:
                print(
                    f"stopped after {arguments.minutes:g} minutes; {len(todo) - number + 1} runs are missing"
                )
                break
            done = run(entry, found, arguments, crew)
            figures.add(done)
            if arguments.json:
                figures.save(arguments.json, about)
            gap = figures.gap(done)
            shown = "n/a" if gap is None else f"{gap:.2f} %"
            print(f"[{number}/{len(todo)}] {done.instance} {done.solver}: {done.cost:g}, {shown}", flush=True)


def main(words: list[str]) -> None:
    """Run what is missing and print the tables."""
    arguments = arguments_of(words)
    kept = kept_runs(arguments.json) if arguments.resume and arguments.json.exists() else []
    figures = Figures(published(arguments.data), kept)
    about = heading(arguments)
    title = "  ".join(f"{name}={value}" for name, value in about.items())
    about["title"] = title
    print(title)
    measure(arguments, figures, about)
    shown = figures.chosen(arguments.objective, arguments.time, arguments.seed)
    if arguments.objective != "vehicles":
        for own in (Objective.COST, Objective.PROFIT):
            shown += figures.chosen(own.value, arguments.time, arguments.seed)
    print("instance      stops          ours  veh      reference   veh left    time  gaps in percent")
    print("\n".join(line(figures, runs) for runs in shown))
    print("\n".join(summary(figures, shown)))
    if arguments.markdown:
        print("\n".join(markdown(figures, shown)))
    if arguments.json:
        figures.save(arguments.json, about)
    if arguments.plot:
        python = peers.environment(arguments.peers)
        words = [str(python), str(peers.RUNNER), "plot", str(arguments.json), str(arguments.plot)]
        subprocess.run(words, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
