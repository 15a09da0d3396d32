"""docks: warehouses, docks, closures, bookings with their claims and events"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_SCHEMA = "platform"


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "dck_booking",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("warehouse_id", sa.String(length=40), nullable=False),
        sa.Column("warehouse_org", sa.String(length=40), nullable=False),
        sa.Column("dock_id", sa.String(length=40), nullable=False),
        sa.Column("org_id", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("vehicle_id", sa.String(length=40), nullable=True),
        sa.Column("order_id", sa.String(length=40), nullable=True),
        sa.Column("plate", sa.String(length=12), nullable=False),
        sa.Column("body", sa.String(length=12), nullable=False),
        sa.Column("length_cm", sa.Integer(), nullable=False),
        sa.Column("height_cm", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("hazardous", sa.Boolean(), nullable=False),
        sa.Column("refrigerated", sa.Boolean(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.Column("arrived_ms", sa.BigInteger(), nullable=True),
        sa.Column("started_ms", sa.BigInteger(), nullable=True),
        sa.Column("finished_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dck_booking")),
        schema=_SCHEMA,
    )
    op.create_index("ix_dck_booking_dock", "dck_booking", ["dock_id", "start_ms"], schema=_SCHEMA)
    op.create_index("ix_dck_booking_order", "dck_booking", ["order_id"], schema=_SCHEMA)
    op.create_index("ix_dck_booking_org", "dck_booking", ["org_id", "start_ms", "id"], schema=_SCHEMA)
    op.create_index(
        "ix_dck_booking_warehouse", "dck_booking", ["warehouse_id", "start_ms", "id"], schema=_SCHEMA
    )
    op.create_index(
        "ix_dck_booking_warehouse_org", "dck_booking", ["warehouse_org", "start_ms", "id"], schema=_SCHEMA
    )
    op.create_table(
        "dck_claim",
        sa.Column("dock_id", sa.String(length=40), nullable=False),
        sa.Column("quarter", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("dock_id", "quarter", name=op.f("pk_dck_claim")),
        schema=_SCHEMA,
    )
    op.create_index(op.f("ix_dck_claim_holder_id"), "dck_claim", ["holder_id"], schema=_SCHEMA)
    op.create_table(
        "dck_closure",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("dock_id", sa.String(length=40), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dck_closure")),
        schema=_SCHEMA,
    )
    op.create_index("ix_dck_closure_dock", "dck_closure", ["dock_id", "end_ms"], schema=_SCHEMA)
    op.create_table(
        "dck_dock",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("warehouse_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("bodies", sa.String(length=80), nullable=False),
        sa.Column("purposes", sa.String(length=20), nullable=False),
        sa.Column("max_length_cm", sa.Integer(), nullable=True),
        sa.Column("max_height_cm", sa.Integer(), nullable=True),
        sa.Column("hazardous", sa.Boolean(), nullable=False),
        sa.Column("refrigerated", sa.Boolean(), nullable=False),
        sa.Column("slot_min", sa.Integer(), nullable=False),
        sa.Column("open_to", sa.String(length=10), nullable=False),
        sa.Column("lead_min", sa.Integer(), nullable=False),
        sa.Column("horizon_days", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dck_dock")),
        schema=_SCHEMA,
    )
    op.create_index(op.f("ix_dck_dock_warehouse_id"), "dck_dock", ["warehouse_id"], schema=_SCHEMA)
    op.create_table(
        "dck_event",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("booking_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("org_id", sa.String(length=40), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("told_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_dck_event")),
        schema=_SCHEMA,
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_dck_event_booking_id"), "dck_event", ["booking_id"], schema=_SCHEMA)
    op.create_index(
        "ix_dck_event_untold",
        "dck_event",
        ["seq"],
        schema=_SCHEMA,
        sqlite_where=sa.text("told_ms IS NULL"),
        postgresql_where=sa.text("told_ms IS NULL"),
    )
    op.create_table(
        "dck_warehouse",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("org_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("week", sa.Text(), nullable=False),
        sa.Column("closed_days", sa.Text(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dck_warehouse")),
        schema=_SCHEMA,
    )
    op.create_index("ix_dck_warehouse_lat", "dck_warehouse", ["lat", "lon"], schema=_SCHEMA)
    op.create_index(op.f("ix_dck_warehouse_org_id"), "dck_warehouse", ["org_id"], schema=_SCHEMA)


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("dck_warehouse", schema=_SCHEMA)
    op.drop_table("dck_event", schema=_SCHEMA)
    op.drop_table("dck_dock", schema=_SCHEMA)
    op.drop_table("dck_closure", schema=_SCHEMA)
    op.drop_table("dck_claim", schema=_SCHEMA)
    op.drop_table("dck_booking", schema=_SCHEMA)
