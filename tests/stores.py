"""Both databases with tables straight from the metadata: made once a session, emptied after each test.

Fixtures for the conftest of a folder, which imports those that its tests ask for, and the tables that they need.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from conftest import scratch_database

from haoyun.platform.database import Databases
from haoyun.platform.trading.testing import create_tables, empty_tables


@pytest.fixture(scope="session")
def postgres_stores(postgres_admin: sa.Engine) -> Iterator[Databases]:
    with scratch_database(postgres_admin) as url:
        databases = Databases.open(Path(), url)
        create_tables(databases)
        yield databases
        databases.close()


@pytest.fixture(scope="session")
def sqlite_stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    databases = Databases.open(tmp_path_factory.mktemp("data"))
    create_tables(databases)
    yield databases
    databases.close()


def _chosen(request: pytest.FixtureRequest) -> Databases:
    name = "postgres_stores" if request.param == "postgresql" else "sqlite_stores"
    databases: Databases = request.getfixturevalue(name)
    return databases


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest) -> Iterator[Databases]:
    databases = _chosen(request)
    yield databases
    empty_tables(databases)


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest) -> Iterator[sa.Connection]:
    """A transaction on the platform's database that is rolled back."""
    with _chosen(request).platform.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()
