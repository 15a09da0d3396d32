"""The tables of alerts. Instants are epoch milliseconds."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.platform.metadata import METADATA
from haoyun.tracking.tables import BIG_KEY

RULE = sa.Table(
    "alr_rule",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("org_id", sa.String(40), nullable=False, index=True),
    sa.Column("subject", sa.String(16), nullable=False),  # rule.Subject
    sa.Column("email", sa.String(255), nullable=False),
    sa.Column("webhook_url", sa.String(500), nullable=False),
    sa.Column("webhook_secret", sa.String(64), nullable=False),
    sa.Column("language", sa.String(2), nullable=False, default="zh", server_default="zh"),  # of its e-mails
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("ended_ms", sa.BigInteger),
)

ALERT = sa.Table(
    "alr_alert",
    METADATA,
    sa.Column("id", BIG_KEY, primary_key=True),
    sa.Column("org_id", sa.String(40), nullable=False, index=True),
    sa.Column("rule_id", sa.String(40), nullable=False),
    sa.Column("first_event", sa.BigInteger, nullable=False),  # the number under which tracking told it first
    sa.Column("kind", sa.String(24), nullable=False),
    sa.Column("vehicle_id", sa.String(40)),
    sa.Column("order_id", sa.String(40)),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("raised_ms", sa.BigInteger, nullable=False),
    sa.Column("data", sa.Text, nullable=False),  # JSON object
    sa.Column("read_ms", sa.BigInteger),
    sa.Column("withdrawn_ms", sa.BigInteger),
    sa.UniqueConstraint("rule_id", "first_event", name="uq_alr_alert"),
)

DELIVERY = sa.Table(
    "alr_delivery",
    METADATA,
    sa.Column("id", BIG_KEY, primary_key=True),
    sa.Column("alert_id", sa.BigInteger, nullable=False),
    sa.Column("channel", sa.String(8), nullable=False),  # webhook | email
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("next_ms", sa.BigInteger, index=True),  # empty: done, or given up
    sa.Column("done_ms", sa.BigInteger),
    sa.Column("problem", sa.String(300), nullable=False),
)
