"""Events of a named query as they come, over one long answer: a query document a line.

WebSockets are not spoken: each thread of the server would be held by one client just the same, and a long answer
passes every proxy. The number of streams is bounded, so that threads for everything else remain.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import orjson
import sqlalchemy as sa
from flask import Response, request

from haoyun.platform.epcis_api.negotiation import epc_format
from haoyun.platform.epcis_api.problems import EpcisProblem
from haoyun.platform.services import Services, services
from haoyun.rfid_ingest.epcis.query.parse import parse_query
from haoyun.rfid_ingest.epcis.repository.answer import answer_of, as_json
from haoyun.rfid_ingest.epcis.repository.owners import find_owner
from haoyun.rfid_ingest.epcis.repository.search import matches
from haoyun.rfid_ingest.epcis.repository.tables import EVENT
from haoyun.rfid_ingest.epcis.subscriptions.queries_store import NamedQuery
from haoyun.rfid_ingest.epcis.translate import EpcFormat

POLL_S = 0.5
SIGN_OF_LIFE_S = 15.0  # an empty line, by which a client that left is noticed
LONGEST_S = 3600.0  # then the client asks again
THREADS_OF_STREAMS = 4  # one in so many of the server's threads
_ALLOWED = {"stream", "perPage"}
_running: dict[int, int] = {}
_lock = threading.Lock()


def wants_stream() -> bool:
    """Whether the request asks for a stream. Raises EpcisProblem for another value."""
    if "stream" not in request.args:
        return False
    if request.args["stream"] != "true" or set(request.args) - _ALLOWED:
        raise EpcisProblem(400, "write stream=true alone", "SubscriptionControlsException")
    return True


def stream_events(org_id: str, query: NamedQuery) -> Response:
    """The answer that does not end: what matches from now on. Raises EpcisProblem (503) when too many run."""
    found = services()
    spelling = epc_format()
    with found.read_tracking() as db:
        start = _last(db)
    with _lock:
        running = _running.get(id(found), 0)
        if running >= max(1, found.settings.threads // THREADS_OF_STREAMS):
            later = {"Retry-After": "30"}
            raise EpcisProblem(503, "too many streams run; subscribe a web address", headers=later)
        _running[id(found)] = running + 1
    return Response(_Lines(found, org_id, query, spelling, start), content_type="application/x-ndjson")


class _Lines:
    """The lines of one stream; `close` is called by the server when the client is gone."""

    def __init__(
        self, found: Services, org_id: str, query: NamedQuery, spelling: EpcFormat, start: int
    ) -> None:
        self._found = found
        self._open = True
        self._lines = _lines(found, org_id, query, spelling, start)

    def __iter__(self) -> Iterator[bytes]:
        return self._lines

    def close(self) -> None:
        """Give the place to another stream."""
        with _lock:
            if self._open:
                _running[id(self._found)] -= 1
                self._open = False


def _lines(
    found: Services, org_id: str, query: NamedQuery, spelling: EpcFormat, cursor: int
) -> Iterator[bytes]:
    wanted = parse_query(query.parameters)
    end = time.monotonic() + LONGEST_S
    spoke = time.monotonic()
    yield b"\n"
    while time.monotonic() < end:
        with found.read_tracking() as db:
            last = _last(db)
            owner = find_owner(db, org_id)
            events = list(matches(db, owner, wanted, cursor, last)) if last > cursor else []
            answer = answer_of(db, owner, events, spelling)
        cursor = last
        if events:
            yield orjson.dumps(as_json(answer, found.now(), query.name)) + b"\n"
            spoke = time.monotonic()
        elif time.monotonic() - spoke > SIGN_OF_LIFE_S:
            yield b"\n"
            spoke = time.monotonic()
        time.sleep(POLL_S)


def _last(db: sa.Connection) -> int:
    return db.scalar(sa.select(sa.func.max(EVENT.c.seq))) or 0
