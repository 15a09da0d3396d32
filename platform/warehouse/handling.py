"""Reports from the floor: what was scanned or typed becomes EPCIS events, bindings and milestones.

Events belong to the organization that reports. They speak for a consignment only where that organization is a side
of its order: what a stranger says of somebody's pallet stays in the stranger's own repository.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import structlog

from haoyun.platform.accounts.actor import Actor, Role
from haoyun.platform.accounts.organizations import get_organization
from haoyun.platform.database import Databases, reading
from haoyun.platform.market.errors import FieldErrors, NotAllowed, NotFound
from haoyun.platform.trading.consignment import Consignment
from haoyun.platform.trading.consignments_store import (
    add_equipment,
    consignment_by_number,
    consignments_of_units,
    find_consignment,
)
from haoyun.platform.trading.order import OrderState
from haoyun.platform.trading.orders_store import find_order
from haoyun.platform.warehouse.visible import may_report
from haoyun.rfid_ingest import StoredEvent, bind_epcs
from haoyun.rfid_ingest.epc.links import ROOT
from haoyun.rfid_ingest.epc.scanned import Scanned, scanned
from haoyun.rfid_ingest.epcis.identity import canonical
from haoyun.rfid_ingest.epcis.store import append_events, get_events
from haoyun.rfid_ingest.errors import EpcError, InvalidEvent, InvalidReport
from haoyun.rfid_ingest.handling import Report, Step, events_of
from haoyun.rfid_ingest.passages_store import bindings_of
from haoyun.tracking.errors import UnknownJourney
from haoyun.tracking.store import append_milestones, get_journey
from haoyun.tracking.timeline import Milestone, Quality, Source

MOST_OBJECTS = 1000
_KINDS = {"bic": "container", "8003": "asset", "8004": "asset", "00": "asset"}
_OVER = (OrderState.COMPLETED, OrderState.CANCELLED)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A report as it was entered: texts as scanners send them. `lat`, `lon` or `gln` say where."""

    step: Step
    at: datetime
    objects: tuple[str, ...] = ()
    parent: str = ""
    waybill: str = ""
    place: str = ""
    gln: str = ""
    lat: float | None = None
    lon: float | None = None
    by_scan: bool = True


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a report. `consignments` are those it speaks for, `milestones` how many are new."""

    events: tuple[StoredEvent, ...]
    consignments: tuple[Consignment, ...]
    milestones: int


def report(databases: Databases, actor: Actor, typed: Typed, now: datetime) -> Done:
    """Store what was done. Again with the same instant changes nothing. Raises NotAllowed, FieldErrors."""
    if not (actor.may_trade or Role.DRIVER in actor.roles):
        raise NotAllowed("role")
    with reading(databases.platform).connect() as db:
        prefix = get_organization(db, actor.org_id).company_prefix
    said = read_report(typed, prefix, now)
    concerned = _concerned(databases, actor, said)
    with databases.platform.begin() as db:
        for consignment in concerned if typed.step in (Step.LOAD, Step.SEAL, Step.PACK) else ():
            add_equipment(db, consignment.id, _equipment(said, consignment), now)
    with databases.tracking.begin() as db:
        events = events_of(said)
        stored = get_events(db, append_events(db, events, [actor.org_id] * len(events), now))
        new = _tell(db, said, typed, concerned, stored, now)
    log.info("handling reported", step=said.step.value, objects=len(said.objects), milestones=new)
    return Done(tuple(stored), tuple(concerned), new)


def read_report(typed: Typed, company_prefix: str | None, now: datetime) -> Report:
    """The report behind what was entered. Raises FieldErrors that name the line that is wrong."""
    if typed.at > now:
        raise FieldErrors({"at": ("report_future", {})})
    if len(typed.objects) > MOST_OBJECTS:
        raise FieldErrors({"objects": ("report_too_many", {"high": MOST_OBJECTS})})
    seal = company_prefix if typed.step is Step.SEAL else None
    objects = tuple(dict.fromkeys(_read("objects", text, seal) for text in typed.objects))
    parent = _read("parent", typed.parent) if typed.parent.strip() else None
    try:
        return Report(
            step=typed.step,
            at=typed.at,
            objects=objects,
            parent=parent,
            place=_place(typed),
            waybill="".join(typed.waybill.split()).upper() or None,
        )
    except InvalidReport as error:
        raise FieldErrors({error.field: (f"report_{error.rule}", {})}) from error
    except InvalidEvent as error:
        raise FieldErrors({"objects": ("report_event", {"reason": str(error)})}) from error


def _read(field: str, text: str, seal_prefix: str | None = None) -> Scanned:
    number = text.strip().upper()
    plain = number.replace("-", "")
    if seal_prefix and plain.isascii() and plain.isalnum() and 4 <= len(number) <= 15:
        return Scanned(
            f"urn:epc:id:giai:{seal_prefix}.{plain}"
        )  # the number on the seal, as an asset of ours
    try:
        return scanned(text)
    except EpcError as error:
        raise FieldErrors(
            {field: ("report_unread", {"text": text.strip()[:40], "reason": str(error)})}
        ) from error


def _place(typed: Typed) -> str | None:
    if typed.gln:
        return _read("gln", f"(414){typed.gln.strip()}").uri
    if typed.lat is not None and typed.lon is not None:
        return f"geo:{typed.lat:.6f},{typed.lon:.6f}"
    return None


def _concerned(databases: Databases, actor: Actor, said: Report) -> list[Consignment]:
    """The consignments whose side reports: by waybill, by their pallets, by what is bound to them.

    Raises FieldErrors for a waybill that there is not, or that is others': the same sentence for both.
    """
    things = [one.uri for one in said.objects if one.is_object] + ([said.parent.uri] if said.parent else [])
    with reading(databases.tracking).connect() as db:
        bound = {b.journey_id for b in bindings_of(db, things) if b.until is None and b.since <= said.at}
    with reading(databases.platform).connect() as db:
        found = {one.id: one for one in consignments_of_units(db, _spellings(things))}
        for journey in bound:
            consignment = find_consignment(db, journey)
            if consignment is not None:
                found[consignment.id] = consignment
        allowed = [one for one in found.values() if _may_tell(db, one, actor)]
        if said.waybill is not None:
            allowed = [one for one in (_of_waybill(db, said.waybill, actor), *allowed) if one is not None]
    return list({one.id: one for one in allowed}.values())


def _of_waybill(db: sa.Connection, number: str, actor: Actor) -> Consignment:
    try:
        consignment = consignment_by_number(db, number)
    except NotFound:
        raise FieldErrors({"waybill": ("report_waybill", {"number": number[:40]})}) from None
    if not _may_tell(db, consignment, actor):
        raise FieldErrors({"waybill": ("report_waybill", {"number": number[:40]})})
    return consignment


def _may_tell(db: sa.Connection, consignment: Consignment, actor: Actor) -> bool:
    order = find_order(db, consignment.order_id)
    return order is not None and order.state not in _OVER and may_report(order, actor)


def _spellings(uris: Iterable[str]) -> list[str]:
    """A pallet's URN under every length that its company prefix may have: a barcode does not say which."""
    found = []
    for uri in uris:
        key = canonical(uri).removeprefix(f"{ROOT}/00/")
        if len(key) == 18 and key.isdigit():
            found += [f"urn:epc:id:sscc:{key[1 : 1 + n]}.{key[0]}{key[1 + n : 17]}" for n in range(6, 13)]
        else:
            found.append(uri)
    return found


