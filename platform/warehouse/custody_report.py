"""The custody report of an order, gathered from both databases: for its sides and for who sees everything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.organizations import organization_names
from haoyun.platform.accounts.tables import user
from haoyun.platform.database import Databases, reading
from haoyun.platform.market.store import plates_of
from haoyun.platform.trading.consignment import Consignment
from haoyun.platform.trading.order import Order
from haoyun.platform.trading.store import OrderEvent, consignment_of, get_order, order_events
from haoyun.platform.warehouse.custody import Custody, custody
from haoyun.platform.warehouse.on_the_way import fixes_of
from haoyun.rfid_ingest import StoredEvent, events_of_journey
from haoyun.rfid_ingest.epcis.hash import VERSION
from haoyun.rfid_ingest.epcis.repository.tables import EVENT
from haoyun.rfid_ingest.evidence import events_naming
from haoyun.rfid_ingest.findings_store import findings_of
from haoyun.rfid_ingest.handling import WAYBILL
from haoyun.rfid_ingest.tables import PASSAGE
from haoyun.tracking.store import milestones_of
from haoyun.tracking.timeline import Milestone, Quality, sorted_timeline


@dataclass(frozen=True, slots=True)
class Evidence:
    """An EPCIS event with its CBV hash, and the reader that saw it, if one did."""

    event: StoredEvent
    hash: str
    reader: str | None = None
    antenna: int | None = None


@dataclass(frozen=True, slots=True)
class CustodyReport:
    """Everything that is known. `names` are of organizations (Chinese, English), `people` of who moved the order."""

    order: Order
    consignment: Consignment
    made_at: datetime
    chain: Custody
    timeline: tuple[Milestone, ...]
    evidence: tuple[Evidence, ...]
    steps: tuple[OrderEvent, ...]
    names: dict[str, tuple[str, str]]
    people: dict[str, str]
    plate: str | None
    fixes: int


def custody_report(databases: Databases, actor: Actor, order_id: str, now: datetime) -> CustodyReport:
    """The report of an order. Raises NotFound for who is no side of it."""
    with reading(databases.platform).connect() as db:
        order = get_order(db, order_id, actor)
        consignment = consignment_of(db, order_id)
        steps = tuple(order_events(db, order_id))
        names = organization_names(db, {order.shipper_org, order.carrier_org})
        people = _people(db, {step.user_id for step in steps if step.user_id})
        plate = plates_of(db, {order.vehicle_id} if order.vehicle_id else set()).get(order.vehicle_id or "")
    with reading(databases.tracking).connect() as db:
        milestones = milestones_of(db, consignment.id)
        evidence = _evidence(db, order, consignment)
        findings = findings_of(db, consignment.id)
        fixes = [fix.fix_time for fix in fixes_of(db, order, consignment, now)]
    signs = [*fixes, *(one.event.event_time for one in evidence)]
    return CustodyReport(
        order,
        consignment,
        now,
        custody(order, consignment, milestones, findings, signs, now),
        tuple(m for m in sorted_timeline(milestones) if m.quality is Quality.ACTUAL),
        evidence,
        steps,
        names,
        people,
        plate,
        len(fixes),
    )


def _evidence(db: sa.Connection, order: Order, consignment: Consignment) -> tuple[Evidence, ...]:
    """What gates saw of the goods while they were on this journey, and what both sides reported of them."""
    found = {event.seq: event for event in events_of_journey(db, consignment.id)}
    things = [*consignment.followed, WAYBILL + consignment.tracking_number]
    for event in events_naming(db, things, [order.shipper_org, order.carrier_org]):
        found.setdefault(event.seq, event)
    query = sa.select(PASSAGE.c.event_seq, PASSAGE.c.reader, PASSAGE.c.antenna)
    readers = {row.event_seq: row for row in db.execute(query.where(PASSAGE.c.event_seq.in_(found)))}
    query = sa.select(EVENT.c.seq, EVENT.c.hash).where(EVENT.c.seq.in_(found))
    hashes = {row.seq: f"ni:///sha-256;{bytes(row.hash).hex()}?ver={VERSION}" for row in db.execute(query)}
    events = sorted(found.values(), key=lambda event: (event.event_time, event.seq))
    return tuple(
        Evidence(
            event,
            hashes[event.seq],
            readers[event.seq].reader if event.seq in readers else None,
            readers[event.seq].antenna if event.seq in readers else None,
        )
        for event in events
    )


def _people(db: sa.Connection, ids: Iterable[str]) -> dict[str, str]:
    query = sa.select(user.c.id, user.c.display_name).where(user.c.id.in_(set(ids)))
    return {row.id: row.display_name for row in db.execute(query)}
