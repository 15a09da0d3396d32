"""The tables of docks. Instants are epoch milliseconds (`*_ms`)."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.platform.metadata import METADATA
from haoyun.tracking.tables import BIG_KEY

WAREHOUSE = sa.Table(
    "dck_warehouse",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("org_id", sa.String(40), nullable=False, index=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("address", sa.String(200), nullable=False),
    sa.Column("lat", sa.Double, nullable=False),
    sa.Column("lon", sa.Double, nullable=False),
    sa.Column("zone", sa.String(64), nullable=False),
    sa.Column("week", sa.Text, nullable=False),  # JSON: seven texts as hours.read_day takes them
    sa.Column("closed_days", sa.Text, nullable=False),  # JSON: dates
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("ended_ms", sa.BigInteger),
    sa.Index("ix_dck_warehouse_lat", "lat", "lon"),
)

DOCK = sa.Table(
    "dck_dock",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("warehouse_id", sa.String(40), nullable=False, index=True),
    sa.Column("name", sa.String(40), nullable=False),
    sa.Column("bodies", sa.String(80), nullable=False),  # comma-separated, empty: any
    sa.Column("purposes", sa.String(20), nullable=False),  # comma-separated
    sa.Column("max_length_cm", sa.Integer),
    sa.Column("max_height_cm", sa.Integer),
    sa.Column("hazardous", sa.Boolean, nullable=False),
    sa.Column("refrigerated", sa.Boolean, nullable=False),
    sa.Column("slot_min", sa.Integer, nullable=False),
    sa.Column("open_to", sa.String(10), nullable=False),
    sa.Column("lead_min", sa.Integer, nullable=False),
    sa.Column("horizon_days", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("ended_ms", sa.BigInteger),
)

# What is booked or closed, one row for each quarter of an hour of a dock: whoever comes second cannot write it. By
# quarters, not by slots, because the length of slots may change while bookings stand.
CLAIM = sa.Table(
    "dck_claim",
    METADATA,
    sa.Column("dock_id", sa.String(40), primary_key=True),
    sa.Column("quarter", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("holder_id", sa.String(40), nullable=False, index=True),  # a booking or a closure
)

CLOSURE = sa.Table(
    "dck_closure",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("dock_id", sa.String(40), nullable=False),
    sa.Column("start_ms", sa.BigInteger, nullable=False),
    sa.Column("end_ms", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.String(120), nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_dck_closure_dock", "dock_id", "end_ms"),
)

BOOKING = sa.Table(
    "dck_booking",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("warehouse_id", sa.String(40), nullable=False),
    sa.Column("warehouse_org", sa.String(40), nullable=False),
    sa.Column("dock_id", sa.String(40), nullable=False),
    sa.Column("org_id", sa.String(40), nullable=False),  # who booked
    sa.Column("user_id", sa.String(40), nullable=False),
    sa.Column("vehicle_id", sa.String(40)),  # a registered vehicle of the booker's
    sa.Column("order_id", sa.String(40)),
    sa.Column("plate", sa.String(12), nullable=False),
    sa.Column("body", sa.String(12), nullable=False),
    sa.Column("length_cm", sa.Integer, nullable=False),
    sa.Column("height_cm", sa.Integer),
    sa.Column("purpose", sa.String(8), nullable=False),
    sa.Column("hazardous", sa.Boolean, nullable=False),
    sa.Column("refrigerated", sa.Boolean, nullable=False),
    sa.Column("start_ms", sa.BigInteger, nullable=False),
    sa.Column("end_ms", sa.BigInteger, nullable=False),
    sa.Column("slots", sa.Integer, nullable=False),
    sa.Column("note", sa.String(200), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("updated_ms", sa.BigInteger, nullable=False),
    sa.Column("arrived_ms", sa.BigInteger),
    sa.Column("started_ms", sa.BigInteger),
    sa.Column("finished_ms", sa.BigInteger),
    sa.Index("ix_dck_booking_dock", "dock_id", "start_ms"),
    sa.Index("ix_dck_booking_org", "org_id", "start_ms", "id"),
    sa.Index("ix_dck_booking_warehouse_org", "warehouse_org", "start_ms", "id"),
    sa.Index("ix_dck_booking_warehouse", "warehouse_id", "start_ms", "id"),
    sa.Index("ix_dck_booking_order", "order_id"),
)

# The story of bookings, written with each change; `told_ms` empty: webhooks and the inbox have not read it yet.
EVENT = sa.Table(
    "dck_event",
    METADATA,
    sa.Column("seq", BIG_KEY, primary_key=True),
    sa.Column("booking_id", sa.String(40), nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("user_id", sa.String(40), nullable=False),
    sa.Column("org_id", sa.String(40), nullable=False),  # who acted
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.String(200), nullable=False),
    sa.Column("told_ms", sa.BigInteger),
    sqlite_autoincrement=True,
)
sa.Index(
    "ix_dck_event_untold",
    EVENT.c.seq,
    sqlite_where=EVENT.c.told_ms.is_(None),
    postgresql_where=EVENT.c.told_ms.is_(None),
)
