"""A small world of real rows, written through the rooms' own functions, and the portal on top of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
import waitress
from apiflask import APIFlask
from flask.testing import FlaskClient

from haoyun.maps.geodesy import point_along
from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.organizations import create_organization
from haoyun.platform.accounts.users import create_user, find_actor
from haoyun.platform.database import Databases
from haoyun.platform.jobs import FanOut, enqueue
from haoyun.platform.jobs.queue import claim, succeed
from haoyun.platform.jobs.worker import JobContext
from haoyun.platform.market.capacity import CapacityDraft
from haoyun.platform.market.context import MarketContext
from haoyun.platform.market.load import Load, LoadDraft, PriceMode
from haoyun.platform.market.store import add_vehicle, post_capacity, post_load
from haoyun.platform.market.values import Body, Window
from haoyun.platform.market.vehicles import VehicleDraft
from haoyun.platform.migrations import upgrade
from haoyun.platform.planning import OPTIMIZE
from haoyun.platform.planning.dispatch import planning
from haoyun.platform.portal.app import create_app
from haoyun.platform.services import Services
from haoyun.platform.settings import Settings
from haoyun.platform.trading.follow import MarketKeeper, follow_timeline, hand_out
from haoyun.platform.trading.store import accept_quote, confirm_order, consignment_of, submit_quote
from haoyun.tracking.messages import Message
from haoyun.tracking.positions import PositionHandler
from haoyun.tracking.store import append_milestones, get_device, register_device
from haoyun.tracking.timeline import Milestone, MilestoneCode, Quality, Source

_AGO = timedelta(hours=2)  # the order under way began so long ago
PASSWORD = "correct horse battery"
CARRIER, SHIPPER, OPERATOR, STRANGER = (
    "carrier@example.com",
    "shipper@example.com",
    "ops@example.com",
    "other@example.com",
)
LANES = [
    ("芜湖", "南通", "冷链食品 Chilled food", 18_000, Body.REEFER, 254_000),
    ("杭州", "苏州", "电子元件 Electronics", 9_000, Body.BOX, 154_000),
    ("无锡", "常州", "钢卷 Steel coils", 24_000, Body.FLATBED, 82_000),
    ("嘉兴", "合肥", "日用百货 Consumer goods", 12_500, None, 354_000),
    ("合肥", "金华", "机械配件 Machine parts", 15_200, Body.BOX, None),
    ("常州", "金华", "纺织品 Textiles", 8_200, Body.CURTAIN, 268_000),
    ("宁波", "杭州", "集装箱货物 Containerized goods", 21_000, None, 126_000),
    ("上海", "南京", "医药 Pharmaceuticals", 4_300, Body.REEFER, 246_000),
    ("苏州", "上海", "家具 Furniture", 6_100, Body.BOX, None),
]
TRUCKS = [
    ("浙A12345", Body.BOX, "杭州"),
    ("浙B23456", Body.REEFER, "宁波"),
    ("苏E34567", Body.FLATBED, "无锡"),
    ("浙F45678", Body.BOX, "嘉兴"),
    ("皖A56789", Body.CURTAIN, "合肥"),
    ("苏A67890", Body.REEFER, "南京"),
]


@dataclass(slots=True)
class World:
    """What the tests ask for by name."""

    app: APIFlask
    services: Services
    actors: dict[str, Actor] = field(default_factory=dict)
    loads: list[Load] = field(default_factory=list)
    capacity_ids: list[str] = field(default_factory=list)
    vehicle_ids: list[str] = field(default_factory=list)
    order_id: str = ""
    quote_id: str = ""
    tracking_number: str = ""
    job_id: str = ""
    url: str = ""

    def work(self, job_id: str) -> None:
        """Do what a worker does, with this job only."""
        services, now = self.services, datetime.now(UTC)
        with services.write() as db:
            job = claim(db, worker="test", now=now, lease_s=60, kinds=(OPTIMIZE,))
        assert job is not None
        assert job.id == job_id
        context = JobContext()
        with planning(services.settings, services.databases, lambda: now) as handlers:
            result = handlers[OPTIMIZE](job, context)
        assert not isinstance(result, FanOut)
        with services.write() as db:
            succeed(db, job, result, now, context.course)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("portal") / "data"
    databases = Databases.open(data)
    upgrade(databases)
    app = create_app(Settings(data=data, live_port=0), databases)
    made = World(app, app.extensions["haoyun"])
    now = datetime.now(UTC)
    _people(made, now)
    _offers(made, now)
    _order_under_way(made, now - _AGO)
    _positions(made, now)
    MarketKeeper(made.services.market)(databases, now)
    _plan(made, now)
    yield made
    databases.close()


@pytest.fixture
def client(world: World) -> FlaskClient:
    return world.app.test_client()


@pytest.fixture(scope="session")
def site(world: World) -> Iterator[World]:
    """The portal on a real port, for browsers."""
    server = waitress.create_server(world.app, host="127.0.0.1", port=0, threads=8)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    world.url = f"http://127.0.0.1:{server.effective_port}"
    yield world
    server.close()
    thread.join(timeout=5)


def _people(world: World, now: datetime) -> None:
    people = [
        (CARRIER, "顺达运输", "Shunda Haulage", {"carrier"}, {"owner"}, "王调度"),
        (SHIPPER, "华东冷链", "East Cold Chain", {"shipper"}, {"owner"}, "李经理"),
        (OPERATOR, "好运平台", "Haoyun Operator", {"operator"}, {"operator"}, "平台"),
        (STRANGER, "北方物流", "Northern Logistics", {"carrier"}, {"viewer"}, "张"),
    ]
    with world.services.write() as db:
        for email, name, name_en, kinds, roles, person in people:
            org = create_organization(db, name=name, name_en=name_en, kinds=kinds, now=now)
            user = create_user(
                db, email=email, password=PASSWORD, org_id=org.id, display_name=person, roles=roles, now=now
            )
            actor = find_actor(db, user.id)
            assert actor is not None
            world.actors[email] = actor


def _offers(world: World, now: datetime) -> None:
    market = world.services.market
    carrier, shipper = world.actors[CARRIER], world.actors[SHIPPER]
    with world.services.write() as db:
        for plate, body, home in TRUCKS:
            vehicle = add_vehicle(db, carrier, _vehicle(plate, body), now)
            world.vehicle_ids.append(vehicle.id)
            draft = CapacityDraft(
                vehicle_id=vehicle.id,
                origin=market.site(home),
                radius_km=300,
                ready=Window(now, now + timedelta(hours=40)),
            )
            world.capacity_ids.append(post_capacity(db, carrier, draft, now, market.snapshot(now)).id)
        for lane in LANES:
            world.loads.append(post_load(db, shipper, _load(market, lane, now), now, market.snapshot(now)))


def _vehicle(plate: str, body: Body) -> VehicleDraft:
    cold = body is Body.REEFER
    return VehicleDraft(
        plate=plate, body=body, payload_kg=28_000, volume_dm3=80_000, length_cm=960,
        temperature_min_c=-20 if cold else None, temperature_max_c=15 if cold else None,
    )  # fmt: skip


def _load(
    market: MarketContext, lane: tuple[str, str, str, int, Body | None, int | None], now: datetime
) -> LoadDraft:
    origin, destination, goods, weight_kg, body, price_fen = lane
    return LoadDraft(
        goods=goods,
        weight_kg=weight_kg,
        volume_dm3=weight_kg * 2,
        pallets=weight_kg // 900,
        origin=market.site(origin),
        destination=market.site(destination),
        pickup=Window(now + timedelta(hours=6), now + timedelta(hours=14)),
        delivery=Window(now + timedelta(hours=12), now + timedelta(hours=40)),
        body=frozenset({body} if body else ()),
        price_mode=PriceMode.FIXED if price_fen else PriceMode.ASK,
        price_fen=price_fen,
    )


def _order_under_way(world: World, now: datetime) -> None:
    """The first quote waits for an answer; the second became an order whose truck left the origin."""
    services, market = world.services, world.services.market
    carrier, shipper = world.actors[CARRIER], world.actors[SHIPPER]
    with services.write() as db:
        waiting = submit_quote(db, carrier, world.loads[1].id, world.capacity_ids[0], 150_000, now + _AGO)
        world.quote_id = waiting.id
        draft = _load(market, ("宁波", "上海", "冷冻水产 Frozen seafood", 16_000, Body.REEFER, 320_000), now)
        draft = replace(draft, pickup=Window(now, now + timedelta(hours=3)))
        load = post_load(db, shipper, draft, now, market.snapshot(now))
        quote = submit_quote(db, carrier, load.id, world.capacity_ids[1], 310_000, now)
        order = accept_quote(db, shipper, quote.id, now)
        confirm_order(db, carrier, order.id, now, world.vehicle_ids[1])
        consignment = consignment_of(db, order.id)
    world.order_id, world.tracking_number = order.id, consignment.tracking_number
    with services.write_tracking() as db:
        for plate_index, vehicle_id in enumerate(world.vehicle_ids[:5]):
            register_device(
                db, name=f"tracker-{plate_index:04d}", kind="tracker", org_id=carrier.org_id,
                vehicle_id=vehicle_id, shards=8, now=now,
            )  # fmt: skip
    hand_out(services.databases, now)
    with services.write_tracking() as db:
        append_milestones(db, [_tag_read(consignment.id, now)], now)


def _tag_read(journey_id: str, now: datetime) -> Milestone:
    return Milestone(
        journey_id, MilestoneCode.LOAD, Quality.ACTUAL, Source.RFID, now + timedelta(minutes=40),
        lat=29.878, lon=121.549, place="Ningbo", occurrence="dock-4",
        evidence={"epc": "urn:epc:id:sscc:9521234.0000000001", "reader": "dock-ningbo-4"},
    )  # fmt: skip


def _positions(world: World, now: datetime) -> None:
    """The second truck drove from Ningbo towards Shanghai; the others stand or drive near their homes."""
    market = world.services.market
    start, end = market.site("宁波"), market.site("上海")
    node = market.network.nearest_node
    path = market.engine.path(node(start.lat, start.lon)[0], node(end.lat, end.lon)[0])
    way = [point_along(path.coordinates, metres)[:2] for metres in range(0, 90_000, 3_000)]
    _send(
        world, 1, [(now - timedelta(minutes=2 * (len(way) - i)), *at, 72.0) for i, at in enumerate(way)], now
    )
    for truck, (_, _, home) in enumerate(TRUCKS[:5]):
        if truck != 1:
            place = market.site(home)
            speed, age_min = (64.0, 1) if truck < 3 else (0.0, 3 if truck == 3 else 90)
            at = now - timedelta(minutes=age_min)
            _send(
                world,
                truck,
                [
                    (at - timedelta(seconds=30), place.lat, place.lon, speed),
                    (at, place.lat + 0.02, place.lon, speed),
                ],
                now,
            )
    follow_timeline(world.services.databases, now)


def _send(world: World, truck: int, fixes: list[tuple[datetime, float, float, float]], now: datetime) -> None:
    name = f"tracker-{truck:04d}"
    body = orjson.dumps(
        [{"t": t.isoformat(), "lat": lat, "lon": lon, "spd": speed} for t, lat, lon, speed in fixes]
    )
    with world.services.write_tracking() as db:
        device = get_device(db, name)
        message = Message(f"hy/v1/0/{name}/up/fixes", name, "fixes", body, now, device.id)
        result = PositionHandler().handle(db, [message], now)
    assert not result.rejects


def _plan(world: World, now: datetime) -> None:
    """One finished optimization of the carrier's fleet."""
    services, carrier = world.services, world.actors[CARRIER]
    with services.write() as db:
        payload = {"plan": "my_fleet", "time_limit_s": 1, "seed": 1}
        world.job_id = enqueue(
            db, kind=OPTIMIZE, org_id=carrier.org_id, user_id=carrier.user_id, payload=payload, now=now
        ).id
    world.work(world.job_id)


@pytest.fixture(scope="session")
def data_folder(world: World) -> Path:
    return world.services.settings.data
