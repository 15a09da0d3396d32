"""A running day: how long a re-planning takes, how much it moves, and what it costs against planning anew.

    python tests/bench/routing_dynamic.py [--loads 1000] [--trucks 200] [--events 100] [--plan 60] [--time 0.8]
                                          [--sample 8] [--full 30] [--seed 0] [--json FILE] [--plot FILE]

The freight case (routing_freight.py) is planned once. Then a day passes with `--events` events of
each kind, in an order drawn by lot: a load comes in, one is cancelled, a truck is late, a truck breaks down where it
stands (and another is hired somewhere, so that the fleet keeps its size). Each event is worked into the plan that
the one before left. Printed by kind: latency from the call to the answer, everything included; moved, forced and
dropped stops; locked stops that were touched; how many loads were served before and after. A sample of the answers is
compared with a full search of `--full` seconds on the same problem, which may move everything that is not locked.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from routing_freight import HORIZON_S, HOUR_S, freight_problem

from haoyun.routing import Plan, Problem, Vehicle, solve, violations
from haoyun.routing.build import tours_of
from haoyun.routing.dynamic import (
    Breakdown,
    Cancelled,
    Change,
    Delayed,
    MoveKind,
    NewTask,
    Replan,
    VehicleAdded,
    reoptimize,
    warm_up,
)
from haoyun.routing.portfolio import Crew
from haoyun.routing.tasks import Id, Shipment
from routing import heading

KINDS = ("insert", "cancel", "delay", "breakdown")
_DAY = (2 * HOUR_S, 26 * HOUR_S)  # while most of the loads are still open


@dataclass(frozen=True, slots=True)
class Event:
    """One re-planning in figures."""

    kind: str
    now_s: int
    seconds: float
    open_tasks: int
    served: int
    unserved: int
    moved: int
    forced: int
    retimed: int
    dropped: int
    locked: int
    locked_touched: int
    violations: int


@dataclass(frozen=True, slots=True)
class Compared:
    """An answer beside a full search on the same problem."""

    kind: str
    served: int
    served_full: int
    cost: float
    cost_full: float


class Day:
    """The running day; draws what happens next."""

    def __init__(self, problem: Problem, plan: Plan, new: list[Shipment], seed: int) -> None:
        self.problem = problem
        self.plan = plan
        self.new = new
        self.draw = random.Random(seed)
        self.hired = 0

    def changes(self, kind: str, now_s: int) -> list[Change]:
        """Something of this kind."""
        if kind == "insert":
            return [NewTask(self.new.pop())]
        if kind == "cancel":
            return [Cancelled("shipment", self.draw.choice(self._open(now_s)))]
        driving = [route.vehicle_id for route in self.plan.routes]
        truck = self.draw.choice(driving)
        if kind == "delay":
            return [Delayed(truck, self.draw.choice((600, 1800, 3600, 7200)))]
        return [Breakdown(truck, transfer_s=1800), VehicleAdded(self._hire(truck))]

    def _open(self, now_s: int) -> list[Id]:
        """Loads that are not delivered yet."""
        steps = (step for route in self.plan.routes for step in route.stops)
        done = {step.id for step in steps if step.start_service_s <= now_s}
        return [load.id for load in self.problem.shipments if load.delivery.id not in done]

    def _hire(self, truck: object) -> Vehicle:
        old = next(v for v in self.problem.vehicles if v.id == truck)
        self.hired += 1
        start = self.draw.randrange(len(self.problem.durations_s))
        return replace(
            old, id=f"hired {self.hired}", start=start, fixed_cost=40_000, underway=None, max_stops=None
        )


def replanned(day: Day, kind: str, now_s: int, arguments: argparse.Namespace) -> tuple[Event, Replan]:
    """Work one event in."""
    changes = day.changes(kind, now_s)
    begun = time.perf_counter()
    found = reoptimize(
        day.problem, day.plan, now_s, changes, time_limit_s=arguments.time, seed=arguments.seed
    )
    seconds = time.perf_counter() - begun
    counts = Counter(move.kind for move in found.difference.moves)
    locked, touched = locked_stops(found)
    event = Event(
        kind=kind,
        now_s=now_s,
        seconds=round(seconds, 4),
        open_tasks=len(found.problem.tasks),
        served=len(found.problem.tasks) - len(found.plan.unassigned),
        unserved=len(found.plan.unassigned),
        moved=found.difference.moved,
        forced=counts[MoveKind.FORCED],
        retimed=counts[MoveKind.RETIMED],
        dropped=counts[MoveKind.DROPPED],
        locked=locked,
        locked_touched=touched,
        violations=len(violations(found.problem, found.plan)),
    )
    return event, found


def locked_stops(found: Replan) -> tuple[int, int]:
    """How many stops are fixed, and how many of them are not where they were."""
    served = {r.vehicle_id: [(s.kind.value, s.id) for s in r.stops] for r in found.plan.routes}
    total = touched = 0
    for vehicle in found.problem.vehicles:
        fixed = [(kind.value, name) for kind, name in vehicle.underway.fixed] if vehicle.underway else []
        own = served.get(vehicle.id, [])
        total += len(fixed)
        touched += sum(n >= len(own) or own[n] != key for n, key in enumerate(fixed))
    return total, touched


def compared(event: Event, found: Replan, arguments: argparse.Namespace, crew: Crew) -> Compared:
    """The answer beside a full search."""
    start = tours_of(found.problem, found.plan)
    full = solve(found.problem, time_limit_s=arguments.full, threads=2, start=start, crew=crew)
    count = len(found.problem.tasks)
    return Compared(
        event.kind,
        event.served,
        count - len(full.unassigned),
        round(found.plan.cost),
        round(full.cost),
    )


def table(events: list[Event]) -> list[str]:
    """A line a kind."""
    lines = ["kind        n    p50 s   p95 s   max s   moved mean/max  forced  dropped  locked touched"]
    for kind in (*KINDS, "all"):
        own = [event for event in events if kind in (event.kind, "all")]
        seconds = [event.seconds for event in own]
        moved = [event.moved for event in own]
        lines.append(
            f"{kind:<10} {len(own):3d}  {np.percentile(seconds, 50):6.3f}  {np.percentile(seconds, 95):6.3f}  "
            f"{max(seconds):6.3f}   {np.mean(moved):6.2f} / {max(moved):3d}  "
            f"{sum(e.forced for e in own):6d}  {sum(e.dropped for e in own):7d}  "
            f"{sum(e.locked_touched for e in own):6d} of {sum(e.locked for e in own)}"
        )
    return lines


def plot(events: list[Event], file: Path) -> None:
    """Latencies by kind, and how many stops moved."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
    for kind in KINDS:
        own = [event for event in events if event.kind == kind]
        left.ecdf([event.seconds for event in own], label=kind)
        right.ecdf([event.moved for event in own], label=kind)
    left.axvline(1.0, color="grey", linestyle=":")
    left.set(xlabel="seconds to the answer", ylabel="share of events")
    right.set(xlabel="stops moved")
    left.legend()
    figure.tight_layout()
    figure.savefig(file)


