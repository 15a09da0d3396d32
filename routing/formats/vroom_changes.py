"""Changes to a running day as JSON, beside the VROOM request that they are about (dynamic/changes.py: what they mean).

Each is an object with a `type`; stops are named by `type` and `id`, a shipment by the id of its pickup:

    {"type": "new_job", "job": {...}}  {"type": "new_shipment", "shipment": {...}}  as in a request
    {"type": "cancelled", "job": 7}  {"type": "cancelled", "shipment": 11, "bring_to": [lon, lat]}
    {"type": "delayed", "vehicle": 3, "late": 1800}
    {"type": "service_longer", "stop": {"type": "pickup", "id": 11}, "more": 600}
    {"type": "seen", "vehicle": 3, "time": 36000, "location": [lon, lat], "next": {"type": "job", "id": 7}}
    {"type": "breakdown", "vehicle": 3, "time": 36000, "location": [lon, lat], "transfer": 1800}
    {"type": "window_changed", "stop": {"type": "delivery", "id": 12}, "time_windows": [[0, 3600]]}
    {"type": "vehicle_added", "vehicle": {...}}

Times are seconds. Where the request has matrices, places are indices: `location_index`, `bring_to_index`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from haoyun.routing.dynamic.changes import (
    Breakdown,
    Cancelled,
    Change,
    Delayed,
    NewTask,
    Seen,
    ServiceLonger,
    VehicleAdded,
    WindowChanged,
)
from haoyun.routing.errors import BadFormat
from haoyun.routing.formats.fields import Fields
from haoyun.routing.formats.result import ReadResult
from haoyun.routing.formats.vroom import RequestReader
from haoyun.routing.formats.vroom_underway import read_stop
from haoyun.routing.tasks import Id

_NOTHING_ELSE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class DayRead:
    """A request and the changes to its day; the problem's matrices cover the places of both."""

    read: ReadResult
    changes: tuple[Change, ...]


def read_day(request: object, changes: object) -> DayRead:
    """A decoded request and a decoded list of changes (or an object whose `changes` they are).

    BadFormat names the field at fault.
    """
    reader = RequestReader(Fields.of(request, ""))
    listed = changes if isinstance(changes, dict) else {"changes": changes}
    document = Fields.of(listed, "")
    found = tuple(_change(reader, fields) for fields in document.objects("changes"))
    document.finish(needs=_NOTHING_ELSE)
    reader.times.check_setups(reader.places)
    return DayRead(reader.result(), found)


def _change(reader: RequestReader, fields: Fields) -> Change:
    kind = fields.find_text("type")
    read = _READERS.get(kind or "")
    if read is None:
        raise BadFormat(f"{fields.path('type')} must be one of {', '.join(_READERS)}, not {kind}")
    with fields.naming():
        change = read(reader, fields)
    fields.finish(needs=_NOTHING_ELSE)
    return change


def _new_job(reader: RequestReader, fields: Fields) -> Change:
    return NewTask(reader.job(fields.object("job")))


def _new_shipment(reader: RequestReader, fields: Fields) -> Change:
    return NewTask(reader.shipment(fields.object("shipment")))


def _cancelled(reader: RequestReader, fields: Fields) -> Change:
    job, shipment = fields.find_id("job"), fields.find_id("shipment")
    if (job is None) == (shipment is None):
        raise BadFormat(f"{fields.where} must name either a job or a shipment")
    bring_to = reader.places.find(fields, "bring_to")
    if job is not None:
        return Cancelled("job", job, bring_to)
    assert shipment is not None
    return Cancelled("shipment", shipment, bring_to)


def _delayed(reader: RequestReader, fields: Fields) -> Change:
    return Delayed(_vehicle(fields), _needed(fields, "late"))


def _service_longer(reader: RequestReader, fields: Fields) -> Change:
    return ServiceLonger(read_stop(fields.object("stop")), _needed(fields, "more"))


def _seen(reader: RequestReader, fields: Fields) -> Change:
    location = reader.places.find(fields, "location")
    if location is None:
        raise BadFormat(f"{fields.path('location')} is missing")
    following = fields.find_object("next")
    next_stop = None if following is None else read_stop(following)
    return Seen(_vehicle(fields), _needed(fields, "time"), location, next_stop)


def _breakdown(reader: RequestReader, fields: Fields) -> Change:
    location = reader.places.find(fields, "location")
    return Breakdown(
        _vehicle(fields), fields.find_whole("time"), location, fields.whole("transfer", default=0)
    )


def _window_changed(reader: RequestReader, fields: Fields) -> Change:
    return WindowChanged(read_stop(fields.object("stop")), tuple(fields.windows("time_windows")))


def _vehicle_added(reader: RequestReader, fields: Fields) -> Change:
    return VehicleAdded(reader.vehicle(fields.object("vehicle")))


def _vehicle(fields: Fields) -> Id:
    found = fields.find_id("vehicle")
    if found is None:
        raise BadFormat(f"{fields.path('vehicle')} is missing")
    return found


def _needed(fields: Fields, name: str) -> int:
    found = fields.find_whole(name)
    if found is None:
        raise BadFormat(f"{fields.path(name)} is missing")
    return found


_READERS: dict[str, Callable[[RequestReader, Fields], Change]] = {
    "new_job": _new_job,
    "new_shipment": _new_shipment,
    "cancelled": _cancelled,
    "delayed": _delayed,
    "service_longer": _service_longer,
    "seen": _seen,
    "breakdown": _breakdown,
    "window_changed": _window_changed,
    "vehicle_added": _vehicle_added,
}
