"""auctions: the course of each load's auction, bids among the quotes, and what happened to be told"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_SCHEMA = "platform"
_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_EVENT = "trd_auction_event"


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "mkt_auction",
        sa.Column("load_id", sa.String(length=40), nullable=False),
        sa.Column("closes_ms", sa.BigInteger(), nullable=False),
        sa.Column("latest_ms", sa.BigInteger(), nullable=True),
        sa.Column("soft_close_min", sa.Integer(), nullable=False),
        sa.Column("ceiling_fen", sa.BigInteger(), nullable=True),
        sa.Column("step_fen", sa.BigInteger(), nullable=False),
        sa.Column("award", sa.String(length=10), nullable=False),
        sa.Column("decide_min", sa.Integer(), nullable=False),
        sa.Column("unsold", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("ends_ms", sa.BigInteger(), nullable=False),
        sa.Column("bids", sa.Integer(), nullable=False),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("decide_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("load_id", name=op.f("pk_mkt_auction")),
        schema=_SCHEMA,
    )
    op.create_index(op.f("ix_mkt_auction_state"), "mkt_auction", ["state"], schema=_SCHEMA)
    kind = sa.Column("kind", sa.String(length=8), server_default="quote", nullable=False)
    op.add_column("trd_quote", kind, schema=_schema())
    op.create_table(
        _EVENT,
        sa.Column("seq", _BIG_KEY, nullable=False),
        sa.Column("load_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("lowest_fen", sa.BigInteger(), nullable=True),
        sa.Column("ends_ms", sa.BigInteger(), nullable=False),
        sa.Column("bids", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("publisher", sa.String(length=40), nullable=False),
        sa.Column("bidders", sa.Text(), nullable=False),
        sa.Column("leader", sa.String(length=40), nullable=True),
        sa.Column("passed", sa.String(length=40), nullable=True),
        sa.Column("told_ms", sa.BigInteger(), nullable=True),
        sa.Column("noticed_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_trd_auction_event")),
        schema=_SCHEMA,
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_trd_auction_event_load_id"), _EVENT, ["load_id"], schema=_SCHEMA)
    for mark in ("told_ms", "noticed_ms"):
        unread = sa.text(f"{mark} IS NULL")
        op.create_index(
            f"ix_trd_auction_event_{mark}",
            _EVENT,
            ["seq"],
            schema=_SCHEMA,
            sqlite_where=unread,
            postgresql_where=unread,
        )


def downgrade() -> None:
    """Take it back."""
    op.drop_table(_EVENT, schema=_SCHEMA)
    op.drop_column("trd_quote", "kind", schema=_schema())
    op.drop_table("mkt_auction", schema=_SCHEMA)


def _schema() -> str | None:
    """SQLite has no schemas, and altering a table there is not translated."""
    return None if op.get_bind().dialect.name == "sqlite" else _SCHEMA