def arguments_of(words: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Re-planning a running day of the freight case.")
    parser.add_argument("--loads", type=int, default=1000)
    parser.add_argument("--trucks", type=int, default=200)
    parser.add_argument("--events", type=int, default=100, help="of each kind")
    parser.add_argument("--plan", type=float, default=60.0, help="seconds for the plan of the morning")
    parser.add_argument("--time", type=float, default=0.8, help="limit of a re-planning")
    parser.add_argument("--sample", type=int, default=8, help="answers compared with a full search")
    parser.add_argument("--full", type=float, default=30.0, help="seconds of a full search")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.set_defaults(objective="cost", threads=2)
    return parser.parse_args(words)


def main(words: list[str]) -> None:
    """Plan, let the day pass, print."""
    arguments = arguments_of(words)
    about = heading(arguments)
    print("  ".join(f"{name}={value}" for name, value in about.items()))
    whole = freight_problem(arguments.loads + arguments.events, arguments.trucks, arguments.seed)
    problem = replace(whole, shipments=whole.shipments[: arguments.loads])
    warm_up()
    with Crew(2) as crew:
        plan = solve(problem, time_limit_s=arguments.plan, threads=2, seed=arguments.seed, crew=crew)
        print(f"planned: {arguments.loads - len(plan.unassigned)} served, cost {plan.cost:.0f}", flush=True)
        day = Day(problem, plan, list(whole.shipments[arguments.loads :]), arguments.seed)
        events, comparisons = run(day, arguments, crew)
    print("\n".join(table(events)))
    for one in comparisons:
        print(asdict(one))
    if arguments.json:
        rows = {"events": [asdict(e) for e in events], "compared": [asdict(c) for c in comparisons]}
        arguments.json.write_text(json.dumps({**about, **rows}, indent=1) + "\n")
    if arguments.plot:
        plot(events, arguments.plot)


def run(day: Day, arguments: argparse.Namespace, crew: Crew) -> tuple[list[Event], list[Compared]]:
    """All events of the day."""
    order = [kind for kind in KINDS for _ in range(arguments.events)]
    day.draw.shuffle(order)
    times = np.linspace(*_DAY, len(order)).astype(int).tolist()
    every = max(len(order) // arguments.sample, 1) if arguments.sample else 0
    events, comparisons = [], []
    for number, (kind, now_s) in enumerate(zip(order, times, strict=True)):
        event, found = replanned(day, kind, now_s, arguments)
        assert event.violations == 0
        events.append(event)
        if every and number % every == every // 2:
            comparisons.append(compared(event, found, arguments, crew))
        day.problem, day.plan = found.problem, found.plan
    return events, comparisons


if __name__ == "__main__":
    assert _DAY[1] < HORIZON_S
    main(sys.argv[1:])
