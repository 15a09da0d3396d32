"""what positions mean: folds, events, trips, fences, rules, exceptions, amended milestones

Folds of open journeys are not taken over: with the next fix of a device its history is read since the journey's start.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "trk_amendment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("journey_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("was_ms", sa.BigInteger(), nullable=False),
        sa.Column("was_recorded_ms", sa.BigInteger(), nullable=False),
        sa.Column("was_evidence", sa.Text(), nullable=False),
        sa.Column("now_ms", sa.BigInteger(), nullable=True),
        sa.Column("amended_ms", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema="tracking",
    )
    op.create_index(
        op.f("ix_tracking_trk_amendment_journey_id"),
        "trk_amendment",
        ["journey_id"],
        unique=False,
        schema="tracking",
    )
    op.create_table(
        "trk_checkpoint",
        sa.Column("device_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "at_ms", "seq"),
        schema="tracking",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "trk_doubt",
        sa.Column("device_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fix_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "fix_ms", "seq"),
        schema="tracking",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "trk_estimate",
        sa.Column("journey_id", sa.String(length=40), nullable=False),
        sa.Column("told_ms", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("journey_id"),
        schema="tracking",
    )
    op.create_table(
        "trk_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("journey_id", sa.String(length=40), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("recorded_ms", sa.BigInteger(), nullable=False),
        sa.Column("amends", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("device_id", "at_ms", "seq", "kind", "subject", name="uq_trk_event"),
        schema="tracking",
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_tracking_trk_event_journey_id"), "trk_event", ["journey_id"], unique=False, schema="tracking"
    )
    op.create_table(
        "trk_exception",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("journey_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("occurred_ms", sa.BigInteger(), nullable=False),
        sa.Column("raised_ms", sa.BigInteger(), nullable=False),
        sa.Column("cleared_ms", sa.BigInteger(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("journey_id", "kind", "subject", name="uq_trk_exception"),
        schema="tracking",
    )
    op.create_table(
        "trk_fence",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("org_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.Column("dwell_s", sa.Integer(), nullable=True),
        sa.Column("speed_limit_kmh", sa.Float(), nullable=True),
        sa.Column("valid_from_ms", sa.BigInteger(), nullable=False),
        sa.Column("valid_until_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        schema="tracking",
    )
    op.create_index(
        op.f("ix_tracking_trk_fence_org_id"), "trk_fence", ["org_id"], unique=False, schema="tracking"
    )
    op.create_table(
        "trk_fold",
        sa.Column("device_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("device_id"),
        schema="tracking",
    )
    op.create_table(
        "trk_off_duty",
        sa.Column("device_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("from_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("device_id", "from_ms"),
        schema="tracking",
    )
    op.create_table(
        "trk_rules",
        sa.Column("org_id", sa.String(length=40), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "since_ms"),
        schema="tracking",
    )
    op.create_table(
        "trk_segment",
        sa.Column("device_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("driving", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("start_lat", sa.Double(), nullable=False),
        sa.Column("start_lon", sa.Double(), nullable=False),
        sa.Column("end_lat", sa.Double(), nullable=False),
        sa.Column("end_lon", sa.Double(), nullable=False),
        sa.Column("distance_m", sa.Double(), nullable=False),
        sa.Column("moving_s", sa.Double(), nullable=False),
        sa.Column("max_kmh", sa.Double(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "start_ms", "driving"),
        schema="tracking",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "trk_way",
        sa.Column("journey_id", sa.String(length=40), nullable=False),
        sa.Column("points", sa.Text(), nullable=False),
        sa.Column("corridor_m", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("journey_id"),
        schema="tracking",
    )
    op.add_column(
        "trk_milestone", sa.Column("withdrawn_ms", sa.BigInteger(), nullable=True), schema=_altered_schema()
    )


def _altered_schema() -> str | None:
    """Where tables are altered: Alembic does not translate the schema away on SQLite as it does for new tables."""
    return "tracking" if op.get_bind().dialect.name == "postgresql" else None


def downgrade() -> None:
    """Take the schema back."""
    op.drop_column("trk_milestone", "withdrawn_ms", schema=_altered_schema())
    op.drop_table("trk_way", schema="tracking")
    op.drop_table("trk_segment", schema="tracking")
    op.drop_table("trk_rules", schema="tracking")
    op.drop_table("trk_off_duty", schema="tracking")
    op.drop_table("trk_fold", schema="tracking")
    op.drop_index(op.f("ix_tracking_trk_fence_org_id"), table_name="trk_fence", schema="tracking")
    op.drop_table("trk_fence", schema="tracking")
    op.drop_table("trk_exception", schema="tracking")
    op.drop_index(op.f("ix_tracking_trk_event_journey_id"), table_name="trk_event", schema="tracking")
    op.drop_table("trk_event", schema="tracking")
    op.drop_table("trk_estimate", schema="tracking")
    op.drop_table("trk_doubt", schema="tracking")
    op.drop_table("trk_checkpoint", schema="tracking")
    op.drop_index(op.f("ix_tracking_trk_amendment_journey_id"), table_name="trk_amendment", schema="tracking")
    op.drop_table("trk_amendment", schema="tracking")