def _equipment(said: Report, consignment: Consignment) -> dict[str, str]:
    """What is bound to the consignment with its goods: the container or asset they are on, the seal."""
    own = {canonical(unit) for unit in consignment.units}
    found = {}
    if said.parent is not None and canonical(said.parent.uri) not in own:
        found[said.parent.uri] = _KINDS[said.parent.key]
    if said.step is Step.SEAL:
        found.update({one.uri: "seal" for one in said.objects})
    return found


def _tell(
    db: sa.Connection,
    said: Report,
    typed: Typed,
    concerned: Sequence[Consignment],
    stored: Sequence[StoredEvent],
    now: datetime,
) -> int:
    """Bind the new equipment to journeys that are open, and write the milestones."""
    for consignment in concerned:
        equipment = _equipment(said, consignment)
        if equipment and said.step in (Step.LOAD, Step.SEAL, Step.PACK) and _is_open(db, consignment.id):
            bind_epcs(db, list(equipment), consignment.id, now, since=said.at)
    code = said.milestone
    if code is None:
        return 0
    named = (*said.epcs, *((said.parent.uri,) if said.parent else ()), *(one.uri for one in said.objects))
    evidence: dict[str, str | float] = {
        "event": stored[0].event_id,
        "epc": named[0],
        "rule": "reported by hand",
    }
    return append_milestones(
        db,
        [
            Milestone(
                journey_id=consignment.id,
                code=code,
                quality=Quality.ACTUAL,
                source=Source.RFID if typed.by_scan else Source.DOCUMENT,
                occurred_at=said.at,
                lat=typed.lat,
                lon=typed.lon,
                place=typed.place[:120],
                occurrence=f"report:{typed.place}"[:120],
                evidence=evidence,
            )
            for consignment in concerned
        ],
        now,
    )


def _is_open(db: sa.Connection, journey_id: str) -> bool:
    try:
        get_journey(db, journey_id)
    except UnknownJourney:  # it binds everything of the consignment when it opens
        return False
    return True
