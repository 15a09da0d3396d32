"""Declaring that an event was an error (EPCIS 2.0, section 7.4.1.2): the event stays, and the record says so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.rfid_ingest.epcis.documents.context import STANDARD
from haoyun.rfid_ingest.epcis.filing import file_event
from haoyun.rfid_ingest.epcis.model import CONTEXT, rfc3339
from haoyun.rfid_ingest.epcis.repository.append import append
from haoyun.rfid_ingest.epcis.repository.contexts import keep_context
from haoyun.rfid_ingest.epcis.repository.owners import owner_of
from haoyun.rfid_ingest.epcis.store import get_events
from haoyun.tracking.devices_store import organizations_of
from haoyun.tracking.instants import to_ms

_RECORD_FIELDS = ("recordTime",)


def declare_error(
    db: sa.Connection, event_seq: int, reader_id: int, corrective_seq: int | None, now: datetime
) -> int:
    """Store the event once more with an error declaration; the number of that record.

    `corrective_seq` is the event that says what happened instead, None where nothing did.
    """
    by_seq = {
        event.seq: event
        for event in get_events(db, [event_seq, *([corrective_seq] if corrective_seq else [])])
    }
    wrong = by_seq[event_seq]
    declaration: dict[str, Any] = {
        "declarationTime": rfc3339(now),
        "reason": "incorrect_data" if corrective_seq else "did_not_occur",
    }
    if corrective_seq:
        declaration["correctiveEventIDs"] = [by_seq[corrective_seq].event_id]
    document = {name: value for name, value in wrong.document.items() if name not in _RECORD_FIELDS}
    filing = file_event({**document, "errorDeclaration": declaration}, STANDARD)
    owner = owner_of(db, organizations_of(db, [reader_id])[reader_id])
    return append(db, owner, [filing], to_ms(now), [keep_context(db, [CONTEXT])]).seqs[0]
