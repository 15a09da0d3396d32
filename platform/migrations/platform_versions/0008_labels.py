"""labels: SSCC ranges by extension digit, label runs, equipment of consignments

What was counted so far belongs to the extension digit 0.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None

_SCHEMA = "platform"


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "trd_sscc_range",
        sa.Column("company_prefix", sa.String(length=12), nullable=False),
        sa.Column("extension", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next_serial", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("company_prefix", "extension", name=op.f("pk_trd_sscc_range")),
        schema=_SCHEMA,
    )
    old = _counter("trd_sscc_serial")
    new = _counter("trd_sscc_range", "extension")
    kept = sa.select(old.c.company_prefix, sa.literal(0), old.c.next_serial)
    op.execute(new.insert().from_select(["company_prefix", "extension", "next_serial"], kept))
    op.drop_table("trd_sscc_serial", schema=_SCHEMA)
    op.create_table(
        "whs_label_run",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("org_id", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("first_unit", sa.String(length=80), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_whs_label_run")),
        schema=_SCHEMA,
    )
    op.create_table(
        "trd_equipment",
        sa.Column("consignment_id", sa.String(length=40), nullable=False),
        sa.Column("uri", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("bound_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("consignment_id", "uri", name=op.f("pk_trd_equipment")),
        schema=_SCHEMA,
    )
    op.create_index("ix_whs_label_run_org", "whs_label_run", ["org_id", "id"], schema=_SCHEMA)


def downgrade() -> None:
    """Take the schema back; serials under other extension digits than 0 are forgotten."""
    op.drop_index("ix_whs_label_run_org", table_name="whs_label_run", schema=_schema())
    op.drop_table("trd_equipment", schema=_SCHEMA)
    op.drop_table("whs_label_run", schema=_SCHEMA)
    op.create_table(
        "trd_sscc_serial",
        sa.Column("company_prefix", sa.String(length=12), nullable=False),
        sa.Column("next_serial", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("company_prefix", name=op.f("pk_trd_sscc_serial")),
        schema=_SCHEMA,
    )
    old = _counter("trd_sscc_serial")
    new = _counter("trd_sscc_range", "extension")
    kept = sa.select(new.c.company_prefix, new.c.next_serial).where(new.c.extension == 0)
    op.execute(old.insert().from_select(["company_prefix", "next_serial"], kept))
    op.drop_table("trd_sscc_range", schema=_SCHEMA)


def _counter(name: str, *more: str) -> sa.Table:
    columns: tuple[sa.Column[int], ...] = tuple(
        sa.Column(column) for column in ("company_prefix", "next_serial", *more)
    )
    return sa.Table(name, sa.MetaData(), *columns, schema=_SCHEMA)


def _schema() -> str | None:
    # Alembic writes DROP INDEX itself, past the translation of schemas that SQLite's engine is opened with.
    return _SCHEMA if op.get_bind().dialect.name == "postgresql" else None
