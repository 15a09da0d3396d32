"""When drivers are off duty nothing of their devices is kept: no position, no meaning, no trace.

A switch of the driver (or of the organization, for one that has none). It is asked in the transaction that stores, so
that what it says holds from the next message on. Fixes of the time off duty that come late are dropped as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.instants import find_instant, from_ms, to_ms
from haoyun.tracking.meaning_tables import OFF_DUTY

Period = tuple[int, int | None]  # from, until (None: still), epoch milliseconds


@dataclass(frozen=True, slots=True)
class OffDuty:
    """A time off duty; `until` is None while it lasts."""

    device_id: int
    since: datetime
    until: datetime | None


def go_off_duty(db: sa.Connection, device_id: int, now: datetime) -> bool:
    """Keep nothing of the device from now on. Returns whether that is news."""
    if find_off_duty(db, [device_id]):
        return False
    db.execute(OFF_DUTY.insert(), {"device_id": device_id, "from_ms": to_ms(now)})
    return True


def go_on_duty(db: sa.Connection, device_id: int, now: datetime) -> bool:
    """Keep positions again from now on. Returns whether that is news."""
    lasting = (OFF_DUTY.c.device_id == device_id, OFF_DUTY.c.until_ms.is_(None))
    return bool(db.execute(OFF_DUTY.update().where(*lasting).values(until_ms=to_ms(now))).rowcount)


def find_off_duty(db: sa.Connection, device_ids: Iterable[int]) -> dict[int, OffDuty]:
    """Those of the devices that are off duty now."""
    query = sa.select(OFF_DUTY).where(
        OFF_DUTY.c.device_id.in_(set(device_ids)), OFF_DUTY.c.until_ms.is_(None)
    )
    return {
        row.device_id: OffDuty(row.device_id, from_ms(row.from_ms), find_instant(row.until_ms))
        for row in db.execute(query)
    }


def off_duty_periods(db: sa.Connection, device_ids: Collection[int]) -> dict[int, list[Period]]:
    """All times off duty of devices; nearly always empty, and then one short question."""
    query = sa.select(OFF_DUTY).where(OFF_DUTY.c.device_id.in_(set(device_ids)))
    found: dict[int, list[Period]] = {}
    for row in db.execute(query):
        found.setdefault(row.device_id, []).append((row.from_ms, row.until_ms))
    return found


def is_withheld(periods: Iterable[Period], at_ms: int) -> bool:
    """Whether an instant lies in a time off duty."""
    return any(since <= at_ms and (until is None or at_ms < until) for since, until in periods)


def on_duty_only(
    db: sa.Connection, device_ids: Mapping[str, int], fixes: Iterable[PositionFix]
) -> list[PositionFix]:
    """The fixes that may be kept."""
    periods = off_duty_periods(db, device_ids.values())
    if not periods:
        return list(fixes)
    return [f for f in fixes if not is_withheld(periods.get(device_ids[f.device], ()), to_ms(f.fix_time))]
