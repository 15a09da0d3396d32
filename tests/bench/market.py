"""The market at the size of a country: matching, posting and searching, in milliseconds, on SQLite and PostgreSQL.

A seeded trunk scenario is written straight into the tables: loads and vehicles between the places of the trunk network
by their size, a fifth of the vehicles with live positions. Then offers are matched, posted and searched one after the
other through the functions that the portal and the API call, and the percentiles are printed.

    python tests/bench/market.py                       # SQLite in a temporary folder
    python tests/bench/market.py --url postgresql+psycopg://user:password@host/an-empty-database
"""

from __future__ import annotations

import argparse
import platform
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from haoyun.maps.gazetteer.places import trunk_gazetteer
from haoyun.maps.trunk import trunk_network
from haoyun.platform.accounts.actor import Actor
from haoyun.platform.database import Databases, reading
from haoyun.platform.market.capacity import Capacity, CapacityDraft, CapacityState
from haoyun.platform.market.capacity_search import CapacityFilter, list_capacities
from haoyun.platform.market.context import MarketContext, site_of_place
from haoyun.platform.market.index import index_of
from haoyun.platform.market.load import Load, LoadDraft, LoadState, PriceMode, terms_of
from haoyun.platform.market.ranking import best_capacities, best_loads
from haoyun.platform.market.refresher import Refresher
from haoyun.platform.market.roads import MatchContext, VehiclePosition
from haoyun.platform.market.rows import capacity_row, load_row
from haoyun.platform.market.search import LoadFilter, Sort, list_loads
from haoyun.platform.market.store import add_vehicle, edit_load, post_capacity, post_load
from haoyun.platform.market.tables import CAPACITY, EVENT, LOAD
from haoyun.platform.market.values import Body, Certificate, Site, Window
from haoyun.platform.market.vehicles import VehicleDraft
from haoyun.platform.trading.testing import create_tables
from haoyun.tracking.instants import to_ms

TARGETS = {"top 20": 50.0, "post": 150.0, "search": 60.0}
BODIES = [Body.BOX] * 4 + [Body.CURTAIN] * 2 + [Body.STAKE] * 3 + [Body.FLATBED, Body.REEFER, Body.TANK]
SHIPPER = Actor("user-s", "org-s0", frozenset({"dispatcher"}), frozenset({"shipper"}))
CARRIER = Actor("user-c", "org-c0", frozenset({"dispatcher"}), frozenset({"carrier"}))


