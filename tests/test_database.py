"""Connections: who only reads asks for no transaction, and a connection whose server went away is replaced unseen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from haoyun.platform import database
from haoyun.platform.database import Databases, reading, twin
from haoyun.platform.time_limit import limited


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[sa.Engine]:
    databases = Databases.open(Path(), postgres_url)
    yield databases.platform
    databases.close()


def _state(db: sa.Connection) -> psycopg.pq.TransactionStatus:
    driver = db.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver.info.transaction_status


def test_who_only_reads_holds_no_transaction_and_who_writes_does(postgres: sa.Engine) -> None:
    for engine in (postgres, twin(postgres)):
        with reading(engine).connect() as db:
            db.scalar(sa.text("SELECT 1"))
            assert _state(db) is psycopg.pq.TransactionStatus.IDLE
        with engine.connect() as db:  # the same connection of the pool
            db.scalar(sa.text("SELECT 1"))
            assert _state(db) is psycopg.pq.TransactionStatus.INTRANS
        engine.dispose()


def test_what_a_writer_does_is_undone_by_its_rollback_after_the_connection_served_readers(
    postgres: sa.Engine,
) -> None:
    with postgres.begin() as db:
        db.execute(sa.text("CREATE TABLE thing (n int)"))
    with reading(postgres).connect() as db:
        assert db.scalar(sa.text("SELECT count(*) FROM thing")) == 0
    with pytest.raises(ZeroDivisionError), postgres.begin() as db:
        db.execute(sa.text("INSERT INTO thing VALUES (1)"))
        raise ZeroDivisionError
    with reading(postgres).connect() as db:
        assert db.scalar(sa.text("SELECT count(*) FROM thing")) == 0


@pytest.mark.parametrize("rested_s", [0.0, 3_600.0])
def test_a_connection_that_the_server_ended_is_replaced_before_anybody_uses_it(
    postgres: sa.Engine, postgres_admin: sa.Engine, rested_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        database, "PING_AFTER_S", 1_800.0 - rested_s
    )  # below 0: it rested too long to be trusted
    with reading(postgres).connect() as db:
        first = db.scalar(sa.text("SELECT pg_backend_pid()"))
    with reading(postgres).connect() as db:
        assert db.scalar(sa.text("SELECT pg_backend_pid()")) == first
    with postgres_admin.connect() as admin:
        assert admin.scalar(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": first})
    with reading(postgres).connect() as db:
        assert db.scalar(sa.text("SELECT pg_backend_pid()")) != first


def test_a_connection_in_use_is_not_pinged(postgres: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    pings: list[object] = []
    monkeypatch.setattr(type(postgres.dialect), "do_ping", lambda _dialect, line: pings.append(line))
    for _ in range(3):
        with reading(postgres).connect() as db:
            db.scalar(sa.text("SELECT 1"))
    assert pings == []
    monkeypatch.setattr(database, "PING_AFTER_S", -1.0)
    with reading(postgres).connect() as db:
        db.scalar(sa.text("SELECT 1"))
    assert len(pings) == 1


@pytest.mark.parametrize("engine_of", [reading, lambda engine: engine])
def test_a_time_limit_ends_with_its_transaction_or_its_block(postgres: sa.Engine, engine_of) -> None:  # type: ignore[no-untyped-def]
    limit = sa.text("SHOW statement_timeout")
    with engine_of(postgres).connect() as db:
        usual = db.scalar(limit)
        with limited(db, 7):
            assert db.scalar(limit) == "7s" != usual
    with engine_of(postgres).connect() as db:
        assert db.scalar(limit) == usual
