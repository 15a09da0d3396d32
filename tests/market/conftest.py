"""Both databases with tables straight from the metadata: made once a session, emptied after each test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from haoyun.platform.database import Databases
from haoyun.platform.trading.testing import create_tables, empty_tables


@pytest.fixture(scope="session")
def postgres_stores(postgres_admin: sa.Engine) -> Iterator[Databases]:
    name = f"haoyun_test_{uuid.uuid4().hex[:12]}"
    with postgres_admin.connect() as db:
        db.execute(sa.text(f'CREATE DATABASE "{name}"'))
    url = postgres_admin.url.set(database=name)
    databases = Databases.open(None, url.render_as_string(hide_password=False))  # type: ignore[arg-type]
    create_tables(databases)
    yield databases
    databases.close()
    with postgres_admin.connect() as db:
        db.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture(scope="session")
def sqlite_stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    databases = Databases.open(tmp_path_factory.mktemp("data"))
    create_tables(databases)
    yield databases
    databases.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest) -> Iterator[Databases]:
    databases = request.getfixturevalue(
        "postgres_stores" if request.param == "postgresql" else "sqlite_stores"
    )
    yield databases
    empty_tables(databases)


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest) -> Iterator[sa.Connection]:
    """A transaction on the platform's database that is rolled back."""
    databases = request.getfixturevalue(
        "postgres_stores" if request.param == "postgresql" else "sqlite_stores"
    )
    with databases.platform.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()
