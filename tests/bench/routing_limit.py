"""How well the time limit is kept: from the call of solve() to its return, on every kind of problem.

    python tests/bench/routing_limit.py [--time 5 20] [--threads 1 2] [--seed 0] [--json FILE] [CASE ...]

Freight cases (routing_freight.py) of 200 loads x 40 trucks and 1,000 x 200, with and without driver hours, and one
instance of each family; prints what each took and by how many per cent of the limit that is too long. One thread may
be done earlier: it goes by its work.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from routing_freight import RULES, freight_problem, under

from haoyun.routing import Problem, read_problem, solve, violations
from haoyun.routing.portfolio import Crew
from routing import DATA, heading, instances

SIZES = ((200, 40), (1000, 200))
INSTANCES = ("R104", "r1_4_6", "LR1_2_3", "LRC1_4_2", "bar-n400-1")


def cases() -> dict[str, Callable[[], Problem]]:
    """What is measured, by name."""
    found: dict[str, Callable[[], Problem]] = {}
    for loads, trucks in SIZES:
        for rule in RULES:
            found[f"freight {loads} x {trucks}, {rule}"] = lambda a=loads, b=trucks, r=rule: under(  # type: ignore[misc]
                freight_problem(a, b, 0), r
            )
    families = ["solomon", "gehring_homberger", "li_lim", "sartori_buriol"]
    for instance in instances(DATA, families, list(INSTANCES)):
        found[instance.name] = lambda p=instance.path: read_problem(p).problem  # type: ignore[misc]
    return found


def measured(
    name: str, problem: Problem, seconds: float, threads: int, seed: int, crew: Crew
) -> dict[str, object]:
    """One solve, timed by its caller."""
    begun = time.monotonic()
    plan = solve(problem, time_limit_s=seconds, threads=threads, seed=seed, crew=crew)
    took = time.monotonic() - begun
    assert violations(problem, plan) == []
    return {
        "case": name,
        "limit_s": seconds,
        "threads": threads,
        "took_s": round(took, 2),
        "over_percent": round(100 * (took / seconds - 1), 1),
        "unassigned": len(plan.unassigned),
    }


def arguments_of(words: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="How well the time limit is kept.")
    parser.add_argument("cases", nargs="*", help="parts of names; all if none is given")
    parser.add_argument("--time", type=float, nargs="*", default=[5.0, 20.0])
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    parser.set_defaults(objective="as the case")
    return parser.parse_args(words)


def main(words: list[str]) -> None:
    """Solve each case with each limit and number of threads and print a line each."""
    arguments = arguments_of(words)
    about = heading(arguments)
    print("  ".join(f"{name}={value}" for name, value in about.items()))
    print("case                        limit  threads    took  over %  unassigned")
    rows = []
    wanted = {n: make for n, make in cases().items() if any(w in n for w in arguments.cases or [""])}
    with Crew(max(arguments.threads)) as crew:
        for name, make in wanted.items():
            problem = make()
            for seconds in arguments.time:
                for threads in arguments.threads:
                    row = measured(name, problem, seconds, threads, arguments.seed, crew)
                    rows.append(row)
                    print(
                        f"{name:<26} {seconds:6.1f} {threads:8d} {row['took_s']:7.2f} {row['over_percent']:7.1f} "
                        f"{row['unassigned']:11d}",
                        flush=True,
                    )
    if arguments.json:
        arguments.json.write_text(json.dumps({**about, "results": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
