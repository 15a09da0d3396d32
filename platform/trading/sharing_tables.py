"""The tables of sharing. Instants are epoch milliseconds."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.platform.metadata import METADATA
from haoyun.tracking.tables import BIG_KEY

SHARE = sa.Table(
    "trd_share",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("order_id", sa.String(40), nullable=False, index=True),
    sa.Column("org_id", sa.String(40), nullable=False),
    sa.Column("to_org", sa.String(40), index=True),  # a grant; empty: a link
    sa.Column("label", sa.String(80), nullable=False),
    sa.Column("token_sha256", sa.String(64), unique=True),
    sa.Column("from_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("revoked_ms", sa.BigInteger),
)

LOOK = sa.Table(
    "trd_look",
    METADATA,
    sa.Column("id", BIG_KEY, primary_key=True),
    sa.Column("order_id", sa.String(40), nullable=False, index=True),
    sa.Column("share_id", sa.String(40)),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("who", sa.String(120), nullable=False),
    sa.Column("by", sa.String(8), nullable=False),  # number | link | grant
    sa.Column("what", sa.String(8), nullable=False),  # page | api
)
