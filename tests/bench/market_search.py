"""How long searches take: `python tests/bench/market_search.py [--loads 100000] [--capacities 20000] [--postgres URL]`.

A seeded market on the trunk map: loads between cities weighted by their rank, most of them public, some for invited
carriers, two in three with a price, every truck with matches. Then the same mix of searches, first and deep pages,
three times: the functions (a page and the count of the whole), the HTML pages as a carrier gets them, and the API.
SQLite by default; --postgres names an empty database. Prints p50 and p95 of each kind and of the mix.
"""

from __future__ import annotations

import argparse
import base64
import platform
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import orjson
import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.organizations import create_organization
from haoyun.platform.accounts.tokens import issue_token
from haoyun.platform.accounts.users import create_user
from haoyun.platform.database import Databases, reading
from haoyun.platform.market.balance import BalanceBook
from haoyun.platform.market.capacity import Capacity, CapacityState
from haoyun.platform.market.capacity_search import list_capacities
from haoyun.platform.market.context import MarketContext, site_of_place
from haoyun.platform.market.figures import figures_of
from haoyun.platform.market.load import Load, LoadState, PriceMode, Visibility
from haoyun.platform.market.matches_store import match_row
from haoyun.platform.market.rows import capacity_row, load_row
from haoyun.platform.market.score import score
from haoyun.platform.market.search import list_loads
from haoyun.platform.market.tables import CAPACITY, LOAD, LOAD_INVITED, MATCH
from haoyun.platform.market.values import Body, Mode, Window
from haoyun.platform.market.way import Known, Trip
from haoyun.platform.migrations import upgrade
from haoyun.platform.portal.app import create_app
from haoyun.platform.portal.capacity_list import wish_of as capacity_wish_of
from haoyun.platform.portal.load_list import wish_of as load_wish_of
from haoyun.platform.portal.page import Form
from haoyun.platform.portal.searches import COUNTED
from haoyun.platform.settings import Settings
from haoyun.tracking.instants import to_ms

SEED = 11
NOW = datetime.now(UTC).replace(microsecond=0)
SHIPPERS, CARRIERS = 2_000, 2_000
MATCHES_OF_TRUCK = 20
GOODS = (
    "钢卷 Steel coils", "电子元件 Electronics", "日用百货 Consumer goods", "机械配件 Machine parts", "纺织品 Textiles",
    "家具 Furniture", "医药 Pharmaceuticals", "冷链食品 Chilled food", "水果 Fruit", "轮胎 Tyres", "纸张 Paper",
    "饮料 Beverages", "水泥 Cement", "塑料粒子 Plastic granulate", "汽车零部件 Car parts", "玻璃 Glass",
    "化肥 Fertilizer",
)  # fmt: skip
RARE = "变压器 Transformer"
BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Query:
    """One search: what kind it stands for, of which page, and what its address says."""

    kind: str
    page: str  # loads | trucks
    values: dict[str, str]


