"""Recall: where everything of a lot, pallet or item went, over all events that the asker may see."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.database import Databases, reading
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.warehouse.visible import orders_of_journeys
from haoyun.rfid_ingest import StoredEvent
from haoyun.rfid_ingest.epc.scanned import scanned
from haoyun.rfid_ingest.epcis.identity import uri_of_key
from haoyun.rfid_ingest.epcis.repository.tables import OWNER
from haoyun.rfid_ingest.epcis.store import get_events
from haoyun.rfid_ingest.errors import EpcError
from haoyun.rfid_ingest.evidence import events_naming
from haoyun.rfid_ingest.labels.tags import harmless
from haoyun.rfid_ingest.reads_store import chunks
from haoyun.rfid_ingest.tables import BINDING, PASSAGE
from haoyun.rfid_ingest.trace import Trace, trace

COLUMNS = (
    "thing", "role", "level", "last_seen_at", "place", "biz_step", "disposition", "seen_as", "event_id",
)  # fmt: skip


def recall(databases: Databases, actor: Actor, text: str) -> Trace:
    """Follow what was scanned or typed. Raises FieldErrors for what names nothing.

    The asker sees the own organization's events, and of consignments whose side it is what gates and the other side
    saw; the operator and supervisors see all.
    """
    try:
        uri = scanned(text).uri
    except EpcError as error:
        raise FieldErrors(
            {"what": ("report_unread", {"text": text.strip()[:40], "reason": str(error)})}
        ) from error
    with reading(databases.platform).connect() as platform, reading(databases.tracking).connect() as tracking:
        sight = _Sight(platform, tracking, actor)
        return trace(uri, sight.events)


def trace_csv(found: Trace, names: dict[str, str] | None = None) -> str:
    """One line a thing: where it was seen last, as what. `names` are places by their URI."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for thing in found.things:
        seen = thing.last
        cells: list[object] = [harmless(thing.uri), thing.role.value, thing.level]
        if seen is not None:
            place = (names or {}).get(seen.place, seen.place)
            others = (place, seen.biz_step, seen.disposition, uri_of_key(seen.via), seen.event_id)
            cells += [
                seen.at.isoformat(),
                *(harmless(cell) for cell in others),
            ]  # others may have written these
        writer.writerow(cells + [""] * (len(COLUMNS) - len(cells)))
    return text.getvalue()


class _Sight:
    """What one actor may see."""

    def __init__(self, platform: sa.Connection, tracking: sa.Connection, actor: Actor) -> None:
        self._platform, self._tracking, self._actor = platform, tracking, actor
        self._orgs = list(tracking.scalars(sa.select(OWNER.c.org_id))) if actor.sees_all else [actor.org_id]

    def events(self, keys: set[str]) -> list[StoredEvent]:
        """The visible events that name any of these index keys."""
        uris = [uri_of_key(key) for key in keys]
        found = {event.seq: event for event in events_naming(self._tracking, uris, self._orgs)}
        if not self._actor.sees_all:
            for event in self._of_consignments(keys):
                found.setdefault(event.seq, event)
        return list(found.values())

    def _of_consignments(self, keys: Iterable[str]) -> list[StoredEvent]:
        """Of things on consignments of the actor: what gates saw meanwhile, and what the order's sides reported."""
        bound: dict[str, set[str]] = {}
        for part in chunks(keys):
            query = sa.select(BINDING.c.journey_id, BINDING.c.epc_key).where(BINDING.c.epc_key.in_(part))
            for row in self._tracking.execute(query):
                bound.setdefault(row.journey_id, set()).add(row.epc_key)
        events = []
        for journey_id, (order, _consignment) in orders_of_journeys(
            self._platform, bound, self._actor
        ).items():
            own = bound[journey_id]
            uris = [uri_of_key(key) for key in own]
            events += events_naming(self._tracking, uris, [order.shipper_org, order.carrier_org])
            events += self._gates(journey_id, own)
        return events

    def _gates(self, journey_id: str, keys: set[str]) -> list[StoredEvent]:
        """The gate events of these things while they were on the journey."""
        query = (
            sa.select(PASSAGE.c.event_seq)
            .join(BINDING, BINDING.c.epc_key == PASSAGE.c.epc_key)
            .where(
                BINDING.c.journey_id == journey_id,
                BINDING.c.epc_key.in_(keys),
                PASSAGE.c.passed_ms >= BINDING.c.since_ms,
                sa.or_(BINDING.c.unbound_ms.is_(None), PASSAGE.c.passed_ms < BINDING.c.unbound_ms),
            )
        )
        return get_events(self._tracking, list(self._tracking.scalars(query)))
