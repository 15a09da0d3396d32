"""A global round on a seeded trunk market: `python tests/bench/market_round.py [--loads 5000] [--trucks 2000]`.

The scenario. Cities of the trunk map draw loads and trucks by their weight (one over their place in the list,
flattened); destinations fall off with distance (e-folding 700 km). Three in five loads are full (20 to 32 t), the
others 1 to 15 t. Pickup windows open within 36 hours and stay open 4 to 12, delivery windows leave 4 to 24 hours more
than the law needs. Half of the loads have a fixed price: about 6.5 yuan/km for a whole truck, less than in proportion
for a part of one. Trucks of 18 or 32 t, five bodies, cost 3.6 to 4.8 yuan/km; a third has a position, half is ready
later at the place that its carrier says, the rest is somewhere in its area of 100 to 300 km; one in ten goes home.
Loads were posted within a day, in random order: that order is the one of first come, first served
(rounds/baseline.py says what that is).

Printed: both plans and what the relaxation alone gives; the upper bound (rounds/bound.py); the assignment of one load a
truck against its optimum by another solver; time on the clock, time of a core, and memory.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import resource
import time
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from math import exp

import numpy as np

from haoyun.maps.gazetteer.places import trunk_gazetteer
from haoyun.maps.node_engine import engine_for
from haoyun.maps.trunk import trunk_network
from haoyun.platform.market.capacity import Capacity, CapacityState
from haoyun.platform.market.context import site_of_place
from haoyun.platform.market.driving import legal_duration_s
from haoyun.platform.market.load import Load, LoadState, PriceMode
from haoyun.platform.market.roads import SERVICE_S, MatchContext, VehiclePosition
from haoyun.platform.market.values import Body, Mode, Window
from haoyun.platform.rounds.baseline import first_come_first_served
from haoyun.platform.rounds.board import Rules, board_of
from haoyun.platform.rounds.bound import upper_bound_fen
from haoyun.platform.rounds.figures import Figures, figures_of
from haoyun.platform.rounds.flow import Columns, chains, first_legs
from haoyun.platform.rounds.improve import mend
from haoyun.platform.rounds.proposal import lines_of
from haoyun.platform.rounds.solve import solve

NOW = datetime(2026, 5, 11, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
_BODIES = (Body.BOX, Body.STAKE, Body.CURTAIN, Body.FLATBED, Body.REEFER)


class Scenario:
    """Loads, trucks and roads from a seed."""

    def __init__(self, loads: int, trucks: int, seed: int) -> None:
        self.rng = random.Random(seed)
        network = trunk_network()
        self.places = trunk_gazetteer().list()
        nodes, _ = network.nearest_nodes([p.lat for p in self.places], [p.lon for p in self.places])
        matrix = engine_for(network).matrix(nodes, nodes)
        self.sites = [site_of_place(place) for place in self.places]
        self.weights = [1 / (n + 8) ** 0.7 for n in range(len(self.places))]
        self.distance_m, self.duration_s = matrix.distance_m, matrix.duration_s
        self.towards = [
            [
                w * exp(-d / 700_000) if 30_000 < d < 1e9 else 0.0
                for w, d in zip(self.weights, row, strict=True)
            ]
            for row in np.asarray(self.distance_m)
        ]
        self.positions: dict[str, VehiclePosition] = {}
        self.loads = [self._load(n) for n in range(loads)]
        self.trucks = [self._truck(n) for n in range(trucks)]
        codes = {site.code: n for n, site in enumerate(self.sites)}
        self.context = MatchContext(codes, self.distance_m, self.duration_s, self.positions)

    def _load(self, n: int) -> Load:
        rng = self.rng
        a = rng.choices(range(len(self.sites)), self.weights)[0]
        b = rng.choices(range(len(self.sites)), self.towards[a])[0]
        metres, seconds = float(self.distance_m[a, b]), float(self.duration_s[a, b])
        weight = (
            rng.randrange(20_000, 32_001, 500) if rng.random() < 0.6 else rng.randrange(1_000, 15_001, 500)
        )
        share = min(1.0, weight / 30_000)
        opens = NOW + timedelta(minutes=rng.randrange(36 * 60))
        pickup = Window(opens, opens + rng.randrange(4, 13) * HOUR)
        driving = timedelta(seconds=SERVICE_S + legal_duration_s(seconds))
        delivery = Window(opens + driving, pickup.end + driving + rng.randrange(4, 25) * HOUR)
        per_km = 650 * (0.45 + 0.55 * share) * rng.lognormvariate(0, 0.15)
        fixed = rng.random() < 0.5
        bodies = rng.sample(_BODIES, rng.randrange(1, 4)) if rng.random() < 0.5 else []
        return Load(
            id=f"load_{n:06}", org_id=f"org_{n % 700:03}", state=LoadState.OPEN, version=1, terms=1,
            distance_m=metres, duration_s=seconds, posted_at=NOW - timedelta(seconds=rng.randrange(86_400)),
            expires_at=pickup.end, goods="goods", weight_kg=weight, volume_dm3=round(weight * 2.6),
            ldm_cm=round(1_300 * share), origin=self.sites[a], destination=self.sites[b], pickup=pickup,
            delivery=delivery, body=frozenset(bodies),
            price_mode=PriceMode.FIXED if fixed else PriceMode.ASK,
            price_fen=max(1, round(per_km * metres / 1000)) if fixed else None,
        )  # fmt: skip

    def _truck(self, n: int) -> Capacity:
        rng = self.rng
        a = rng.choices(range(len(self.sites)), self.weights)[0]
        site, kind = self.sites[a], rng.random()
        starts = NOW - HOUR if kind < 0.5 else NOW + timedelta(minutes=rng.randrange(1, 24 * 60))
        home = (
            self.sites[rng.choices(range(len(self.sites)), self.towards[a])[0]]
            if rng.random() < 0.1
            else None
        )
        large = rng.random() < 0.75
        if kind < 1 / 3:
            near_m = rng.uniform(0, 40_000)
            self.positions[f"veh_{n:05}"] = VehiclePosition(
                site.lat, site.lon, NOW - timedelta(minutes=5),
                np.asarray(self.distance_m[a]) + near_m, np.asarray(self.duration_s[a]) + near_m / 16,
            )  # fmt: skip
        return Capacity(
            id=f"cap_{n:05}", org_id=f"car_{n % 300:03}", vehicle_id=f"veh_{n:05}",
            body=rng.choice(_BODIES), mode=Mode.ROAD, equipment=frozenset(),
            weight_kg=32_000 if large else 18_000, volume_dm3=95_000 if large else 55_000,
            ldm_cm=1_300 if large else 960, length_cm=1_300 if large else 960, temperature_min_c=None,
            temperature_max_c=None, certificates=(), origin=site, destination=home,
            radius_km=rng.randrange(100, 301, 50), ready=Window(starts, NOW + 60 * HOUR),
            cost_per_km_fen=rng.randrange(360, 481, 10), min_price_fen=None, note="", plan=(), booked=0,
            state=CapacityState.OPEN, version=1, posted_at=NOW - HOUR,
        )  # fmt: skip


def line(name: str, found: Figures, seconds: float) -> str:
    """One row of the printed table."""
    return (
        f"{name:<28} {found.loads:>6} {found.trucks:>6} {found.pools:>5} {found.empty_m / 1000:>11,.0f} "
        f"{found.loaded_m / 1000:>11,.0f} {found.empty_share:>7.1%} {found.cost_fen / 100:>13,.0f} "
        f"{found.contribution_fen / 100:>13,.0f} {found.co2e_kg / 1000:>8,.0f} {seconds:>7.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loads", type=int, default=5_000)
    parser.add_argument("--trucks", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--any-lane", action="store_true", help="pools across lanes, by insertion")
    args = parser.parse_args()
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {platform.machine()}, {os.cpu_count()} cores", end="")
    print(f" (load {os.getloadavg()[0]:.1f}) · Python {platform.python_version()}", end="")
    print(f" · numpy {version('numpy')} · ortools {version('ortools')} · seed {args.seed}")
    scenario = Scenario(args.loads, args.trucks, args.seed)
    rules = Rules(lane_only=not args.any_lane)
    offers = scenario.loads, scenario.trucks
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

    began, used = time.perf_counter(), time.process_time()
    board = board_of(*offers, scenario.context, NOW, rules)
    ready_s = time.perf_counter() - began
    print(
        f"{len(board.jobs):,} loads x {len(board.trucks):,} trucks; {board.starts_with.sum(axis=1).mean():.0f} trucks "
        f"may come to a load; made ready in {ready_s:.1f} s"
    )
    print(f"{'':<28} {'loads':>6} {'trucks':>6} {'pools':>5} {'empty km':>11} {'loaded km':>11} {'empty':>7} "
          f"{'cost ¥':>13} {'contribution ¥':>13} {'CO2e t':>7} {'s':>7}")  # fmt: skip
    began = time.perf_counter()
    served = first_come_first_served(board)
    before = figures_of(served)
    print(line("first come, first served", before, time.perf_counter() - began))
    began = time.perf_counter()
    relaxed = mend(board, chains(board))
    routes = [route for route in relaxed.routes if route is not None]
    print(line("relaxation, mended", figures_of(routes), time.perf_counter() - began))
    began = time.perf_counter()
    plan = solve(board, served)
    after, solve_s = figures_of(plan), time.perf_counter() - began
    print(line("round", after, solve_s))
    used = time.process_time() - used
    began = time.perf_counter()
    alone = board_of(*offers, scenario.context, NOW, Rules(pools=False))
    bound, one_each = upper_bound_fen(alone), _optimal_assignment(offers, scenario.context)
    bound_s = time.perf_counter() - began
    began = time.perf_counter()
    lines = lines_of(board, plan, "rnd_bench")
    print(
        f"{len(lines):,} lines with the shares of {after.pools} pools in {time.perf_counter() - began:.1f} s"
    )
    print(f"empty km {after.empty_m / before.empty_m - 1:+.1%}, contribution "
          f"{after.contribution_fen / before.contribution_fen - 1:+.1%}, cost a loaded km "
          f"{(after.cost_fen / after.loaded_m) / (before.cost_fen / before.loaded_m) - 1:+.1%}, CO2e a loaded km "
          f"{(after.co2e_kg / after.loaded_m) / (before.co2e_kg / before.loaded_m) - 1:+.1%}")  # fmt: skip
    print(f"upper bound by the relaxation (no pools) ¥{bound / 100:,.0f}: the round reaches "
          f"{after.contribution_fen / bound:.1%} of it ({bound_s:.1f} s)")  # fmt: skip
    print(f"one load a truck: plan ¥{one_each[0] / 100:,.0f} of the assignment's optimum ¥{one_each[1] / 100:,.0f} "
          f"({one_each[0] / one_each[1]:.2%})")  # fmt: skip
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"the round: {ready_s + solve_s:.1f} s on the clock with making ready, {used:.1f} s of a core with "
          f"the baseline; memory {peak} MiB, {base} before")  # fmt: skip


def _optimal_assignment(
    offers: tuple[list[Load], list[Capacity]], context: MatchContext
) -> tuple[float, float]:
    """What a plan of one load a truck comes to, and the optimum of the assignment by all its arcs (scipy)."""
    from scipy.optimize import linear_sum_assignment

    board = board_of(*offers, context, NOW, Rules(most_in_a_row=1, pools=False))
    columns = Columns.of(board)
    loads, trucks, cost = first_legs(board, columns)
    worth = np.zeros((len(board.units), len(board.trucks)))
    gain = columns.price_fen[loads] - columns.loaded_m[loads] * board.cost_fen_m[trucks] - cost
    worth[loads, trucks] = np.maximum(0.0, gain)
    rows, picked = linear_sum_assignment(worth, maximize=True)
    return sum(r.contribution_fen for r in solve(board)), float(worth[rows, picked].sum())


if __name__ == "__main__":
    main()
