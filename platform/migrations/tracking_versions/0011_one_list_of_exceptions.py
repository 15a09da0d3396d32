"""one list of exceptions: a person settles them, and the warehouse's findings stand in it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_COLUMNS = ("settled_ms", "settled_by", "note")
_RAISED = """
INSERT INTO {tracking}trk_exception (journey_id, kind, subject, source, occurred_ms, raised_ms, evidence)
SELECT f.journey_id, f.kind, f.occurrence, CASE f.kind WHEN 'missed_read' THEN 'rfid' ELSE 'document' END,
       f.at_ms, f.changed_ms, f.detail
FROM {rfid}rfid_finding f
WHERE f.state = 'raised' AND NOT EXISTS (
    SELECT 1 FROM {tracking}trk_exception e
    WHERE e.journey_id = f.journey_id AND e.kind = f.kind AND e.subject = f.occurrence)
"""


def upgrade() -> None:
    """Bring the schema forward."""
    schema = _schema()
    op.add_column("trk_exception", sa.Column("settled_ms", sa.BigInteger(), nullable=True), schema=schema)
    op.add_column(
        "trk_exception", sa.Column("settled_by", sa.String(length=40), nullable=True), schema=schema
    )
    op.add_column("trk_exception", sa.Column("note", sa.Text(), nullable=True), schema=schema)
    names = {"tracking": "tracking.", "rfid": "rfid."} if schema else {"tracking": "", "rfid": ""}
    op.get_bind().exec_driver_sql(_RAISED.format(**names))


def downgrade() -> None:
    """Take it back; findings stay where they were."""
    for name in _COLUMNS:
        op.drop_column("trk_exception", name, schema=_schema())


def _schema() -> str | None:
    """SQLite has no schemas, and altering a table there is not translated."""
    return None if op.get_bind().dialect.name == "sqlite" else "tracking"
