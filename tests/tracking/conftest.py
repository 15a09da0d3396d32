"""Fixtures of the tracking tests: both databases, both brokers, and a clock that stands."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from haoyun.platform.database import Databases
from haoyun.tracking.broker import EmbeddedBroker
from haoyun.tracking.mqtt_url import BrokerAddress
from haoyun.tracking.store import IssuedCredential, list_devices, register_device
from haoyun.tracking.tables import METADATA
from haoyun.tracking.testing import wait_for

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
PROGRAMS = f"{os.environ.get('PATH', '')}:/usr/sbin"
INGEST = "haoyun-ingest"
INGEST_SECRET = "the-secret-of-the-intake-in-tests"


def open_tracking(folder: Path, url: str | None) -> sa.Engine:
    """An engine whose tracking tables exist."""
    engine = Databases.open(folder, url).tracking
    with engine.begin() as db:
        if url:
            db.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS tracking")
        METADATA.create_all(db)
    return engine


@pytest.fixture(params=["sqlite", "postgresql"])
def tracking_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    engine = open_tracking(tmp_path / "data", url)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_tracking(tmp_path / "data", None)
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_engine(tmp_path: Path, postgres_url: str) -> Iterator[sa.Engine]:
    engine = open_tracking(tmp_path / "data", postgres_url)
    yield engine
    engine.dispose()


@pytest.fixture
def db(tracking_engine: sa.Engine) -> Iterator[sa.Connection]:
    with tracking_engine.begin() as connection:
        yield connection


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def register() -> Callable[..., IssuedCredential]:
    """Registers a tracker: register(db), register(db, "truck-0002", "v2")."""

    def _register(db: sa.Connection, name: str = "truck-0001", vehicle: str = "v1") -> IssuedCredential:
        return register_device(
            db, name=name, kind="tracker", org_id="org1", vehicle_id=vehicle, shards=8, now=NOW
        )

    return _register


@dataclass
class RunningBroker:
    """A broker of the tests: how the intake signs in, and how it learns of a changed registry."""

    address: BrokerAddress
    refresh: Callable[[sa.Engine], None]
    gateway_address: BrokerAddress | None = None  # how the platform's own gateways sign in


def _devices(engine: sa.Engine) -> list:
    with engine.begin() as db:
        return list_devices(db)


@pytest.fixture
def nats_broker(tmp_path: Path, free_port: int) -> Iterator[RunningBroker]:
    broker = EmbeddedBroker(tmp_path / "nats", free_port)
    broker.start([])
    yield RunningBroker(
        broker.ingest_address, lambda engine: broker.reload(_devices(engine)), broker.gateway_address
    )
    broker.stop()


MOSQUITTO = """user {user}
persistence true
persistence_location {folder}/
autosave_interval 5
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/acl
set_tcp_nodelay true
max_inflight_messages 500
max_queued_messages 100000
listener {port} 127.0.0.1
"""
MOSQUITTO_ACL = """pattern write hy/v1/+/%u/up/#
pattern read hy/v1/+/%u/down/#
user {ingest}
topic read hy/v1/+/+/up/#
topic write hy/v1/+/+/down/#
topic readwrite hy/v1/probe/#
topic readwrite +/data
"""


@pytest.fixture
def mosquitto_broker(tmp_path: Path, free_port: int) -> Iterator[tuple[BrokerAddress, Path]]:
    """An own mosquitto with a password and an ACL file; the folder, so that a test may add passwords."""
    for program in ("mosquitto", "mosquitto_passwd"):
        if shutil.which(program, path=PROGRAMS) is None:
            report = pytest.fail if os.environ.get("HAOYUN_TEST_REQUIRE_ALL") else pytest.skip
            report(f"the program {program} is missing on this machine")
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    (folder / "acl").write_text(MOSQUITTO_ACL.format(ingest=INGEST))
    passwords = shutil.which("mosquitto_passwd", path=PROGRAMS)
    subprocess.run([passwords, "-c", "-b", folder / "passwords", INGEST, INGEST_SECRET], check=True)
    subprocess.run([passwords, "-b", folder / "passwords", "truck-0001", "device-secret"], check=True)
    (folder / "conf").write_text(MOSQUITTO.format(folder=folder, port=free_port, user=getpass.getuser()))
    command = [shutil.which("mosquitto", path=PROGRAMS), "-c", folder / "conf"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert wait_for(lambda: socket.socket().connect_ex(("127.0.0.1", free_port)) == 0)
    yield BrokerAddress("127.0.0.1", free_port, user=INGEST, password=INGEST_SECRET), folder
    process.terminate()
    process.wait(10)
