"""bindings of devices to vehicles in time, JT/T 808 terminals, sensor values of fixes

A device that rides in a vehicle today is taken to have always ridden in it: older releases kept nothing else.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None

_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SCHEMA = "tracking"


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "trk_binding",
        sa.Column("id", _BIG_KEY, nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("vehicle_id", sa.String(length=40), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        schema=_SCHEMA,
    )
    op.create_index("ix_trk_binding_device", "trk_binding", ["device_id", "from_ms"], schema=_SCHEMA)
    op.create_index("ix_trk_binding_vehicle", "trk_binding", ["vehicle_id", "from_ms"], schema=_SCHEMA)
    op.create_index(
        "uq_trk_binding_open",
        "trk_binding",
        ["device_id"],
        unique=True,
        schema=_SCHEMA,
        sqlite_where=sa.text("until_ms IS NULL"),
        postgresql_where=sa.text("until_ms IS NULL"),
    )
    _bind_as_today()
    op.create_table(
        "trk_terminal",
        sa.Column("device_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("paired_ms", sa.BigInteger(), nullable=True),
        *(
            sa.Column(name, sa.String(length=40), nullable=False)
            for name in ("manufacturer", "model", "terminal_id", "plate")
        ),
        sa.PrimaryKeyConstraint("device_id"),
        sa.UniqueConstraint("phone"),
        schema=_SCHEMA,
    )
    op.add_column("trk_fix", sa.Column("sensors", sa.Text(), nullable=True), schema=_altered_schema())


def _bind_as_today() -> None:
    device = sa.Table("trk_device", sa.MetaData(), sa.Column("id"), sa.Column("vehicle_id"), schema=_SCHEMA)
    columns: list[sa.Column[int]] = [sa.Column(name) for name in ("device_id", "vehicle_id", "from_ms")]
    binding = sa.Table("trk_binding", sa.MetaData(), *columns, schema=_SCHEMA)
    bound = sa.select(device.c.id, device.c.vehicle_id, sa.literal_column("0")).where(
        device.c.vehicle_id.is_not(None)
    )
    op.get_bind().execute(binding.insert().from_select(["device_id", "vehicle_id", "from_ms"], bound))


def _altered_schema() -> str | None:
    """Where tables are altered: Alembic does not translate the schema away on SQLite as it does for new tables."""
    return _SCHEMA if op.get_bind().dialect.name == "postgresql" else None


def downgrade() -> None:
    """Take the schema back; who rode where before today, and all sensor values, are lost."""
    op.drop_column("trk_fix", "sensors", schema=_altered_schema())
    op.drop_table("trk_terminal", schema=_SCHEMA)
    op.drop_table("trk_binding", schema=_SCHEMA)
