"""Who moved what, when and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.market.tables import EVENT
from haoyun.tracking.instants import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a history; `user_id` is None where the system acted."""

    version: int
    state: str
    user_id: str | None
    at: datetime
    reason: str


def record(
    db: sa.Connection,
    subject_id: str,
    version: int,
    state: str,
    user_id: str | None,
    now: datetime,
    reason: str = "",
) -> None:
    """Append to the history of a load or capacity."""
    db.execute(
        sa.insert(EVENT).values(
            subject_id=subject_id,
            version=version,
            state=state,
            user_id=user_id,
            at_ms=to_ms(now),
            reason=reason[:200],
        )
    )


def history_of(db: sa.Connection, subject_id: str) -> list[Change]:
    """All changes of a load or capacity, oldest first; whoever calls knows that the viewer may see it."""
    rows = db.execute(sa.select(EVENT).where(EVENT.c.subject_id == subject_id).order_by(EVENT.c.seq))
    return [Change(row.version, row.state, row.user_id, from_ms(row.at_ms), row.reason) for row in rows]
