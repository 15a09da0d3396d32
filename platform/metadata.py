"""The one collection of tables that the sub-packages of the platform share, so that Alembic sees them all."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData(
    schema="platform",
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    },
)
