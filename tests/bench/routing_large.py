"""Large problems: seeded loads and trucks all over China, solved in parts; served, cost, time and memory.

    python tests/bench/routing_large.py [--loads 10000] [--trucks 2000] [--minutes 10] [--threads 2] [--seed 0]
                                        [--reference MINUTES] [--whole] [--json FILE] [--plot FILE]

Every load and truck has a place of its own, drawn around a city of the trunk network (half of them within 15 km);
legs are great circles x 1.3 at 60 km/h, worked out on demand: no matrix of all 22,000 places is ever made. Loads and
trucks are those of routing_freight.py otherwise: three capacities, skills, windows, open ends, rates of their own.
Memory is the proportional share (PSS) of all processes together, looked at twice a second; CPU seconds are theirs too,
and tell how much of the machine a run was given.

--reference runs again with another limit and says how far the first run's cost is from it. As the runs may serve
unlike numbers of loads, each unserved load is counted with the mean cost of a served one in the longer run.
--whole solves the same problem once more without splitting, in the same time.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
from routing_freight import BODIES, HORIZON_S, HOUR_S, SKILLS

from haoyun.maps import ScipyEngine, destination, trunk_network
from haoyun.routing import (
    Engine,
    Objective,
    Plan,
    Problem,
    Progress,
    Shipment,
    Vehicle,
    Visit,
    Window,
    solve,
    violations,
)
from haoyun.routing.formats.estimate import GreatCircles
from haoyun.routing.large.course import solve_large
from routing import heading


@dataclass(slots=True)
class Run:
    """One run in figures."""

    name: str
    minutes: float
    served: int = 0
    unserved: int = 0
    cost: float = 0.0
    vehicles: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    peak_mib: float = 0.0
    history: list[tuple[float, float, int]] = field(default_factory=list)  # seconds, cost, unserved


def large_problem(loads: int, trucks: int, seed: int) -> Problem:
    """The seeded case."""
    draw = random.Random(seed)
    network = trunk_network()
    cities = [node for node, name in enumerate(network.node_name) if name]
    hours = ScipyEngine(network).matrix(cities, cities).duration_s / HOUR_S
    points: list[tuple[float, float]] = []

    def near(city: int) -> int:
        node = cities[city]
        away_m = min(draw.expovariate(1 / 22_000), 100_000)
        lat, lon = destination(network.node_lat[node], network.node_lon[node], draw.uniform(0, 360), away_m)
        points.append((lon, lat))
        return len(points) - 1

    fleet = [_truck(draw, number, near(draw.randrange(len(cities)))) for number in range(trucks)]
    goods = []
    for number in range(loads):
        origin = draw.randrange(len(cities))
        within = np.flatnonzero((hours[origin] > 2) & (hours[origin] < 16)).tolist() or [origin]
        goods.append(_load(draw, number, near(origin), near(draw.choice(within)), points))
    where = np.array(points)
    return Problem(
        vehicles=tuple(fleet),
        durations_s=GreatCircles(where, in_seconds=True),
        distances_m=GreatCircles(where, in_seconds=False),
        shipments=tuple(goods),
        capacity_names=("kg", "m3 x 10", "loading cm"),
        objective=Objective.COST,
    )


def _truck(draw: random.Random, number: int, start: int) -> Vehicle:
    body = draw.choice(list(BODIES))
    return Vehicle(
        number,
        start=start,
        end=None,
        capacity=BODIES[body],
        window=Window(draw.randrange(0, 13) * HOUR_S, HORIZON_S),
        skills=frozenset(skill for skill in SKILLS if draw.random() < 0.4),
        fixed_cost=40_000,
        cost_per_km={"7.6 m": 350, "9.6 m": 480, "13.7 m": 650}[body],
        cost_per_hour=3_000,
    )


def _load(
    draw: random.Random, number: int, origin: int, target: int, points: list[tuple[float, float]]
) -> Shipment:
    travel_s = int(GreatCircles(np.array([points[origin], points[target]]), in_seconds=True)[0, 1])
    share = draw.choice((0.15, 0.25, 0.35, 0.5, 0.8))
    body = draw.choice(list(BODIES.values()))
    amount = tuple(round(most * min(share * draw.uniform(0.6, 1.1), 1.0)) for most in body)
    ready = draw.randrange(0, 44) * HOUR_S
    up = Window(ready, ready + draw.choice((4, 8, 12)) * HOUR_S)
    due = ready + travel_s + draw.choice((8, 14, 24)) * HOUR_S
    down = (Window(ready, due),) if due < HORIZON_S else ()
    return Shipment(
        number,
        Visit(f"{number} up", origin, draw.choice((1800, 3600)), (up,)),
        Visit(f"{number} down", target, draw.choice((1800, 3600)), down),
        amount,
        skills=frozenset((draw.choice(SKILLS),)) if draw.random() < 0.25 else frozenset(),
    )


class Watch(threading.Thread):
    """Watches memory and CPU time of this process and all its children."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak_bytes = 0
        self._cpu_s: dict[int, float] = {}
        self.done = threading.Event()

    def run(self) -> None:
        """Look twice a second."""
        own = psutil.Process()
        while not self.done.wait(0.5):
            total = 0
            for process in (own, *own.children(recursive=True)):
                try:
                    total += process.memory_full_info().pss
                    self._cpu_s[process.pid] = sum(process.cpu_times()[:2])
                except psutil.Error:  # it has just ended
                    continue
            self.peak_bytes = max(self.peak_bytes, total)

    @property
    def cpu_s(self) -> float:
        """CPU seconds of all processes seen."""
        return sum(self._cpu_s.values())


