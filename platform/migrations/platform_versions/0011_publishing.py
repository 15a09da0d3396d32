"""publishing: drafts, repeats, imports, partners, saved lanes, flags; loads that become public"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "pub_draft",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("org_id", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.Column("published_id", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pub_draft")),
        schema="platform",
    )
    op.create_index(
        "ix_pub_draft_org", "pub_draft", ["org_id", "updated_ms"], unique=False, schema="platform"
    )
    op.create_table(
        "pub_flag",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("other_id", sa.String(length=40), nullable=False),
        sa.Column("org_id", sa.String(length=40), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("raised_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(length=40), nullable=True),
        sa.Column("closed_reason", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pub_flag")),
        sa.UniqueConstraint("kind", "subject_id", "other_id", name="uq_pub_flag"),
        schema="platform",
    )
    op.create_index("ix_pub_flag_org", "pub_flag", ["org_id", "id"], unique=False, schema="platform")
    op.create_index(
        op.f("ix_pub_flag_subject_id"), "pub_flag", ["subject_id"], unique=False, schema="platform"
    )
    op.create_table(
        "pub_imported",
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offer_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "row", name=op.f("pk_pub_imported")),
        schema="platform",
    )
    op.create_table(
        "pub_lane",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("org_id", sa.String(length=40), nullable=False),
        sa.Column("rule_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("wants", sa.String(length=8), nullable=False),
        sa.Column("origin_code", sa.String(length=60), nullable=True),
        sa.Column("origin_name_zh", sa.String(length=120), nullable=True),
        sa.Column("origin_name_en", sa.String(length=120), nullable=True),
        sa.Column("origin_lat", sa.Double(), nullable=True),
        sa.Column("origin_lon", sa.Double(), nullable=True),
        sa.Column("destination_code", sa.String(length=60), nullable=True),
        sa.Column("destination_name_zh", sa.String(length=120), nullable=True),
        sa.Column("destination_name_en", sa.String(length=120), nullable=True),
        sa.Column("destination_lat", sa.Double(), nullable=True),
        sa.Column("destination_lon", sa.Double(), nullable=True),
        sa.Column("radius_km", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(length=12), nullable=True),
        sa.Column("min_weight_kg", sa.Integer(), nullable=False),
        sa.Column("max_weight_kg", sa.Integer(), nullable=False),
        sa.Column("weekdays", sa.String(length=7), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pub_lane")),
        schema="platform",
    )
    op.create_index(op.f("ix_pub_lane_org_id"), "pub_lane", ["org_id"], unique=False, schema="platform")
    op.create_table(
        "pub_occurrence",
        sa.Column("repeat_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("offer_id", sa.String(length=40), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("repeat_id", "day", name=op.f("pk_pub_occurrence")),
        schema="platform",
    )
    op.create_table(
        "pub_partner",
        sa.Column("org_id", sa.String(length=40), nullable=False),
        sa.Column("partner_id", sa.String(length=40), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "partner_id", name=op.f("pk_pub_partner")),
        schema="platform",
    )
    op.create_table(
        "pub_repeat",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("org_id", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("times", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pub_repeat")),
        schema="platform",
    )
    op.create_index(op.f("ix_pub_repeat_next_ms"), "pub_repeat", ["next_ms"], unique=False, schema="platform")
    op.create_index(op.f("ix_pub_repeat_org_id"), "pub_repeat", ["org_id"], unique=False, schema="platform")
    op.create_table(
        "pub_seen",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_pub_seen")),
        sa.UniqueConstraint("subject_id", name=op.f("uq_pub_seen_subject_id")),
        schema="platform",
        sqlite_autoincrement=True,
    )
    op.add_column("mkt_load", sa.Column("public_ms", sa.BigInteger(), nullable=True), schema=_schema())
    op.create_index("ix_mkt_load_public", "mkt_load", ["public_ms"], unique=False, schema="platform")


def downgrade() -> None:
    """Take the schema back."""
    op.drop_index("ix_mkt_load_public", table_name="mkt_load", schema=_schema())
    op.drop_column("mkt_load", "public_ms", schema=_schema())
    op.drop_table("pub_seen", schema="platform")
    op.drop_table("pub_repeat", schema="platform")
    op.drop_table("pub_partner", schema="platform")
    op.drop_table("pub_occurrence", schema="platform")
    op.drop_table("pub_lane", schema="platform")
    op.drop_table("pub_imported", schema="platform")
    op.drop_table("pub_flag", schema="platform")
    op.drop_table("pub_draft", schema="platform")


def _schema() -> str | None:
    # Alembic writes DROP INDEX and ALTER TABLE itself, past the translation of schemas that SQLite's engine is opened with.
    return "platform" if op.get_bind().dialect.name == "postgresql" else None
