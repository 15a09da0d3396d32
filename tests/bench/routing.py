"""Routing benchmark: gaps to best-known values over published instances, and against other solvers.

    python tests/bench/routing.py [--family F ...] [--time 10] [--threads 2] [--seed 0] [--peers FOLDER]
                                  [--json FILE] [--plot FILE] [INSTANCE ...]

Prints a line an instance and the mean of each family. Gaps compare like with like: for `distance` with the
instance's minimum-distance row; families published vehicles-first only are compared with those rows and marked
"v": their plans use more vehicles than ours may, so that gaps below zero are possible. For `vehicles` a gap counts
only where the number of vehicles is the best-known one.
With --peers FOLDER, PyVRP (two processes, best of two seeds), VROOM (two threads) and OR-Tools (guided local
search) run on the same problems for the same time, one after the other.
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import peers

from haoyun.routing import Plan, Problem, Progress, as_json, read_problem, solve
from haoyun.routing.portfolio import Crew

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "routing"
FAMILIES = ("solomon", "gehring_homberger", "li_lim", "sartori_buriol")
PEERS = ("pyvrp", "vroom", "or-tools")


@dataclass(frozen=True, slots=True)
class Best:
    """A best-known value; `vehicles` 0 where the row states none; whether vehicles came first."""

    vehicles: int
    distance: float
    vehicles_first: bool


@dataclass(frozen=True, slots=True)
class Run:
    """What one solver found; the gap in percent of the best-known distance, None where they cannot be compared."""

    vehicles: int
    distance: float
    unserved: int
    seconds: float
    gap_percent: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One instance: our run, the peers', the best known, and our gap over time."""

    instance: str
    family: str
    best: Best
    run: Run
    peers: dict[str, Run] = field(default_factory=dict)
    history: list[tuple[float, float]] = field(default_factory=list)


def best_known(data: Path, objective: str) -> dict[str, Best]:
    """The best-known value of each instance; rows of minimum distance win where distance is the objective."""
    with (data / "bks.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["family"] in FAMILIES]
    wanted = "vehicles-first" if objective == "vehicles" else "min distance"
    # Some families are published vehicles-first only; with equally many vehicles that is a fair bound too.
    rows.sort(key=lambda row: row["objective_convention"].startswith(wanted))
    return {
        row["instance"]: Best(
            int(row["vehicles"] or 0),
            float(row["distance"]),
            row["objective_convention"].startswith("vehicles-first"),
        )
        for row in rows
    }


def instances(data: Path, families: list[str]) -> dict[str, tuple[str, Path]]:
    """Family and path of each instance by name."""
    found = {}
    for family in families:
        for path in sorted((data / family).glob("*.txt*")):
            found[path.name.split(".txt")[0]] = (family, path)
    return found


def measured(
    problem: Problem, plan: Plan | None, seconds: float, best: Best, objective: str, note: str = ""
) -> Run:
    """A plan in figures."""
    if plan is None:
        return Run(0, 0.0, len(problem.tasks), round(seconds, 2), None, note)
    found = as_json(problem, plan)
    comparable = not found["unassigned"] and (objective == "distance" or plan.vehicles == best.vehicles)
    gap = 100 * (found["distance"] / best.distance - 1) if comparable else None
    return Run(plan.vehicles, found["distance"], len(found["unassigned"]), round(seconds, 2), gap, note)


def run(name: str, family: str, path: Path, best: Best, arguments: argparse.Namespace, crew: Crew) -> Result:
    """Solve one instance, with the peers if they are wanted."""
    problem = read_problem(path).problem
    heard: list[Progress] = []
    plan = solve(
        problem,
        time_limit_s=arguments.time,
        seed=arguments.seed,
        threads=arguments.threads,
        objective=arguments.objective,
        progress=heard.append,
        crew=crew,
    )

    history = [(round(p.seconds, 2), 100 * (p.cost / best.distance - 1)) for p in heard if not p.unassigned]
    others = {}
    if arguments.peers:
        python = peers.environment(arguments.peers)
        for peer in arguments.against:
            found = peers.run_peer(peer, problem, python, seconds=arguments.time, seed=arguments.seed)
            others[peer] = measured(problem, found.plan, found.seconds, best, arguments.objective, found.note)
    ours = measured(problem, plan, plan.seconds, best, arguments.objective, plan.method)
    return Result(name, family, best, ours, others, history)


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


def line(result: Result) -> str:
    """One line of the table."""
    ours = result.run
    cells = [f"{name} {_gap(peer)}" for name, peer in result.peers.items()]
    mark = "v" if result.best.vehicles_first else " "
    return (
        f"{result.instance:<12} {ours.distance:10.1f} {ours.vehicles:4d}   {result.best.distance:10.1f} "
        f"{result.best.vehicles:4d}{mark}  {_gap(ours)}   {ours.unserved:3d}   {ours.seconds:5.1f}   {'  '.join(cells)}"
    )


def _gap(run: Run) -> str:
    return "   n/a" if run.gap_percent is None else f"{run.gap_percent:6.2f}"


def means(results: list[Result]) -> list[str]:
    """The mean gap of each solver over each family and over all."""
    lines = []
    for family in (*dict.fromkeys(r.family for r in results), "all"):
        own = [r for r in results if family in (r.family, "all")]
        cells = [_mean("haoyun", [r.run.gap_percent for r in own])]
        cells += [
            _mean(peer, [r.peers[peer].gap_percent for r in own if peer in r.peers])
            for peer in dict.fromkeys(name for r in own for name in r.peers)
        ]
        lines.append(f"mean gap, {family}: " + ", ".join(cells))
    return lines


def _mean(name: str, gaps: list[float | None]) -> str:
    known = [gap for gap in gaps if gap is not None]
    mean = f"{sum(known) / len(known):.2f} %" if known else "n/a"
    return f"{name} {mean} over {len(known)} of {len(gaps)}"


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
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    parser.add_argument(
        "--plot", type=Path, help="draw our gap over time as PNG (needs --peers for matplotlib)"
    )
    return parser.parse_args(words)


def keep(arguments: argparse.Namespace, figures: dict[str, object]) -> None:
    """Write the JSON and draw the picture that were asked for."""
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")
    if arguments.plot:
        python = peers.environment(arguments.peers)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(figures, file)
            file.flush()
            subprocess.run(
                [str(python), str(peers.RUNNER), "plot", file.name, str(arguments.plot)], check=True
            )


def main(words: list[str]) -> None:
    """Run all instances and print the table."""
    arguments = arguments_of(words)
    best = best_known(arguments.data, arguments.objective)
    about = heading(arguments)
    title = "  ".join(f"{name}={value}" for name, value in about.items())
    print(title)
    print("instance       distance  veh         best  veh    gap %   left   seconds   peers' gaps %")
    known = instances(arguments.data, arguments.family)
    results = []
    with Crew(arguments.threads) as crew:
        for name in arguments.instances or known:
            family, path = known[name]
            results.append(run(name, family, path, best[name], arguments, crew))
            print(line(results[-1]), flush=True)
    print("\n".join(means(results)))
    keep(arguments, {**about, "title": title, "results": [asdict(result) for result in results]})


if __name__ == "__main__":
    main(sys.argv[1:])