def measured(
    name: str, problem: Problem, minutes: float, arguments: argparse.Namespace, *, whole: bool
) -> Run:
    """Solve once."""
    run = Run(name, minutes)
    watch = Watch()
    watch.start()

    def heard(news: Progress) -> None:
        run.history.append((round(news.seconds, 1), news.cost, news.unassigned))

    limit_s, seed, threads = 60 * minutes, arguments.seed, arguments.threads
    plan: Plan
    if whole:
        engine = Engine.RUIN_AND_RECREATE
        plan = solve(problem, time_limit_s=limit_s, seed=seed, threads=threads, progress=heard, engine=engine)
    else:
        plan = solve_large(problem, time_limit_s=limit_s, seed=seed, processes=threads, progress=heard)
    watch.done.set()
    assert violations(problem, plan) == []
    run.served, run.unserved = len(problem.tasks) - len(plan.unassigned), len(plan.unassigned)
    run.cost, run.vehicles, run.seconds = plan.cost, plan.vehicles, round(plan.seconds, 1)
    run.peak_mib, run.cpu_s = round(watch.peak_bytes / 2**20), round(watch.cpu_s)
    print(line(run), flush=True)
    return run


def line(run: Run) -> str:
    """One line a run."""
    return (
        f"{run.name:<10} {run.minutes:6.1f} min  served {run.served:6d}  left {run.unserved:5d}  "
        f"cost {run.cost:14.0f}  vehicles {run.vehicles:5d}  {run.seconds:7.1f} s  CPU {run.cpu_s:5.0f} s  "
        f"peak {run.peak_mib:6.0f} MiB"
    )


def gap_percent(run: Run, reference: Run) -> float:
    """How far a run's cost is above another's, unserved loads at the mean cost of what the reference serves."""
    each = reference.cost / max(reference.served, 1)
    return 100 * ((run.cost + each * run.unserved) / (reference.cost + each * reference.unserved) - 1)


def over_time(run: Run) -> list[str]:
    """Cost and loads left at tenths of the limit."""
    rows = []
    for tenth in range(1, 11):
        until = run.minutes * 6 * tenth
        last = next((entry for entry in reversed(run.history) if entry[0] <= until), None)
        if last:
            rows.append(f"  {until:7.1f} s  cost {last[1]:14.0f}  left {last[2]:5d}")
    return rows


def draw(runs: list[Run], path: Path) -> None:
    """Cost and loads left over the share of the limit."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
    for run in runs:
        share = [100 * seconds / (60 * run.minutes) for seconds, _, _ in run.history]
        left.plot(share, [cost for _, cost, _ in run.history], label=f"{run.name}, {run.minutes:g} min")
        right.plot(share, [unserved for _, _, unserved in run.history])
    left.set(xlabel="% of the limit", ylabel="cost of what is served")
    right.set(xlabel="% of the limit", ylabel="loads left", yscale="log")
    left.legend()
    figure.tight_layout()
    figure.savefig(path)


def arguments_of(words: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Large problems, solved in parts.")
    parser.add_argument("--loads", type=int, default=10_000)
    parser.add_argument("--trucks", type=int, default=0, help="a fifth of the loads if 0")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reference", type=float, help="minutes of a second run to compare with")
    parser.add_argument("--whole", action="store_true", help="compare with the search that does not split")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.set_defaults(objective="cost")
    return parser.parse_args(words)


def main(words: list[str]) -> None:
    """Run, compare, print."""
    arguments = arguments_of(words)
    arguments.time = 60 * arguments.minutes
    about = heading(arguments)
    print("  ".join(f"{name}={value}" for name, value in about.items()))
    trucks = arguments.trucks or arguments.loads // 5
    problem = large_problem(arguments.loads, trucks, arguments.seed)
    print(f"{arguments.loads} loads, {trucks} trucks, {len(problem.durations_s)} places")
    runs = [measured("in parts", problem, arguments.minutes, arguments, whole=False)]
    print("\n".join(over_time(runs[0])))
    if arguments.whole:
        runs.append(measured("whole", problem, arguments.minutes, arguments, whole=True))
        print(f"  in parts against whole: {gap_percent(runs[0], runs[-1]):+.2f} %")
    if arguments.reference:
        runs.append(measured("reference", problem, arguments.reference, arguments, whole=False))
        print(f"  against {arguments.reference:g} minutes: {gap_percent(runs[0], runs[-1]):+.2f} %")
    if arguments.json:
        kept = [{name: getattr(run, name) for name in Run.__slots__} for run in runs]
        arguments.json.write_text(json.dumps({**about, "results": kept}, indent=2) + "\n")
    if arguments.plot:
        draw(runs, arguments.plot)


if __name__ == "__main__":
    main(sys.argv[1:])
