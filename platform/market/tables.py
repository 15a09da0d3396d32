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
    sa.Column("kind", sa.String(8), nullable=False),  # vehicles.VehicleKind
    sa.Column("retired_ms", sa.BigInteger),
    sa.UniqueConstraint("org_id", "plate", "plate_colour"),
)

DRIVER = sa.Table(
    "mkt_driver",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("org_id", sa.String(40), nullable=False, index=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("phone", sa.String(40), nullable=False),
    sa.Column("licence_class", sa.String(4), nullable=False),
    sa.Column("user_id", sa.String(40), unique=True),  # the person who signs in as this driver
    sa.Column("certificates", sa.Text, nullable=False),  # as a vehicle's; the licence is one of them
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("retired_ms", sa.BigInteger),
)

# Who and what a capacity is beside its vehicle: when a paper of theirs changes, the capacity's papers are told.
CREW = sa.Table(
    "mkt_crew",
    METADATA,
    sa.Column("capacity_id", sa.String(40), primary_key=True),
    sa.Column("trailer_id", sa.String(40), index=True),
    sa.Column("driver_id", sa.String(40), index=True),
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
    sa.Column("mode", sa.String(8), nullable=False),
    sa.Column("body", sa.String(80), nullable=False),  # accepted bodies, comma-separated and sorted
    sa.Column("equipment", sa.String(120), nullable=False),  # needed, written like the bodies
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
    sa.Column("public_ms", sa.BigInteger),  # partners first: everybody sees it from then on
    sa.Column("pay_days", sa.Integer, nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("distance_m", sa.Double, nullable=False),
    sa.Column("duration_s", sa.Double, nullable=False),
    sa.Column("posted_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False),
    # Derived, for searches: fen for a kilometre (-1: no price named), and the goods as they are searched.
    sa.Column("per_km_fen", sa.Double, nullable=False, server_default="-1"),
    sa.Column("goods_folded", sa.String(240), nullable=False, server_default=""),
    sa.Index("ix_mkt_load_state_posted", "state", "posted_ms"),
    sa.Index("ix_mkt_load_state_expires", "state", "expires_ms"),
    sa.Index("ix_mkt_load_org", "org_id", "posted_ms"),
    sa.Index("ix_mkt_load_origin", "state", "origin_code"),
    sa.Index("ix_mkt_load_public", "public_ms"),
)
# Searches of open loads, one index an order. Each holds every column that a filter asks for, so that a search that
# finds little reads one index and not the table; only open loads stand in them.
_FILTERED = (
    *(
        "origin_code",
        "destination_code",
        "visibility",
        "org_id",
        "body",
        "weight_kg",
        "ldm_cm",
        "max_piece_cm",
    ),
    *("pickup_start_ms", "pickup_end_ms", "delivery_start_ms", "delivery_end_ms", "price_fen", "per_km_fen"),
    *("posted_ms", "goods_folded", "state"),
)
# SQLite guesses that few rows share a state and prefers any index that begins with it. So there the two indexes ask
# in other words, which no other index can answer; searching.is_open asks in the same.
_OPEN_LOADS_SQLITE = sa.text("(state || '') = 'OPEN'")
_OPEN_CAPACITIES_SQLITE = sa.text("(state || '') IN ('OPEN', 'PART_BOOKED')")
for _name, _first in (
    ("posted", ("posted_ms", "id")),
    ("pickup", ("pickup_start_ms", "id")),
    ("per_km", ("per_km_fen", "id")),
    ("from", ("origin_code", "id")),
    ("to", ("destination_code", "id")),
):
    sa.Index(
        f"ix_mkt_load_open_{_name}",
        *(LOAD.c[column] for column in (*_first, *(c for c in _FILTERED if c not in _first))),
        sqlite_where=_OPEN_LOADS_SQLITE,
        postgresql_where=LOAD.c.state == "OPEN",
    )

LOAD_INVITED = sa.Table(
    "mkt_load_invited",
    METADATA,
    sa.Column("load_id", sa.String(40), primary_key=True),
    sa.Column("org_id", sa.String(40), primary_key=True),
    sa.Index("ix_mkt_load_invited_org", "org_id"),
)

# One row a load that is or was offered by auction: what its publisher set, and its course.
AUCTION = sa.Table(
    "mkt_auction",
    METADATA,
    sa.Column("load_id", sa.String(40), primary_key=True),
    sa.Column("closes_ms", sa.BigInteger, nullable=False),  # as its publisher set it
    sa.Column("latest_ms", sa.BigInteger),
    sa.Column("soft_close_min", sa.Integer, nullable=False),
    sa.Column("ceiling_fen", sa.BigInteger),
    sa.Column("step_fen", sa.BigInteger, nullable=False),
    sa.Column("award", sa.String(10), nullable=False),
    sa.Column("decide_min", sa.Integer, nullable=False),
    sa.Column("unsold", sa.String(8), nullable=False),
    sa.Column("state", sa.String(10), nullable=False, index=True),
    sa.Column("ends_ms", sa.BigInteger, nullable=False),  # moved by late bids
    sa.Column("bids", sa.Integer, nullable=False),
    sa.Column("closed_ms", sa.BigInteger),
    sa.Column("decide_ms", sa.BigInteger),  # until when the publisher chooses
)

CAPACITY = sa.Table(
    "mkt_capacity",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("org_id", sa.String(40), nullable=False),
    sa.Column("vehicle_id", sa.String(40), nullable=False),
    sa.Column("mode", sa.String(8), nullable=False),
    sa.Column("body", sa.String(12), nullable=False),
    sa.Column("equipment", sa.String(120), nullable=False),
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
    sa.Column("plan", sa.Text, nullable=False),  # JSON: what is booked
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

# Searches of capacities on offer: as above, and few enough that one index serves every order.
sa.Index(
    "ix_mkt_capacity_open_posted",
    *(
        CAPACITY.c[column]
        for column in (
            *("posted_ms", "id", "origin_code", "destination_code", "body", "weight_kg", "length_cm"),
            *("ready_start_ms", "ready_end_ms", "cost_per_km_fen", "min_price_fen", "state"),
        )
    ),
    sqlite_where=_OPEN_CAPACITIES_SQLITE,
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
    sa.Column("inputs", sa.Text, nullable=False),  # JSON: what the score was worked out from
    sa.Column("of_load", sa.Boolean, nullable=False),  # among the best of its load,
    sa.Column("of_capacity", sa.Boolean, nullable=False),  # of its capacity
    sa.Column("computed_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_mkt_match_capacity", "capacity_id", "score"),
    sa.Index("ix_mkt_match_load", "load_id", "score"),
    sa.Index("ix_mkt_match_computed", "computed_ms"),
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
    sa.Column("told_ms", sa.BigInteger),  # empty: webhooks have not read it yet
    sqlite_autoincrement=True,
)
# A mark on the row, and no cursor: on PostgreSQL numbers commit out of order, and a mark skips nobody.
sa.Index(
    "ix_mkt_event_untold",
    EVENT.c.seq,
    sqlite_where=EVENT.c.told_ms.is_(None),
    postgresql_where=EVENT.c.told_ms.is_(None),
)
