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
    sa.Column("kind", sa.String(8), nullable=False, server_default="quote"),  # quote | bid
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

# What happened to quotes, written with it; webhooks read it (see market.tables.EVENT on the mark).
QUOTE_EVENT = sa.Table(
    "trd_quote_event",
    METADATA,
    sa.Column("seq", BIG_KEY, primary_key=True),
    sa.Column("quote_id", sa.String(40), nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.String(200), nullable=False),
    sa.Column("told_ms", sa.BigInteger),
    sqlite_autoincrement=True,
)
sa.Index(
    "ix_trd_quote_event_untold",
    QUOTE_EVENT.c.seq,
    sqlite_where=QUOTE_EVENT.c.told_ms.is_(None),
    postgresql_where=QUOTE_EVENT.c.told_ms.is_(None),
)

# What happened in auctions, told to all who bid without a name: webhooks and the inbox read it, each with its mark.
AUCTION_EVENT = sa.Table(
    "trd_auction_event",
    METADATA,
    sa.Column("seq", BIG_KEY, primary_key=True),
    sa.Column("load_id", sa.String(40), nullable=False, index=True),
    sa.Column("kind", sa.String(12), nullable=False),  # auction_events.Happened
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("lowest_fen", sa.BigInteger),
    sa.Column("ends_ms", sa.BigInteger, nullable=False),
    sa.Column("bids", sa.Integer, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("publisher", sa.String(40), nullable=False),
    sa.Column("bidders", sa.Text, nullable=False),  # JSON array of organizations
    sa.Column("leader", sa.String(40)),  # whose bid is the lowest, or has won
    sa.Column("passed", sa.String(40)),  # whose bid was the lowest before
    sa.Column("told_ms", sa.BigInteger),
    sa.Column("noticed_ms", sa.BigInteger),
    sqlite_autoincrement=True,
)
for _mark in (AUCTION_EVENT.c.told_ms, AUCTION_EVENT.c.noticed_ms):
    sa.Index(
        f"ix_trd_auction_event_{_mark.name}",
        AUCTION_EVENT.c.seq,
        sqlite_where=_mark.is_(None),
        postgresql_where=_mark.is_(None),
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

# What carries the goods of a consignment and is followed with them: container, returnable pallet, seal.
EQUIPMENT = sa.Table(
    "trd_equipment",
    METADATA,
    sa.Column("consignment_id", sa.String(40), primary_key=True),
    sa.Column("uri", sa.String(120), primary_key=True),
    sa.Column("kind", sa.String(10), nullable=False),  # container | asset | seal
    sa.Column("bound_ms", sa.BigInteger, nullable=False),
)

# The next free SSCC serial of each company prefix under each extension digit.
SERIAL = sa.Table(
    "trd_sscc_range",
    METADATA,
    sa.Column("company_prefix", sa.String(12), primary_key=True),
    sa.Column("extension", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("next_serial", sa.BigInteger, nullable=False),
)

# How far this package has read other rooms' event tables.
CURSOR = sa.Table(
    "trd_cursor",
    METADATA,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
)
