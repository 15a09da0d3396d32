"""Names of places that events name by URI: as read points call them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import sqlalchemy as sa

from haoyun.rfid_ingest.read_points import read_points_of
from haoyun.rfid_ingest.tables import READ_POINT


def names_of_places(db: sa.Connection, uris: Iterable[str]) -> dict[str, str]:
    """The names of those places that a read point of this installation stands at."""
    wanted = set(uris)
    readers = set(db.scalars(sa.select(READ_POINT.c.reader_device_id).distinct())) if wanted else set()
    found: defaultdict[str, list[str]] = defaultdict(list)
    for point in read_points_of(db, readers).values() if readers else ():
        if point.uri in wanted:
            found[point.uri].append(point.place)
    return {uri: _common(places) for uri, places in found.items()}


def _common(places: list[str]) -> str:
    """`Ningbo, gate out` and `Ningbo, gate in` stand at one position: it is Ningbo."""
    if len(set(places)) == 1:
        return places[0]
    sites = {place.rpartition(", ")[0] or place for place in places}
    return min(sites) if len(sites) == 1 else min(places)
