"""The tables of the market. Instants are epoch milliseconds (`*_ms`), money is fen, volume is litres."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from haoyun.platform.metadata import METADATA
from haoyun.tracking.tables import BIG_KEY


def site_columns(end: str, nullable: bool = False) -> list[sa.Column[Any]]:
    """A place, written out: an offer keeps the names it was published with."""
    return [
        sa.Column(f"{end}_code", sa.String(60), nullable=nullable),
        sa.Column(f"{end}_name_zh", sa.String(120), nullable=nullable),
        sa.Column(f"{end}_name_en", sa.String(120), nullable=nullable),
        sa.Column(f"{end}_lat", sa.Double, nullable=nullable),
        sa.Column(f"{end}_lon", sa.Double, nullable=nullable),
    ]


def window_columns(name: str) -> list[sa.Column[Any]]:
    """The two ends of a window."""
    return [
        sa.Column(f"{name}_start_ms", sa.BigInteger, nullable=False),
        sa.Column(f"{name}_end_ms", sa.BigInteger, nullable=False),
    ]


VEHICLE = sa.Table(
    "mkt_vehicle",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("org_id", sa.String(40), nullable=False, index=True),
    sa.Column("plate", sa.String(12), nullable=False),
    sa.Column("plate_colour", sa.String(16), nullable=False),
    sa.Column("body", sa.String(12), nullable=False),
    sa.Column("payload_kg", sa.Integer, nullable=False),
    sa.Column("volume_dm3", sa.Integer, nullable=False),
    sa.Column("length_cm", sa.Integer, nullable=False),
    sa.Column("temperature_min_c", sa.Integer),
    sa.Column("temperature_max_c", sa.Integer),
    sa.Column("certificates", sa.Text, nullable=False),  # JSON {name: valid until in ms, or null}
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("org_id", "plate", "plate_colour"),
)

LOAD = sa.Table(
    "mkt_load",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("org_id", sa.String(40), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("terms", sa.Integer, nullable=False),
    sa.Column("goods", sa.String(120), nullable=False),
    sa.Column("weight_kg", sa.Integer, nullable=False),
    sa.Column("volume_dm3", sa.Integer, nullable=False),
    sa.Column("ldm_cm", sa.Integer, nullable=False),
    sa.Column("max_piece_cm", sa.Integer, nullable=False),
    sa.Column("pallets", sa.Integer, nullable=False),
    sa.Column("body", sa.String(80), nullable=False),  # accepted bodies, comma-separated and sorted
    sa.Column("temperature_min_c", sa.Integer),
    sa.Column("temperature_max_c", sa.Integer),
    sa.Column("dg_class", sa.String(4)),
    *site_columns("origin"),
    *site_columns("destination"),
    *window_columns("pickup"),
    *window_columns("delivery"),
    sa.Column("price_mode", sa.String(8), nullable=False),
    sa.Column("price_fen", sa.BigInteger),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("visibility", sa.String(8), nullable=False),
    sa.Column("pay_days", sa.Integer, nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("distance_m", sa.Double, nullable=False),
    sa.Column("duration_s", sa.Double, nullable=False),
    sa.Column("posted_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_mkt_load_state_posted", "state", "posted_ms"),
    sa.Index("ix_mkt_load_state_expires", "state", "expires_ms"),
    sa.Index("ix_mkt_load_org", "org_id", "posted_ms"),
    sa.Index("ix_mkt_load_origin", "state", "origin_code"),
)

LOAD_INVITED = sa.Table(
    "mkt_load_invited",
    METADATA,
    sa.Column("load_id", sa.String(40), primary_key=True),
    sa.Column("org_id", sa.String(40), primary_key=True),
    sa.Index("ix_mkt_load_invited_org", "org_id"),
)

CAPACITY = sa.Table(
    "mkt_capacity",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("org_id", sa.String(40), nullable=False),
    sa.Column("vehicle_id", sa.String(40), nullable=False),
    sa.Column("body", sa.String(12), nullable=False),
    sa.Column("weight_kg", sa.Integer, nullable=False),
    sa.Column("volume_dm3", sa.Integer, nullable=False),
    sa.Column("ldm_cm", sa.Integer, nullable=False),
    sa.Column("length_cm", sa.Integer, nullable=False),
    sa.Column("temperature_min_c", sa.Integer),
    sa.Column("temperature_max_c", sa.Integer),
    sa.Column("certificates", sa.Text, nullable=False),
    *site_columns("origin"),
    *site_columns("destination", nullable=True),
    sa.Column("radius_km", sa.Integer, nullable=False),
    *window_columns("ready"),
    sa.Column("cost_per_km_fen", sa.Integer, nullable=False),
    sa.Column("min_price_fen", sa.BigInteger),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("lane_origin", sa.String(60)),  # of what is booked
    sa.Column("lane_destination", sa.String(60)),
    sa.Column("booked", sa.Integer, nullable=False),  # orders it carries
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("posted_ms", sa.BigInteger, nullable=False),
    sa.CheckConstraint("weight_kg >= 0 AND volume_dm3 >= 0 AND ldm_cm >= 0", name="not_oversold"),
    sa.Index("ix_mkt_capacity_state_posted", "state", "posted_ms"),
    sa.Index("ix_mkt_capacity_org", "org_id", "posted_ms"),
)
# A vehicle's space is offered once: two open offers of it could both be booked in full.
sa.Index(
    "uq_mkt_capacity_vehicle_open",
    CAPACITY.c.vehicle_id,
    unique=True,
    sqlite_where=CAPACITY.c.state.in_(("OPEN", "PART_BOOKED")),
    postgresql_where=CAPACITY.c.state.in_(("OPEN", "PART_BOOKED")),
)

MATCH = sa.Table(
    "mkt_match",
    METADATA,
    sa.Column("load_id", sa.String(40), primary_key=True),
    sa.Column("capacity_id", sa.String(40), primary_key=True),
    sa.Column("score", sa.Double, nullable=False),
    sa.Column("contribution_fen", sa.BigInteger, nullable=False),
    sa.Column("deadhead_m", sa.Double),  # empty: unknown
    sa.Column("pickup_ms", sa.BigInteger, nullable=False),
    sa.Column("delivery_ms", sa.BigInteger, nullable=False),
    sa.Column("reasons", sa.Text, nullable=False),  # JSON array
    sa.Column("computed_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_mkt_match_capacity", "capacity_id", "score"),
    sa.Index("ix_mkt_match_load", "load_id", "score"),
)

# Who moved what, when and why: loads and capacities in one history.
EVENT = sa.Table(
    "mkt_event",
    METADATA,
    sa.Column("seq", BIG_KEY, primary_key=True),
    sa.Column("subject_id", sa.String(40), nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("user_id", sa.String(40)),  # empty: the system
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.String(200), nullable=False),
    sqlite_autoincrement=True,
)
