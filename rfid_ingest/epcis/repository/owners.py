"""Whose an event is: organizations by their number."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.rfid_ingest.epcis.repository.tables import OWNER
from haoyun.tracking.tables import upsert

NOBODY = 0  # the number of an organization that owns nothing yet


def owner_of(db: sa.Connection, org_id: str) -> int:
    """The organization's number; given when it stores something for the first time."""
    found = find_owner(db, org_id)
    if found != NOBODY:
        return found
    db.execute(upsert(db, OWNER).values(org_id=org_id).on_conflict_do_nothing())
    return find_owner(db, org_id)


def find_owner(db: sa.Connection, org_id: str) -> int:
    """The organization's number, NOBODY if it has none."""
    return db.scalar(_OF_ORGANIZATION, {"organization": org_id}) or NOBODY


_OF_ORGANIZATION = sa.select(OWNER.c.owner).where(OWNER.c.org_id == sa.bindparam("organization"))
