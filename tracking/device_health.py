"""How a device is doing, out of what it sent: silence, battery, clock, positions in doubt, messages refused.

Nothing is kept for this: it is read from fixes and dead letters when somebody asks, so that the intake writes no row
more. `judge` is the rule; `device_health` and `rejected_since` read what it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from haoyun.tracking.devices_store import Device
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.fixes_store import fixes_of_device
from haoyun.tracking.instants import to_ms
from haoyun.tracking.sensors import SensorValue
from haoyun.tracking.tables import DEAD_LETTER

SILENT_AFTER = timedelta(minutes=30)  # parked trackers report every few minutes
LOOK_BACK = timedelta(hours=2)  # before it was last heard
REJECTS_WITHIN = timedelta(days=1)
LOW_BATTERY_PCT = 20.0
CLOCK_TOLERANCE_S = 30.0  # below it is the way of a message through the network
ENOUGH_FIXES = 3  # of one late message nobody can tell whether the clock or the network was slow
DOUBTFUL_SHARE = 0.2


class DeviceState(StrEnum):
    """Whether it can be relied on now."""

    REPORTING = "reporting"
    SILENT = "silent"
    NEVER = "never"  # registered, not heard yet
    REVOKED = "revoked"


class Trouble(StrEnum):
    """What somebody should look at."""

    BATTERY_LOW = "battery_low"
    CLOCK_AHEAD = "clock_ahead"
    CLOCK_BEHIND = "clock_behind"  # or everything is sent late
    POSITIONS_DOUBTFUL = "positions_doubtful"
    MESSAGES_REJECTED = "messages_rejected"


@dataclass(frozen=True, slots=True)
class Rejects:
    """Messages of a device that became dead letters: how many, and the newest one's reason."""

    count: int = 0
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """The state, what is wrong, and the evidence. clock_ahead_s is negative for a clock that is behind."""

    state: DeviceState
    troubles: tuple[Trouble, ...]
    battery_pct: float | None
    clock_ahead_s: float | None
    doubtful_share: float
    rejects: Rejects
    sensors: Mapping[str, SensorValue]
    last_fix: PositionFix | None


def state_of(device: Device, now: datetime) -> DeviceState:
    """Whether the device is heard."""
    if device.revoked_at is not None:
        return DeviceState.REVOKED
    if device.last_seen_at is None:
        return DeviceState.NEVER
    return DeviceState.SILENT if now - device.last_seen_at > SILENT_AFTER else DeviceState.REPORTING


def judge(device: Device, fixes: Sequence[PositionFix], rejects: Rejects, now: datetime) -> Health:
    """The health out of recent fixes (oldest first) and refused messages. Pure."""
    sensors: dict[str, SensorValue] = {}
    for fix in fixes:
        sensors |= fix.sensors
    battery = sensors.get("battery_pct")
    ahead_s = clock_ahead_s(fixes)
    doubtful = sum(fix.doubtful for fix in fixes) / len(fixes) if fixes else 0.0
    found = {
        Trouble.BATTERY_LOW: isinstance(battery, float) and battery < LOW_BATTERY_PCT,
        Trouble.CLOCK_AHEAD: ahead_s is not None and ahead_s > CLOCK_TOLERANCE_S,
        Trouble.CLOCK_BEHIND: ahead_s is not None and ahead_s < -CLOCK_TOLERANCE_S,
        Trouble.POSITIONS_DOUBTFUL: doubtful > DOUBTFUL_SHARE,
        Trouble.MESSAGES_REJECTED: rejects.count > 0,
    }
    return Health(
        state=state_of(device, now),
        troubles=tuple(trouble for trouble, is_so in found.items() if is_so),
        battery_pct=battery if isinstance(battery, float) else None,
        clock_ahead_s=ahead_s,
        doubtful_share=doubtful,
        rejects=rejects,
        sensors=sensors,
        last_fix=fixes[-1] if fixes else None,
    )


def clock_ahead_s(fixes: Sequence[PositionFix]) -> float | None:
    """How far the device's clock runs ahead, out of the quickest of its messages; None for too few.

    A message takes time to arrive and never the other way: the smallest delay is the clock's error and the network's
    best moment together.
    """
    if len(fixes) < ENOUGH_FIXES:
        return None
    return max((fix.fix_time - fix.received_at).total_seconds() for fix in fixes)


def device_health(db: sa.Connection, device: Device, now: datetime) -> Health:
    """The health of a device at `now`."""
    heard = min(device.last_seen_at or now, now)
    fixes = fixes_of_device(db, device.id, heard - LOOK_BACK)
    return judge(
        device,
        fixes,
        rejected_since(db, [device.name], now - REJECTS_WITHIN).get(device.name, Rejects()),
        now,
    )


def rejected_since(db: sa.Connection, names: Iterable[str], since: datetime) -> dict[str, Rejects]:
    """The messages of these devices that became dead letters, by device; those without any are left out."""
    wanted = sa.and_(DEAD_LETTER.c.device.in_(set(names)), DEAD_LETTER.c.received_ms >= to_ms(since))
    totals = (
        sa.select(
            DEAD_LETTER.c.device, sa.func.count().label("count"), sa.func.max(DEAD_LETTER.c.id).label("last")
        )
        .where(wanted)
        .group_by(DEAD_LETTER.c.device)
        .subquery()
    )
    query = sa.select(totals.c.device, totals.c.count, DEAD_LETTER.c.reason_code, DEAD_LETTER.c.reason)
    rows = db.execute(query.join(DEAD_LETTER, DEAD_LETTER.c.id == totals.c.last))
    return {row[0]: Rejects(row[1], row[2], row[3]) for row in rows}
