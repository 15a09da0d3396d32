"""Fixtures that every room shares: real databases, free ports, the data folder, and honest skips."""

from __future__ import annotations

import os
import shutil
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

REPOSITORY = Path(__file__).resolve().parent.parent
POSTGRES_ADMIN = os.environ.get(
    "HAOYUN_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
)


def need(what: str, present: object) -> None:
    """Skip with the reason where `what` is missing; in CI (HAOYUN_TEST_REQUIRE_ALL) that is a failure."""
    if present:
        return
    if os.environ.get("HAOYUN_TEST_REQUIRE_ALL"):
        pytest.fail(f"{what} is missing, and HAOYUN_TEST_REQUIRE_ALL forbids skipping")
    pytest.skip(f"{what} is missing on this machine")


def program(name: str, *folders: str) -> str:
    """The path of an installed program, or a skip that names it."""
    path = shutil.which(name) or next((f"{f}/{name}" for f in folders if Path(f, name).exists()), None)
    need(f"the program {name}", path)
    assert path is not None
    return path


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Instances, vectors and extracts that are not part of the project."""
    folder = Path(os.environ.get("HAOYUN_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    need(f"the shared data folder {folder.name}/", folder.is_dir())
    return folder


def unused_port() -> int:
    """A TCP port of the loopback interface that nothing listens on now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@pytest.fixture
def free_port() -> int:
    return unused_port()


@pytest.fixture(scope="session")
def postgres_admin() -> sa.Engine:
    """An engine that may create databases; each run makes and drops its own."""
    engine = sa.create_engine(
        POSTGRES_ADMIN, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3}
    )
    try:
        with engine.connect():
            present = True
    except sa.exc.OperationalError:
        present = False
    need("PostgreSQL on 127.0.0.1:5432", present)
    return engine


@pytest.fixture
def postgres_url(postgres_admin: sa.Engine) -> Iterator[str]:
    """A new, empty PostgreSQL database, dropped afterwards."""
    name = f"haoyun_test_{uuid.uuid4().hex[:12]}"
    with postgres_admin.connect() as db:
        db.execute(sa.text(f'CREATE DATABASE "{name}"'))
    yield postgres_admin.url.set(database=name).render_as_string(hide_password=False)
    with postgres_admin.connect() as db:
        db.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[object]:
    """Both databases of the platform, migrated to the newest version, on SQLite and on PostgreSQL."""
    from haoyun.platform.database import Databases
    from haoyun.platform.migrations import upgrade

    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    dbs = Databases.open(tmp_path / "data", url)
    upgrade(dbs)
    yield dbs
    dbs.close()
