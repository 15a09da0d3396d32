"""The tables of accounts."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.platform.metadata import METADATA

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
)
