"""matching: modes and equipment of offers, what a score was worked out from

Offers made before moved by road and asked for nothing. Matches are found again by the worker.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None

_SCHEMA = "platform"


def upgrade() -> None:
    """Bring the schema forward."""
    for table in ("mkt_load", "mkt_capacity"):
        _add(table, sa.Column("mode", sa.String(length=8), nullable=False, server_default="road"))
        _add(table, sa.Column("equipment", sa.String(length=120), nullable=False, server_default=""))
    _add("mkt_capacity", sa.Column("plan", sa.Text(), nullable=False, server_default="[]"))
    _fill_plans()
    for name in ("lane_origin", "lane_destination"):
        op.drop_column("mkt_capacity", name, schema=_schema())
    op.execute(sa.delete(sa.table("mkt_match", schema=_schema())))
    _add("mkt_match", sa.Column("inputs", sa.Text(), nullable=False, server_default="{}"))
    for name in ("of_load", "of_capacity"):
        _add("mkt_match", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade() -> None:
    """Take the schema back; what is not moved by road looks as if it were."""
    for name in ("lane_origin", "lane_destination"):
        _add("mkt_capacity", sa.Column(name, sa.String(length=60), nullable=True))
    op.drop_column("mkt_capacity", "plan", schema=_schema())
    for name in ("of_capacity", "of_load", "inputs"):
        op.drop_column("mkt_match", name, schema=_schema())
    for table in ("mkt_load", "mkt_capacity"):
        for name in ("equipment", "mode"):
            op.drop_column(table, name, schema=_schema())


def _fill_plans() -> None:
    """What is booked was known by its lane only: the orders tell the loads."""
    orders = _table("trd_order", "load_id", "capacity_id", "state")
    windows = ("pickup_start_ms", "pickup_end_ms", "delivery_start_ms", "delivery_end_ms")
    amounts = ("weight_kg", "volume_dm3", "ldm_cm")
    loads = _table("mkt_load", "id", "origin_code", "destination_code", *windows, *amounts)
    capacities = _table("mkt_capacity", "id", "booked", "plan")
    found = (
        sa.select(orders.c.capacity_id, *loads.c)
        .join(loads, loads.c.id == orders.c.load_id)
        .join(capacities, capacities.c.id == orders.c.capacity_id)
        .where(capacities.c.booked > 0, orders.c.state != "CANCELLED")
        .order_by(orders.c.capacity_id, loads.c.id)
    )
    plans: dict[str, list[list[Any]]] = {}
    for capacity_id, *booked in op.get_bind().execute(found):
        plans.setdefault(capacity_id, []).append(booked)
    for capacity_id, plan in plans.items():
        op.execute(capacities.update().where(capacities.c.id == capacity_id).values(plan=json.dumps(plan)))


def _table(name: str, *columns: str) -> sa.Table:
    return sa.Table(name, sa.MetaData(), *(sa.Column(column) for column in columns), schema=_SCHEMA)


def _add(table: str, column: sa.Column[Any]) -> None:
    op.add_column(table, column, schema=_schema())


def _schema() -> str | None:
    # Alembic writes ALTER TABLE itself, past the translation of schemas that SQLite's engine is opened with.
    return _SCHEMA if op.get_bind().dialect.name == "postgresql" else None
