"""How good estimates of arrival are on simulated trips, with times learned from earlier trips of the same simulation.

    python tests/bench/eta.py [--trips 400] [--learn 1500] [--seed 45] [--follower 300]

The simulation is not the predictor's model: time goes on in steps of 20 s; congestion rises and falls smoothly around
two rushes a day that come and go from day to day, spreads from the towns, and every road has its own share of it;
trucks, drivers and days differ; incidents hold up whoever is on a stretch; drivers rest early or late in a period,
longer than they must, and take fuel. The predictor sees the way, the learned speeds of its edges by hour of the week,
the fix, what the driver has behind them, and the rests and errors of earlier trips; never the simulation's parameters.
Targets: median absolute error at half way <= 5 % of the remaining time; P10 to P90 covers 75 to 90 %.
Beside it: the thin estimate of the plan's average speed, on the same trips.

With `--follower N` the platform's own way is measured instead: N earlier trips are stored as noisy fixes every 30 s,
cut into trips by the pipeline, matched and learned by the worker's follower (platform/trading/learn.py), and the
estimates are those that an order shows: by the plan's speed before anything was learned, after it, and once more with
the spans that --calibrate further trips taught (tracking/looks_store.py); rests by the rule in all of them.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import networkx as nx
import numpy as np

from haoyun.maps.geodesy import destination
from haoyun.maps.learning import LearnedSpeeds, Traversals, observe
from haoyun.maps.network import RoadNetwork
from haoyun.platform.database import Databases
from haoyun.platform.market.driving import legal_duration_s
from haoyun.platform.trading.learn import RoadLearner
from haoyun.tracking import Fence, Journey
from haoyun.tracking.estimates import planned_times
from haoyun.tracking.eta import Eta, Progress, RestHabit, TravelTimes, expected_s, predict
from haoyun.tracking.eta_learned import learned_times
from haoyun.tracking.looks_store import find_spreads, keep_look, learn_spreads, put_spreads
from haoyun.tracking.positions import store_batch
from haoyun.tracking.spread import Spread, rung
from haoyun.tracking.steps.rules import CHINA
from haoyun.tracking.store import append_milestones, get_device, open_journey, register_device
from haoyun.tracking.tables import METADATA
from haoyun.tracking.testing import fix_at
from haoyun.tracking.timeline import Milestone, MilestoneCode, Quality, Source
from haoyun.tracking.way_times import find_times

MONDAY = datetime(2026, 5, 4, tzinfo=UTC)
LOOKS = (0.1, 0.25, 0.5, 0.75, 0.9)
STEP_S = 20.0
FREE = {"motorway": 88.0, "trunk": 68.0, "primary": 52.0, "secondary": 38.0}


def main() -> None:
    arguments = parsed()
    began = time.process_time()
    rng = np.random.default_rng(arguments.seed)
    world = World(rng)
    if arguments.follower:
        by_follower(arguments, rng, world, began)
        return
    past = [
        world.trip(rng, MONDAY + timedelta(days=float(rng.uniform(0, 56)))) for _ in range(arguments.learn)
    ]
    times = learned(world, past)
    calibration = [
        world.trip(rng, MONDAY + timedelta(days=float(rng.uniform(56, 70))))
        for _ in range(arguments.calibrate)
    ]
    seen = [rest for drive in [*past, *calibration] for rest in drive.rests]
    habit = RestHabit.learn(CHINA, [r[0] for r in seen], [r[1] for r in seen])
    spread = spread_of(times, calibration, habit)
    future = [
        world.trip(rng, MONDAY + timedelta(days=float(rng.uniform(70, 98)))) for _ in range(arguments.trips)
    ]
    for name, one in (("the assumed span", Spread.unlearned()), ("the learned span", spread)):
        print(name)
        report(arguments, world, times, (one, habit), future, began)


@dataclass
class Drive:
    """One simulated trip: samples of (time in s, metres along, driven since the break in s, standing in s)."""

    route: int
    start: datetime
    rows: np.ndarray
    entered_s: np.ndarray
    took_s: np.ndarray
    slow_s: np.ndarray
    rests: list[tuple[float, float]]  # (driven before, lasted), as the hours of the driver tell

    @property
    def total_s(self) -> float:
        return float(self.rows[-1, 0])

    def at_share(self, share: float) -> tuple[float, float, float, float, float]:
        """The sample at a share of the way, and the seconds of driving so far."""
        index = int(np.searchsorted(self.rows[:, 1], share * self.rows[-1, 1]))
        return tuple(self.rows[index])  # type: ignore[return-value]


class World:
    """Six ways of 120 to 620 km through towns, and what happens on them."""

    def __init__(self, rng: np.random.Generator) -> None:
        graph = nx.MultiDiGraph(crs="epsg:4326")
        self.routes: list[np.ndarray] = []
        self.town: list[np.ndarray] = []
        node = 0
        for route, km in enumerate((120, 180, 260, 340, 450, 620)):
            lat, lon, driven, edges, town = 28.0 + route, 112.0, 0.0, [], []
            graph.add_node(node, y=lat, x=lon)
            while driven < km * 1000:
                length = float(rng.uniform(900, 6000))
                town_km = min(driven % 90_000, 90_000 - driven % 90_000) / 1000
                kind = (
                    "secondary"
                    if town_km < 2
                    else "primary"
                    if town_km < 8
                    else "trunk"
                    if rng.random() < 0.2
                    else "motorway"
                )
                lat, lon = destination(lat, lon, 90, length * 0.97)
                graph.add_node(node + 1, y=lat, x=lon)
                graph.add_edge(node, node + 1, length=length, highway=kind, speed_kph=FREE[kind])
                graph.add_edge(node + 1, node, length=length, highway=kind, speed_kph=FREE[kind])
                edges.append((node, node + 1))
                town.append(np.exp(-town_km / 12))
                driven += length
                node += 1
            self.routes.append(np.array(edges))
            self.town.append(np.array(town))
            node += 1
            if route < 5:  # a network hangs together
                graph.add_edge(node - 1, node, length=9e5, highway="trunk", speed_kph=60)
                graph.add_edge(node, node - 1, length=9e5, highway="trunk", speed_kph=60)
        self.network = RoadNetwork.from_graph(graph, name="eta", kind="streets", attribution="simulated")
        of = {
            (int(a), int(b)): i
            for i, (a, b) in enumerate(zip(self.network.edge_tail, self.network.edge_head, strict=True))
        }
        self.edges = [np.array([of[(int(a), int(b))] for a, b in route]) for route in self.routes]
        n = self.network.edge_count
        self.own = np.exp(rng.normal(0, 0.10, n))  # a road's own speed against its class
        self.jam = np.clip(rng.gamma(2.0, 0.22, n), 0, 0.9)  # how much of the rush it takes

    def trip(self, rng: np.random.Generator, start: datetime) -> Drive:
        route = int(rng.integers(len(self.edges)))
        edges, town = self.edges[route], self.town[route]
        length = self.network.edge_length_m[edges]
        free = np.array([FREE[c] for c in np.array(list(self.network.edge_class))[edges]]) * self.own[edges]
        truck = float(np.exp(rng.normal(0, 0.03)))
        day = float(np.exp(rng.normal(0, 0.03)))
        rush = np.array([7.8 + rng.normal(0, 0.2), 17.9 + rng.normal(0, 0.25)])
        strength = np.array([rng.uniform(0.7, 1.1), rng.uniform(0.7, 1.1)]) * (
            1.0 if start.weekday() < 5 else 0.35
        )
        held = np.zeros(len(edges))
        for _ in range(rng.poisson(length.sum() / 450_000)):
            held[rng.integers(len(edges))] += float(rng.lognormal(np.log(420), 0.7))
        rest_after = float(rng.uniform(3.2, 4.0)) * 3600
        fuel_at = float(rng.uniform(0.2, 0.8)) * length.sum() if rng.random() < 0.15 else np.inf
        return self._drive(
            rng,
            route,
            start,
            (length, free * truck * day, self.jam[edges] * town),
            held,
            (rush, strength),
            rest_after,
            fuel_at,
        )

    def _drive(self, rng, route, start, roads, held, rushes, rest_after, fuel_at) -> Drive:
        length, free, jam = roads
        rush, strength = rushes
        ends = np.cumsum(length)
        clock, along, since_break, driving, piece = 0.0, 0.0, 0.0, 0.0, 0
        held = held.copy()
        hour0 = start.hour + start.minute / 60 + start.second / 3600
        rows, entered, left, slow = [], np.zeros(len(length)), np.zeros(len(length)), np.zeros(len(length))
        slow_now, rests = 1.0, []
        while along < ends[-1] - 1e-6:
            rows.append((clock, along, since_break, 0.0, driving))
            hour = (hour0 + clock / 3600) % 24
            crowd = float((strength * np.exp(-((hour - rush) ** 2) / (2 * 1.1**2))).sum())
            slow_now = 0.9 * slow_now + 0.1 * float(np.exp(rng.normal(0, 0.25)))
            speed = free[piece] / 3.6 / (1 + 1.4 * jam[piece] * crowd) * slow_now
            if held[piece] > 0:
                held[piece] -= STEP_S
                speed *= 0.1
            left_s = STEP_S
            while left_s > 0 and along < ends[-1] - 1e-6:
                need = (ends[piece] - along) / speed
                used = min(left_s, need)
                along += speed * used
                left_s -= used
                clock += used
                driving += used
                since_break += used
                if used == need:
                    left[piece] = clock
                    piece += 1
                    if piece == len(length):
                        break
                    entered[piece] = clock
            if since_break >= rest_after:
                rest = 20 * 60 + float(rng.gamma(2.0, 120))
                rests.append((since_break, rest))
                clock += rest
                since_break = 0.0
                slow[min(piece, len(length) - 1)] = 1
                rest_after = float(rng.uniform(3.2, 4.0)) * 3600
            if along >= fuel_at:
                clock += float(rng.uniform(600, 1100))
                fuel_at = np.inf
                slow[min(piece, len(length) - 1)] = 1
        rows.append((clock, ends[-1], since_break, 0.0, driving))
        return Drive(route, start, np.array(rows), entered, left - entered, slow, rests)


def learned(world: World, past: list[Drive]) -> list[TravelTimes]:
    """Speeds by edge and hour of the week, as matched drives tell them; edges with a stop on them are left out."""
    drives = []
    for drive in past:
        edges = world.edges[drive.route]
        use = drive.slow_s == 0
        speed = world.network.edge_length_m[edges] / drive.took_s * 3.6
        drives.append(
            Traversals(
                edges[use].astype(np.int64), drive.start.timestamp() + drive.entered_s[use], speed[use]
            )
        )
    speeds = LearnedSpeeds(world.network, observe(world.network, "UTC", drives))
    return [learned_times(world.network, [int(e) for e in edges], speeds) for edges in world.edges]


def by_follower(arguments, rng, world, began) -> None:
    """The same kind of trips through intake, pipeline, map matching and the worker's follower, before and after."""
    past = [
        world.trip(rng, MONDAY + timedelta(days=float(rng.uniform(0, 56)))) for _ in range(arguments.follower)
    ]
    now = MONDAY + timedelta(days=57)
    with tempfile.TemporaryDirectory() as folder:
        databases = Databases.open(Path(folder))
        METADATA.create_all(databases.tracking)
        fixes = sum(store(databases.tracking, world, i, drive, rng) for i, drive in enumerate(past))
        open_ways(databases.tracking, world, now)
        stored_s = time.process_time() - began
        learner = RoadLearner(world.network, lambda journey: world.edges[int(journey.id)].tolist())
        rounds = [learner.round(databases, now)]
        while rounds[-1]:
            rounds.append(learner.round(databases, now))
        learner.round(databases, now + timedelta(hours=1))  # what the last rounds taught
        with databases.tracking.connect() as db:
            after = [find_times(db, str(route)) for route in range(len(world.edges))]
        before = [planned_times(journey_on(world, route, now), None) for route in range(len(world.edges))]
        spreads = learned_spreads(databases.tracking, arguments, rng, world, (before, after), now)
        databases.close()
    print(
        f"{len(past)} trips, {fixes} fixes, {sum(rounds)} closed trips matched; {stored_s:.0f} s of CPU to store and "
        f"read, {time.process_time() - began - stored_s:.0f} s to match and learn"
    )
    future = [
        world.trip(rng, MONDAY + timedelta(days=float(rng.uniform(70, 98)))) for _ in range(arguments.trips)
    ]
    for name, times, spread in (
        ("the plan's speed, the assumed span", before, Spread.unlearned()),
        ("the plan's speed, its learned span", before, spreads[False]),
        ("learned travel times, the assumed span", after, Spread.unlearned()),
        ("learned travel times, their learned span", after, spreads[True]),
    ):
        print(name)
        report(arguments, world, times, (spread, None), future, began)


