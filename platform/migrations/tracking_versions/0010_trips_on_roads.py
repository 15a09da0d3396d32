"""trips on the roads and what they taught, learned travel times of planned ways, late fixes of unfollowed devices"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_SCHEMA = "tracking"
_WAITS = sa.and_(
    sa.column("driving", sa.Boolean), ~sa.column("open", sa.Boolean), sa.column("match_mark") > sa.text("-1")
)


def upgrade() -> None:
    """Bring the schema forward."""
    column = sa.Column("match_mark", sa.BigInteger(), server_default="0", nullable=False)
    op.add_column("trk_segment", column, schema=_schema())
    op.create_index(
        "ix_trk_segment_waits",
        "trk_segment",
        ["end_ms"],
        schema=_schema(),
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )
    op.create_table(
        "trk_trip_road",
        sa.Column("device_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("network", sa.String(length=16), nullable=False),
        sa.Column("distance_m", sa.Double(), nullable=False),
        sa.Column("on_road", sa.Double(), nullable=False),
        sa.Column("taught", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "start_ms", name=op.f("pk_trk_trip_road")),
        schema=_SCHEMA,
    )
    op.create_index(
        op.f("ix_tracking_trk_trip_road_end_ms"), "trk_trip_road", ["end_ms"], unique=False, schema=_SCHEMA
    )
    op.create_table(
        "trk_way_times",
        sa.Column("journey_id", sa.String(length=40), nullable=False),
        sa.Column("learned_ms", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("journey_id", name=op.f("pk_trk_way_times")),
        schema=_SCHEMA,
    )
    op.create_table(
        "trk_late",
        sa.Column("device_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_trk_late")),
        schema=_SCHEMA,
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("trk_late", schema=_SCHEMA)
    op.drop_table("trk_way_times", schema=_SCHEMA)
    op.drop_table("trk_trip_road", schema=_SCHEMA)
    op.drop_index("ix_trk_segment_waits", table_name="trk_segment", schema=_schema())
    op.drop_column("trk_segment", "match_mark", schema=_schema())


def _schema() -> str | None:
    """SQLite has no schemas, and altering a table there is not translated."""
    return None if op.get_bind().dialect.name == "sqlite" else _SCHEMA
