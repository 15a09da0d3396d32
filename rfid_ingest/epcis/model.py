"""The five EPCIS 2.0 event types as values that cannot be wrong.

Each checks at construction what the standard demands of it. `to_json` gives the event as it stands in an
EPCIS 2.0 JSON-LD document; own fields live in `extensions`, keyed `prefix:name`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from haoyun.rfid_ingest.epcis.parts import Action, BizTransaction, Json, Party, Quantity, present, require
from haoyun.rfid_ingest.epcis.vocabulary import BIZ_STEPS, DISPOSITIONS, is_word_or_uri

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"

_OFFSET = re.compile(r"[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What all five types share. `tz_offset` is the local offset at the place of the event."""

    event_time: datetime
    tz_offset: str = "+08:00"
    biz_step: str | None = None
    disposition: str | None = None
    read_point: str | None = None
    biz_location: str | None = None
    biz_transactions: tuple[BizTransaction, ...] = ()
    sources: tuple[Party, ...] = ()
    destinations: tuple[Party, ...] = ()
    sensor_elements: tuple[Mapping[str, object], ...] = ()
    extensions: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require(self.event_time.tzinfo is not None, "the event time carries its time zone")
        require(bool(_OFFSET.match(self.tz_offset)), "the time zone offset reads ±hh:mm, at most 14:00")
        for word, words, what in (
            (self.biz_step, BIZ_STEPS, "step"),
            (self.disposition, DISPOSITIONS, "disposition"),
        ):
            require(
                word is None or is_word_or_uri(word, words), f"{word!r} is not a business {what} of the CBV"
            )
        for place in (self.read_point, self.biz_location):
            require(place is None or ":" in place, "read points and business locations are named by URIs")
        require(all(":" in key for key in self.extensions), "an own field is named prefix:name")
        self._check()

    def _check(self) -> None:
        """The rules of one type."""

    @property
    def type(self) -> str:
        """The EPCIS name of the type."""
        return type(self).__name__

    @property
    def epcs(self) -> tuple[tuple[str, str], ...]:
        """Every EPC of the event with its role, as (epc, role)."""
        return ()

    def to_json(self) -> Json:
        """The event as an object of EPCIS 2.0 JSON-LD; empty parts are left out."""
        return present(
            {
                "type": self.type,
                "eventTime": rfc3339(self.event_time, self.tz_offset),
                "eventTimeZoneOffset": self.tz_offset,
                **self._own_json(),
                "bizStep": self.biz_step,
                "disposition": self.disposition,
                "readPoint": self.read_point and {"id": self.read_point},
                "bizLocation": self.biz_location and {"id": self.biz_location},
                "bizTransactionList": [transaction.to_json() for transaction in self.biz_transactions],
                "sourceList": [{"type": party.type, "source": party.id} for party in self.sources],
                "destinationList": [
                    {"type": party.type, "destination": party.id} for party in self.destinations
                ],
                "sensorElementList": [dict(element) for element in self.sensor_elements],
                **self.extensions,
            }
        )

    def _own_json(self) -> Json:
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectEvent(Event):
    """Something happened to objects: they were seen at a gate, commissioned, destroyed."""

    action: Action
    epc_list: tuple[str, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    ilmd: Mapping[str, object] = field(default_factory=dict)

    def _check(self) -> None:
        sensed = bool(self.sensor_elements and self.read_point)
        require(
            bool(self.epc_list or self.quantities or sensed),
            "an object event names EPCs, quantities, or sensor data with a read point",
        )
        require(not self.ilmd or self.action is Action.ADD, "instance master data goes with ADD alone")
        _check_epcs(self.epc_list)

    @property
    def epcs(self) -> tuple[tuple[str, str], ...]:
        return _roles(self.epc_list, "epc")

    def _own_json(self) -> Json:
        return {
            "epcList": list(self.epc_list),
            "quantityList": _quantities(self.quantities),
            "action": self.action.value,
            "ilmd": dict(self.ilmd),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Containment(Event):
    """A parent and its children."""

    action: Action
    parent_id: str | None = None
    child_epcs: tuple[str, ...] = ()
    child_quantities: tuple[Quantity, ...] = ()

    def _check(self) -> None:
        require(
            bool(self.child_epcs or self.child_quantities) or self.action is Action.DELETE,
            "children may be left out in DELETE alone, where all of them leave",
        )
        _check_epcs(self.child_epcs)

    @property
    def epcs(self) -> tuple[tuple[str, str], ...]:
        parent = (self.parent_id,) if self.parent_id else ()
        return _roles(parent, "parent") + _roles(self.child_epcs, "child")

    def _own_json(self) -> Json:
        return {
            "parentID": self.parent_id,
            "childEPCs": list(self.child_epcs),
            "childQuantityList": _quantities(self.child_quantities),
            "action": self.action.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregationEvent(_Containment):
    """Things were packed into, seen in, or taken out of another: cases on a pallet, a pallet in a box."""

    def _check(self) -> None:
        _Containment._check(self)
        require(
            self.parent_id is not None or self.action is Action.OBSERVE,
            "an aggregation that begins or ends names its parent",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationEvent(_Containment):
    """Things were fixed to an asset or a place: a seal to a container, a sensor to a truck."""

    def _check(self) -> None:
        _Containment._check(self)
        require(self.parent_id is not None, "an association names its parent")


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionEvent(Event):
    """Things were bound to, or released from, a business document."""

    action: Action
    parent_id: str | None = None
    epc_list: tuple[str, ...] = ()
    quantities: tuple[Quantity, ...] = ()

    def _check(self) -> None:
        require(bool(self.biz_transactions), "a transaction event names at least one business transaction")
        require(
            bool(self.epc_list or self.quantities) or self.action is Action.DELETE,
            "objects may be left out in DELETE alone",
        )
        _check_epcs(self.epc_list)

    @property
    def epcs(self) -> tuple[tuple[str, str], ...]:
        parent = (self.parent_id,) if self.parent_id else ()
        return _roles(parent, "parent") + _roles(self.epc_list, "epc")

    def _own_json(self) -> Json:
        return {
            "parentID": self.parent_id,
            "epcList": list(self.epc_list),
            "quantityList": _quantities(self.quantities),
            "action": self.action.value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformationEvent(Event):
    """Inputs were used up and outputs came of them. It has no action."""

    transformation_id: str | None = None
    input_epcs: tuple[str, ...] = ()
    input_quantities: tuple[Quantity, ...] = ()
    output_epcs: tuple[str, ...] = ()
    output_quantities: tuple[Quantity, ...] = ()
    ilmd: Mapping[str, object] = field(default_factory=dict)

    def _check(self) -> None:
        inputs, outputs = self.input_epcs or self.input_quantities, self.output_epcs or self.output_quantities
        require(
            bool(inputs and outputs) or (self.transformation_id is not None and bool(inputs or outputs)),
            "a transformation names inputs and outputs, or one of them with a transformation id",
        )
        _check_epcs((*self.input_epcs, *self.output_epcs))

    @property
    def epcs(self) -> tuple[tuple[str, str], ...]:
        return _roles(self.input_epcs, "input") + _roles(self.output_epcs, "output")

    def _own_json(self) -> Json:
        return {
            "inputEPCList": list(self.input_epcs),
            "inputQuantityList": _quantities(self.input_quantities),
            "outputEPCList": list(self.output_epcs),
            "outputQuantityList": _quantities(self.output_quantities),
            "transformationID": self.transformation_id,
            "ilmd": dict(self.ilmd),
        }


def document(events: Sequence[Mapping[str, object]], created: datetime, context: object = CONTEXT) -> Json:
    """An EPCIS 2.0 JSON-LD document around event objects."""
    return {
        "@context": [context],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": rfc3339(created),
        "epcisBody": {"eventList": [dict(event) for event in events]},
    }


def rfc3339(instant: datetime, tz_offset: str = "+00:00") -> str:
    """The instant with milliseconds in the given offset; Z for UTC."""
    sign = -1 if tz_offset[0] == "-" else 1
    offset = sign * timedelta(hours=int(tz_offset[1:3]), minutes=int(tz_offset[4:6]))
    text = instant.astimezone(timezone(offset)).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _roles(epcs: Sequence[str], role: str) -> tuple[tuple[str, str], ...]:
    return tuple((epc, role) for epc in epcs)


def _quantities(quantities: Sequence[Quantity]) -> list[Json]:
    return [quantity.to_json() for quantity in quantities]


def _check_epcs(epcs: Sequence[str]) -> None:
    require(all(":" in epc for epc in epcs), "EPCs are URIs")
    require(len(set(epcs)) == len(epcs), "an EPC stands once in its list")
