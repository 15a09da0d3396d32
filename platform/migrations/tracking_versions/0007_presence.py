"""tags in areas"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_SCHEMA = "rfid"


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "rfid_presence",
        sa.Column("epc_uri", sa.String(length=160), nullable=False),
        sa.Column("point", sa.String(length=210), nullable=False),
        sa.Column("reader_device_id", sa.Integer(), nullable=False),
        sa.Column("antenna", sa.Integer(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("arrived_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.Column("counted_from_ms", sa.BigInteger(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("gone_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("epc_uri", "point", name=op.f("pk_rfid_presence")),
        schema=_SCHEMA,
    )
    op.create_index(
        op.f("ix_rfid_rfid_presence_gone_ms"), "rfid_presence", ["gone_ms"], unique=False, schema=_SCHEMA
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_index(op.f("ix_rfid_rfid_presence_gone_ms"), table_name="rfid_presence", schema=_SCHEMA)
    op.drop_table("rfid_presence", schema=_SCHEMA)
