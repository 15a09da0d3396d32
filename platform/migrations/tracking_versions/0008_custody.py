"""custody: identities in one spelling, findings about a journey's evidence

Bindings and passages get the key that all spellings of their identity share.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from haoyun.rfid_ingest.epcis.identity import index_key

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_SCHEMA = "rfid"
_TABLES = ("rfid_passage", "rfid_binding")


def upgrade() -> None:
    """Bring the schema forward."""
    for name in _TABLES:
        column = sa.Column("epc_key", sa.String(length=160), server_default="", nullable=False)
        op.add_column(name, column, schema=_schema())
        _fill(name)
    op.drop_index("ix_rfid_passage_epc", table_name="rfid_passage", schema=_schema())
    op.create_index("ix_rfid_passage_key", "rfid_passage", ["epc_key", "passed_ms"], schema=_schema())
    op.create_index("ix_rfid_passage_site", "rfid_passage", ["site_key", "passed_ms"], schema=_schema())
    op.create_index("ix_rfid_binding_key", "rfid_binding", ["epc_key"], schema=_schema())
    op.create_table(
        "rfid_finding",
        sa.Column("journey_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("occurrence", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("journey_id", "kind", "occurrence"),
        schema=_SCHEMA,
    )
    op.create_index("ix_rfid_finding_state", "rfid_finding", ["state", "until_ms"], schema=_schema())
    op.create_table(
        "rfid_cursor",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        schema=_SCHEMA,
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("rfid_cursor", schema=_SCHEMA)
    op.drop_index("ix_rfid_finding_state", table_name="rfid_finding", schema=_schema())
    op.drop_table("rfid_finding", schema=_SCHEMA)
    op.drop_index("ix_rfid_binding_key", table_name="rfid_binding", schema=_schema())
    op.drop_index("ix_rfid_passage_site", table_name="rfid_passage", schema=_schema())
    op.drop_index("ix_rfid_passage_key", table_name="rfid_passage", schema=_schema())
    op.create_index("ix_rfid_passage_epc", "rfid_passage", ["epc_uri", "passed_ms"], schema=_schema())
    for name in _TABLES:
        op.drop_column(name, "epc_key", schema=_schema())


def _fill(name: str) -> None:
    db = op.get_bind()
    table = sa.Table(name, sa.MetaData(), sa.Column("epc_uri"), sa.Column("epc_key"), schema=_SCHEMA)
    uris = list(db.scalars(sa.select(table.c.epc_uri).distinct()))
    update = table.update().where(table.c.epc_uri == sa.bindparam("uri")).values(epc_key=sa.bindparam("key"))
    if uris:
        db.execute(update, [{"uri": uri, "key": index_key(uri)} for uri in uris])


def _schema() -> str | None:
    # Alembic writes ALTER TABLE itself, past the translation of schemas that SQLite's engine is opened with.
    return _SCHEMA if op.get_bind().dialect.name == "postgresql" else None
