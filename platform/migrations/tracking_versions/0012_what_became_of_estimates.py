"""estimates beside what became of them, the spans that they taught, revoked devices found at once, hours of fences"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_SCHEMA = "tracking"
_REVOKED = sa.column("revoked_ms", sa.BigInteger).is_not(None)


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "trk_look",
        sa.Column("journey_id", sa.String(length=40), nullable=False),
        sa.Column("rung", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("plain_s", sa.Double(), nullable=False),
        sa.Column("learned", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("journey_id", "rung", name=op.f("pk_trk_look")),
        schema=_SCHEMA,
    )
    op.create_index(op.f("ix_tracking_trk_look_at_ms"), "trk_look", ["at_ms"], unique=False, schema=_SCHEMA)
    op.create_table(
        "trk_spread",
        sa.Column("learned", sa.Boolean(), nullable=False),
        sa.Column("learned_ms", sa.BigInteger(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("ratio", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("learned", name=op.f("pk_trk_spread")),
        schema=_SCHEMA,
    )
    op.add_column("trk_fence", sa.Column("calendar", sa.Text(), nullable=True), schema=_schema())
    op.create_index(
        "ix_trk_device_revoked",
        "trk_device",
        ["id"],
        schema=_schema(),
        sqlite_where=_REVOKED,
        postgresql_where=_REVOKED,
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_trk_device_revoked", table_name="trk_device", schema=_schema())
    op.drop_column("trk_fence", "calendar", schema=_schema())
    op.drop_table("trk_spread", schema=_SCHEMA)
    op.drop_table("trk_look", schema=_SCHEMA)


def _schema() -> str | None:
    """SQLite has no schemas, and altering a table there is not translated."""
    return None if op.get_bind().dialect.name == "sqlite" else _SCHEMA
