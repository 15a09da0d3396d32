"""How many ruins a second one route search makes: decision 28's figures.

    python tests/bench/routing_speed.py [--seconds 6] [--seed 11] [INSTANCE ...]

Anneals each instance for so many seconds in this process, without recombination, and prints iterations and work
(positions looked at). To compare two versions of the kernels run it in a checkout of each, one after the other.
"""

from __future__ import annotations

import argparse
import platform
import time
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from haoyun.routing import Objective, read_problem
from haoyun.routing.sisr.search import COOL, Search
from haoyun.routing.warm import warm

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "routing"
PORTION = 2_000_000  # of work, between two looks at the clock


def measure(path: Path, seconds: float, seed: int) -> tuple[int, int]:
    """Iterations and work of a search that cools down over the time."""
    problem = replace(read_problem(path).problem, objective=Objective.DISTANCE)
    search = Search(problem, seed)
    search.anneal(PORTION, search.average_leg / 10, search.average_leg / 10)
    leg, hot = search.average_leg, search.hot
    iterations, work, begun = search.iterations, search.work, time.monotonic()
    while (spent := time.monotonic() - begun) < seconds:
        now = leg * hot * (COOL / hot) ** (spent / seconds)
        search.anneal(PORTION, now, now)
    return search.iterations - iterations, search.work - work


def main() -> None:
    """Print a line an instance."""
    parser = argparse.ArgumentParser(description="Iterations a second of the route search.")
    parser.add_argument("instances", nargs="*", default=["r1_2_4", "rc2_2_2", "bar-n200-2"])
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    warm()
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Python {platform.python_version()}, "
        f"numba {version('numba')}, seed {arguments.seed}, {arguments.seconds:g} s, one process"
    )
    for name in arguments.instances:
        path = next(
            one
            for one in sorted(arguments.data.glob("*/*"))
            if one.name.split(".txt")[0].removesuffix(".vrp") == name
        )
        iterations, work = measure(path, arguments.seconds, arguments.seed)
        print(f"{name}: {iterations:,} iterations, {work:,} positions looked at", flush=True)


if __name__ == "__main__":
    main()