class World:
    """The market, and who looks at it."""

    def __init__(self, market: MarketContext, rng: random.Random) -> None:
        self.market, self.rng = market, rng
        self.sites = [site_of_place(place) for place in market.gazetteer.list()]
        weights = [{1: 12, 2: 3, 3: 1}.get(place.rank, 1) for place in market.gazetteer.list()]
        self.weights = list(np.cumsum(weights))
        self.context = market.snapshot(NOW)

    def site(self) -> Any:
        return self.rng.choices(self.sites, cum_weights=self.weights)[0]

    def lane(self) -> tuple[Any, Any]:
        while True:
            start, end = self.site(), self.site()
            if start.code != end.code and np.isfinite(self.context.road(start.code, end.code)[0]):
                return start, end

    def load(self, number: int) -> Load:
        rng = self.rng
        start, end = self.lane()
        distance_m, duration_s = self.context.road(start.code, end.code)
        posted = NOW - timedelta(seconds=rng.randrange(7 * 86_400))
        pickup = NOW + timedelta(hours=rng.randrange(2, 240))
        narrow = rng.random() < 0.08
        priced = rng.random() < 0.66
        return Load(
            id=f"load_{number:022d}", org_id=f"org_shipper{number % SHIPPERS:05d}",
            state=LoadState.OPEN, version=1, terms=1,
            goods=RARE if rng.random() < 0.0005 else f"{rng.choice(GOODS)} {rng.randrange(1000)}",
            weight_kg=rng.randrange(500, 33_000), volume_dm3=rng.randrange(0, 90_000),
            ldm_cm=rng.choice([0, 420, 680, 960, 1300, 1360, 1750]), max_piece_cm=rng.randrange(0, 1300), pallets=0,
            body=frozenset(rng.sample(list(Body), rng.choice([0, 0, 1, 1, 2]))), origin=start, destination=end,
            pickup=Window(pickup, pickup + timedelta(hours=8)),
            delivery=Window(pickup + timedelta(hours=12), pickup + timedelta(hours=72)),
            price_mode=PriceMode.FIXED if priced else PriceMode.ASK,
            price_fen=int(distance_m / 1000 * rng.uniform(300, 1100)) if priced else None,
            visibility=Visibility.PARTNERS if narrow else Visibility.PUBLIC,
            invited=frozenset({f"org_carrier{rng.randrange(CARRIERS):05d}"} if narrow else ()),
            distance_m=distance_m, duration_s=duration_s, posted_at=posted,
            expires_at=pickup + timedelta(hours=8),
        )  # fmt: skip

    def capacity(self, number: int) -> Capacity:
        rng = self.rng
        start, end = self.lane()
        ready = NOW + timedelta(hours=rng.randrange(-10, 48))
        return Capacity(
            id=f"cap_{number:022d}", org_id=f"org_carrier{number % CARRIERS:05d}", vehicle_id=f"veh_{number:022d}",
            body=rng.choice(list(Body)), weight_kg=rng.randrange(1_000, 33_000), volume_dm3=90_000, ldm_cm=1300,
            length_cm=rng.choice([420, 680, 960, 1300, 1750]), temperature_min_c=None, temperature_max_c=None,
            certificates=(), origin=start, destination=end if rng.random() < 0.6 else None,
            radius_km=rng.randrange(50, 500), ready=Window(ready, ready + timedelta(hours=60)),
            cost_per_km_fen=rng.randrange(250, 700), min_price_fen=None, note="", plan=(), booked=0,
            state=CapacityState.OPEN, version=1, mode=Mode.ROAD, equipment=frozenset(),
            posted_at=NOW - timedelta(seconds=rng.randrange(3 * 86_400)),
        )  # fmt: skip


def fill(db: sa.Connection, world: World, loads: int, capacities: int) -> dict[str, list[int]]:
    """Write the market; returns the sort keys of the loads, from which deep pages are entered."""
    keys: dict[str, list[Any]] = {"posted": [], "pickup": [], "price_km": []}
    made = [world.load(number) for number in range(loads)]
    for batch in _batches(made):
        rows = [load_row(one) for one in batch]
        db.execute(sa.insert(LOAD), rows)
        invited = [{"load_id": one.id, "org_id": org} for one in batch for org in one.invited]
        if invited:
            db.execute(sa.insert(LOAD_INVITED), invited)
        keys["posted"] += [row["posted_ms"] for row in rows]
        keys["pickup"] += [row["pickup_start_ms"] for row in rows]
        keys["price_km"] += [row["per_km_fen"] for row in rows]
    for batch in _batches([world.capacity(number) for number in range(capacities)]):
        db.execute(sa.insert(CAPACITY), [capacity_row(one) for one in batch])
    like = a_match(world, made[0], world.capacity(0))
    for numbers in _batches(list(range(capacities))):
        for some in _batches(
            [(n, load) for n in numbers for load in world.rng.sample(range(loads), MATCHES_OF_TRUCK)]
        ):
            rows = [_match(like, made[load].id, f"cap_{number:022d}", world.rng) for number, load in some]
            db.execute(sa.insert(MATCH), rows)
    return {name: sorted(values) for name, values in keys.items()}


def a_match(world: World, load: Load, capacity: Capacity) -> dict[str, Any]:
    """A row of mkt_match with all its reasons and inputs: what the others are written like."""
    hour = timedelta(hours=1)
    way = Trip(Known.LIVE, NOW, 50_000.0, NOW + hour, NOW + 2 * hour, NOW + 20 * hour)
    return match_row(score(load, capacity, way, figures_of(load, capacity, BalanceBook(), world.context)))


def _match(like: dict[str, Any], load_id: str, capacity_id: str, rng: random.Random) -> dict[str, Any]:
    return {
        **like, "load_id": load_id, "capacity_id": capacity_id, "score": rng.uniform(20, 95),
        "deadhead_m": rng.choice([None, rng.uniform(0, 200_000)]),
        "of_load": True, "of_capacity": True, "computed_ms": to_ms(NOW),
    }  # fmt: skip


def _batches(items: list[Any]) -> Iterator[list[Any]]:
    for first in range(0, len(items), BATCH):
        yield items[first : first + BATCH]


def marker(key: float | int, last_id: str = "load_5") -> str:
    return base64.urlsafe_b64encode(orjson.dumps([key, last_id])).decode()


