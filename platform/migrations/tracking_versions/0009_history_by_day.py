"""history by day, new fixes in a log, retention of organizations

PostgreSQL: trk_fix becomes a table partitioned by day; its rows move into their days. SQLite: fixes that are there stay
in trk_fix, where they are read as before; new ones go to the log and from there to a file a day.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from haoyun.tracking.history.partitions import ensure_days

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SCHEMA = "tracking"
_COLUMNS = "device_id, fix_ms, seq, received_ms, lat, lon, speed_kmh, heading_deg, altitude_m, accuracy_m, flags, sensors"


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "trk_fix_new",
        sa.Column("id", _BIG_KEY, nullable=False),
        *_columns(),
        sa.PrimaryKeyConstraint("id"),
        schema=_SCHEMA,
        sqlite_autoincrement=True,
    )
    op.create_table(
        "trk_retention",
        sa.Column("org_id", sa.String(length=40), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("org_id"),
        schema=_SCHEMA,
    )
    if op.get_bind().dialect.name == "postgresql":
        _replace("PARTITION BY RANGE (fix_ms)")


def downgrade() -> None:
    """Take the schema back. On SQLite what was filed by day stays in its files, out of sight."""
    if op.get_bind().dialect.name == "postgresql":
        _replace("")
    else:
        op.get_bind().exec_driver_sql(
            f"INSERT OR IGNORE INTO trk_fix ({_COLUMNS}) SELECT {_COLUMNS} FROM trk_fix_new"  # noqa: S608
        )
    op.drop_table("trk_retention", schema=_SCHEMA)
    op.drop_table("trk_fix_new", schema=_SCHEMA)


def _replace(partition_by: str) -> None:
    """A new trk_fix with the rows of the old one."""
    db = op.get_bind()
    db.exec_driver_sql("ALTER TABLE tracking.trk_fix RENAME TO trk_fix_old")
    db.exec_driver_sql("ALTER TABLE tracking.trk_fix_old RENAME CONSTRAINT trk_fix_pkey TO trk_fix_old_pkey")
    db.exec_driver_sql(f"CREATE TABLE tracking.trk_fix (LIKE tracking.trk_fix_old) {partition_by}")
    db.exec_driver_sql("ALTER TABLE tracking.trk_fix ADD PRIMARY KEY (device_id, fix_ms, seq)")
    if partition_by:
        db.exec_driver_sql("CREATE TABLE tracking.trk_fix_other PARTITION OF tracking.trk_fix DEFAULT")
        ensure_days(
            db, db.exec_driver_sql("SELECT DISTINCT fix_ms / 86400000 FROM tracking.trk_fix_old").scalars()
        )
    db.exec_driver_sql(
        f"INSERT INTO tracking.trk_fix ({_COLUMNS}) SELECT {_COLUMNS} FROM tracking.trk_fix_old"  # noqa: S608
    )
    db.exec_driver_sql("DROP TABLE tracking.trk_fix_old")


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("device_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("fix_ms", "seq", "received_ms")),
        *(sa.Column(name, sa.Double(), nullable=False) for name in ("lat", "lon")),
        *(
            sa.Column(name, sa.Float(), nullable=True)
            for name in ("speed_kmh", "heading_deg", "altitude_m", "accuracy_m")
        ),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.Column("sensors", sa.Text(), nullable=True),
    ]
