"""search and webhooks: what lists of offers are sorted and found by, webhooks, their deliveries, events of quotes

Events that are there already count as told.
"""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_SCHEMA = "platform"
_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
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
_OPEN_LOADS = {
    "ix_mkt_load_open_posted": ("posted_ms", "id"),
    "ix_mkt_load_open_pickup": ("pickup_start_ms", "id"),
    "ix_mkt_load_open_per_km": ("per_km_fen", "id"),
    "ix_mkt_load_open_from": ("origin_code", "id"),
    "ix_mkt_load_open_to": ("destination_code", "id"),
}
_OPEN_CAPACITIES = (
    *("posted_ms", "id", "origin_code", "destination_code", "body", "weight_kg", "length_cm"),
    *("ready_start_ms", "ready_end_ms", "cost_per_km_fen", "min_price_fen", "state"),
)
_LOAD = sa.Table(
    "mkt_load",
    sa.MetaData(),
    *(sa.Column(name) for name in ("id", "goods", "price_fen", "distance_m", "per_km_fen", "goods_folded")),
    schema=_SCHEMA,
)
_EVENT = sa.Table("mkt_event", sa.MetaData(), sa.Column("at_ms"), sa.Column("told_ms"), schema=_SCHEMA)


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column(
        "mkt_load",
        sa.Column("per_km_fen", sa.Double(), server_default="-1", nullable=False),
        schema=_schema(),
    )
    op.add_column(
        "mkt_load",
        sa.Column("goods_folded", sa.String(length=240), server_default="", nullable=False),
        schema=_schema(),
    )
    _fill_loads()
    for name, first in _OPEN_LOADS.items():
        columns = [*first, *(column for column in _FILTERED if column not in first)]
        _partial(name, "mkt_load", columns, "state = 'OPEN'", "(state || '') = 'OPEN'")
    on_offer = "IN ('OPEN', 'PART_BOOKED')"
    columns = list(_OPEN_CAPACITIES)
    _partial(
        "ix_mkt_capacity_open_posted",
        "mkt_capacity",
        columns,
        f"state {on_offer}",
        f"(state || '') {on_offer}",
    )
    op.add_column("mkt_event", sa.Column("told_ms", sa.BigInteger(), nullable=True), schema=_schema())
    op.execute(_EVENT.update().values(told_ms=_EVENT.c.at_ms))
    _partial("ix_mkt_event_untold", "mkt_event", ["seq"], "told_ms IS NULL")
    op.create_table(
        "trd_quote_event",
        sa.Column("seq", _BIG_KEY, nullable=False),
        sa.Column("quote_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("told_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_trd_quote_event")),
        schema=_SCHEMA,
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_trd_quote_event_quote_id"), "trd_quote_event", ["quote_id"], schema=_SCHEMA)
    _partial("ix_trd_quote_event_untold", "trd_quote_event", ["seq"], "told_ms IS NULL")
    op.create_index("ix_mkt_match_computed", "mkt_match", ["computed_ms"], schema=_SCHEMA)
    _webhooks()


def _fill_loads() -> None:
    """What is derived from loads that are there already."""
    db = op.get_bind()
    price = sa.cast(_LOAD.c.price_fen, sa.Double) * 1000 / _LOAD.c.distance_m
    db.execute(_LOAD.update().values(per_km_fen=sa.func.coalesce(price, -1)))
    for row in db.execute(sa.select(_LOAD.c.id, _LOAD.c.goods)).all():
        folded = unicodedata.normalize("NFKC", row.goods).casefold()[:240]
        db.execute(_LOAD.update().where(_LOAD.c.id == row.id).values(goods_folded=folded))


def _webhooks() -> None:
    op.create_table(
        "whk_webhook",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("org_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("paused_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_whk_webhook")),
        schema=_SCHEMA,
    )
    op.create_index(op.f("ix_whk_webhook_org_id"), "whk_webhook", ["org_id"], schema=_SCHEMA)
    op.create_table(
        "whk_delivery",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("webhook_id", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.String(length=100), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=60), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=True),
        sa.Column("tried_ms", sa.BigInteger(), nullable=True),
        sa.Column("done_ms", sa.BigInteger(), nullable=True),
        sa.Column("dead_ms", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_whk_delivery")),
        sa.UniqueConstraint("event_id", "webhook_id", name="uq_whk_delivery"),
        schema=_SCHEMA,
    )
    op.create_index("ix_whk_delivery_webhook", "whk_delivery", ["webhook_id", "id"], schema=_SCHEMA)
    op.create_index("ix_whk_delivery_created", "whk_delivery", ["created_ms"], schema=_SCHEMA)
    waiting = ["webhook_id", "subject_id", "id", "next_ms"]
    _partial("ix_whk_delivery_waiting", "whk_delivery", waiting, "next_ms IS NOT NULL")


def downgrade() -> None:
    """Take the schema back; webhooks and what they told are forgotten."""
    op.drop_table("whk_delivery", schema=_SCHEMA)
    op.drop_table("whk_webhook", schema=_SCHEMA)
    op.drop_table("trd_quote_event", schema=_SCHEMA)
    for name, table in (
        ("ix_mkt_event_untold", "mkt_event"),
        ("ix_mkt_match_computed", "mkt_match"),
        ("ix_mkt_capacity_open_posted", "mkt_capacity"),
        *((name, "mkt_load") for name in _OPEN_LOADS),
    ):
        op.drop_index(name, table_name=table, schema=_schema())
    op.drop_column("mkt_event", "told_ms", schema=_schema())
    op.drop_column("mkt_load", "goods_folded", schema=_schema())
    op.drop_column("mkt_load", "per_km_fen", schema=_schema())


def _partial(name: str, table: str, columns: list[str], where: str, on_sqlite: str = "") -> None:
    op.create_index(
        name,
        table,
        columns,
        schema=_SCHEMA,
        sqlite_where=sa.text(on_sqlite or where),
        postgresql_where=sa.text(where),
    )


def _schema() -> str | None:
    # Alembic writes ALTER TABLE and DROP INDEX itself, past the translation of schemas that SQLite's engine is opened with.
    return _SCHEMA if op.get_bind().dialect.name == "postgresql" else None
