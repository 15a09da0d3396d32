"""reads of messages, portals, readers

Raw reads are kept a row a message. The reads that an older release kept singly leave the ring: they are counted and
dropped, as they would be in a few days.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SCHEMA = "rfid"


def upgrade() -> None:
    """Bring the schema forward."""
    _count_old_reads()
    op.drop_index(op.f("ix_rfid_rfid_tag_read_received_ms"), table_name="rfid_tag_read", schema=_SCHEMA)
    op.drop_table("rfid_tag_read", schema=_SCHEMA)
    op.create_table(
        "rfid_read_batch",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("reader_device_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("reads", sa.Integer(), nullable=False),
        sa.Column("first_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reader_device_id", "digest", name="uq_rfid_read_batch"),
        schema=_SCHEMA,
    )
    op.create_index(
        op.f("ix_rfid_rfid_read_batch_received_ms"),
        "rfid_read_batch",
        ["received_ms"],
        unique=False,
        schema=_SCHEMA,
    )
    for column in (
        sa.Column("mode", sa.String(length=8), server_default="gate", nullable=False),
        sa.Column("side", sa.String(length=5), nullable=True),
        sa.Column("back_step", sa.String(length=120), nullable=True),
        sa.Column("back_milestone", sa.String(length=8), nullable=True),
    ):
        op.add_column("rfid_read_point", column, schema=_altered_schema())
    op.create_table(
        "rfid_crossing",
        sa.Column("epc_uri", sa.String(length=160), nullable=False),
        sa.Column("point", sa.String(length=210), nullable=False),
        sa.Column("started_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.Column("peak_dbm", sa.Float(), nullable=False),
        *(
            sa.Column(f"{side}_{name}", sa.Integer() if name == "reads" else sa.Double(), nullable=False)
            for side in ("inner", "outer")
            for name in ("reads", "weight", "moment", "square", "weight2")
        ),
        sa.Column("reader_device_id", sa.Integer(), nullable=False),
        sa.Column("antenna", sa.Integer(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=True),
        sa.Column("reported", sa.String(length=8), nullable=True),
        sa.Column("event_seq", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("epc_uri", "point", "started_ms"),
        schema=_SCHEMA,
    )
    for name in ("point", "outcome"):
        op.create_index(f"ix_rfid_crossing_{name}", "rfid_crossing", [name, "last_ms"], schema=_SCHEMA)
    op.create_table(
        "rfid_reader_clock",
        sa.Column("reader_device_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ahead_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reader_device_id"),
        schema=_SCHEMA,
    )
    op.create_table(
        "rfid_reader_health",
        sa.Column("reader_device_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("antenna", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("said_ms", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("reader_device_id", "kind", "antenna"),
        schema=_SCHEMA,
    )
    op.create_table(
        "rfid_reader_mapping",
        sa.Column("reader_device_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reader_device_id"),
        schema=_SCHEMA,
    )


def _altered_schema() -> str | None:
    """Where tables are altered: Alembic does not translate the schema away on SQLite as it does for new tables."""
    return _SCHEMA if op.get_bind().dialect.name == "postgresql" else None


def _count_old_reads() -> None:
    """Add the reads that stand in the old ring to those that left it."""
    db = op.get_bind()
    old = sa.Table("rfid_tag_read", sa.MetaData(), sa.Column("id"), schema=_SCHEMA)
    _count(db, db.scalar(sa.select(sa.func.count()).select_from(old)) or 0)


def _count(db: sa.Connection, reads: int) -> None:
    ring = sa.Table("rfid_ring", sa.MetaData(), sa.Column("id"), sa.Column("pruned_reads"), schema=_SCHEMA)
    total = ring.c.pruned_reads + reads
    if reads and not db.execute(ring.update().values(pruned_reads=total)).rowcount:
        db.execute(ring.insert().values(id=1, pruned_reads=reads))


def downgrade() -> None:
    """Take the schema back; the raw reads in the ring are lost, not their count."""
    db = op.get_bind()
    kept = sa.Table("rfid_read_batch", sa.MetaData(), sa.Column("reads"), schema=_SCHEMA)
    _count(db, int(db.scalar(sa.select(sa.func.sum(kept.c.reads))) or 0))
    for table in ("rfid_reader_mapping", "rfid_reader_health", "rfid_reader_clock"):
        op.drop_table(table, schema=_SCHEMA)
    for name in ("point", "outcome"):
        op.drop_index(f"ix_rfid_crossing_{name}", table_name="rfid_crossing", schema=_SCHEMA)
    op.drop_table("rfid_crossing", schema=_SCHEMA)
    for column in ("mode", "side", "back_step", "back_milestone"):
        op.drop_column("rfid_read_point", column, schema=_altered_schema())
    op.drop_index(op.f("ix_rfid_rfid_read_batch_received_ms"), table_name="rfid_read_batch", schema=_SCHEMA)
    op.drop_table("rfid_read_batch", schema=_SCHEMA)
    op.create_table(
        "rfid_tag_read",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("reader_device_id", sa.Integer(), nullable=False),
        sa.Column("antenna", sa.Integer(), nullable=False),
        sa.Column("epc_hex", sa.String(length=124), nullable=False),
        sa.Column("read_ms", sa.BigInteger(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("rssi_dbm", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reader_device_id", "antenna", "epc_hex", "read_ms", name="uq_rfid_tag_read"),
        schema=_SCHEMA,
    )
    op.create_index(
        op.f("ix_rfid_rfid_tag_read_received_ms"), "rfid_tag_read", ["received_ms"], schema=_SCHEMA
    )
