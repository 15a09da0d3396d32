"""The tables of publishing. Instants are epoch milliseconds (`*_ms`); documents are JSON objects."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.platform.market.tables import site_columns
from haoyun.platform.metadata import METADATA
from haoyun.tracking.tables import BIG_KEY

DRAFT = sa.Table(
    "pub_draft",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("org_id", sa.String(40), nullable=False),
    sa.Column("user_id", sa.String(40), nullable=False),
    sa.Column("kind", sa.String(8), nullable=False),  # load | capacity
    sa.Column("fields", sa.Text, nullable=False),  # a document, see document.py
    sa.Column("message", sa.Text, nullable=False),  # the chat message it was read from, or empty
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("updated_ms", sa.BigInteger, nullable=False),
    sa.Column("published_id", sa.String(40)),  # the offer that it became
    sa.Index("ix_pub_draft_org", "org_id", "updated_ms"),
)

REPEAT = sa.Table(
    "pub_repeat",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("org_id", sa.String(40), nullable=False, index=True),
    sa.Column("user_id", sa.String(40), nullable=False),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("fields", sa.Text, nullable=False),  # a document without windows
    sa.Column("times", sa.Text, nullable=False),  # when: see repeat.py
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column(
        "next_ms", sa.BigInteger, index=True
    ),  # when the next one is posted; empty: ended or a template only
    sa.Column("ended_ms", sa.BigInteger),
)

OCCURRENCE = sa.Table(
    "pub_occurrence",
    METADATA,
    sa.Column("repeat_id", sa.String(40), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),  # of the pickup, local
    sa.Column("offer_id", sa.String(40)),
    sa.Column("problem", sa.Text, nullable=False),  # JSON {field: [rule, params]}; empty object: posted
    sa.Column("at_ms", sa.BigInteger, nullable=False),
)

# Rows of a file that were stored, so that a second try of a killed job stores none of them again.
IMPORTED = sa.Table(
    "pub_imported",
    METADATA,
    sa.Column("job_id", sa.String(40), primary_key=True),
    sa.Column("row", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("offer_id", sa.String(40), nullable=False),
)

PARTNER = sa.Table(
    "pub_partner",
    METADATA,
    sa.Column("org_id", sa.String(40), primary_key=True),
    sa.Column("partner_id", sa.String(40), primary_key=True),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
)

LANE = sa.Table(
    "pub_lane",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("org_id", sa.String(40), nullable=False, index=True),
    sa.Column("rule_id", sa.String(40), nullable=False),  # of alerts: where it is told
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("wants", sa.String(8), nullable=False),  # load | capacity
    *site_columns("origin", nullable=True),
    *site_columns("destination", nullable=True),
    sa.Column("radius_km", sa.Integer, nullable=False),
    sa.Column("body", sa.String(12)),
    sa.Column("min_weight_kg", sa.Integer, nullable=False),
    sa.Column("max_weight_kg", sa.Integer, nullable=False),
    sa.Column("weekdays", sa.String(7), nullable=False),  # 1 to 7, Monday first
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("ended_ms", sa.BigInteger),
)

# Posts that were looked at for saved lanes and for what looks false, each once; `seq` numbers them for alerts.
SEEN = sa.Table(
    "pub_seen",
    METADATA,
    sa.Column("seq", BIG_KEY, primary_key=True),
    sa.Column("subject_id", sa.String(40), nullable=False, unique=True),
    sa.Column("seen_ms", sa.BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

FLAG = sa.Table(
    "pub_flag",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("subject_id", sa.String(40), nullable=False, index=True),
    sa.Column("other_id", sa.String(40), nullable=False),  # the offer or order it resembles, or empty
    sa.Column("org_id", sa.String(40), nullable=False),  # the publisher
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Column("raised_ms", sa.BigInteger, nullable=False),
    sa.Column("closed_ms", sa.BigInteger),
    sa.Column("closed_by", sa.String(40)),
    sa.Column("closed_reason", sa.String(200), nullable=False),
    sa.UniqueConstraint("kind", "subject_id", "other_id", name="uq_pub_flag"),
    sa.Index("ix_pub_flag_org", "org_id", "id"),
)
