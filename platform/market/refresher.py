"""Which offers are matched again, and when: changed ones, moved trucks, and what time has passed over.

A post is matched in its own transaction. What happens to it later is seen by its events, where trucks go by their
positions; trucks that wait while the clock runs come round every STALE. A round takes at most BUDGET offers, those that
waited longest first, so that a crowd of moving trucks makes matches older, never the worker slower.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from haoyun.maps.geodesy import haversine_m
from haoyun.platform.database import reading
from haoyun.platform.market.capacity import MATCHABLE
from haoyun.platform.market.matches_store import refresh_apart
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.tables import CAPACITY, EVENT, MATCH
from haoyun.tracking.instants import to_ms

MOVED_M = 2_000.0  # less changes no score by more than its rounding
STALE = timedelta(minutes=10)
BUDGET = 400
AT_ONCE = 20  # writers of offers wait no longer than to store these takes
_EVENTS_AT_ONCE = 5_000


@dataclass(slots=True)
class _Seen:
    """What a capacity was last matched with: when, and where its vehicle was."""

    at: datetime
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True)
class _Changed:
    """Since when an offer waits, and when it was posted, if it is new: then whoever posted it may match it yet."""

    since: datetime
    posted_ms: int | None


@dataclass(slots=True)
class Refresher:
    """Keeps the stored matches true. One a worker; it starts by looking at everything once."""

    _cursor: int | None = None
    _seen: dict[str, _Seen] = field(default_factory=dict)
    _waiting: dict[str, _Changed] = field(default_factory=dict)

    def __call__(self, platform: sa.Engine, context: MatchContext, now: datetime) -> int:
        """Match again what is due. Returns how many offers that were."""
        with reading(platform).connect() as db:
            self._note_changes(db, now)
            vehicles = self._vehicles(db, now)
            due = self._changed(db)
        due += [key for key in self._due(vehicles, context, now) if key not in self._waiting]
        due = due[:BUDGET]
        for i in range(0, len(due), AT_ONCE):
            part = due[i : i + AT_ONCE]
            refresh_apart(platform, part, now, context)
            for key in part:
                self._waiting.pop(key, None)
                if key in vehicles:
                    self._seen[key] = self._now(vehicles[key], context, now)
        self._seen = {key: seen for key, seen in self._seen.items() if key in vehicles}
        return len(due)

    def _note_changes(self, db: sa.Connection, now: datetime) -> None:
        """Offers that changed since the last round and were not matched with the change."""
        if self._cursor is None:
            self._cursor = db.scalar(sa.select(sa.func.max(EVENT.c.seq))) or 0
            # The map may have changed since another worker ran, also for those that are ready later.
            on_offer = CAPACITY.c.state.in_([s.value for s in MATCHABLE])
            every = db.scalars(sa.select(CAPACITY.c.id).where(on_offer))
            self._waiting = dict.fromkeys(every, _Changed(now, None))
            return
        # A number that commits late is passed over here; its offer comes round with STALE.
        query = sa.select(EVENT.c.seq, EVENT.c.subject_id, EVENT.c.version, EVENT.c.at_ms)
        rows = list(
            db.execute(query.where(EVENT.c.seq > self._cursor).order_by(EVENT.c.seq).limit(_EVENTS_AT_ONCE))
        )
        for row in rows:
            self._cursor = row.seq
            before = self._waiting.get(row.subject_id)
            since = now if before is None else before.since
            self._waiting[row.subject_id] = _Changed(since, row.at_ms if row.version == 1 else None)
        for key in self._matched_since(db, {row.subject_id: row.at_ms for row in rows}):
            self._waiting.pop(key, None)

    def _changed(self, db: sa.Connection) -> list[str]:
        """Those that waited longest, BUDGET or a few more. An import matches its offers some time after it posted
        them: they wait no longer then."""
        due: list[str] = []
        waiting = sorted(self._waiting, key=lambda key: (self._waiting[key].since, key))
        for i in range(0, len(waiting), BUDGET):
            part = dict.fromkeys(waiting[i : i + BUDGET])
            posted = {key: ms for key in part if (ms := self._waiting[key].posted_ms) is not None}
            for key in self._matched_since(db, posted):
                self._waiting.pop(key, None)
                part.pop(key, None)
            due += part
            if len(due) >= BUDGET:
                break
        return due

    @staticmethod
    def _matched_since(db: sa.Connection, changed: dict[str, int]) -> list[str]:
        keys, done = sorted(changed), []
        for i in range(0, len(keys), 500):
            chunk = keys[i : i + 500]
            for own, flag in ((MATCH.c.load_id, MATCH.c.of_load), (MATCH.c.capacity_id, MATCH.c.of_capacity)):
                oldest = sa.select(own, sa.func.min(MATCH.c.computed_ms)).where(own.in_(chunk), flag)
                done += [key for key, ms in db.execute(oldest.group_by(own)) if ms >= changed[key]]
        return done

    def _vehicles(self, db: sa.Connection, now: datetime) -> dict[str, str]:
        """The vehicle of each capacity that is ready now; where others start does not change."""
        c = CAPACITY.c
        ready = (
            c.state.in_([s.value for s in MATCHABLE]),
            c.ready_start_ms <= to_ms(now),
            c.ready_end_ms > to_ms(now),
        )
        return {row.id: row.vehicle_id for row in db.execute(sa.select(c.id, c.vehicle_id).where(*ready))}

    def _due(self, vehicles: dict[str, str], context: MatchContext, now: datetime) -> list[str]:
        """Capacities whose vehicle moved or that were not looked at for long, the longest first."""
        never = datetime.min.replace(tzinfo=now.tzinfo)
        waited = {key: self._seen[key].at if key in self._seen else never for key in vehicles}
        due = [
            key
            for key, vehicle in vehicles.items()
            if now - waited[key] >= STALE or self._moved(self._seen[key], vehicle, context)
        ]
        return sorted(due, key=lambda key: (waited[key], key))

    @staticmethod
    def _moved(seen: _Seen, vehicle: str, context: MatchContext) -> bool:
        position = context.positions.get(vehicle)
        if position is None or seen.lat is None or seen.lon is None:
            return (position is None) != (seen.lat is None)
        return float(haversine_m(position.lat, position.lon, seen.lat, seen.lon)) >= MOVED_M

    @staticmethod
    def _now(vehicle: str, context: MatchContext, now: datetime) -> _Seen:
        position = context.positions.get(vehicle)
        return _Seen(now, position.lat if position else None, position.lon if position else None)
