"""The freight case: seeded loads and trucks on China's trunk network; how many loads are served in equal time.

    python tests/bench/routing_freight.py [--loads 1000] [--trucks 200] [--time 60] [--threads 2] [--seed 0]
                                          [--peers FOLDER] [--against vroom or-tools] [--json FILE]

Every truck has its own start, no way home to make (open end), three capacities, skills, a shift and its own rates;
every load a pickup and a delivery window, some of them two, and may be left out. No published instance is like it.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path

import numpy as np
import peers

from haoyun.maps import ScipyEngine, trunk_network
from haoyun.routing import Objective, Plan, Problem, Shipment, Vehicle, Visit, Window, solve, violations
from haoyun.routing.portfolio import Crew
from routing import heading

HOUR_S = 3600
HORIZON_S = 72 * HOUR_S
# kg, tenths of a cubic metre, centimetres of loading length: the usual Chinese truck bodies.
BODIES = {"7.6 m": (10_000, 450, 760), "9.6 m": (18_000, 600, 960), "13.7 m": (32_000, 900, 1370)}
SKILLS = ("reefer", "hazmat", "tail lift")


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


def row(name: str, plan: Plan | None, loads: int, seconds: float, note: str) -> dict[str, object]:
    """A plan in figures."""
    if plan is None:
        return {"solver": name, "served": 0, "unserved": loads, "seconds": round(seconds, 1), "note": note}
    return {
        "solver": name,
        "served": loads - len(plan.unassigned),
        "unserved": len(plan.unassigned),
        "cost": round(plan.cost),
        "vehicles": plan.vehicles,
        "km": round(plan.distance_m / 1000),
        "seconds": round(seconds, 1),
        "note": note,
    }


def arguments_of(words: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Loads served on a seeded freight case.")
    parser.add_argument("--loads", type=int, default=1000)
    parser.add_argument("--trucks", type=int, default=200)
    parser.add_argument("--time", type=float, default=60.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--peers", type=Path, help="folder of the peers' environment; made if it is missing")
    parser.add_argument("--against", nargs="*", choices=("vroom", "or-tools"), default=["vroom", "or-tools"])
    parser.add_argument("--json", type=Path)
    parser.set_defaults(objective="cost")
    return parser.parse_args(words)


def main(words: list[str]) -> None:
    """Solve with each solver and print one line each."""
    arguments = arguments_of(words)
    problem = freight_problem(arguments.loads, arguments.trucks, arguments.seed)
    about = heading(arguments)
    print("  ".join(f"{name}={value}" for name, value in about.items()))
    with Crew(arguments.threads) as crew:
        plan = solve(
            problem, time_limit_s=arguments.time, seed=arguments.seed, threads=arguments.threads, crew=crew
        )
    assert violations(problem, plan) == []
    rows = [row("haoyun", plan, arguments.loads, plan.seconds, plan.method)]
    print(rows[-1], flush=True)
    for peer in arguments.against if arguments.peers else ():
        python = peers.environment(arguments.peers)
        found = peers.run_peer(peer, problem, python, seconds=arguments.time, seed=arguments.seed)
        rows.append(row(peer, found.plan, arguments.loads, found.seconds, found.note))
        print(rows[-1], flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps({**about, "results": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
