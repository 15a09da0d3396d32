"""What people do to goods, as EPCIS 2.0 events and milestones: commission, pack, load, seal, gate, unload, receive.

The table of `STEPS` is the CBV's and DCSA's; everything here is pure. docs/reference/rfid.md shows it as a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from haoyun.rfid_ingest.epc.scanned import Scanned
from haoyun.rfid_ingest.epcis.model import (
    AggregationEvent,
    AssociationEvent,
    Event,
    ObjectEvent,
    TransactionEvent,
)
from haoyun.rfid_ingest.epcis.parts import Action, BizTransaction, Quantity
from haoyun.rfid_ingest.errors import InvalidReport
from haoyun.tracking.timeline import MilestoneCode

WAYBILL = "urn:haoyun:waybill:"  # a private URI, as CBV 2.0 section 8.5 allows: not every carrier has a GLN


class Step(StrEnum):
    """What was done."""

    COMMISSION = "commission"
    PACK = "pack"
    UNPACK = "unpack"
    LOAD = "load"
    SEAL = "seal"
    GATE_OUT = "gate_out"
    GATE_IN = "gate_in"
    UNLOAD = "unload"
    RECEIVE = "receive"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A step in the standard's words. `moves` says what it does to containment; OBSERVE: nothing.

    `stuffed` is the milestone where the parent is a container or a returnable asset: packing a pallet says nothing of
    the consignment's way, stuffing a container does.
    """

    biz_step: str
    disposition: str
    milestone: MilestoneCode | None
    moves: Action = Action.OBSERVE
    needs_parent: bool = False
    stuffed: MilestoneCode | None = None


STEPS: Mapping[Step, Meaning] = {
    Step.COMMISSION: Meaning("commissioning", "active", None, Action.ADD),
    Step.PACK: Meaning("packing", "in_progress", None, Action.ADD, True, MilestoneCode.STUF),
    Step.UNPACK: Meaning("unpacking", "in_progress", None, Action.DELETE, True, MilestoneCode.STRP),
    Step.LOAD: Meaning("loading", "in_progress", MilestoneCode.LOAD, Action.ADD, stuffed=MilestoneCode.STUF),
    Step.SEAL: Meaning("installing", "container_closed", MilestoneCode.RSEA, Action.ADD, needs_parent=True),
    Step.GATE_OUT: Meaning("departing", "in_transit", MilestoneCode.GTOT),
    Step.GATE_IN: Meaning("arriving", "in_progress", MilestoneCode.GTIN),
    Step.UNLOAD: Meaning(
        "unloading", "in_progress", MilestoneCode.DISC, Action.DELETE, stuffed=MilestoneCode.STRP
    ),
    Step.RECEIVE: Meaning("receiving", "in_progress", MilestoneCode.DROP),
}
_CLOSES = {"bic", "8003"}
_CARRIES = {"00", "8003", "8004", "bic"}  # keys of what can hold something: SSCC, GRAI, GIAI, container


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One thing that was done, to what, where and when. Raises InvalidReport.

    `objects` are what it was done to: pallets and cases, goods by the amount; for SEAL the seals. `parent` is what
    they are packed into, loaded on or taken out of, or what is sealed. `waybill` binds them to a consignment.
    `place` is a URI: the Digital Link of a GLN, or `geo:lat,lon`.
    """

    step: Step
    at: datetime
    objects: tuple[Scanned, ...] = ()
    parent: Scanned | None = None
    place: str | None = None
    waybill: str | None = None
    tz_offset: str = "+08:00"

    def __post_init__(self) -> None:
        meaning = STEPS[self.step]
        everything_leaves = meaning.moves is Action.DELETE and self.parent is not None
        _require(bool(self.objects) or everything_leaves, "objects", "objects_needed")
        _require(self.parent is not None or not meaning.needs_parent, "parent", "parent_needed")
        _require(self.parent is None or self.parent.key in _CARRIES, "parent", "parent_kind")
        _require(self.parent is None or self.parent not in self.objects, "parent", "parent_in_itself")
        sealed = self.step is Step.SEAL
        _require(not sealed or all(one.key == "8004" for one in self.objects), "objects", "seal_kind")
        uris = [one.uri for one in self.objects]
        _require(len(set(uris)) == len(uris), "objects", "objects_twice")

    @property
    def epcs(self) -> tuple[str, ...]:
        """Those of the objects that are single things."""
        return tuple(one.uri for one in self.objects if one.is_object)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Those that are amounts of a class of goods."""
        return tuple(Quantity(one.uri, one.quantity) for one in self.objects if not one.is_object)

    @property
    def milestone(self) -> MilestoneCode | None:
        """What the step says of a consignment's way."""
        meaning = STEPS[self.step]
        return (meaning.stuffed if self.is_stuffing else None) or meaning.milestone

    @property
    def is_stuffing(self) -> bool:
        """Whether a container or a returnable asset is filled or emptied."""
        return self.parent is not None and self.parent.key in _CLOSES


def events_of(report: Report) -> list[Event]:
    """The EPCIS events of a report: what was done, and the binding to its waybill where there is one."""
    meaning, parent = STEPS[report.step], report.parent
    common: dict[str, Any] = {
        "event_time": report.at,
        "tz_offset": report.tz_offset,
        "biz_step": meaning.biz_step,
        "disposition": _disposition(report),
        "read_point": report.place,
    }
    waybill = (BizTransaction(WAYBILL + report.waybill, "bol"),) if report.waybill else ()
    if report.step is Step.SEAL and parent is not None:
        done: Event = AssociationEvent(
            **common,
            action=Action.ADD,
            parent_id=parent.uri,
            child_epcs=report.epcs,
            biz_transactions=waybill,
        )
    elif parent is not None and meaning.moves in (Action.ADD, Action.DELETE):
        done = AggregationEvent(
            **common,
            action=meaning.moves,
            parent_id=parent.uri,
            child_epcs=report.epcs,
            child_quantities=report.quantities,
            biz_transactions=waybill,
        )
    else:
        objects = report.epcs + ((parent.uri,) if parent is not None else ())
        done = ObjectEvent(
            **common,
            action=Action.ADD if report.step is Step.COMMISSION else Action.OBSERVE,
            epc_list=objects,
            quantities=report.quantities,
            biz_transactions=waybill,
        )
    return [done, *_binding(report, waybill)]


def _binding(report: Report, waybill: tuple[BizTransaction, ...]) -> list[Event]:
    """Loading and sealing bind what they name to the waybill, in an event that says nothing else."""
    if not waybill or report.step not in (Step.LOAD, Step.SEAL, Step.PACK):
        return []
    parent = (report.parent.uri,) if report.parent is not None else ()
    return [
        TransactionEvent(
            event_time=report.at,
            tz_offset=report.tz_offset,
            action=Action.ADD,
            epc_list=parent + report.epcs,
            quantities=report.quantities,
            biz_step="shipping",
            disposition="in_progress",
            read_point=report.place,
            biz_transactions=waybill,
        )
    ]


def _disposition(report: Report) -> str:
    """What is closed in a container is in one; loading on a truck leaves goods in progress."""
    closed = report.step is Step.LOAD and report.is_stuffing
    return "container_closed" if closed else STEPS[report.step].disposition


def _require(holds: bool, where: str, rule: str) -> None:
    if not holds:
        raise InvalidReport(where, rule)
