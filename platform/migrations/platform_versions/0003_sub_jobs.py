"""sub-jobs"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _schema() -> str | None:
    # SQLite has no schemas, and Alembic's ALTER TABLE does not pass through the engine's translation of their names.
    return None if op.get_bind().dialect.name == "sqlite" else "platform"


def upgrade() -> None:
    """Bring the schema forward."""
    schema = _schema()
    op.add_column("job", sa.Column("parent_id", sa.String(length=40), nullable=True), schema=schema)
    op.add_column("job", sa.Column("checkpoint", sa.Text(), nullable=True), schema=schema)
    op.add_column("job", sa.Column("sent_ms", sa.BigInteger(), nullable=True), schema=schema)
    op.create_index("ix_job_parent_id", "job", ["parent_id"], unique=False, schema=schema)


def downgrade() -> None:
    """Take the schema back."""
    schema = _schema()
    op.drop_index("ix_job_parent_id", table_name="job", schema=schema)
    op.drop_column("job", "sent_ms", schema=schema)
    op.drop_column("job", "checkpoint", schema=schema)
    op.drop_column("job", "parent_id", schema=schema)
