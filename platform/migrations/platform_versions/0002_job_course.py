"""how a job came to its result, and the files that belong to it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("job", sa.Column("course", sa.Text(), nullable=True), schema=_schema())
    op.add_column("job", sa.Column("finish_asked_ms", sa.BigInteger(), nullable=True), schema=_schema())
    op.create_table(
        "job_file",
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "name", name=op.f("pk_job_file")),
        schema="platform",
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("job_file", schema="platform")
    op.drop_column("job", "finish_asked_ms", schema=_schema())
    op.drop_column("job", "course", schema=_schema())


def _schema() -> str | None:
    # Alembic writes ALTER TABLE itself, past the translation of schemas that SQLite's engine is opened with.
    return "platform" if op.get_bind().dialect.name == "postgresql" else None
