"""The events that speak for goods: those of certain organizations only, so that no stranger's event is taken as one."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from haoyun.rfid_ingest.epcis.identity import index_key
from haoyun.rfid_ingest.epcis.repository.stored import StoredEvent, stored_of
from haoyun.rfid_ingest.epcis.repository.tables import EVENT, EVENT_KEY, OWNER
from haoyun.rfid_ingest.reads_store import chunks


def events_naming(db: sa.Connection, uris: Iterable[str], org_ids: Iterable[str]) -> list[StoredEvent]:
    """The events of these organizations that name one of the identities in any role, by event time."""
    owners = set(db.scalars(sa.select(OWNER.c.owner).where(OWNER.c.org_id.in_(set(org_ids)))))
    rows = {}
    for keys in chunks({index_key(uri) for uri in uris}) if owners else ():
        named = sa.select(EVENT_KEY.c.event_seq).where(
            EVENT_KEY.c.owner.in_(owners), EVENT_KEY.c.value.in_(keys)
        )
        for row in db.execute(sa.select(EVENT).where(EVENT.c.seq.in_(named))):
            rows[row.seq] = row
    return [stored_of(row) for row in sorted(rows.values(), key=lambda one: (one.event_ms, one.seq))]
