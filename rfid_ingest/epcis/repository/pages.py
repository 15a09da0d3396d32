"""Page tokens that a client gave back before they were used up."""

from __future__ import annotations

import hashlib
from datetime import datetime

import sqlalchemy as sa

from haoyun.rfid_ingest.epcis.query.paging import LIFETIME
from haoyun.rfid_ingest.epcis.repository.owners import NOBODY
from haoyun.rfid_ingest.epcis.repository.tables import ENDED_PAGE
from haoyun.tracking.instants import to_ms
from haoyun.tracking.tables import upsert


def end_page(db: sa.Connection, owner: int, token: str, now: datetime) -> None:
    """From now on the token is refused; those that are too old anyway are forgotten."""
    if owner == NOBODY:
        return
    db.execute(ENDED_PAGE.delete().where(ENDED_PAGE.c.expires_ms < to_ms(now)))
    row = {"owner": owner, "digest": _digest(token), "expires_ms": to_ms(now + LIFETIME)}
    db.execute(upsert(db, ENDED_PAGE).values(row).on_conflict_do_nothing())


def is_ended(db: sa.Connection, owner: int, token: str) -> bool:
    """Whether the token was given back."""
    t = ENDED_PAGE.c
    return db.scalar(sa.select(t.owner).where(t.owner == owner, t.digest == _digest(token))) is not None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()[:16]
