"""The freight case: seeded loads and trucks on China's trunk network; how many loads are served in equal time.

    python tests/bench/routing_freight.py [--loads 1000] [--trucks 200] [--time 60] [--threads 2] [--seed 0]
                                          [--hours none eu china] [--reference SECONDS]
                                          [--peers FOLDER] [--against vroom or-tools] [--json FILE] [--plot FILE]

Every truck has its own start, no way home to make (open end), three capacities, skills, a shift and its own rates;
every load a pickup and a delivery window, some of them two, and may be left out. No published instance is like it.
The same loads and trucks are solved under each of the rules on driver hours; peers take part where they can express
the case, which is without a rule. With --reference each rule is solved once more for so long, and what is served in
equal time is stated in per cent of that. Unlawful minutes are counted by the auditor.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import peers

from haoyun.maps import ScipyEngine, trunk_network
from haoyun.routing import (
    CHINA,
    EU_561,
    Objective,
    Plan,
    Problem,
    Progress,
    Shipment,
    Vehicle,
    Visit,
    Window,
    solve,
    unlawful_minutes,
    violations,
)
from haoyun.routing.hours import NONE
from haoyun.routing.portfolio import Crew
from routing import heading

HOUR_S = 3600
HORIZON_S = 72 * HOUR_S
# kg, tenths of a cubic metre, centimetres of loading length: the usual Chinese truck bodies.
BODIES = {"7.6 m": (10_000, 450, 760), "9.6 m": (18_000, 600, 960), "13.7 m": (32_000, 900, 1370)}
SKILLS = ("reefer", "hazmat", "tail lift")
RULES = {"none": NONE, "eu": EU_561, "china": CHINA}


@dataclass(slots=True)
class Row:
    """One solver under one rule; `history`: seconds and loads served, our own only."""

    rule: str
    solver: str
    served: int
    unserved: int
    seconds: float
    cost: int = 0
    vehicles: int = 0
    km: int = 0
    pauses: int = 0
    unlawful_minutes: int = 0
    of_reference_percent: float | None = None
    note: str = ""
    history: list[tuple[float, int]] = field(default_factory=list)

    @property
    def line(self) -> str:
        """For the table."""
        share = "" if self.of_reference_percent is None else f"{self.of_reference_percent:6.1f} %"
        return (
            f"{self.rule:<6} {self.solver:<10} {self.served:7d} {self.unserved:9d} {self.vehicles:6d} "
            f"{self.cost:12d} {self.pauses:7d} {self.unlawful_minutes:9d} {self.seconds:8.2f} {share:>9}  {self.note}"
        )


HEAD = "rule   solver      served  unserved trucks         cost  pauses  unlawful  seconds  of longer"


def freight_problem(loads: int, trucks: int, seed: int) -> Problem:
    """The seeded case."""
    draw = random.Random(seed)
    network = trunk_network()
    cities = [node for node, name in enumerate(network.node_name) if name]
    matrix = ScipyEngine(network).matrix(cities, cities)
    seconds = np.rint(matrix.duration_s).astype(np.int64)
    metres = np.rint(matrix.distance_m).astype(np.int64)
    return Problem(
        vehicles=tuple(_truck(draw, number, len(cities)) for number in range(trucks)),
        durations_s=seconds,
        distances_m=metres,
        shipments=tuple(_load(draw, number, seconds) for number in range(loads)),
        capacity_names=("kg", "m3 x 10", "loading cm"),
        objective=Objective.COST,
    )


def _truck(draw: random.Random, number: int, cities: int) -> Vehicle:
    body = draw.choice(list(BODIES))
    begin = draw.randrange(0, 13) * HOUR_S
    return Vehicle(
        number,
        start=draw.randrange(cities),
        end=None,
        capacity=BODIES[body],
        window=Window(begin, HORIZON_S),
        skills=frozenset(skill for skill in SKILLS if draw.random() < 0.4),
        fixed_cost=40_000,
        cost_per_km={"7.6 m": 350, "9.6 m": 480, "13.7 m": 650}[body],
        cost_per_hour=3_000,
    )


def _load(draw: random.Random, number: int, seconds: np.ndarray) -> Shipment:
    origin = draw.randrange(len(seconds))
    within = np.flatnonzero((seconds[origin] > 2 * HOUR_S) & (seconds[origin] < 16 * HOUR_S)).tolist()
    destination = draw.choice(within or [origin])
    share = draw.choice((0.15, 0.25, 0.35, 0.5, 0.8))
    body = draw.choice(list(BODIES.values()))
    amount = tuple(round(most * min(share * draw.uniform(0.6, 1.1), 1.0)) for most in body)
    ready = draw.randrange(0, 44) * HOUR_S
    up = [Window(ready, ready + draw.choice((4, 8, 12)) * HOUR_S)]
    if draw.random() < 0.2:
        up.append(Window(up[0].end_s + 8 * HOUR_S, up[0].end_s + 12 * HOUR_S))
    due = ready + int(seconds[origin, destination]) + draw.choice((8, 14, 24)) * HOUR_S
    down = (Window(ready, min(due, HORIZON_S)),) if due < HORIZON_S else ()
    return Shipment(
        number,
        Visit(f"{number} up", origin, draw.choice((1800, 3600)), tuple(up)),
        Visit(f"{number} down", destination, draw.choice((1800, 3600)), down),
        amount,
        skills=frozenset((draw.choice(SKILLS),)) if draw.random() < 0.25 else frozenset(),
    )


def row(rule: str, solver: str, problem: Problem, plan: Plan | None, seconds: float, note: str) -> Row:
    """A plan in figures; one that the checker does not pass is an error of ours."""
    loads = len(problem.tasks)
    if plan is None:
        return Row(rule, solver, 0, loads, round(seconds, 2), note=note)
    assert violations(problem, plan) == []
    return Row(
        rule, solver, loads - len(plan.unassigned), len(plan.unassigned), round(seconds, 2),
        cost=round(plan.cost),
        vehicles=plan.vehicles,
        km=round(plan.distance_m / 1000),
        pauses=sum(len(route.pauses) for route in plan.routes),
        unlawful_minutes=unlawful_minutes(problem, plan),
        note=note,
    )  # fmt: skip


def ours(rule: str, problem: Problem, seconds: float, arguments: argparse.Namespace, crew: Crew) -> Row:
    """Our own search, with the loads served over time."""
    heard: list[Progress] = []
    plan = solve(
        problem,
        time_limit_s=seconds,
        seed=arguments.seed,
        threads=arguments.threads,
        crew=crew,
        progress=heard.append,
    )
    found = row(rule, "haoyun", problem, plan, plan.seconds, plan.method)
    found.history = [(round(p.seconds, 2), len(problem.tasks) - p.unassigned) for p in heard]
    return found


def arguments_of(words: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Loads served on a seeded freight case.")
    parser.add_argument("--loads", type=int, default=1000)
    parser.add_argument("--trucks", type=int, default=200)
    parser.add_argument("--time", type=float, default=60.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hours", nargs="*", choices=tuple(RULES), default=list(RULES))
    parser.add_argument(
        "--reference", type=float, default=0.0, help="seconds of a longer run to compare with"
    )
    parser.add_argument("--peers", type=Path, help="folder of the peers' environment; made if it is missing")
    parser.add_argument("--against", nargs="*", choices=("vroom", "or-tools"), default=["vroom", "or-tools"])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path, help="draw loads served over time as PNG")
    parser.set_defaults(objective="cost")
    return parser.parse_args(words)


def under(problem: Problem, rule: str) -> Problem:
    """The same loads and trucks under a rule on driver hours."""
    return replace(problem, vehicles=tuple(replace(v, hours=RULES[rule]) for v in problem.vehicles))


def rows_of(rule: str, problem: Problem, arguments: argparse.Namespace, crew: Crew) -> list[Row]:
    """All solvers under one rule, printed as they come."""
    rows = [ours(rule, problem, arguments.time, arguments, crew)]
    if arguments.reference:
        longer = ours(rule, problem, arguments.reference, arguments, crew)
        rows[0].of_reference_percent = round(100 * rows[0].served / max(longer.served, 1), 1)
        rows.append(longer)
    for found in rows:
        print(found.line, flush=True)
    for peer in arguments.against if arguments.peers and rule == "none" else ():
        python = peers.environment(arguments.peers)
        found = peers.run_peer(peer, problem, python, seconds=arguments.time, seed=arguments.seed)
        rows.append(row(rule, peer, problem, found.plan, found.seconds, found.note))
        print(rows[-1].line, flush=True)
    return rows


def plot(rows: list[Row], title: str, target: Path) -> None:
    """Loads served over time, a line a run; peers are marks at their end."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 6))
    for number, found in enumerate(rows):
        colour = f"C{number % 10}"
        name = f"{found.rule}, {found.solver}, {found.seconds:.0f} s"
        if found.history:
            times, served = zip(*found.history, strict=True)
            axes.step(times, served, where="post", color=colour, label=name)
        else:
            axes.plot(found.seconds, found.served, "^", color=colour, label=name)
    axes.set(xlabel="seconds", ylabel="loads served", title=title)
    axes.legend(fontsize="small")
    figure.savefig(target, dpi=110, bbox_inches="tight")


def main(words: list[str]) -> None:
    """Solve under each rule with each solver and print one line each."""
    arguments = arguments_of(words)
    problem = freight_problem(arguments.loads, arguments.trucks, arguments.seed)
    about = {**heading(arguments), "loads": arguments.loads, "trucks": arguments.trucks}
    title = "  ".join(f"{name}={value}" for name, value in about.items())
    print(f"{title}\n{HEAD}")
    rows = []
    with Crew(arguments.threads) as crew:
        for rule in arguments.hours:
            rows += rows_of(rule, under(problem, rule), arguments, crew)
    if arguments.json:
        arguments.json.write_text(
            json.dumps({**about, "results": [asdict(r) for r in rows]}, indent=2) + "\n"
        )
    if arguments.plot:
        plot(rows, title, arguments.plot)


if __name__ == "__main__":
    main(sys.argv[1:])
