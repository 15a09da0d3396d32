"""Who is read when: followed devices with their message, vehicles that nobody follows a little later, others never."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa

from haoyun.tracking import reading
from haoyun.tracking.context_store import set_rules
from haoyun.tracking.duty import go_off_duty
from haoyun.tracking.meaning_tables import FOLD, SEGMENT
from haoyun.tracking.messages import Message
from haoyun.tracking.positions import PositionHandler
from haoyun.tracking.reading import read_lagging
from haoyun.tracking.steps.rules import Rules
from haoyun.tracking.store import bind_vehicle, count_fixes, find_latest, get_device

Send = Callable[..., None]


@pytest.fixture
def send(tracking_engine: sa.Engine, register: Callable[..., object], now: datetime) -> Send:
    """Devices truck-0001 in vehicle v1 and truck-0002 in none; send(name, minutes) reports from there."""
    with tracking_engine.begin() as db:
        register(db, "truck-0001", "v1")
        register(db, "truck-0002", None)

    def _send(name: str, minutes: Iterable[int]) -> None:
        items = [
            {
                "t": (now + timedelta(minutes=m)).timestamp(),
                "lat": 30 + m / 100,
                "lon": 120 + m % 2 / 200,
                "spd": 60,
            }
            for m in minutes
        ]
        with tracking_engine.begin() as db:
            device_id = get_device(db, name).id
            message = Message("t", name, "fixes", orjson.dumps(items), now + timedelta(hours=1), device_id)
            assert PositionHandler().handle(db, [message], now).rejects == ()

    return _send


def read(engine: sa.Engine) -> set[int]:
    with engine.begin() as db:
        return set(db.scalars(sa.select(FOLD.c.device_id)))


def test_a_vehicle_that_nobody_follows_is_stored_at_once_and_read_a_little_later(
    tracking_engine, send, now
) -> None:
    send("truck-0001", range(10))
    send("truck-0002", range(10))
    with tracking_engine.begin() as db:
        assert count_fixes(db) == 20
        assert find_latest(db, "v1").state.lat == pytest.approx(30.09)
    assert read(tracking_engine) == set()
    assert read_lagging(tracking_engine, now) == 1
    assert read(tracking_engine) == {1}
    with tracking_engine.begin() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(SEGMENT)) > 0
    assert read_lagging(tracking_engine, now) == 0
    send("truck-0001", range(10, 15))
    assert read_lagging(tracking_engine, now) == 1
    with tracking_engine.begin() as db:
        assert db.scalar(sa.select(FOLD.c.at_ms)) == (now + timedelta(minutes=14)).timestamp() * 1000


def test_rules_of_its_organization_make_a_device_read_with_its_message(tracking_engine, send, now) -> None:
    with tracking_engine.begin() as db:
        set_rules(db, "org1", Rules(), now)
    send("truck-0002", range(5))
    assert read(tracking_engine) == {2}


def test_off_duty_nothing_is_kept_on_the_quick_path_either(tracking_engine, send, now) -> None:
    with tracking_engine.begin() as db:
        go_off_duty(db, 2, now + timedelta(minutes=2))
    send("truck-0002", range(5))
    with tracking_engine.begin() as db:
        assert count_fixes(db) == 2


def test_a_device_that_leaves_its_vehicle_is_no_longer_read(tracking_engine, send, now) -> None:
    with tracking_engine.begin() as db:
        bind_vehicle(db, "truck-0001", None, now + timedelta(hours=1))
    send("truck-0001", range(5))
    assert read_lagging(tracking_engine, now) == 0


def test_a_late_fix_of_a_vehicle_that_nobody_follows_enters_its_trips(
    tracking_engine, send, register, now
) -> None:
    """The order of arrival leaves no trace: fixes of 10 to 19 come after 20 to 39 had been read."""
    with tracking_engine.begin() as db:
        register(db, "truck-0003", "v3")
    send("truck-0003", range(40))
    send("truck-0001", [*range(10), *range(20, 40)])
    assert read_lagging(tracking_engine, now) == 2
    assert trips(tracking_engine, 1) != trips(tracking_engine, 3)
    send("truck-0001", range(15, 20))
    send("truck-0001", range(10, 15))
    assert read_lagging(tracking_engine, now) == 1
    assert trips(tracking_engine, 1) == trips(tracking_engine, 3) != []
    assert read_lagging(tracking_engine, now) == 0
    send("truck-0002", [*range(10, 20), *range(10)])
    send("truck-0002", range(10))  # in no vehicle: it has no trips, and waits for none
    assert read_lagging(tracking_engine, now) == 0


def test_a_killed_round_leaves_the_late_device_for_the_next(tracking_engine, send, now, monkeypatch) -> None:
    send("truck-0001", [*range(10), *range(20, 40)])
    read_lagging(tracking_engine, now)
    before = trips(tracking_engine, 1)
    send("truck-0001", range(10, 20))

    def die(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(reading, "read_again", die)
        read_lagging(tracking_engine, now)
    assert read_lagging(tracking_engine, now) == 1
    assert trips(tracking_engine, 1) != before


def trips(engine: sa.Engine, device_id: int) -> list[tuple]:
    with engine.begin() as db:
        query = sa.select(SEGMENT).where(SEGMENT.c.device_id == device_id)
        return [tuple(row)[1:] for row in db.execute(query.order_by(SEGMENT.c.start_ms, SEGMENT.c.driving))]
