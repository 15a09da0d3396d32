"""the language in which an alert rule was asked for, for its e-mails"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    column = sa.Column("language", sa.String(length=2), server_default="zh", nullable=False)
    op.add_column("alr_rule", column, schema=_schema())


def downgrade() -> None:
    """Take it back."""
    op.drop_column("alr_rule", "language", schema=_schema())


def _schema() -> str | None:
    """SQLite has no schemas, and altering a table there is not translated."""
    return None if op.get_bind().dialect.name == "sqlite" else "platform"
