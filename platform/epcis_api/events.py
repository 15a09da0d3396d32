"""Events: queried by their parameters, read by id, captured one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from flask import Response, request

from haoyun.platform.epcis_api.access import PREFIX, group, reading, writing
from haoyun.platform.epcis_api.extensions import use_context
from haoyun.platform.epcis_api.negotiation import (
    check_capture_version,
    discovery,
    epc_format,
    json_body,
    wants_xml,
    xml_words,
)
from haoyun.platform.epcis_api.pages import answer_json, given_token, next_headers, per_page
from haoyun.platform.epcis_api.problems import EpcisProblem, of_faults
from haoyun.platform.services import services
from haoyun.platform.time_limit import limited
from haoyun.rfid_ingest.epcis.documents.capture import read_json
from haoyun.rfid_ingest.epcis.errors import EventTaken, NotFound
from haoyun.rfid_ingest.epcis.query.paging import LIFETIME, PageToken, fingerprint
from haoyun.rfid_ingest.epcis.query.parse import parse_query
from haoyun.rfid_ingest.epcis.repository.answer import SIMPLE_QUERY, answer_of, as_json, as_xml
from haoyun.rfid_ingest.epcis.repository.capture import Behaviour, prepare, store
from haoyun.rfid_ingest.epcis.repository.owners import find_owner
from haoyun.rfid_ingest.epcis.repository.search import search
from haoyun.rfid_ingest.epcis.repository.stored import StoredEvent

_PAGING = ("perPage", "nextPageToken")
blueprint = group("events")


def parameters_of_request() -> dict[str, object]:
    """The query parameters of this address; one that is given several times is a list."""
    return {
        name: values if len(values) > 1 else values[0]
        for name, values in request.args.lists()
        if name not in _PAGING
    }


def answer_query(
    org_id: str,
    parameters: Mapping[str, object],
    query_name: str = SIMPLE_QUERY,
    more: Mapping[str, object] | None = None,
) -> Response:
    """One page of the events that the parameters name, and `more` besides, as JSON or XML."""
    query = parse_query(parameters)
    if more:
        query = replace(query, criteria=(*query.criteria, *parse_query(more).criteria))
    xml, spelling, words = wants_xml(), epc_format(), xml_words()
    found = services()
    limit, now = per_page(), found.now()
    own = fingerprint({**parameters, **(more or {}), "queryName": query_name})
    with found.read_tracking() as db, limited(db, found.settings.query_limit_s):
        owner = find_owner(db, org_id)
        text = given_token(db, owner)
        token = PageToken.parse(text, own, now) if text is not None else None
        served = token.served if token else 0
        page = search(db, owner, query, limit, token.position if token else None, served)
        answer = answer_of(db, owner, page.events, spelling)
    following = (
        page.position and PageToken(page.position, served + len(page.events), now + LIFETIME, own).text()
    )
    headers = next_headers(following)
    use_context(answer.context)
    if xml:
        return Response(as_xml(answer, now, query_name, words), 200, headers, content_type="application/xml")
    return answer_json(as_json(answer, now, query_name), 200, headers)


@blueprint.get("/events")
@reading
def get_events(org_id: str) -> Response:
    """The events that the parameters of the address name."""
    return answer_query(org_id, parameters_of_request())


@blueprint.get("/events/<path:event_id>")
@reading
def get_event(org_id: str, event_id: str) -> Response:
    """The events of this id: the event, and what was declared wrong of it."""
    _must_be(org_id, event_id)
    return answer_query(org_id, {"EQ_eventID": [event_id]})


@blueprint.post("/events")
@writing
def post_event(org_id: str) -> Response:
    """Store one event."""
    check_capture_version()
    json_body()
    wants_xml(offered=False)
    document = read_json(request.get_data())
    if len(document.events) != 1 or document.paths[0] != ():
        raise EpcisProblem(400, "one bare event is taken here; documents go to /capture")
    prepared = prepare(document)
    if prepared.faults:
        raise of_faults(tuple(prepared.faults))
    event_id = prepared.filings[0].event_id
    found = services()
    with found.write_tracking() as db:
        is_declaration = "errorDeclaration" in document.events[0]
        if not is_declaration and _of_id(db, find_owner(db, org_id), event_id):
            raise EventTaken(f"an event {event_id[:120]} is stored already")
        outcome = store(db, org_id, prepared, Behaviour.ROLLBACK, found.now())
    if not outcome.new:
        raise EventTaken(f"this declaration on {event_id[:120]} is stored already")
    body = {"@context": document.context, **document.events[0], "eventID": event_id}
    return answer_json(body, 201, {"Location": f"{PREFIX}/events/{quote(event_id, safe='')}"})


def _of_id(db: sa.Connection, owner: int, event_id: str) -> list[StoredEvent]:
    return list(search(db, owner, parse_query({"EQ_eventID": [event_id]}), 1).events)


def _must_be(org_id: str, event_id: str) -> None:
    with services().read_tracking() as db:
        if "|" in event_id or not _of_id(db, find_owner(db, org_id), event_id):
            raise NotFound(f"no event {event_id[:120]!r}")


@blueprint.route("/events", methods=["OPTIONS"])
@reading
def options(org_id: str) -> Response:
    """What the events answer to."""
    return discovery("OPTIONS, GET, POST")


@blueprint.route("/events/<path:event_id>", methods=["OPTIONS"])
@reading
def options_of_event(org_id: str, event_id: str) -> Response:
    """What an event answers to."""
    _must_be(org_id, event_id)
    return discovery("OPTIONS, GET")


def all_of(parameters: dict[str, Any]) -> dict[str, object]:
    """The parameters of the address, none of which may be one of these."""
    given = parameters_of_request()
    for name in parameters:
        if name in given:
            raise EpcisProblem(400, f"{name} is set by this address", "QueryParameterException")
    return given