def queries(world: World, keys: dict[str, list[Any]], rounds: int) -> list[Query]:
    """The mix: each kind once a round, with parameters of its own."""
    rng, found = world.rng, []

    def name() -> str:
        return str(world.site().name_zh)

    def deep(sort: str) -> str:
        return marker(rng.choice(keys[sort]))

    def day(ahead: int) -> str:
        return (NOW + timedelta(days=ahead)).strftime("%Y-%m-%d")

    for _ in range(rounds):
        start, end = world.lane()
        far_start, far_end = world.lane()
        west, south = start.lon - rng.uniform(0.5, 4), start.lat - rng.uniform(0.5, 4)
        window = f"{west:.3f},{south:.3f},{west + rng.uniform(1, 8):.3f},{south + rng.uniform(1, 6):.3f}"
        loads: dict[str, dict[str, str]] = {
            "newest": {},
            "newest, deep": {"after": deep("posted"), "sort": "posted"},
            "near a place": {"origin": name(), "radius": str(rng.choice([50, 100, 200]))},
            "near a place, by price": {"origin": name(), "radius": "100", "sort": "price_km"},
            "lane": {"origin": start.name_zh, "destination": end.name_zh, "radius": "0"},
            "lane with radius": {"origin": start.name_zh, "destination": end.name_zh, "radius": "100"},
            "to a place": {"destination": name(), "radius": "50"},
            "division to division": {"from_division": start.code[:2], "to_division": end.code[:2]},
            "on my way home": {"way_from": far_start.name_zh, "way_to": far_end.name_zh, "detour": "80"},
            "map window": {"bbox": window},
            "map window, pickup order, deep": {"bbox": window, "sort": "pickup", "after": deep("pickup")},
            "body and weight": {"body": rng.choice(list(Body)).value, "weight": str(rng.choice([3, 10, 20]))},
            "price per km, deep": {"sort": "price_km", "after": deep("price_km")},
            "price range and day": {"per_km_min": "8", "pickup_from": day(2), "pickup_to": day(3)},
            "length range": {"length_min": "12", "length_max": "13.6", "sort": "pickup"},
            "common words": {"q": rng.choice(GOODS).split(maxsplit=1)[0]},
            "rare words": {"q": RARE.split()[1]},
            "many filters": {
                "origin": start.name_zh, "radius": "200", "destination": end.name_zh, "weight": "15", "body": "box",
                "per_km_min": "5", "pickup_from": day(1), "pickup_to": day(5), "length_max": "9.6",
            },
            "best match": {"sort": "score"},
            "nearest truck": {"sort": "deadhead", "body": "box"},
        }  # fmt: skip
        trucks: dict[str, dict[str, str]] = {
            "trucks: newest": {},
            "trucks: near a place": {"origin": name(), "radius": "150"},
            "trucks: on the way of a load": {"way_from": start.name_zh, "way_to": end.name_zh, "detour": "100"},
            "trucks: body, weight, day": {"body": "box", "weight": "18", "ready_to": day(1), "sort": "ready"},
        }  # fmt: skip
        # Without an order a carrier's page is sorted by match, which looks at the carrier's own matches only.
        found += [Query(kind, "loads", {"sort": "posted", **values}) for kind, values in loads.items()]
        found += [Query(kind, "trucks", values) for kind, values in trucks.items()]
    return found


def report(title: str, times: dict[str, list[float]]) -> None:
    print(f"\n{title}\n{'kind':34} {'n':>5} {'p50 ms':>8} {'p95 ms':>8} {'max ms':>8}")
    every = [ms for found in times.values() for ms in found]
    for kind, found in [*times.items(), ("THE WHOLE MIX", every)]:
        cuts = statistics.quantiles(found, n=100) if len(found) > 1 else [found[0]] * 99
        print(f"{kind:34} {len(found):5} {cuts[49]:8.1f} {cuts[94]:8.1f} {max(found):8.1f}")


def timed(queries_: list[Query], work: Callable[[Query], object]) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {}
    for query in queries_:
        began = time.perf_counter()
        work(query)
        times.setdefault(query.kind, []).append((time.perf_counter() - began) * 1000)
    return times


