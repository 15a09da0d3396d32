"""How many ruins a second one route search makes, and how good its plan is: decision 28's figures.

    python tests/bench/routing_speed.py [INSTANCE ...] [--seconds 6] [--seed 11 ...] [--ruin 6 10 ...]

Anneals each instance for so many seconds in this process, without recombination, and prints iterations, work
(positions looked at) and the distance of the plan. --ruin: with how many stops in a ruin and a string, instead of
the search's own choice. To compare two versions of the kernels run it in a checkout of each, one after the other.
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


def measure(path: Path, seconds: float, seed: int, ruin: float | None) -> tuple[int, int, float]:
    """Iterations, work and distance of a search that cools down over the time."""
    problem = replace(read_problem(path).problem, objective=Objective.DISTANCE)
    search = Search(problem, seed)
    if ruin is not None:
        search.ruin_stops = ruin
    search.anneal(PORTION, search.average_leg / 10, search.average_leg / 10)
    leg, hot = search.average_leg, search.hot
    iterations, work, begun = search.iterations, search.work, time.monotonic()
    while (spent := time.monotonic() - begun) < seconds:
        now = leg * hot * (COOL / hot) ** (spent / seconds)
        search.anneal(PORTION, now, now)
    missed, distance = search.worth
    assert not missed, "what is left out is not in the distance"
    return search.iterations - iterations, search.work - work, distance


def main() -> None:
    """Print a line an instance."""
    parser = argparse.ArgumentParser(description="Iterations a second of the route search.")
    parser.add_argument("instances", nargs="*", default=["r1_2_4", "rc2_2_2", "bar-n200-2"])
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--seed", type=int, nargs="+", default=[11])
    parser.add_argument("--ruin", type=float, nargs="+", default=[None])
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    warm()
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Python {platform.python_version()}, "
        f"numba {version('numba')}, {arguments.seconds:g} s, one process"
    )
    for name in arguments.instances:
        path = next(
            one
            for one in sorted(arguments.data.glob("*/*"))
            if one.name.split(".txt")[0].removesuffix(".vrp") == name
        )
        for ruin in arguments.ruin:
            for seed in arguments.seed:
                iterations, work, distance = measure(path, arguments.seconds, seed, ruin)
                how = "" if ruin is None else f", ruins of {ruin:g}"
                print(
                    f"{name}, seed {seed}{how}: {iterations:,} iterations, {work:,} positions looked at, "
                    f"distance {distance:,.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
