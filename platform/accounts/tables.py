"""The tables of accounts."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.platform.metadata import METADATA
from haoyun.tracking.tables import BIG_KEY

organization = sa.Table(
    "acc_organization",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("name_en", sa.String(120), nullable=False),
    sa.Column("kinds", sa.String(80), nullable=False),  # comma-separated OrgKind values, sorted
    sa.Column("credit_code", sa.String(18), unique=True, nullable=True),
    sa.Column("company_prefix", sa.String(12), nullable=True),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("verification", sa.String(12), nullable=False, index=True),  # verification.Verification
    sa.Column("verification_ms", sa.BigInteger, nullable=False),  # since when
    sa.Column("country", sa.String(2), nullable=False),
    sa.Column("address", sa.String(200), nullable=False),
    sa.Column("phone", sa.String(40), nullable=False),
    sa.Column("gln", sa.String(13)),
    sa.Column("vat_id", sa.String(16)),
    sa.Column("locode", sa.String(5)),
)
user = sa.Table(
    "acc_user",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("email", sa.String(255), unique=True, nullable=False),  # kept in lower case
    sa.Column("password", sa.String(255), nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("fs_uniquifier", sa.String(64), unique=True, nullable=False),  # what the session cookie carries
    sa.Column("org_id", sa.ForeignKey(organization.c.id), index=True, nullable=False),
    sa.Column("display_name", sa.String(80), nullable=False),
    sa.Column("locale", sa.String(5), nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
)
role = sa.Table(
    "acc_role",
    METADATA,
    sa.Column("name", sa.String(20), primary_key=True),
)
user_role = sa.Table(
    "acc_user_role",
    METADATA,
    sa.Column("user_id", sa.ForeignKey(user.c.id), primary_key=True),
    sa.Column("role", sa.ForeignKey(role.c.name), primary_key=True),
)
api_token = sa.Table(
    "acc_api_token",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("user_id", sa.ForeignKey(user.c.id), index=True, nullable=False),
    sa.Column("sha256", sa.String(64), unique=True, nullable=False),
    sa.Column("prefix", sa.String(12), nullable=False),  # shown in lists, so that people know which one it is
    sa.Column("label", sa.String(80), nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False),
    sa.Column("revoked_ms", sa.BigInteger, nullable=True),
    sa.Column("scopes", sa.String(80), nullable=False),  # scopes.scopes_text: empty for all
    sa.Column("used_ms", sa.BigInteger, nullable=True),  # last used, to the minute
    sa.Column("is_key", sa.Boolean, nullable=False),  # made on purpose and named, against one for a password
)
# Browsers that are signed in; the cookie carries what `sha256` is the fingerprint of.
session = sa.Table(
    "acc_session",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("user_id", sa.ForeignKey(user.c.id), index=True, nullable=False),
    sa.Column("sha256", sa.String(64), unique=True, nullable=False),
    sa.Column("browser", sa.String(200), nullable=False),
    sa.Column("signed_in_by", sa.String(12), nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("seen_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False),
    sa.Column("ended_ms", sa.BigInteger),
)
invitation = sa.Table(
    "acc_invitation",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("purpose", sa.String(12), nullable=False),  # invitations.Purpose
    sa.Column("org_id", sa.ForeignKey(organization.c.id), index=True, nullable=False),
    sa.Column("email", sa.String(255), nullable=False),
    sa.Column("roles", sa.String(80), nullable=False),
    sa.Column("user_id", sa.String(40)),
    sa.Column("sha256", sa.String(64), unique=True, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("created_by", sa.String(40), nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False),
    sa.Column("used_ms", sa.BigInteger),
    sa.Column("withdrawn_ms", sa.BigInteger),
)
# Who changed what about the organization and its people: history.Change.
event = sa.Table(
    "acc_event",
    METADATA,
    sa.Column("id", BIG_KEY, primary_key=True),
    sa.Column("org_id", sa.String(40), nullable=False),
    sa.Column("subject_id", sa.String(40), nullable=False),
    sa.Column("what", sa.String(24), nullable=False),
    sa.Column("user_id", sa.String(40)),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("detail", sa.String(500), nullable=False),
    sa.Index("ix_acc_event_org", "org_id", "id"),
)
document = sa.Table(
    "acc_document",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("org_id", sa.ForeignKey(organization.c.id), index=True, nullable=False),
    sa.Column("user_id", sa.String(40), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),  # documents.DocumentKind
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("media_type", sa.String(40), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("valid_until_ms", sa.BigInteger),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("removed_ms", sa.BigInteger),
)
# The bytes, apart from what lists read.
document_content = sa.Table(
    "acc_document_content",
    METADATA,
    sa.Column("document_id", sa.ForeignKey(document.c.id), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
totp = sa.Table(
    "acc_totp",
    METADATA,
    sa.Column("user_id", sa.ForeignKey(user.c.id), primary_key=True),
    sa.Column("secret", sa.String(32), nullable=False),
    sa.Column("last_step", sa.BigInteger, nullable=False),  # the newest step whose code was used
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("confirmed_ms", sa.BigInteger),  # empty: waits for its first code
)
recovery_code = sa.Table(
    "acc_recovery_code",
    METADATA,
    sa.Column("user_id", sa.ForeignKey(user.c.id), primary_key=True),
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("used_ms", sa.BigInteger),
)
passkey = sa.Table(
    "acc_passkey",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("user_id", sa.ForeignKey(user.c.id), index=True, nullable=False),
    sa.Column("credential_id", sa.String(1400), unique=True, nullable=False),  # base64url, at most 1023 bytes
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("sign_count", sa.BigInteger, nullable=False),
    sa.Column("label", sa.String(80), nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("used_ms", sa.BigInteger),
)