def learned_spreads(engine, arguments, rng, world, ways, now) -> dict[bool, Spread]:
    """The spans out of --calibrate trips whose estimates were kept on their way, as the worker keeps them."""
    for number in range(arguments.calibrate):
        drive = world.trip(rng, now + timedelta(days=float(rng.uniform(0, 13))))
        arrived = drive.start + timedelta(seconds=drive.total_s)
        with engine.begin() as db:
            for learned, times in zip((False, True), ways, strict=True):
                journey_id = f"{number}-{learned}"
                for eta in kept(times[drive.route], drive, learned):
                    keep_look(db, journey_id, eta)
                arrival = Milestone(
                    journey_id, MilestoneCode.ARRI, Quality.ACTUAL, Source.GPS, arrived, evidence={}
                )
                append_milestones(db, [arrival], arrived)
    later = now + timedelta(days=13)
    with engine.begin() as db:
        put_spreads(db, learn_spreads(db, later), later)
        return find_spreads(db)


def kept(times: TravelTimes, drive: Drive, learned: bool, habit: RestHabit | None = None) -> list[Eta]:
    """The estimates of a trip that are kept: the first on each rung of remaining time, looked at every 200 s."""
    found, lowest = [], None
    for clock, along, since_break, _, driving in drive.rows[90:-1:10]:
        at = drive.start + timedelta(seconds=clock)
        progress = Progress(at, along, since_break, 0.0, driving, expected_s(times, 0.0, along, drive.start))
        eta = predict(times, progress, at, at, rule=CHINA, habit=habit, spread=Spread.exact())
        step = rung(eta.plain_s)
        if step is not None and (lowest is None or step < lowest):
            lowest = step
            found.append(replace(eta, learned=learned))
    return found


