"""people: verification, documents, invitations, sessions, keys with scopes, two-step sign-in, fleet

Organizations that exist were entered by the operator and stay verified; tokens that exist keep all scopes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_SCHEMA = "platform"


def _schema() -> str | None:
    # SQLite has no schemas, and Alembic's ALTER TABLE does not pass through the engine's translation of their names.
    return None if op.get_bind().dialect.name == "sqlite" else _SCHEMA


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "acc_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("org_id", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("what", sa.String(length=24), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acc_event")),
        schema=_SCHEMA,
    )
    op.create_index("ix_acc_event_org", "acc_event", ["org_id", "id"], unique=False, schema=_SCHEMA)
    op.create_table(
        "mkt_crew",
        sa.Column("capacity_id", sa.String(length=40), nullable=False),
        sa.Column("trailer_id", sa.String(length=40), nullable=True),
        sa.Column("driver_id", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("capacity_id", name=op.f("pk_mkt_crew")),
        schema=_SCHEMA,
    )
    op.create_index(op.f("ix_mkt_crew_driver_id"), "mkt_crew", ["driver_id"], unique=False, schema=_SCHEMA)
    op.create_index(op.f("ix_mkt_crew_trailer_id"), "mkt_crew", ["trailer_id"], unique=False, schema=_SCHEMA)
    op.create_table(
        "mkt_driver",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("org_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("licence_class", sa.String(length=4), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=True),
        sa.Column("certificates", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("retired_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mkt_driver")),
        sa.UniqueConstraint("user_id", name=op.f("uq_mkt_driver_user_id")),
        schema=_SCHEMA,
    )
    op.create_index(op.f("ix_mkt_driver_org_id"), "mkt_driver", ["org_id"], unique=False, schema=_SCHEMA)
    op.create_table(
        "acc_document",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("org_id", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("valid_until_ms", sa.BigInteger(), nullable=True),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("removed_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id"], ["platform.acc_organization.id"], name=op.f("fk_acc_document_org_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acc_document")),
        schema=_SCHEMA,
    )
    op.create_index(op.f("ix_acc_document_org_id"), "acc_document", ["org_id"], unique=False, schema=_SCHEMA)
    op.create_table(
        "acc_invitation",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("org_id", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("roles", sa.String(length=80), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=40), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id"], ["platform.acc_organization.id"], name=op.f("fk_acc_invitation_org_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acc_invitation")),
        sa.UniqueConstraint("sha256", name=op.f("uq_acc_invitation_sha256")),
        schema=_SCHEMA,
    )
    op.create_index(
        op.f("ix_acc_invitation_org_id"), "acc_invitation", ["org_id"], unique=False, schema=_SCHEMA
    )
    op.create_table(
        "acc_document_content",
        sa.Column("document_id", sa.String(length=40), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["platform.acc_document.id"], name=op.f("fk_acc_document_content_document_id")
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_acc_document_content")),
        schema=_SCHEMA,
    )
    op.create_table(
        "acc_passkey",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("credential_id", sa.String(length=1400), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["platform.acc_user.id"], name=op.f("fk_acc_passkey_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acc_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_acc_passkey_credential_id")),
        schema=_SCHEMA,
    )
    op.create_index(op.f("ix_acc_passkey_user_id"), "acc_passkey", ["user_id"], unique=False, schema=_SCHEMA)
    op.create_table(
        "acc_recovery_code",
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["platform.acc_user.id"], name=op.f("fk_acc_recovery_code_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", "sha256", name=op.f("pk_acc_recovery_code")),
        schema=_SCHEMA,
    )
    op.create_table(
        "acc_session",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.Column("signed_in_by", sa.String(length=12), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["platform.acc_user.id"], name=op.f("fk_acc_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acc_session")),
        sa.UniqueConstraint("sha256", name=op.f("uq_acc_session_sha256")),
        schema=_SCHEMA,
    )
    op.create_index(op.f("ix_acc_session_user_id"), "acc_session", ["user_id"], unique=False, schema=_SCHEMA)
    op.create_table(
        "acc_totp",
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("secret", sa.String(length=32), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["platform.acc_user.id"], name=op.f("fk_acc_totp_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_acc_totp")),
        schema=_SCHEMA,
    )
    op.add_column(
        "acc_api_token",
        sa.Column("scopes", sa.String(length=80), nullable=False, server_default=""),
        schema=_schema(),
    )
    op.add_column("acc_api_token", sa.Column("used_ms", sa.BigInteger(), nullable=True), schema=_schema())
    op.add_column(
        "acc_api_token",
        sa.Column("is_key", sa.Boolean(), nullable=False, server_default=sa.false()),
        schema=_schema(),
    )
    op.add_column(
        "acc_organization",
        sa.Column("verification", sa.String(length=12), nullable=False, server_default="VERIFIED"),
        schema=_schema(),
    )
    op.add_column(
        "acc_organization",
        sa.Column("verification_ms", sa.BigInteger(), nullable=False, server_default="0"),
        schema=_schema(),
    )
    op.add_column(
        "acc_organization",
        sa.Column("country", sa.String(length=2), nullable=False, server_default="CN"),
        schema=_schema(),
    )
    op.add_column(
        "acc_organization",
        sa.Column("address", sa.String(length=200), nullable=False, server_default=""),
        schema=_schema(),
    )
    op.add_column(
        "acc_organization",
        sa.Column("phone", sa.String(length=40), nullable=False, server_default=""),
        schema=_schema(),
    )
    op.add_column("acc_organization", sa.Column("gln", sa.String(length=13), nullable=True), schema=_schema())
    op.add_column(
        "acc_organization", sa.Column("vat_id", sa.String(length=16), nullable=True), schema=_schema()
    )
    op.add_column(
        "acc_organization", sa.Column("locode", sa.String(length=5), nullable=True), schema=_schema()
    )
    op.create_index(
        op.f("ix_acc_organization_verification"),
        "acc_organization",
        ["verification"],
        unique=False,
        schema=_SCHEMA,
    )
    op.add_column(
        "mkt_vehicle",
        sa.Column("kind", sa.String(length=8), nullable=False, server_default="truck"),
        schema=_schema(),
    )
    op.add_column("mkt_vehicle", sa.Column("retired_ms", sa.BigInteger(), nullable=True), schema=_schema())


def downgrade() -> None:
    """Take the schema back."""
    op.drop_column("mkt_vehicle", "retired_ms", schema=_schema())
    op.drop_column("mkt_vehicle", "kind", schema=_schema())
    op.drop_index(op.f("ix_acc_organization_verification"), table_name="acc_organization", schema=_schema())
    op.drop_column("acc_organization", "locode", schema=_schema())
    op.drop_column("acc_organization", "vat_id", schema=_schema())
    op.drop_column("acc_organization", "gln", schema=_schema())
    op.drop_column("acc_organization", "phone", schema=_schema())
    op.drop_column("acc_organization", "address", schema=_schema())
    op.drop_column("acc_organization", "country", schema=_schema())
    op.drop_column("acc_organization", "verification_ms", schema=_schema())
    op.drop_column("acc_organization", "verification", schema=_schema())
    op.drop_column("acc_api_token", "is_key", schema=_schema())
    op.drop_column("acc_api_token", "used_ms", schema=_schema())
    op.drop_column("acc_api_token", "scopes", schema=_schema())
    op.drop_table("acc_totp", schema=_SCHEMA)
    op.drop_index(op.f("ix_acc_session_user_id"), table_name="acc_session", schema=_schema())
    op.drop_table("acc_session", schema=_SCHEMA)
    op.drop_table("acc_recovery_code", schema=_SCHEMA)
    op.drop_index(op.f("ix_acc_passkey_user_id"), table_name="acc_passkey", schema=_schema())
    op.drop_table("acc_passkey", schema=_SCHEMA)
    op.drop_table("acc_document_content", schema=_SCHEMA)
    op.drop_index(op.f("ix_acc_invitation_org_id"), table_name="acc_invitation", schema=_schema())
    op.drop_table("acc_invitation", schema=_SCHEMA)
    op.drop_index(op.f("ix_acc_document_org_id"), table_name="acc_document", schema=_schema())
    op.drop_table("acc_document", schema=_SCHEMA)
    op.drop_index(op.f("ix_mkt_driver_org_id"), table_name="mkt_driver", schema=_schema())
    op.drop_table("mkt_driver", schema=_SCHEMA)
    op.drop_index(op.f("ix_mkt_crew_trailer_id"), table_name="mkt_crew", schema=_schema())
    op.drop_index(op.f("ix_mkt_crew_driver_id"), table_name="mkt_crew", schema=_schema())
    op.drop_table("mkt_crew", schema=_SCHEMA)
    op.drop_index("ix_acc_event_org", table_name="acc_event", schema=_schema())
    op.drop_table("acc_event", schema=_SCHEMA)
