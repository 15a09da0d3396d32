"""statistics: facts, releases, cells; emissions: what is known of transports"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_SCHEMA = "platform"


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "emi_transport",
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("shipper_org", sa.String(length=40), nullable=False),
        sa.Column("carrier_org", sa.String(length=40), nullable=False),
        sa.Column("delivered_year", sa.Integer(), nullable=True),
        sa.Column("weight_kg", sa.Integer(), nullable=False),
        sa.Column("feasible_m", sa.Double(), nullable=False),
        sa.Column("payload_kg", sa.Integer(), nullable=True),
        sa.Column("on_board_kg", sa.Integer(), nullable=True),
        sa.Column("driven_m", sa.Double(), nullable=True),
        sa.Column("empty_m", sa.Double(), nullable=True),
        sa.Column("cooled", sa.Boolean(), nullable=False),
        sa.Column("fuel_l", sa.Double(), nullable=True),
        sa.Column("wtw_g", sa.Double(), nullable=False),
        sa.Column("tonne_km", sa.Double(), nullable=False),
        sa.Column("quality", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_emi_transport")),
        schema=_SCHEMA,
    )
    op.create_index(
        "ix_emi_transport_carrier",
        "emi_transport",
        ["carrier_org", "delivered_year"],
        unique=False,
        schema=_SCHEMA,
    )
    op.create_index(
        "ix_emi_transport_shipper",
        "emi_transport",
        ["shipper_org", "delivered_year"],
        unique=False,
        schema=_SCHEMA,
    )
    op.create_table(
        "sta_cell",
        sa.Column("series", sa.String(length=20), nullable=False),
        sa.Column("area", sa.String(length=20), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("first_week", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("log_price", sa.Double(), nullable=True),
        sa.Column("reference_year", sa.Integer(), nullable=True),
        sa.Column("log_link", sa.Double(), nullable=True),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("contributors", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", "area", "period", name=op.f("pk_sta_cell")),
        schema=_SCHEMA,
    )
    op.create_index(
        "ix_sta_cell_period", "sta_cell", ["series", "period", "level"], unique=False, schema=_SCHEMA
    )
    op.create_table(
        "sta_fact",
        sa.Column("measure", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("week", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cell", sa.String(length=16), nullable=False),
        sa.Column("to_cell", sa.String(length=16), nullable=False),
        sa.Column("shipper", sa.String(length=40), nullable=False),
        sa.Column("carrier", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("released_value", sa.Double(), nullable=True),
        sa.Column("released_weight", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("measure", "subject", "week", name=op.f("pk_sta_fact")),
        schema=_SCHEMA,
    )
    op.create_index("ix_sta_fact_week", "sta_fact", ["measure", "week"], unique=False, schema=_SCHEMA)
    op.create_table(
        "sta_open_week",
        sa.Column("series", sa.String(length=20), nullable=False),
        sa.Column("week", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("series", "week", name=op.f("pk_sta_open_week")),
        schema=_SCHEMA,
    )
    op.create_table(
        "sta_reference",
        sa.Column("series", sa.String(length=20), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("log_factor", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("series", "year", "kind", name=op.f("pk_sta_reference")),
        schema=_SCHEMA,
    )
    op.create_table(
        "sta_release",
        sa.Column("series", sa.String(length=20), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("first_week", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("released_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("series", "period", name=op.f("pk_sta_release")),
        schema=_SCHEMA,
    )


def downgrade() -> None:
    """Take the schema back; the figures are forgotten."""
    op.drop_table("sta_release", schema=_SCHEMA)
    op.drop_table("sta_reference", schema=_SCHEMA)
    op.drop_table("sta_open_week", schema=_SCHEMA)
    op.drop_table("sta_fact", schema=_SCHEMA)
    op.drop_table("sta_cell", schema=_SCHEMA)
    op.drop_table("emi_transport", schema=_SCHEMA)
