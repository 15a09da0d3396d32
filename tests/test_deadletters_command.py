"""``haoyun deadletters``: what was refused is shown as it came, and goes through the intake again."""

from __future__ import annotations

import base64
import shutil
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from haoyun.platform.cli import cli
from haoyun.platform.commands.ingest import handlers
from haoyun.platform.database import Databases
from haoyun.tracking.inflow import Incoming
from haoyun.tracking.intake import write_batch
from haoyun.tracking.store import count_dead_letters, count_fixes, register_device

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
FIX = {"t": "2026-05-11T08:00:00Z", "lat": 30.0, "lon": 120.0}


@pytest.fixture
def data(tmp_path: Path, migrated_folder: Path) -> Path:
    """An installation whose intake refused four messages: two of an unknown device, one broken, one bad item."""
    shutil.copytree(migrated_folder, tmp_path / "data")
    databases = Databases.open(tmp_path / "data")
    messages = [
        ("truck-late", orjson.dumps(FIX)),
        ("truck-late", orjson.dumps(FIX | {"lat": 31.0, "t": "2026-05-11T08:01:00Z"})),
        ("truck-0001", b"{broken\x00"),
        ("truck-0001", orjson.dumps([FIX, FIX | {"lat": 91}])),
    ]
    batch = [
        Incoming(f"hy/v1/0/{name}/up/fixes", body, NOW, n, 1, 0) for n, (name, body) in enumerate(messages)
    ]
    with databases.tracking.begin() as db:
        _register(db, "truck-0001")
        assert write_batch(db, batch, handlers(), NOW).rejects == 4
    databases.close()
    return tmp_path / "data"


def _register(db, name: str) -> None:
    register_device(db, name=name, kind="tracker", org_id="o", vehicle_id=None, shards=8, now=NOW)


def call(data: Path, *words: str) -> str:
    result = CliRunner().invoke(cli, ["--data", str(data), "deadletters", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def counts(data: Path) -> tuple[int, int]:
    databases = Databases.open(data)
    with databases.tracking.begin() as db:
        found = count_fixes(db), count_dead_letters(db)
    databases.close()
    return found


def test_letters_are_shown_with_reason_and_raw_bytes(data: Path) -> None:
    text = call(data, "list")
    assert "unknown_device" in text and "no device truck-late is registered" in text
    assert r"{broken\x00" in text
    lines = [orjson.loads(line) for line in call(data, "list", "--json", "--code", "malformed").splitlines()]
    assert [base64.b64decode(line["payload"]) for line in lines] == [b"{broken\x00"]
    assert "no dead letters" in call(data, "list", "--device", "nobody-0001")


def test_what_is_understood_today_is_stored_and_leaves_and_the_rest_stays(data: Path) -> None:
    assert counts(data) == (1, 4)
    databases = Databases.open(data)
    with databases.tracking.begin() as db:
        _register(db, "truck-late")
    databases.close()
    assert call(data, "retry", "--code", "unknown_device") == "2 retried, 2 stored, 0 refused again\n"
    assert counts(data) == (3, 2)
    assert call(data, "retry", "--all") == "2 retried, 0 stored, 2 refused again\n"
    assert counts(data) == (3, 2)


def test_a_retry_says_which(data: Path) -> None:
    result = CliRunner().invoke(cli, ["--data", str(data), "deadletters", "retry"])
    assert result.exit_code == 2
    assert "say which" in result.output
