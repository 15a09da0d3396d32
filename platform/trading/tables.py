"""The tables of trading. Instants are epoch milliseconds (`*_ms`), money is fen."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.platform import idempotency
from haoyun.platform.market.tables import site_columns, window_columns
from haoyun.platform.metadata import METADATA
from haoyun.tracking.tables import BIG_KEY

IDEMPOTENCY_KEY = idempotency.KEY  # named here so that the migrations see it

QUOTE = sa.Table(
    "trd_quote",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("load_id", sa.String(40), nullable=False, index=True),
    sa.Column("capacity_id", sa.String(40), nullable=False, index=True),
    sa.Column("shipper_org", sa.String(40), nullable=False, index=True),
    sa.Column("carrier_org", sa.String(40), nullable=False, index=True),
    sa.Column("side", sa.String(8), nullable=False),  # who names the price
    sa.Column("user_id", sa.String(40), nullable=False),
    sa.Column("price_fen", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("terms", sa.Integer, nullable=False),
    sa.Column("answers", sa.String(40)),  # the quote that this one counters
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("valid_until_ms", sa.BigInteger, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("decided_ms", sa.BigInteger),
    sa.Column("decided_by", sa.String(40)),  # empty: the system
    sa.Column("reason", sa.String(200), nullable=False),
)
# One price on the table for a load and a capacity: an answer replaces it, never stands beside it.
sa.Index(
    "uq_trd_quote_submitted",
    QUOTE.c.load_id,
    QUOTE.c.capacity_id,
    unique=True,
    sqlite_where=QUOTE.c.state == "SUBMITTED",
    postgresql_where=QUOTE.c.state == "SUBMITTED",
)

ORDER = sa.Table(
    "trd_order",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("load_id", sa.String(40), nullable=False),
    sa.Column("capacity_id", sa.String(40), nullable=False),
    sa.Column("quote_id", sa.String(40), nullable=False, unique=True),
    sa.Column("shipper_org", sa.String(40), nullable=False, index=True),
    sa.Column("carrier_org", sa.String(40), nullable=False, index=True),
    sa.Column("vehicle_id", sa.String(40), index=True),
    sa.Column("price_fen", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("goods", sa.String(120), nullable=False),
    sa.Column("weight_kg", sa.Integer, nullable=False),
    sa.Column("pallets", sa.Integer, nullable=False),
    *site_columns("origin"),
    *site_columns("destination"),
    *window_columns("pickup"),
    *window_columns("delivery"),
    sa.Column("distance_m", sa.Double, nullable=False),
    sa.Column("duration_s", sa.Double, nullable=False),
    sa.Column("state", sa.String(24), nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("flags", sa.String(120), nullable=False),  # OrderFlag values, comma-separated and sorted
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("updated_ms", sa.BigInteger, nullable=False),
)
# The net under the conditional update: whatever else goes wrong, a load has one living order.
sa.Index(
    "uq_trd_order_load",
    ORDER.c.load_id,
    unique=True,
    sqlite_where=ORDER.c.state != "CANCELLED",
    postgresql_where=ORDER.c.state != "CANCELLED",
)

# What other rooms and later readers follow with a cursor on seq; see orders_store.record_event.
ORDER_EVENT = sa.Table(
    "trd_order_event",
    METADATA,
    sa.Column("seq", BIG_KEY, primary_key=True),
    sa.Column("order_id", sa.String(40), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", sa.String(24), nullable=False),
    sa.Column("user_id", sa.String(40)),  # empty: the system
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.String(200), nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),  # JSON object
    sa.UniqueConstraint("order_id", "version"),
    sqlite_autoincrement=True,
)

CONSIGNMENT = sa.Table(
    "trd_consignment",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("order_id", sa.String(40), nullable=False, index=True),
    sa.Column("tracking_number", sa.String(24), nullable=False, unique=True),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("delivered_ms", sa.BigInteger),
    sa.Column("journey_opened_ms", sa.BigInteger),  # handed to tracking
    sa.Column("journey_closed_ms", sa.BigInteger),
)

UNIT = sa.Table(
    "trd_unit",
    METADATA,
    sa.Column("uri", sa.String(80), primary_key=True),  # urn:epc:id:sscc:…
    sa.Column("consignment_id", sa.String(40), nullable=False, index=True),
)

# The next free SSCC serial of each company prefix.
SERIAL = sa.Table(
    "trd_sscc_serial",
    METADATA,
    sa.Column("company_prefix", sa.String(12), primary_key=True),
    sa.Column("next_serial", sa.BigInteger, nullable=False),
)

# How far this package has read other rooms' event tables.
CURSOR = sa.Table(
    "trd_cursor",
    METADATA,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
)
