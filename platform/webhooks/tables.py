"""The tables of webhooks. Instants are epoch milliseconds."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.platform.metadata import METADATA
from haoyun.tracking.tables import BIG_KEY

WEBHOOK = sa.Table(
    "whk_webhook",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("org_id", sa.String(40), nullable=False, index=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("url", sa.String(500), nullable=False),
    sa.Column("secret", sa.String(64), nullable=False),
    sa.Column("types", sa.Text, nullable=False),  # EventType values, comma-separated and sorted; empty: all
    sa.Column("scope", sa.String(8), nullable=False),  # webhook.Scope
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("paused_ms", sa.BigInteger),
    sa.Column("ended_ms", sa.BigInteger),
)

# What was told, is to be told, or could not be told; the body is what it was when the event was read.
DELIVERY = sa.Table(
    "whk_delivery",
    METADATA,
    sa.Column("id", BIG_KEY, primary_key=True),
    sa.Column("webhook_id", sa.String(40), nullable=False),
    sa.Column("event_id", sa.String(100), nullable=False),
    sa.Column("type", sa.String(32), nullable=False),
    sa.Column("subject_id", sa.String(60), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("next_ms", sa.BigInteger),  # empty: done, or given up
    sa.Column("tried_ms", sa.BigInteger),
    sa.Column("done_ms", sa.BigInteger),
    sa.Column("dead_ms", sa.BigInteger),
    sa.Column("problem", sa.String(300), nullable=False),
    sa.UniqueConstraint("event_id", "webhook_id", name="uq_whk_delivery"),
    sa.Index("ix_whk_delivery_webhook", "webhook_id", "id"),
    sa.Index("ix_whk_delivery_created", "created_ms"),
)
# Few wait at any time: who is due, and whether something earlier of the same subject waits, is read from these alone.
sa.Index(
    "ix_whk_delivery_waiting",
    DELIVERY.c.webhook_id,
    DELIVERY.c.subject_id,
    DELIVERY.c.id,
    DELIVERY.c.next_ms,
    sqlite_where=DELIVERY.c.next_ms.is_not(None),
    postgresql_where=DELIVERY.c.next_ms.is_not(None),
)
