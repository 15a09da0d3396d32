"""The history of a vehicle as a file, for its owner only."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, Annotated, Literal

from flask import Response
from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import signed_in
from haoyun.platform.api.resource import Input, Instant, resource
from haoyun.platform.market.errors import NotFound
from haoyun.platform.market.vehicles import get_vehicle
from haoyun.platform.services import services
from haoyun.tracking.history.export import FORMS, history_of_vehicle
from haoyun.tracking.history.read import END_MS
from haoyun.tracking.instants import to_ms

blueprint = resource("history", "History")
_IN_MEMORY = 4 * 1024 * 1024  # a longer file waits on disk for whoever fetches it
_BLOCK = 64 * 1024


class HistoryQuery(Input):
    """Which time, and in which form."""

    form: Literal["csv", "gpx", "geojson", "parquet"] = "csv"
    since: Annotated[Instant | None, Field(description="First instant")] = None
    until: Annotated[Instant | None, Field(description="Until before this instant")] = None


@blueprint.get("/vehicles/<vehicle_id>/history")
@signed_in
@blueprint.input(HistoryQuery, location="query")
@blueprint.doc(summary="Positions of a vehicle as a file", security="bearer", responses=[401, 404, 422])
def get_history(actor: Actor, vehicle_id: str, query_data: HistoryQuery) -> Response:
    """All positions of the caller's own vehicle as CSV, GPX, GeoJSON or Parquet."""
    found = services()
    with found.read() as db:
        # Whoever may see the vehicle on the map need not have its whole past: that is the owner's alone.
        if get_vehicle(db, vehicle_id, actor).org_id != actor.org_id:
            raise NotFound
    write, kind = FORMS[query_data.form]
    first = 0 if query_data.since is None else to_ms(query_data.since)
    last = END_MS if query_data.until is None else to_ms(query_data.until)
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 closed when the answer is sent
    with found.read_tracking() as db:
        names, days = history_of_vehicle(db, vehicle_id, first, last)
        write(days, names, file)
    file.seek(0)
    response = Response(_blocks(file), content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{vehicle_id}.{query_data.form}"'
    response.call_on_close(file.close)
    return response


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(_BLOCK):
        yield block
