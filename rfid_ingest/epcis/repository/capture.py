"""Capture: a document's events checked, filed and stored, all or as many as are right; and the job that tells of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from haoyun.rfid_ingest.epcis.documents.capture import Capture
from haoyun.rfid_ingest.epcis.documents.context import namespaces_of
from haoyun.rfid_ingest.epcis.filing import Filing, Unfit, file_event
from haoyun.rfid_ingest.epcis.hash import WrongShape
from haoyun.rfid_ingest.epcis.repository.append import append, own_events
from haoyun.rfid_ingest.epcis.repository.contexts import keep_context
from haoyun.rfid_ingest.epcis.repository.master_data import keep_vocabularies
from haoyun.rfid_ingest.epcis.repository.owners import owner_of
from haoyun.rfid_ingest.epcis.validation.check import event_faults, is_event
from haoyun.rfid_ingest.epcis.validation.fault import Fault, Path
from haoyun.tracking.instants import to_ms

MOST_EVENTS = 10_000  # a document; the lock of the database is held for about a second then


class Behaviour(StrEnum):
    """What happens to a document with a wrong event."""

    ROLLBACK = "rollback"  # nothing of it is stored
    PROCEED = "proceed"  # everything else is stored


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document whose events are checked and filed; nothing is stored yet."""

    filings: Sequence[Filing]
    faults: Sequence[Fault]
    capture: Capture


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a document: the numbers of its stored events, how many are new, what was refused."""

    seqs: tuple[int, ...]
    event_ids: tuple[str, ...]
    new: int
    faults: tuple[Fault, ...]


def prepare(capture: Capture) -> Prepared:
    """Check and file the events of a document. Needs no database, so no lock waits for it."""
    namespaces = namespaces_of(capture.context)
    filings: list[Filing] = []
    faults: list[Fault] = []
    if len(capture.events) > MOST_EVENTS:
        count = str(len(capture.events))
        return Prepared((), (Fault.of((), "too_many", value=count, expected=str(MOST_EVENTS)),), capture)
    for event, path in zip(capture.events, capture.paths, strict=True):
        filed = _filed(event, path, namespaces)
        if isinstance(filed, Filing):
            filings.append(filed)
        else:
            faults += filed
    return Prepared(filings, faults, capture)


def store(db: sa.Connection, org_id: str, prepared: Prepared, behaviour: Behaviour, now: datetime) -> Outcome:
    """Store a prepared document for an organization. Stored again, it changes nothing."""
    faults = tuple(prepared.faults)
    if faults and behaviour is Behaviour.ROLLBACK:
        return Outcome((), (), 0, faults)
    own_events(db)
    owner = owner_of(db, org_id)
    context_id = keep_context(db, prepared.capture.context)
    context_ids = [context_id] * len(prepared.filings)
    done = append(db, owner, prepared.filings, to_ms(now), context_ids)
    keep_vocabularies(db, owner, prepared.capture.vocabularies)
    ids = tuple(filing.event_id for filing in prepared.filings)
    return Outcome(done.seqs, ids, sum(done.new), faults)


def _filed(event: object, path: Path, namespaces: Mapping[str, str]) -> Filing | list[Fault]:
    if not isinstance(event, dict) or not is_event(event):
        return event_faults(event, path)
    own = {**namespaces, **namespaces_of(event["@context"])} if "@context" in event else namespaces
    try:
        filing = file_event(event, own)
    except Unfit as error:
        return [Fault.of(path, error.rule, value=str(error.length), expected=str(error.most))]
    except WrongShape as error:
        return [Fault.of((*path, error.field), "shape", value=error.field)]
    except ValueError:
        return [Fault.of((*path, "eventTime"), "instant", value=str(event.get("eventTime"))[:80])]
    if "\\u0000" in filing.document:
        return [Fault.of(path, "zero")]
    return filing
