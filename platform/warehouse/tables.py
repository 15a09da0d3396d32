"""The tables of the warehouse. Instants are epoch milliseconds (`*_ms`)."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.platform.metadata import METADATA

# Labels that were made together: `count` units from `first_unit` on, and what stands on them (`said`, JSON), so that
# a torn label is printed again with the same number.
LABEL_RUN = sa.Table(
    "whs_label_run",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("org_id", sa.String(40), nullable=False),
    sa.Column("user_id", sa.String(40), nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("first_unit", sa.String(80), nullable=False),  # urn:epc:id:sscc:…
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
    sa.Index("ix_whs_label_run_org", "org_id", "id"),
)