def store(engine, world, number: int, drive: Drive, rng) -> int:
    """A trip as its device sends it: a position every 30 s, six metres off, between two stops of ten minutes."""
    length = world.network.edge_length_m[world.edges[drive.route]]
    nodes = np.append(
        world.network.edge_tail[world.edges[drive.route]],
        world.network.edge_head[world.edges[drive.route][-1]],
    )
    ends = np.concatenate([[0.0], np.cumsum(length)])
    at = np.arange(-600, drive.total_s + 600, 30.0)
    along = np.interp(at, drive.rows[:, 0], drive.rows[:, 1])
    lat = np.interp(along, ends, world.network.node_lat[nodes]) + rng.normal(0, 6, len(at)) / 111_000
    lon = np.interp(along, ends, world.network.node_lon[nodes]) + rng.normal(0, 6, len(at)) / 98_000
    kmh = np.append(np.diff(along), 0.0) / 30 * 3.6
    name = f"truck-{number:04}"
    fixes = [
        fix_at(drive.start, float(s), float(y), float(x), speed_kmh=float(v), accuracy_m=8.0, device=name)
        for s, y, x, v in zip(at, lat, lon, kmh, strict=True)
    ]
    with engine.begin() as db:
        register_device(db, name=name, kind="tracker", org_id="org", vehicle_id=name, shards=1, now=MONDAY)
        store_batch(db, {name: get_device(db, name).id}, fixes, drive.start)
    return len(fixes)


