"""The follower that looks at journeys under way: estimates, delays and silences are told when they change.

Now and then it also learns from what became of earlier estimates how wide the span of the next ones is.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from haoyun.platform.database import Databases, reading
from haoyun.tracking.estimates_store import look, tell
from haoyun.tracking.looks_store import learn_spreads, put_spreads

LOOK_EVERY = timedelta(seconds=15)
LEARN_EVERY = timedelta(minutes=30)


class JourneyWatcher:
    """Looks every LOOK_EVERY, and takes the write lock only when there is something to say or was learned."""

    def __init__(self, every: timedelta = LOOK_EVERY) -> None:
        self._every = every
        self._next: datetime | None = None
        self._learn_at: datetime | None = None

    def __call__(self, databases: Databases, now: datetime) -> int:
        """Do what is due. Returns of how many journeys something was told."""
        if self._next is not None and now < self._next:
            return 0
        self._next = now + self._every
        with reading(databases.tracking).connect() as db:
            found = look(db, now)
        if found:
            with databases.tracking.begin() as db:
                tell(db, found, now)
        if self._learn_at is None or now >= self._learn_at:
            self._learn_at = now + LEARN_EVERY
            self._learn(databases, now)
        return len(found)

    @staticmethod
    def _learn(databases: Databases, now: datetime) -> None:
        with reading(databases.tracking).connect() as db:
            learned = learn_spreads(db, now)
        if any(looks for _, looks in learned.values()):
            with databases.tracking.begin() as db:
                put_spreads(db, learned, now)
