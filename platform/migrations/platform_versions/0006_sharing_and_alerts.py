"""sharing and alerts: links and grants for orders, who looked, rules, the inbox, deliveries"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "alr_alert",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("org_id", sa.String(length=40), nullable=False),
        sa.Column("rule_id", sa.String(length=40), nullable=False),
        sa.Column("first_event", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("vehicle_id", sa.String(length=40), nullable=True),
        sa.Column("order_id", sa.String(length=40), nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("raised_ms", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("read_ms", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alr_alert")),
        sa.UniqueConstraint("rule_id", "first_event", name="uq_alr_alert"),
        schema="platform",
    )
    op.create_index(op.f("ix_alr_alert_org_id"), "alr_alert", ["org_id"], unique=False, schema="platform")
    op.create_table(
        "alr_delivery",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=True),
        sa.Column("done_ms", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alr_delivery")),
        schema="platform",
    )
    op.create_index(
        op.f("ix_alr_delivery_next_ms"), "alr_delivery", ["next_ms"], unique=False, schema="platform"
    )
    op.create_table(
        "alr_rule",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("org_id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("webhook_url", sa.String(length=500), nullable=False),
        sa.Column("webhook_secret", sa.String(length=64), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alr_rule")),
        schema="platform",
    )
    op.create_index(op.f("ix_alr_rule_org_id"), "alr_rule", ["org_id"], unique=False, schema="platform")
    op.create_table(
        "trd_look",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("share_id", sa.String(length=40), nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("by", sa.String(length=8), nullable=False),
        sa.Column("what", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trd_look")),
        schema="platform",
    )
    op.create_index(op.f("ix_trd_look_order_id"), "trd_look", ["order_id"], unique=False, schema="platform")
    op.create_table(
        "trd_share",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("org_id", sa.String(length=40), nullable=False),
        sa.Column("to_org", sa.String(length=40), nullable=True),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=True),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trd_share")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_trd_share_token_sha256")),
        schema="platform",
    )
    op.create_index(op.f("ix_trd_share_order_id"), "trd_share", ["order_id"], unique=False, schema="platform")
    op.create_index(op.f("ix_trd_share_to_org"), "trd_share", ["to_org"], unique=False, schema="platform")


def downgrade() -> None:
    """Take the schema back."""
    op.drop_index(op.f("ix_trd_share_to_org"), table_name="trd_share", schema="platform")
    op.drop_index(op.f("ix_trd_share_order_id"), table_name="trd_share", schema="platform")
    op.drop_table("trd_share", schema="platform")
    op.drop_index(op.f("ix_trd_look_order_id"), table_name="trd_look", schema="platform")
    op.drop_table("trd_look", schema="platform")
    op.drop_index(op.f("ix_alr_rule_org_id"), table_name="alr_rule", schema="platform")
    op.drop_table("alr_rule", schema="platform")
    op.drop_index(op.f("ix_alr_delivery_next_ms"), table_name="alr_delivery", schema="platform")
    op.drop_table("alr_delivery", schema="platform")
    op.drop_index(op.f("ix_alr_alert_org_id"), table_name="alr_alert", schema="platform")
    op.drop_table("alr_alert", schema="platform")
