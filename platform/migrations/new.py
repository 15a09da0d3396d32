"""Write the next version of each line from the tables in the code: ``make migration m="what changes"``.

Compares against a scratch PostgreSQL database brought to the newest version, so that nothing depends on a
developer's own data. Look at the file that it writes; a rename needs your hand.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import sqlalchemy as sa
from alembic import command

from haoyun.platform.database import Databases
from haoyun.platform.migrations import PLATFORM_LINE, TRACKING_LINE, upgrade

ADMIN = os.environ.get("HAOYUN_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
SCRATCH = "haoyun_migration_scratch"


def write(message: str) -> None:
    """Make the scratch database, compare the code with it and write what is missing."""
    admin = sa.create_engine(ADMIN, isolation_level="AUTOCOMMIT")
    with admin.connect() as db:
        db.execute(sa.text(f"DROP DATABASE IF EXISTS {SCRATCH} WITH (FORCE)"))
        db.execute(sa.text(f"CREATE DATABASE {SCRATCH}"))
    databases = Databases.open(Path(), admin.url.set(database=SCRATCH).render_as_string(hide_password=False))
    upgrade(databases)
    for line, engine in ((TRACKING_LINE, databases.tracking), (PLATFORM_LINE, databases.platform)):
        with engine.begin() as db:
            config = line.config()
            config.attributes["connection"] = db
            folder = config.get_main_option("version_locations")
            number = f"{len(line.scripts()) + 1:04d}"
            command.revision(config, message, autogenerate=True, rev_id=number, version_path=folder)
            click.echo(f"{line.name}: version {number}")
    databases.close()
    with admin.connect() as db:
        db.execute(sa.text(f"DROP DATABASE {SCRATCH} WITH (FORCE)"))


if __name__ == "__main__":
    write(sys.argv[1])
