"""Fixtures that every room shares: real databases, free ports, the data folder, and honest skips."""

from __future__ import annotations

import os
import shutil
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from second_look_hooks import pytest_addoption, pytest_sessionfinish  # noqa: F401

from haoyun.maps.gazetteer.place_book import PlaceBook, open_places
from haoyun.platform.database import Databases

REPOSITORY = Path(__file__).resolve().parent.parent
POSTGRES_ADMIN = os.environ.get(
    "HAOYUN_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
)


# In CI properties are tried on the same examples each time, so that a commit always gets the same answer; elsewhere
# every run draws new ones. How long an example takes is nowhere a reason to fail: a busy machine is slow, not wrong.
patient = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
hypothesis_settings.register_profile("ci", derandomize=True, **patient)
hypothesis_settings.register_profile("here", **patient)
hypothesis_settings.load_profile("ci" if os.environ.get("HAOYUN_TEST_REQUIRE_ALL") else "here")


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


@pytest.fixture(scope="session")
def place_book(tmp_path_factory: pytest.TempPathFactory) -> PlaceBook:
    """The whole place book, built once for all tests, also where several workers share a run: some seconds."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    return open_places(shared / "places")


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


@contextmanager
def scratch_database(admin: sa.Engine, template: str = "template0") -> Iterator[str]:
    """The URL of a new PostgreSQL database, dropped afterwards."""
    name = f"haoyun_test_{uuid.uuid4().hex[:12]}"
    with admin.connect() as db:
        db.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    try:
        yield admin.url.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as db:
            db.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
def postgres_url(postgres_admin: sa.Engine) -> Iterator[str]:
    """A new, empty PostgreSQL database, dropped afterwards."""
    with scratch_database(postgres_admin) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose SQLite files are at the newest version; tests copy it."""
    folder = tmp_path_factory.mktemp("migrated")
    migrate(Databases.open(folder))
    return folder


@pytest.fixture(scope="session")
def migrated_postgres(postgres_admin: sa.Engine) -> Iterator[str]:
    """The name of a PostgreSQL database at the newest version; tests copy it."""
    with scratch_database(postgres_admin) as url:
        migrate(Databases.open(Path(), url))
        yield str(sa.make_url(url).database)


def migrate(databases: Databases) -> None:
    """Bring databases to the newest version and let go of them."""
    from haoyun.platform.migrations import upgrade

    upgrade(databases)
    databases.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    """Both databases of the platform, empty and at the newest version, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        shutil.copytree(request.getfixturevalue("migrated_folder"), tmp_path / "data")
        dbs = Databases.open(tmp_path / "data")
        yield dbs
        dbs.close()
        return
    admin = request.getfixturevalue("postgres_admin")
    with scratch_database(admin, request.getfixturevalue("migrated_postgres")) as url:
        dbs = Databases.open(tmp_path / "data", url)
        yield dbs
        dbs.close()
