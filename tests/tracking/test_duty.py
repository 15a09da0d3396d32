"""Off duty nothing is kept of a driver's device, whatever comes late; on duty everything again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from haoyun.tracking.duty import find_off_duty, go_off_duty, go_on_duty, is_withheld
from haoyun.tracking.meaning_tables import EVENT, FOLD
from haoyun.tracking.positions import store_batch
from haoyun.tracking.store import count_fixes, find_latest, fixes_of_device, get_device
from haoyun.tracking.testing import fix_at


def test_nothing_of_the_time_off_duty_is_stored_not_even_late(
    db: sa.Connection, register: Callable[..., object], now: datetime
) -> None:
    register(db)
    ids = {"truck-0001": get_device(db, "truck-0001").id}
    drive = [fix_at(now, 60 * i, 30.0 + i * 0.005, 120.0) for i in range(60)]
    store_batch(db, ids, drive[:10], now)
    off, on = now + timedelta(minutes=10), now + timedelta(minutes=40)
    assert go_off_duty(db, ids["truck-0001"], off)
    assert not go_off_duty(db, ids["truck-0001"], off)
    store_batch(db, ids, drive[10:30], now)
    assert find_latest(db, "v1").state.fix_time == drive[9].fix_time
    assert go_on_duty(db, ids["truck-0001"], on)
    store_batch(db, ids, [*drive[20:], *drive[:10]], now)
    assert [f.fix_time for f in fixes_of_device(db, ids["truck-0001"], now)] == [
        f.fix_time for f in [*drive[:10], *drive[40:]]
    ]
    assert find_off_duty(db, ids.values()) == {}


def test_a_device_off_duty_leaves_no_trace_anywhere(
    db: sa.Connection, register: Callable[..., object], now: datetime
) -> None:
    register(db)
    ids = {"truck-0001": get_device(db, "truck-0001").id}
    go_off_duty(db, ids["truck-0001"], now)
    store_batch(db, ids, [fix_at(now, 60 * i, 30.0 + i * 0.005, 120.0) for i in range(60)], now)
    assert count_fixes(db) == 0
    assert [db.scalar(sa.select(sa.func.count()).select_from(table)) for table in (EVENT, FOLD)] == [0, 0]


@given(st.integers(0, 100), st.integers(0, 100), st.one_of(st.none(), st.integers(0, 100)))
def test_a_period_holds_its_beginning_and_not_its_end(at: int, since: int, until: int | None) -> None:
    assert is_withheld([(since, until)], at) == (since <= at and (until is None or at < until))
    assert not is_withheld([], at)
