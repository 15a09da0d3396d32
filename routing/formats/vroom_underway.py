"""Vehicles that are on the road, in a VROOM request: a field of ours that VROOM does not know.

`"underway": {"time": 3600, "location": [lon, lat] or "location_index": 5, "fixed": [{"type": "pickup", "id": 11}],
"on_board": [ids of pickups], "loaded": [ids of jobs], "load": [amounts]}`; underway.py says what they mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haoyun.routing.errors import BadFormat
from haoyun.routing.formats.fields import Fields
from haoyun.routing.formats.vroom_places import Places
from haoyun.routing.tasks import Id, StopKind
from haoyun.routing.underway import StopKey, Underway

_NOTHING_ELSE: Mapping[str, str] = {}


def read_underway(vehicle: Fields, places: Places) -> Underway | None:
    """Where the vehicle goes on; None if it has not left. BadFormat names the field at fault."""
    fields = vehicle.find_object("underway")
    if fields is None:
        return None
    time_s = fields.find_whole("time")
    if time_s is None:
        raise BadFormat(f"{fields.path('time')} is missing")
    with fields.naming():
        way = Underway(
            time_s=time_s,
            location=places.find(fields, "location"),
            fixed=tuple(read_stop(one) for one in fields.objects("fixed")),
            on_board=tuple(fields.ids("on_board")),
            loaded=tuple(fields.ids("loaded")),
            load=fields.amounts("load"),
        )
    fields.finish(needs=_NOTHING_ELSE)
    return way


def read_stop(fields: Fields) -> StopKey:
    """A stop named by `type` and `id`."""
    kind = fields.find_text("type")
    if kind not in {one.value for one in StopKind}:
        raise BadFormat(f"{fields.path('type')} must be job, pickup or delivery, not {kind}")
    found = (StopKind(kind), fields.id())
    fields.finish(needs=_NOTHING_ELSE)
    return found


def stop_document(stop: StopKey) -> dict[str, Id]:
    """A stop as `read_stop` reads it."""
    return {"type": stop[0].value, "id": stop[1]}


def underway_document(way: Underway, place: Mapping[str, Any], on_board: list[Id]) -> dict[str, Any]:
    """As `read_underway` reads it; `place` names the location, `on_board` the pickups of what is on board."""
    return {
        "time": way.time_s,
        **place,
        "fixed": [stop_document(stop) for stop in way.fixed],
        "on_board": on_board,
        "loaded": list(way.loaded),
        "load": list(way.load),
    }
