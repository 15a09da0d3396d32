"""Schema versions of both databases.

Two lines of Alembic scripts, because there are two units of transaction: ``tracking_versions`` (the rooms tracking
and rfid_ingest) and ``platform_versions``. On SQLite each line owns a file, on PostgreSQL its schemas.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from haoyun.platform.accounts import models as _accounts  # noqa: F401 - registers its tables
from haoyun.platform.alerts import tables as _alerts  # noqa: F401
from haoyun.platform.database import Databases
from haoyun.platform.docks import tables as _docks  # noqa: F401
from haoyun.platform.emissions import tables as _emissions  # noqa: F401
from haoyun.platform.jobs import tables as _jobs  # noqa: F401
from haoyun.platform.market import tables as _market  # noqa: F401
from haoyun.platform.metadata import METADATA as PLATFORM
from haoyun.platform.publishing import tables as _publishing  # noqa: F401
from haoyun.platform.rounds import tables as _rounds  # noqa: F401
from haoyun.platform.statistics import tables as _statistics  # noqa: F401
from haoyun.platform.trading import sharing_tables as _sharing  # noqa: F401
from haoyun.platform.trading import tables as _trading  # noqa: F401
from haoyun.platform.warehouse import tables as _warehouse  # noqa: F401
from haoyun.platform.webhooks import tables as _webhooks  # noqa: F401
from haoyun.rfid_ingest.epcis.repository import tables as _epcis  # noqa: F401
from haoyun.rfid_ingest.tables import METADATA as RFID
from haoyun.tracking.tables import METADATA as TRACKING

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Line:
    """One line of versions: its name, its tables and the schemas they stand in on PostgreSQL."""

    name: str
    metadata: tuple[sa.MetaData, ...]

    @property
    def schemas(self) -> tuple[str, ...]:
        """Schema names, the version table's first."""
        return tuple(m.schema for m in self.metadata if m.schema)

    def config(self) -> Config:
        """Alembic's configuration of this line, without an ini file."""
        config = Config()
        config.set_main_option("script_location", str(HERE))
        config.set_main_option("path_separator", "os")
        config.set_main_option("version_locations", str(HERE / f"{self.name}_versions"))
        config.attributes["line"] = self
        return config

    def scripts(self) -> list[str]:
        """The versions of this line, newest first."""
        return [script.revision for script in ScriptDirectory.from_config(self.config()).walk_revisions()]

    def head(self) -> str | None:
        """The newest version that this release knows."""
        return ScriptDirectory.from_config(self.config()).get_current_head()

    def current(self, engine: sa.Engine) -> str | None:
        """The version of the database, None for an empty one."""
        schema = self.schemas[0] if engine.dialect.name == "postgresql" else None
        with engine.connect() as db:
            return MigrationContext.configure(
                db, opts={"version_table_schema": schema}
            ).get_current_revision()


TRACKING_LINE = Line("tracking", (TRACKING, RFID))
PLATFORM_LINE = Line("platform", (PLATFORM,))


def upgrade(databases: Databases) -> None:
    """Bring both databases to the newest version; safe to repeat."""
    for line, engine in _pairs(databases):
        with engine.begin() as db:
            config = line.config()
            config.attributes["connection"] = db
            if db.dialect.name == "postgresql":
                _prepare_postgres(db, line)
            command.upgrade(config, "head")


def behind(databases: Databases) -> list[str]:
    """Sentences about each database that is not at the newest version; empty when all is well."""
    found = []
    for line, engine in _pairs(databases):
        current, head = line.current(engine), line.head()
        if current != head:
            found.append(f"{line.name} database is at version {current or 'none'}, this release needs {head}")
    return found


def _pairs(databases: Databases) -> tuple[tuple[Line, sa.Engine], ...]:
    return (TRACKING_LINE, databases.tracking), (PLATFORM_LINE, databases.platform)


def _prepare_postgres(db: sa.Connection, line: Line) -> None:
    # Two processes that start together must not both create the schema.
    db.execute(sa.text("SELECT pg_advisory_xact_lock(7304001)"))
    for schema in line.schemas:
        db.execute(sa.schema.CreateSchema(schema, if_not_exists=True))
