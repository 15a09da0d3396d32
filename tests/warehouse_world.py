"""Gates, reports and a logger for the small world of the portal's tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.tables import organization
from haoyun.platform.demo.trips import read_points
from haoyun.platform.market.tables import LOAD
from haoyun.platform.trading.store import consignment_of
from haoyun.platform.trading.tables import ORDER
from haoyun.platform.warehouse.handling import Typed, report
from haoyun.platform.warehouse.label_runs import RunDraft, contents_of, make_run
from haoyun.platform.warehouse.temperature import store_readings
from haoyun.rfid_ingest import (
    Direction,
    ReadPoint,
    TagRead,
    TagReadHandler,
    encode_identity,
    read_item,
    set_read_points,
    sscc_epc,
)
from haoyun.rfid_ingest.handling import Step
from haoyun.tracking.envelope import seal
from haoyun.tracking.messages import Message
from haoyun.tracking.store import DeviceKind, get_device, mark_seen, register_device
from haoyun.tracking.timeline import MilestoneCode

READER, LOT = "gate-ningbo-1", "(01)09506000134352(10)LOT-7A"
CARRIER, SHIPPER = "carrier@example.com", "shipper@example.com"


def furnish(world: Any) -> str:
    """Once: a gate of the carrier's that missed two pallets, a lot packed and sealed, a warm logger."""
    now = datetime.now(UTC)
    services, shipper, carrier = world.services, world.actors[SHIPPER], world.actors[CARRIER]
    with services.write() as db:
        db.execute(
            sa.update(organization)
            .where(organization.c.id == shipper.org_id)
            .values(company_prefix="9521234")
        )
        load_id = db.scalar(sa.select(ORDER.c.load_id).where(ORDER.c.id == world.order_id))
        cold = {"temperature_min_c": -20, "temperature_max_c": -15}
        db.execute(sa.update(LOAD).where(LOAD.c.id == load_id).values(**cold))
        contents = contents_of(gtin="09506000134352", count=24, lot="LOT-7A")
        run = make_run(db, shipper, RunDraft(count=2, contents=contents, goods="冷冻水产"), now)
        units = consignment_of(db, world.order_id).units
    _gate(services, carrier.org_id, units, now)
    hours = lambda n: now - timedelta(hours=n)  # noqa: E731 - read right below
    for actor, step, at, objects, parent in (
        (shipper, Step.PACK, hours(3), (LOT + "(37)24",), units[0]),
        (shipper, Step.LOAD, hours(1.5), units, "CSQU3054383"),
        (shipper, Step.SEAL, hours(1.4), ("HLK4711",), "CSQU3054383"),
    ):
        typed = Typed(step=step, at=at, objects=objects, parent=parent, place="Ningbo", lat=29.87, lon=121.55)
        report(services.databases, actor, typed, now)
    rows = [f"{(hours(1) + timedelta(minutes=5 * i)).isoformat()},{-17 + (i == 4) * 5}" for i in range(9)]
    content = "\n".join(["time,temperature", *rows]).encode()
    store_readings(services.databases, carrier, world.order_id, content, "LOG-1", now)
    return run.id


def _gate(services: Any, org_id: str, units: tuple[str, ...], now: datetime) -> None:
    place = services.market.gazetteer.find("宁波")
    points = [
        ReadPoint(
            **{
                **point,
                "direction": Direction(point["direction"]),
                "milestone_code": MilestoneCode(point["milestone_code"]),
            }
        )
        for point in read_points(place, "Ningbo")
    ]
    reads = [TagRead(1, encode_identity(unit, "sscc-96", 6), now, -55.0) for unit in units[:-2]]
    reads += [TagRead(2, sscc_epc("9521234", 99_999).hex, now, -60.0), TagRead(2, "E2801160", now, -60.0)]
    with services.write_tracking() as db:
        register_device(
            db, name=READER, kind=DeviceKind.READER, org_id=org_id, vehicle_id=None, shards=8, now=now
        )
        set_read_points(db, READER, points, now)
        device = get_device(db, READER)
        body = seal("reads", [read_item(read) for read in reads], seq=1, base=1, epoch="e")
        message = Message(f"hy/v1/0/{READER}/up/reads", READER, "reads", body, now, device.id)
        assert not TagReadHandler().handle(db, [message], now).rejects
        mark_seen(db, [device.id], now)