def search(databases: Databases, market: MarketContext, viewer: Actor, query: Query) -> None:
    """What a page asks: the page, and with the first one the count."""
    form, after = Form(dict(query.values)), query.values.get("after")
    with reading(databases.platform).connect() as db:
        if query.page == "loads":
            wish = load_wish_of(form)
            assert not form.errors, form.errors
            loads = wish.filters(market, NOW)
            list_loads(db, loads, viewer, 25, after, count_to=COUNTED)
        else:
            trucks = capacity_wish_of(form).filters(market, NOW)
            assert not form.errors, form.errors
            list_capacities(db, trucks, viewer, 25, after, count_to=COUNTED)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loads", type=int, default=100_000)
    parser.add_argument("--capacities", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--postgres", help="URL of an empty database")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        databases = Databases.open(data, arguments.postgres)
        upgrade(databases)
        app = create_app(Settings(data=data, live_port=0), databases)
        market: MarketContext = app.extensions["haoyun"].market
        world = World(market, random.Random(SEED))
        server = _server(databases)
        print(
            f"{NOW:%Y-%m-%d} · Python {platform.python_version()} · {server} · {platform.machine()} · seed {SEED}"
        )
        began = time.perf_counter()
        with databases.platform.begin() as db:
            keys = fill(db, world, arguments.loads, arguments.capacities)
        _settle(databases)
        print(
            f"{arguments.loads} open loads, {arguments.capacities} capacities, "
            f"{arguments.capacities * MATCHES_OF_TRUCK} matches, written in {time.perf_counter() - began:.0f} s"
        )
        viewer, token = _carrier(databases)
        mix = queries(world, keys, arguments.rounds)
        with app.test_request_context():  # a day of a form begins in the installation's time zone
            timed(mix[: len(mix) // 10], lambda query: search(databases, market, viewer, query))
            report("functions", timed(mix, lambda query: search(databases, market, viewer, query)))
        client = app.test_client()
        headers = {"Authorization": f"Bearer {token}"}

        def fetch(query: Query) -> None:
            address = f"/{query.page}?{urlencode(query.values)}"
            answer = client.get(address, headers=headers)
            assert answer.status_code == 200, (address, answer.status_code)

        def ask(query: Query) -> None:
            answer = client.get(as_api(query), headers=headers)
            assert answer.status_code == 200, (as_api(query), answer.get_json())

        for title, work in (("HTML pages", fetch), ("API", ask)):
            timed(mix[: len(mix) // 10], work)
            report(title, timed(mix, work))
        databases.close()


def as_api(query: Query) -> str:
    """The address of the API that asks for the same."""
    at = {"loads": "loads", "trucks": "capacities"}[query.page]
    found: dict[str, str] = {}
    for name, value in query.values.items():
        if name in _SPELLED:
            spelled, factor = _SPELLED[name]
            found[spelled] = f"{float(value) * factor:.0f}"
        elif name == "weight":  # of a load at most, of a truck at least
            found["max_weight_kg" if at == "loads" else "min_weight_kg"] = f"{float(value) * 1000:.0f}"
        elif name in ("pickup_from", "pickup_to", "ready_to"):
            found[name] = f"{value}T00:00:00+08:00"
        else:
            found[_RENAMED.get(name, name)] = value
    return f"/api/v1/{at}?{urlencode(found)}"


_SPELLED = {
    "radius": ("radius_km", 1), "detour": ("detour_km", 1), "length_min": ("min_length_cm", 100),
    "length_max": ("max_length_cm", 100), "per_km_min": ("min_per_km_fen", 100),
}  # fmt: skip
_RENAMED = {"from_division": "origin_division", "to_division": "destination_division"}


def _server(databases: Databases) -> str:
    if databases.sqlite:
        return f"SQLite {sqlite3.sqlite_version}"
    with databases.platform.connect() as db:
        return f"PostgreSQL {db.scalar(sa.text('SHOW server_version'))}"


def _settle(databases: Databases) -> None:
    """What autovacuum does within minutes on PostgreSQL: statistics, and which pages everybody may see."""
    if not databases.sqlite:
        with databases.platform.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            db.execute(sa.text("VACUUM ANALYZE"))


def _carrier(databases: Databases) -> tuple[Actor, str]:
    """Somebody of a carrier whose trucks are in the market, with a token."""
    with databases.platform.begin() as db:
        org = create_organization(db, name="顺达", name_en="Shunda", kinds={"carrier"}, now=NOW)
        user = create_user(
            db, email="bench@example.com", password="correct horse battery", org_id=org.id, display_name="王",
            roles={"dispatcher"}, now=NOW,
        )  # fmt: skip
        db.execute(sa.update(CAPACITY).where(CAPACITY.c.org_id == "org_carrier00000").values(org_id=org.id))
        token = issue_token(db, user.id, NOW).token
    return Actor(user.id, org.id, frozenset({"dispatcher"}), frozenset({"carrier"})), token


if __name__ == "__main__":
    main()
