"""The worker's hourly round over the history: what is too old goes, tomorrow has its place, trouble is waited out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from haoyun.platform.commands import history_keeper
from haoyun.platform.commands.history_keeper import HistoryKeeper
from haoyun.platform.database import Databases
from haoyun.platform.migrations import upgrade
from haoyun.tracking.history.filing import file_rows
from haoyun.tracking.history.partitions import list_days
from haoyun.tracking.history.read import fix_rows
from haoyun.tracking.history.retention import Dropped, set_retention
from haoyun.tracking.history.rows import DAY_MS
from haoyun.tracking.instants import to_ms
from haoyun.tracking.positions import store_batch
from haoyun.tracking.store import get_device, register_device
from haoyun.tracking.testing import fix_at

NOW = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)


def ages(databases: Databases, device_id: int) -> list[int]:
    """How many days old the stored positions of a device are."""
    with databases.tracking.begin() as db:
        return [round((to_ms(NOW) - row[1]) / DAY_MS) for row in fix_rows(db, [device_id])]


def stored(databases: Databases) -> dict[str, int]:
    """Two devices of two organizations with positions of 1, 5 and 50 days ago; one keeps three days."""
    ids = {}
    with databases.tracking.begin() as db:
        for n, org in enumerate(("org1", "org2")):
            name = f"truck-000{n}"
            register_device(db, name=name, kind="tracker", org_id=org, vehicle_id=None, shards=8, now=NOW)
            ids[name] = get_device(db, name).id
            fixes = [fix_at(NOW - timedelta(days=days), 0, 30, 120, device=name) for days in (50, 5, 1)]
            store_batch(db, {name: ids[name]}, fixes, NOW)
        set_retention(db, "org1", 3)
    return ids


def test_what_is_too_old_goes_by_the_rule_of_its_organization(databases: Databases) -> None:
    ids = stored(databases)
    if databases.sqlite:
        file_rows(Path(str(databases.tracking.url.database)))
    keeper = HistoryKeeper(keep_days=30)
    keeper(databases, NOW)
    keeper.wait()
    assert ages(databases, ids["truck-0000"]) == [1]
    assert ages(databases, ids["truck-0001"]) == [5, 1]


def test_tomorrow_has_its_partition_before_its_first_position(postgres_url: str, tmp_path: Path) -> None:
    """On PostgreSQL; on SQLite a day is a file, made when it is filed."""
    databases = Databases.open(tmp_path, postgres_url)
    upgrade(databases)
    HistoryKeeper(keep_days=30)._keep(databases, NOW)
    today = to_ms(NOW) // DAY_MS
    with databases.tracking.begin() as db:
        assert {today, today + 1, today + 2} <= set(list_days(db))
    databases.close()


def test_a_round_begins_each_hour_and_not_while_one_runs(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[datetime] = []
    monkeypatch.setattr(
        history_keeper, "drop_old", lambda _engine, now, _days: rounds.append(now) or Dropped(0, 0)
    )
    keeper = HistoryKeeper(keep_days=30)
    for minutes in (0, 1, 59, 60, 61, 119, 121):
        keeper(databases, NOW + timedelta(minutes=minutes))
        keeper.wait()
    assert [(at - NOW) // timedelta(minutes=1) for at in rounds] == [0, 60, 121]


def test_a_database_that_is_away_is_asked_again_in_the_next_hour(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [sa.exc.OperationalError("select", {}, Exception("gone")), None]

    def drop_old(*_args: object) -> Dropped:
        if (trouble := answers.pop(0)) is not None:
            raise trouble
        return Dropped(1, 0)

    monkeypatch.setattr(history_keeper, "drop_old", drop_old)
    keeper = HistoryKeeper(keep_days=30)
    for hours in (0, 1):
        keeper(databases, NOW + timedelta(hours=hours))
        keeper.wait()
    assert answers == []
