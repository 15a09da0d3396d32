"""The tables of tracking. Instants are epoch milliseconds (`*_ms`), devices are integers in long tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

METADATA = sa.MetaData(schema="tracking")

# SQLite numbers rows by itself only in an INTEGER key.
BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

DEVICE = sa.Table(
    "trk_device",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(40), nullable=False, unique=True),
    sa.Column("kind", sa.String(16), nullable=False),  # tracker | reader | phone
    sa.Column("org_id", sa.String(40), nullable=False, index=True),
    sa.Column("vehicle_id", sa.String(40), index=True),
    sa.Column("shard", sa.Integer, nullable=False),
    sa.Column("secret_bcrypt", sa.String(80), nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("revoked_ms", sa.BigInteger),
    sa.Column("last_seen_ms", sa.BigInteger),
)
sa.Index(
    "ix_trk_device_revoked",
    DEVICE.c.id,
    sqlite_where=DEVICE.c.revoked_ms.is_not(None),
    postgresql_where=DEVICE.c.revoked_ms.is_not(None),
)  # few, and asked with every map window

# What a JT/T 808 terminal is known by on the line; its credential is drawn when it registers.
TERMINAL = sa.Table(
    "trk_terminal",
    METADATA,
    sa.Column("device_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("phone", sa.String(20), nullable=False, unique=True),  # digits without leading zeros
    sa.Column("paired_ms", sa.BigInteger),  # NULL: it may register
    sa.Column("manufacturer", sa.String(40), nullable=False),
    sa.Column("model", sa.String(40), nullable=False),
    sa.Column("terminal_id", sa.String(40), nullable=False),
    sa.Column("plate", sa.String(40), nullable=False),
)

# Which vehicle a device rode in, and when: a fix at t belongs to the vehicle of the row that covers t.
BINDING = sa.Table(
    "trk_binding",
    METADATA,
    sa.Column("id", BIG_KEY, primary_key=True),
    sa.Column("device_id", sa.Integer, nullable=False),
    sa.Column("vehicle_id", sa.String(40), nullable=False),
    sa.Column("from_ms", sa.BigInteger, nullable=False),
    sa.Column("until_ms", sa.BigInteger),  # NULL: still
    sa.Index("ix_trk_binding_device", "device_id", "from_ms"),
    sa.Index("ix_trk_binding_vehicle", "vehicle_id", "from_ms"),
    sa.Index(
        "uq_trk_binding_open",
        "device_id",
        unique=True,
        sqlite_where=sa.text("until_ms IS NULL"),
        postgresql_where=sa.text("until_ms IS NULL"),
    ),
)

# One row whose version grows with every change of a device, so that the broker knows when to reload.
REGISTRY = sa.Table(
    "trk_registry",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
)

# On PostgreSQL partitioned by day (history/partitions.py). On SQLite the days are files of their own
# (history/day_files.py), and this table holds only what belongs to no day that is kept.
FIX = sa.Table(
    "trk_fix",
    METADATA,
    sa.Column("device_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("fix_ms", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False, default=0),
    sa.Column("received_ms", sa.BigInteger, nullable=False),
    sa.Column("lat", sa.Double, nullable=False),
    sa.Column("lon", sa.Double, nullable=False),
    sa.Column("speed_kmh", sa.Float),
    sa.Column("heading_deg", sa.Float),
    sa.Column("altitude_m", sa.Float),
    sa.Column("accuracy_m", sa.Float),
    sa.Column("flags", sa.Integer, nullable=False, default=0),
    sa.Column("sensors", sa.Text),  # JSON of sensors.SENSORS, where the device has any
    sqlite_with_rowid=False,  # the key is the row: a device's day is one range of pages
    postgresql_partition_by="RANGE (fix_ms)",
)
sa.event.listen(
    FIX,
    "after_create",
    sa.DDL(  # type: ignore[no-untyped-call]
        "CREATE TABLE IF NOT EXISTS tracking.trk_fix_other PARTITION OF tracking.trk_fix DEFAULT"
    ).execute_if(dialect="postgresql"),
)

# SQLite only: what the intake wrote since the last filing by day. Without a key, so that a row costs the same
# however many devices report; empty on PostgreSQL.
FIX_NEW = sa.Table(
    "trk_fix_new",
    METADATA,
    sa.Column("id", BIG_KEY, primary_key=True),
    *(sa.Column(c.name, c.type, nullable=c.nullable) for c in FIX.columns),
    sqlite_autoincrement=True,  # what is filed is deleted up to a number, which must never come again
)

# How long an organization's fixes are kept; without a row the installation's setting holds.
RETENTION = sa.Table(
    "trk_retention",
    METADATA,
    sa.Column("org_id", sa.String(40), primary_key=True),
    sa.Column("keep_days", sa.Integer, nullable=False),
)

LATEST = sa.Table(
    "trk_latest",
    METADATA,
    sa.Column("device_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("fix_ms", sa.BigInteger, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("received_ms", sa.BigInteger, nullable=False),
    sa.Column("lat", sa.Double, nullable=False),
    sa.Column("lon", sa.Double, nullable=False),
    sa.Column("speed_kmh", sa.Float),
    sa.Column("heading_deg", sa.Float),
    sa.Column("accuracy_m", sa.Float),
    sa.Column("odometer_m", sa.Double, nullable=False),
    sa.Column("moving", sa.Boolean, nullable=False),
)

# How far the application-level ack of each device has come; see outbox.py.
OUTBOX = sa.Table(
    "trk_outbox",
    METADATA,
    sa.Column("device_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("epoch", sa.String(40), nullable=False),
    sa.Column("acked_seq", sa.BigInteger, nullable=False),
)

DEAD_LETTER = sa.Table(
    "trk_dead_letter",
    METADATA,
    sa.Column("id", BIG_KEY, primary_key=True),
    sa.Column("received_ms", sa.BigInteger, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("device", sa.String(40), nullable=False, index=True),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("reason_code", sa.String(40), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)

JOURNEY = sa.Table(
    "trk_journey",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),  # the consignment's id
    sa.Column("device_id", sa.Integer, nullable=False),
    sa.Column("origin_lat", sa.Double, nullable=False),
    sa.Column("origin_lon", sa.Double, nullable=False),
    sa.Column("origin_radius_m", sa.Double, nullable=False),
    sa.Column("origin_place", sa.String(120), nullable=False),
    sa.Column("destination_lat", sa.Double, nullable=False),
    sa.Column("destination_lon", sa.Double, nullable=False),
    sa.Column("destination_radius_m", sa.Double, nullable=False),
    sa.Column("destination_place", sa.String(120), nullable=False),
    sa.Column("distance_m", sa.Double, nullable=False),
    sa.Column("planned_departure_ms", sa.BigInteger, nullable=False),
    sa.Column("planned_arrival_ms", sa.BigInteger, nullable=False),
    sa.Column("starts_ms", sa.BigInteger, nullable=False),
    sa.Column("opened_ms", sa.BigInteger, nullable=False),
    sa.Column("closed_ms", sa.BigInteger),
    sa.Column("state", sa.Text, nullable=False),  # JSON of journeys.JourneyState
    sa.Index("ix_trk_journey_device", "device_id", "closed_ms"),
)

# What other rooms follow with a cursor on seq; see milestones_store.milestones_after.
MILESTONE = sa.Table(
    "trk_milestone",
    METADATA,
    sa.Column("seq", BIG_KEY, primary_key=True),
    sa.Column("journey_id", sa.String(40), nullable=False),
    sa.Column("code", sa.String(8), nullable=False),
    sa.Column("quality", sa.String(3), nullable=False),  # PLN | EST | ACT
    sa.Column("source", sa.String(8), nullable=False),  # plan | gps | rfid | driver | document
    sa.Column("occurrence", sa.String(120), nullable=False),  # tells two facts of one code apart
    sa.Column("occurred_ms", sa.BigInteger, nullable=False),
    sa.Column("recorded_ms", sa.BigInteger, nullable=False),
    sa.Column("lat", sa.Double),
    sa.Column("lon", sa.Double),
    sa.Column("place", sa.String(120), nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),  # JSON object
    sa.Column("withdrawn_ms", sa.BigInteger),  # late fixes showed that it did not happen
    sa.UniqueConstraint("journey_id", "code", "quality", "source", "occurrence", name="uq_trk_fact"),
    sqlite_autoincrement=True,  # a cursor must never meet a number again
)


_INSERTS: dict[str, Callable[[sa.Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def is_partition(name: str | None) -> bool:
    """Whether a table is a day's partition of trk_fix: made at run time, not by a schema version."""
    return name == "trk_fix_other" or (name or "").removeprefix("trk_fix_").isdigit()


def upsert(db: sa.Connection, table: sa.Table) -> Any:
    """An INSERT that understands `on_conflict_do_nothing` and `on_conflict_do_update` on this database."""
    return _INSERTS[db.dialect.name](table)


def insert_new(db: sa.Connection, table: sa.Table, row: dict[str, Any]) -> bool:
    """Insert one row unless a unique key is taken; whether it was inserted.

    Asked by RETURNING: the row count of such an insert is not reliable on every driver.
    """
    key = next(iter(table.primary_key.columns))
    insert = upsert(db, table).values(row).on_conflict_do_nothing().returning(key)
    return db.execute(insert).first() is not None