def journey_on(world, route: int, now: datetime) -> Journey:
    """An order on one of the ways, planned at the map's speed with its rests."""
    edges = world.edges[route]
    a, b = int(world.network.edge_tail[edges[0]]), int(world.network.edge_head[edges[-1]])
    length = float(world.network.edge_length_m[edges].sum())
    driving = float((world.network.edge_length_m[edges] / world.network.edge_speed_kmh[edges] * 3.6).sum())
    lat, lon = world.network.node_lat, world.network.node_lon
    return Journey(
        str(route), 1, Fence(float(lat[a]), float(lon[a]), 300), Fence(float(lat[b]), float(lon[b]), 300), now,
        now, now + timedelta(seconds=legal_duration_s(driving)), length,
    )  # fmt: skip


def open_ways(engine, world, now: datetime) -> None:
    with engine.begin() as db:
        for route in range(len(world.edges)):
            open_journey(db, journey_on(world, route, now), now)


def look(times: TravelTimes, drive: Drive, share: float) -> tuple[Progress, float]:
    """What is known at a share of the way, and the seconds that really remained."""
    clock, along, since_break, _, driving = drive.at_share(share)
    at = drive.start + timedelta(seconds=clock)
    expected = expected_s(times, 0.0, along, drive.start)
    return Progress(at, along, since_break, 0.0, driving, expected), drive.total_s - clock


