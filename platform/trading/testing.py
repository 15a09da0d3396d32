"""Tables straight from the metadata, and a deal ready to be struck, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.accounts import tables as _accounts  # noqa: F401 - registers its tables
from haoyun.platform.accounts.actor import Actor
from haoyun.platform.database import SCHEMAS, Databases
from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.load import Load
from haoyun.platform.market.store import add_vehicle, post_capacity, post_load
from haoyun.platform.market.testing import (
    CARRIER,
    NOW,
    SHIPPER,
    capacity_draft,
    load_draft,
    road_context,
    vehicle_draft,
)
from haoyun.platform.metadata import METADATA
from haoyun.platform.trading import tables as _trading  # noqa: F401
from haoyun.platform.trading.order import Order
from haoyun.platform.trading.quote import Quote
from haoyun.platform.trading.store import accept_quote, confirm_order, submit_quote
from haoyun.rfid_ingest.tables import METADATA as RFID
from haoyun.tracking.tables import METADATA as TRACKING


def create_tables(databases: Databases) -> None:
    """All tables of all rooms, without migrations."""
    if databases.platform.dialect.name == "postgresql":
        with databases.platform.begin() as db:
            for schema in SCHEMAS:
                db.exec_driver_sql(f"CREATE SCHEMA {schema}")
    METADATA.create_all(databases.platform)
    TRACKING.create_all(databases.tracking)
    RFID.create_all(databases.tracking)


def empty_tables(databases: Databases) -> None:
    """Delete all rows."""
    for engine, metadatas in ((databases.platform, (METADATA,)), (databases.tracking, (TRACKING, RFID))):
        with engine.begin() as db:
            for metadata in metadatas:
                for table in reversed(metadata.sorted_tables):
                    db.execute(sa.delete(table))


@dataclass(frozen=True, slots=True)
class Deal:
    """A load, a capacity and the carrier's price."""

    load: Load
    capacity: Capacity
    quote: Quote


def open_deal(
    db: sa.Connection,
    *,
    now: datetime = NOW,
    plate: str = "京A12345",
    carrier: Actor = CARRIER,
    **load: object,
) -> Deal:
    """Post a load and a capacity, and quote 1,500 yuan."""
    context = road_context()
    vehicle = add_vehicle(db, carrier, vehicle_draft(plate), now)
    capacity = post_capacity(db, carrier, capacity_draft(vehicle.id), now, context)
    posted = post_load(db, SHIPPER, load_draft(**load), now, context)
    return Deal(posted, capacity, submit_quote(db, carrier, posted.id, capacity.id, 150_000, now))


def ready_order(db: sa.Connection, now: datetime = NOW, plate: str = "京A12345") -> Order:
    """An accepted and confirmed deal with its vehicle bound."""
    deal = open_deal(db, now=now, plate=plate)
    order = accept_quote(db, SHIPPER, deal.quote.id, now)
    return confirm_order(db, CARRIER, order.id, now, deal.capacity.vehicle_id)
