"""Reports from the floor: hand-helds, forms and warehouse systems say what was done to which goods."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import reporting
from haoyun.platform.api.resource import Input, Instant, Output, resource
from haoyun.platform.services import services
from haoyun.platform.warehouse.handling import MOST_OBJECTS, Done, Typed, report
from haoyun.rfid_ingest.handling import Step

blueprint = resource("handling", "Warehouse")
Scan = Annotated[str, Field(min_length=1, max_length=200)]


class HandlingReport(Input):
    """What was done. `objects` and `parent` are texts as a scanner sends them: barcode, QR code, tag memory, URI,
    SSCC, container number; amounts of goods as `(01)…(10)…(37)…`. The same report at the same instant counts once.
    """

    step: Step
    at: Annotated[Instant | None, Field(description="when; now if left out")] = None
    objects: Annotated[list[Scan], Field(max_length=MOST_OBJECTS, default_factory=list)]
    parent: Annotated[str, Field(max_length=200, description="packed into, loaded on, taken out of")] = ""
    waybill: Annotated[str, Field(max_length=40, description="tracking number of the consignment")] = ""
    place: Annotated[str, Field(max_length=120, description="name, for people")] = ""
    gln: Annotated[str, Field(max_length=13)] = ""
    lat: Annotated[float | None, Field(ge=-90, le=90)] = None
    lon: Annotated[float | None, Field(ge=-180, le=180)] = None
    by_scan: Annotated[bool, Field(description="read by a device rather than typed")] = True

    def typed(self, now: datetime) -> Typed:
        """As the warehouse takes it."""
        values = {
            name: getattr(self, name) for name in type(self).model_fields if name not in ("at", "objects")
        }
        return Typed(at=self.at or now, objects=tuple(self.objects), **values)


class EventOut(Output):
    """An EPCIS event that was written; its id is its CBV hash."""

    event_id: str
    document: dict[str, Any]


class HandlingOut(Output):
    """The events, the consignments that they speak for, and how many milestones are new."""

    events: list[EventOut]
    tracking_numbers: list[str]
    milestones: int


@blueprint.post("/handling")
@reporting
@blueprint.input(HandlingReport)
@blueprint.output(HandlingOut, 201)
@blueprint.doc(summary="Report what was done to goods", security="bearer", responses=[401, 403, 422])
def create(actor: Actor, json_data: HandlingReport) -> object:
    """Commission, pack, unpack, load, seal, gate out, gate in, unload, receive."""
    found = services()
    now = found.now()
    return done_out(report(found.databases, actor, json_data.typed(now), now)), 201


def done_out(done: Done) -> dict[str, Any]:
    """As the API shows it."""
    return {
        "events": [{"event_id": one.event_id, "document": dict(one.document)} for one in done.events],
        "tracking_numbers": [one.tracking_number for one in done.consignments],
        "milestones": done.milestones,
    }
