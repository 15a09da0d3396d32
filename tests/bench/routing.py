"""Routing benchmark: gaps to best-known values over a few published instances.

    python tests/bench/routing.py [--time 10] [--threads 2] [--seed 0] [--data FOLDER] [INSTANCE ...]

Prints a table and, with --json FILE, keeps the figures. Gaps compare like with like: for `distance` the
best-known value of the instance's minimum-distance row, for `vehicles` vehicles first, then distance.
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from haoyun.routing import as_json, read_problem, solve

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "routing"
FOLDERS = ("solomon", "gehring_homberger", "li_lim")
INSTANCES = ("R104", "RC201", "r1_2_4", "rc2_2_2", "r1_4_6", "lr104", "LR1_2_3", "LRC1_4_2")


@dataclass(frozen=True, slots=True)
class Best:
    """A best-known value; `vehicles` 0 where the row states none."""

    vehicles: int
    distance: float


@dataclass(frozen=True, slots=True)
class Result:
    """One run; the gap in percent of the best-known distance, None where they cannot be compared."""

    instance: str
    vehicles: int
    distance: float
    unserved: int
    seconds: float
    best_vehicles: int
    best_distance: float
    gap_percent: float | None


def best_known(data: Path, objective: str) -> dict[str, Best]:
    """The best-known value of each instance; rows of minimum distance win where distance is the objective."""
    with (data / "bks.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["family"] in FOLDERS]
    wanted = "vehicles-first" if objective == "vehicles" else "min distance"
    # Some families are published vehicles-first only; with equally many vehicles that is a fair bound too.
    rows.sort(key=lambda row: row["objective_convention"].startswith(wanted))
    return {row["instance"]: Best(int(row["vehicles"] or 0), float(row["distance"])) for row in rows}


def run(path: Path, best: Best, arguments: argparse.Namespace) -> Result:
    """Solve one instance."""
    problem = read_problem(path).problem
    plan = solve(
        problem,
        time_limit_s=arguments.time,
        seed=arguments.seed,
        threads=arguments.threads,
        objective=arguments.objective,
    )
    found = as_json(problem, plan)
    comparable = not found["unassigned"] and (
        arguments.objective == "distance" or plan.vehicles == best.vehicles
    )
    gap = 100 * (found["distance"] / best.distance - 1) if comparable else None
    return Result(
        instance=path.stem,
        vehicles=plan.vehicles,
        distance=found["distance"],
        unserved=len(found["unassigned"]),
        seconds=found["seconds"],
        best_vehicles=best.vehicles,
        best_distance=best.distance,
        gap_percent=gap,
    )


def heading(arguments: argparse.Namespace) -> dict[str, object]:
    """What a reader needs to judge the figures."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
        "ortools": version("ortools"),
        "haoyun": version("haoyun"),
        "objective": arguments.objective,
        "seconds": arguments.time,
        "threads": arguments.threads,
        "seed": arguments.seed,
    }


def line(result: Result) -> str:
    """One line of the table."""
    gap = "   n/a" if result.gap_percent is None else f"{result.gap_percent:6.2f}"
    return (
        f"{result.instance:<10} {result.distance:10.1f} {result.vehicles:4d}   {result.best_distance:10.1f} "
        f"{result.best_vehicles:4d}   {gap}   {result.unserved:3d}   {result.seconds:5.1f}"
    )


def arguments_of(words: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Gaps of haoyun.routing to best-known values.")
    parser.add_argument("instances", nargs="*", default=INSTANCES)
    parser.add_argument("--time", type=float, default=10.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--objective", choices=("distance", "vehicles"), default="distance")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    return parser.parse_args(words)


def main(words: list[str]) -> None:
    """Run all instances and print the table."""
    arguments = arguments_of(words)
    best = best_known(arguments.data, arguments.objective)
    about = heading(arguments)
    print("  ".join(f"{name}={value}" for name, value in about.items()))
    print("instance     distance  veh         best  veh   gap %   left   seconds")
    paths = {path.stem: path for folder in FOLDERS for path in (arguments.data / folder).glob("*.txt")}
    results = []
    for name in arguments.instances:
        results.append(run(paths[name], best[name], arguments))
        print(line(results[-1]), flush=True)
    gaps = [result.gap_percent for result in results if result.gap_percent is not None]
    if gaps:
        print(f"mean gap {sum(gaps) / len(gaps):.2f} % over {len(gaps)} of {len(results)} instances")
    if arguments.json:
        figures = {**about, "results": [asdict(result) for result in results]}
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