@dataclass(frozen=True, slots=True)
class World:
    """The places with their pull, the roads, and the dice."""

    sites: list[Site]
    pull: list[float]  # cumulative
    context: MatchContext
    rng: random.Random
    now: datetime

    def site(self) -> Site:
        """Somewhere, rather large than small."""
        return self.rng.choices(self.sites, cum_weights=self.pull)[0]

    def lane(self) -> tuple[Site, Site]:
        """From somewhere to somewhere else, with a road of 50 km at least."""
        while True:
            a, b = self.site(), self.site()
            if a.code != b.code and 50_000 <= self.context.road(a.code, b.code)[0] < 1e8:
                return a, b

    def load_draft(self) -> LoadDraft:
        """A load: half of them part loads, two thirds with a fixed price, some cooled, dangerous or long."""
        rng, (origin, destination) = self.rng, self.lane()
        metres, seconds = self.context.road(origin.code, destination.code)
        start = self.now + timedelta(hours=rng.uniform(0.5, 60))
        end = start + timedelta(hours=rng.uniform(2, 12))
        kg = rng.choice([rng.randint(500, 9_000), rng.randint(9_000, 32_000)])
        fixed = rng.random() < 0.66
        body = rng.choice(BODIES)
        reefer = body is Body.REEFER
        return LoadDraft(
            goods="goods",
            weight_kg=kg,
            volume_dm3=kg * 3 // 2,
            ldm_cm=min(1_360, kg * 13_00 // 32_000),
            max_piece_cm=rng.choice([0, 0, 120, 300, 600, 1_200]),
            origin=origin,
            destination=destination,
            pickup=Window(start, end),
            delivery=Window(
                start + timedelta(hours=2), end + timedelta(seconds=seconds * rng.uniform(1.3, 2.5) + 7_200)
            ),
            body=frozenset({body}) if rng.random() < 0.6 else frozenset(),
            temperature_min_c=-20 if reefer else None,
            temperature_max_c=4 if reefer else None,
            dg_class="3" if body is Body.TANK and rng.random() < 0.5 else None,
            price_mode=PriceMode.FIXED if fixed else PriceMode.ASK,
            price_fen=round(metres / 1000 * rng.uniform(400, 900)) + 10_000 if fixed else None,
        )

    def load(self, number: int) -> Load:
        """A load on offer."""
        draft = self.load_draft()
        metres, seconds = self.context.road(draft.origin.code, draft.destination.code)
        return Load(
            **{**terms_of(draft), "expires_at": draft.pickup.end},
            id=f"load_{number:07d}",
            org_id=f"org-s{number % 2_000}",
            state=LoadState.OPEN,
            version=1,
            terms=1,
            distance_m=metres,
            duration_s=seconds,
            posted_at=self.now - timedelta(seconds=number % 86_400),
        )

    def capacity_draft(self, vehicle_id: str) -> CapacityDraft:
        """The whole vehicle, two fifths of them ready now, some bound for somewhere."""
        rng, origin = self.rng, self.site()
        start = self.now + timedelta(hours=rng.choice([-1, -1, 2, 8, 24]))
        return CapacityDraft(
            vehicle_id=vehicle_id,
            origin=origin,
            destination=self.site() if rng.random() < 0.2 else None,
            radius_km=rng.choice([50, 100, 200, 300]),
            ready=Window(start, start + timedelta(hours=48)),
            cost_per_km_fen=rng.randint(300, 500),
            min_price_fen=rng.choice([None, 50_000]),
        )

    def capacity(self, number: int) -> Capacity:
        """A vehicle on offer."""
        draft = self.capacity_draft(f"veh_{number:06d}")
        body = self.rng.choice(BODIES)
        cooled = body is Body.REEFER
        plain = (
            "vehicle_id",
            "mode",
            "equipment",
            "origin",
            "destination",
            "radius_km",
            "ready",
            "cost_per_km_fen",
        )
        return Capacity(
            **{name: getattr(draft, name) for name in (*plain, "min_price_fen", "note")},
            id=f"cap_{number:06d}",
            org_id=f"org-c{number % 3_000}",
            body=body,
            weight_kg=self.rng.choice([8_000, 18_000, 32_000]),
            volume_dm3=90_000,
            ldm_cm=1_360,
            length_cm=1_360,
            temperature_min_c=-25 if cooled else None,
            temperature_max_c=10 if cooled else None,
            certificates=(Certificate("dg-3"),) if body is Body.TANK else (),
            plan=(),
            booked=0,
            state=CapacityState.OPEN,
            version=1,
            posted_at=self.now - timedelta(seconds=number % 86_400),
        )

    def positions(self, capacities: list[Capacity], share: float) -> dict[str, VehiclePosition]:
        """A part of the vehicles is seen: some kilometres off a place."""
        seen = {}
        for capacity in self.rng.sample(capacities, round(share * len(capacities))):
            row, off_m = self.context.places[self.site().code], self.rng.uniform(0, 30_000)
            seen[capacity.vehicle_id] = VehiclePosition(
                capacity.origin.lat,
                capacity.origin.lon,
                self.now - timedelta(seconds=self.rng.uniform(0, 600)),
                self.context.distance_m[row] + off_m,
                self.context.duration_s[row] + off_m / 15,
            )
        return seen


def main() -> int:
    """Measure, print, and say by the exit code whether the targets were met."""
    args = _arguments()
    databases = Databases.open(Path(args.folder or tempfile.mkdtemp(prefix="haoyun-market-")), args.url)
    _print_machine(args, databases)
    create_tables(databases)
    world, capacities = _world(databases, args)
    figures: dict[str, list[float]] = {}
    _warm_up(databases, world)
    _rank(databases, world, capacities, args.tries, figures)
    _post(databases, world, args.tries, figures)
    _search(databases, world, args.tries, figures)
    _refresh(databases, world)
    met = _report(figures)
    print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    databases.close()
    return 0 if met else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", help="an empty PostgreSQL database; without it SQLite")
    parser.add_argument("--folder", help="folder of the SQLite files; without it a temporary one")
    parser.add_argument("--loads", type=int, default=100_000)
    parser.add_argument("--capacities", type=int, default=20_000)
    parser.add_argument("--tries", type=int, default=300, help="measured calls of each kind")
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def _print_machine(args: argparse.Namespace, databases: Databases) -> None:
    with databases.platform.connect() as db:
        version = db.dialect.server_version_info
    print(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, seed {args.seed}, {args.loads} loads, {args.capacities} capacities"
    )
    print(
        f"{platform.platform()}, Python {platform.python_version()}, numpy {np.__version__}, "
        f"SQLAlchemy {sa.__version__}"
    )
    print(f"{databases.platform.dialect.name} {'.'.join(map(str, version or ()))}")


def _world(databases: Databases, args: argparse.Namespace) -> tuple[World, list[Capacity]]:
    gazetteer = trunk_gazetteer()
    market = MarketContext.of(trunk_network(), gazetteer, databases.tracking)
    rng = random.Random(args.seed)
    sites = [site_of_place(place) for place in gazetteer.list()]
    pull = np.cumsum(1 / (1 + np.arange(len(sites))) ** 0.6).tolist()
    now = datetime.now(UTC).replace(microsecond=0)
    world = World(sites, pull, market.snapshot(now), rng, now)
    started = time.perf_counter()
    capacities = [world.capacity(i) for i in range(args.capacities)]
    _insert(databases, CAPACITY, (capacity_row(one) for one in capacities))
    _insert(databases, LOAD, (load_row(world.load(i)) for i in range(args.loads)))
    _insert(databases, EVENT, [_event("load_0000000", now)])
    with databases.platform.begin() as db:
        if db.dialect.name == "postgresql":
            db.exec_driver_sql("ANALYZE")
    print(f"scenario written in {time.perf_counter() - started:.1f} s")
    return replace(
        world, context=replace(world.context, positions=world.positions(capacities, 0.2))
    ), capacities


def _event(key: str, now: datetime) -> dict[str, Any]:
    return {"subject_id": key, "version": 1, "state": "OPEN", "at_ms": to_ms(now), "reason": "posted"}


def _insert(databases: Databases, table: sa.Table, rows: Any) -> None:
    iterator: Iterator[dict[str, Any]] = iter(rows)
    while chunk := list(islice(iterator, 5_000)):
        with databases.platform.begin() as db:
            db.execute(sa.insert(table), chunk)


def _warm_up(databases: Databases, world: World) -> None:
    started = time.perf_counter()
    index = index_of(databases.platform)
    index.sync(world.now)
    print(f"index filled in {time.perf_counter() - started:.1f} s")


def _timed(figures: dict[str, list[float]], name: str, call: Callable[[], Any]) -> Any:
    started = time.perf_counter()
    result = call()
    figures.setdefault(name, []).append((time.perf_counter() - started) * 1000)
    return result


def _rank(
    databases: Databases,
    world: World,
    capacities: list[Capacity],
    tries: int,
    figures: dict[str, list[float]],
) -> None:
    found = {"loads": 0, "capacities": 0}
    for i in range(tries):
        capacity, load = world.rng.choice(capacities), world.load(10**6 + i)

        def loads_of(capacity: Capacity = capacity) -> int:
            with reading(databases.platform).connect() as db:
                return len(best_loads(db, capacity, world.now, world.context, 20))

        def capacities_of(load: Load = load) -> int:
            with reading(databases.platform).connect() as db:
                return len(best_capacities(db, load, world.now, world.context, 20))

        found["loads"] += _timed(figures, "top 20 loads of a truck", loads_of)
        found["capacities"] += _timed(figures, "top 20 trucks of a load", capacities_of)
    print(
        f"found on average {found['loads'] / tries:.1f} loads a truck, {found['capacities'] / tries:.1f} trucks a load"
    )


def _post(databases: Databases, world: World, tries: int, figures: dict[str, list[float]]) -> None:
    for i in range(tries):
        draft = world.load_draft()

        def post(draft: LoadDraft = draft) -> Load:
            with databases.platform.begin() as db:
                return post_load(db, SHIPPER, draft, world.now, world.context)

        load = _timed(figures, "post a load and match it", post)
        with databases.platform.begin() as db:
            box = VehicleDraft(
                plate=f"B{i:06d}", body=Body.BOX, payload_kg=32_000, volume_dm3=90_000, length_cm=1_360
            )
            vehicle = add_vehicle(db, CARRIER, box, world.now)

        def offer(vehicle_id: str = vehicle.id) -> None:
            with databases.platform.begin() as db:
                post_capacity(db, CARRIER, world.capacity_draft(vehicle_id), world.now, world.context)

        _timed(figures, "post a truck and match it", offer)

        def edit(load: Load = load) -> None:
            with databases.platform.begin() as db:
                draft = LoadDraft(**{**terms_of(load), "weight_kg": load.weight_kg + 1})
                edit_load(db, SHIPPER, load.id, draft, load.version, world.now, world.context)

        _timed(figures, "post an edit and match it", edit)


def _search(databases: Databases, world: World, tries: int, figures: dict[str, list[float]]) -> None:
    for _ in range(tries):
        site = world.site()
        near = frozenset(other.code for other in world.sites if site.distance_m(other) <= 150_000)
        filters = LoadFilter(
            origin_codes=near, sort=world.rng.choice([Sort.POSTED, Sort.PICKUP, Sort.PRICE_KM])
        )

        def loads(filters: LoadFilter = filters) -> None:
            with reading(databases.platform).connect() as db:
                list_loads(db, filters, CARRIER, limit=25)

        def trucks(near: frozenset[str] = near) -> None:
            with reading(databases.platform).connect() as db:
                list_capacities(db, CapacityFilter(origin_codes=near), SHIPPER, limit=25)

        _timed(figures, "search page of loads", loads)
        _timed(figures, "search page of trucks", trucks)


def _refresh(databases: Databases, world: World) -> None:
    refresher = Refresher()
    refresher(databases.platform, world.context, world.now)
    started = time.perf_counter()
    done = refresher(databases.platform, world.context, world.now + timedelta(seconds=30))
    took = time.perf_counter() - started
    print(f"a worker's round matched {done} offers again in {took:.1f} s")


def _report(figures: dict[str, list[float]]) -> bool:
    met = True
    print("| what | p50 ms | p95 ms | worst ms | target p95 |\n|---|---|---|---|---|")
    for name, times in figures.items():
        p50, p95 = np.percentile(times, [50, 95])
        target = next(limit for key, limit in TARGETS.items() if name.startswith(key))
        met &= bool(p95 <= target)
        print(f"| {name} | {p50:.1f} | {p95:.1f} | {max(times):.1f} | {target:.0f} |")
    return met


if __name__ == "__main__":
    sys.exit(main())
