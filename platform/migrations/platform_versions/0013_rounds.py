"""rounds: global rounds and the lines that they propose"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_SCHEMA = "platform"


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "rnd_line",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("round_id", sa.String(length=40), nullable=False),
        sa.Column("truck", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("load_id", sa.String(length=40), nullable=False),
        sa.Column("terms", sa.Integer(), nullable=False),
        sa.Column("capacity_id", sa.String(length=40), nullable=False),
        sa.Column("shipper_org", sa.String(length=40), nullable=False),
        sa.Column("carrier_org", sa.String(length=40), nullable=False),
        sa.Column("pickup_ms", sa.BigInteger(), nullable=False),
        sa.Column("delivery_ms", sa.BigInteger(), nullable=False),
        sa.Column("free_ms", sa.BigInteger(), nullable=False),
        sa.Column("empty_m", sa.Double(), nullable=True),
        sa.Column("loaded_m", sa.Double(), nullable=False),
        sa.Column("contribution_fen", sa.BigInteger(), nullable=False),
        sa.Column("expected_fen", sa.BigInteger(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("pool", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("quote_id", sa.String(length=40), nullable=True),
        sa.Column("quoted_by", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rnd_line")),
        schema=_SCHEMA,
    )
    op.create_index("ix_rnd_line_carrier", "rnd_line", ["carrier_org", "round_id"], schema=_SCHEMA)
    op.create_index("ix_rnd_line_round", "rnd_line", ["round_id", "truck", "position", "id"], schema=_SCHEMA)
    op.create_index("ix_rnd_line_shipper", "rnd_line", ["shipper_org", "round_id"], schema=_SCHEMA)
    op.create_index("ix_rnd_line_state", "rnd_line", ["state", "round_id"], schema=_SCHEMA)
    op.create_table(
        "rnd_round",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rnd_round")),
        sa.UniqueConstraint("job_id", name=op.f("uq_rnd_round_job_id")),
        schema=_SCHEMA,
    )
    op.create_index("ix_rnd_round_created", "rnd_round", ["created_ms"], schema=_SCHEMA)


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("rnd_round", schema=_SCHEMA)
    op.drop_table("rnd_line", schema=_SCHEMA)