def spread_of(times: list[TravelTimes], drives: list[Drive], habit: RestHabit) -> Spread:
    """From the estimates that the worker would keep of these drives."""
    found = [
        (eta.plain_s, (drive.start + timedelta(seconds=drive.total_s) - eta.position_at).total_seconds())
        for drive in drives
        for eta in kept(times[drive.route], drive, learned=True, habit=habit)
    ]
    estimated, actual = np.array(found).T
    return Spread.learn(estimated, actual)


def report(arguments, world, times, known, future, began) -> None:
    spread, habit = known
    rows: dict[float, list[tuple[float, float, bool]]] = {share: [] for share in LOOKS}
    for drive in future:
        way = times[drive.route]
        average = way.total_m / (expected_s(way, 0.0, way.total_m, drive.start.replace(hour=2)) + 1)
        for share in LOOKS:
            progress, actual = look(way, drive, share)
            eta = predict(way, progress, progress.at, progress.at, rule=CHINA, habit=habit, spread=spread)
            found = (eta.arrival - progress.at).total_seconds()
            thin = (way.total_m - progress.along_m) / average
            inside = eta.early <= progress.at + timedelta(seconds=actual) <= eta.late
            rows[share].append((abs(found - actual) / actual, abs(thin - actual) / actual, inside))
    table = {
        f"{share:.0%}": {
            "median_error_pct": round(100 * float(np.median([r[0] for r in found])), 2),
            "p90_error_pct": round(100 * float(np.quantile([r[0] for r in found], 0.9)), 2),
            "plan_speed_median_error_pct": round(100 * float(np.median([r[1] for r in found])), 2),
            "p10_p90_covers_pct": round(100 * float(np.mean([r[2] for r in found])), 1),
        }
        for share, found in rows.items()
    }
    covers = float(np.mean([r[2] for found in rows.values() for r in found]))
    half = table["50%"]
    print(json.dumps({"looks": table, "covers_all_pct": round(100 * covers, 1)}, indent=1))
    print(
        f"half way: median error {half['median_error_pct']} % (target <= 5), P10-P90 covers "
        f"{half['p10_p90_covers_pct']} %, at all looks {100 * covers:.1f} % (target 75 to 90); plan's speed: "
        f"{half['plan_speed_median_error_pct']} %"
    )
    print(
        f"{arguments.trips} trips after {arguments.follower or arguments.learn} to learn from, seed {arguments.seed}, "
        f"{world.network.edge_count} edges; {time.process_time() - began:.0f} s of CPU; Python "
        f"{platform.python_version()}, numpy {np.__version__}, {platform.machine()}, {datetime.now(UTC):%Y-%m-%d}"
    )


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trips", type=int, default=400)
    parser.add_argument("--learn", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=45)
    parser.add_argument("--follower", type=int, default=0, metavar="N", help="N trips through the follower")
    parser.add_argument("--calibrate", type=int, default=300, help="trips that teach the span")
    return parser.parse_args()


if __name__ == "__main__":
    main()
