"""Gate passages and the bindings that give them a journey."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.rfid_ingest.epc.links import ROOT
from haoyun.rfid_ingest.epcis.identity import index_key
from haoyun.rfid_ingest.epcis.repository.tables import EVENT
from haoyun.rfid_ingest.epcis.store import StoredEvent, get_events
from haoyun.rfid_ingest.errors import MalformedEpc
from haoyun.rfid_ingest.milestones import Binding, Passage, milestones
from haoyun.rfid_ingest.tables import BINDING, PASSAGE
from haoyun.tracking.instants import find_instant, from_ms, to_ms
from haoyun.tracking.journeys_store import get_journey
from haoyun.tracking.locks import own_journeys
from haoyun.tracking.milestones_store import append_milestones
from haoyun.tracking.tables import upsert
from haoyun.tracking.timeline import MilestoneCode

_IDENTITIES = ("urn:epc:id:", f"{ROOT}/")


def bind_epcs(
    db: sa.Connection,
    epc_uris: Sequence[str],
    journey_id: str,
    now: datetime,
    *,
    since: datetime | None = None,
) -> int:
    """Put EPCs (pure identity URIs, or canonical links as "+" tags have) on an open journey; again is harmless.

    What the EPCs passed before the binding becomes milestones now, from `since` on (None: the journey's
    start). Returns how many milestones are new. Raises MalformedEpc for anything but `urn:epc:id:…` and links on
    id.gs1.org, and UnknownJourney.
    """
    own_journeys(db)  # no intake is between a passage and its meaning while we look
    since = since or get_journey(db, journey_id).journey.starts_at
    for uri in epc_uris:
        if not uri.startswith(_IDENTITIES):
            raise MalformedEpc(f"a binding names an identity {_IDENTITIES[0]}…, not {uri[:60]!r}")
    _save_bindings(db, epc_uris, journey_id, now, since)
    return record_milestones(db, passages_of(db, epc_uris, since), now)


def unbind_epcs(db: sa.Connection, epc_uris: Sequence[str], journey_id: str, now: datetime) -> None:
    """Take EPCs off a journey: what they pass from now on says nothing of it."""
    own_journeys(db)
    db.execute(
        BINDING.update()
        .where(
            BINDING.c.journey_id == journey_id,
            BINDING.c.epc_key.in_({index_key(uri) for uri in epc_uris}),
            BINDING.c.unbound_ms.is_(None),
        )
        .values(unbound_ms=to_ms(now))
    )


def epcs_of_journey(db: sa.Connection, journey_id: str) -> list[str]:
    """The EPCs that are bound to the journey now."""
    query = sa.select(BINDING.c.epc_uri).where(
        BINDING.c.journey_id == journey_id, BINDING.c.unbound_ms.is_(None)
    )
    return list(db.scalars(query.order_by(BINDING.c.epc_uri)))


def record_milestones(db: sa.Connection, passages: Sequence[Passage], now: datetime) -> int:
    """Append what these passages say of the journeys their EPCs are bound to. Returns how many are new."""
    bindings = bindings_of(db, {passage.epc_uri for passage in passages})
    return append_milestones(db, milestones(passages, bindings), now)


def append_passages(db: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep what the read points meant when these events were made; an event keeps its first meaning."""
    if rows:
        keyed = [{**row, "epc_key": index_key(row["epc_uri"])} for row in rows]
        db.execute(upsert(db, PASSAGE).on_conflict_do_nothing(), keyed)


def bindings_of(db: sa.Connection, epc_uris: Iterable[str]) -> list[Binding]:
    """All bindings of these EPCs, ended ones included: a late read may belong to them."""
    query = sa.select(BINDING).where(BINDING.c.epc_key.in_({index_key(uri) for uri in epc_uris}))
    return [
        Binding(row.epc_uri, row.journey_id, from_ms(row.since_ms), find_instant(row.unbound_ms))
        for row in db.execute(query)
    ]


def passages_of(db: sa.Connection, epc_uris: Sequence[str], since: datetime) -> list[Passage]:
    """The passages of these EPCs from `since` on, by time."""
    keys = {index_key(uri) for uri in epc_uris}
    return _passages(db, PASSAGE.c.epc_key.in_(keys) & (PASSAGE.c.passed_ms >= to_ms(since)))


def passages_of_events(db: sa.Connection, event_seqs: Sequence[int]) -> list[Passage]:
    """The passages that these events stand for, by time."""
    return _passages(db, PASSAGE.c.event_seq.in_(event_seqs)) if event_seqs else []


def events_of_journey(db: sa.Connection, journey_id: str) -> list[StoredEvent]:
    """The gate events of the EPCs on a journey, while they were on it, by event time."""
    query = (
        sa.select(PASSAGE.c.event_seq)
        .join(BINDING, BINDING.c.epc_key == PASSAGE.c.epc_key)
        .where(
            BINDING.c.journey_id == journey_id,
            PASSAGE.c.passed_ms >= BINDING.c.since_ms,
            sa.or_(BINDING.c.unbound_ms.is_(None), PASSAGE.c.passed_ms < BINDING.c.unbound_ms),
        )
    )
    return get_events(db, list(db.scalars(query)))


def _save_bindings(
    db: sa.Connection, epc_uris: Sequence[str], journey_id: str, now: datetime, since: datetime
) -> None:
    rows = [
        {
            "epc_uri": uri,
            "epc_key": index_key(uri),
            "journey_id": journey_id,
            "since_ms": to_ms(since),
            "bound_ms": to_ms(now),
            "unbound_ms": None,
        }
        for uri in dict.fromkeys(epc_uris)
    ]
    if rows:
        again = {"since_ms": to_ms(since), "unbound_ms": None}
        insert = upsert(db, BINDING).on_conflict_do_update(
            index_elements=list(BINDING.primary_key), set_=again
        )
        db.execute(insert, rows)


def _passages(db: sa.Connection, condition: sa.ColumnElement[bool]) -> list[Passage]:
    query = (
        sa.select(PASSAGE, EVENT.c.event_id)
        .join(EVENT, EVENT.c.seq == PASSAGE.c.event_seq)
        .where(condition)
        .order_by(PASSAGE.c.passed_ms)
    )
    return [_passage(row) for row in db.execute(query)]


def _passage(row: Any) -> Passage:
    return Passage(
        event_id=row.event_id,
        epc_uri=row.epc_uri,
        passed_at=from_ms(row.passed_ms),
        place=row.place,
        site_key=row.site_key,
        lat=row.lat,
        lon=row.lon,
        code=MilestoneCode(row.milestone_code) if row.milestone_code else None,
        reader=row.reader,
    )
