"""Named queries, their events, and subscriptions to them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson
from flask import Response, request

from haoyun.platform.epcis_api.access import PREFIX, group, reading, trading
from haoyun.platform.epcis_api.events import answer_query
from haoyun.platform.epcis_api.negotiation import discovery, epc_format, json_body, wants_xml
from haoyun.platform.epcis_api.pages import answer_json, cut, name_token, per_page
from haoyun.platform.epcis_api.problems import EpcisProblem
from haoyun.platform.epcis_api.stream import stream_events, wants_stream
from haoyun.platform.ids import new_id
from haoyun.platform.services import services
from haoyun.rfid_ingest.epcis.documents.capture import MOST_LEVELS, is_deep
from haoyun.rfid_ingest.epcis.errors import InvalidQuery, NotFound
from haoyun.rfid_ingest.epcis.model import rfc3339
from haoyun.rfid_ingest.epcis.repository.owners import find_owner, owner_of
from haoyun.rfid_ingest.epcis.subscriptions import queries_store, store
from haoyun.rfid_ingest.epcis.subscriptions.queries_store import NamedQuery
from haoyun.rfid_ingest.epcis.subscriptions.store import Subscription
from haoyun.rfid_ingest.epcis.subscriptions.subscription import wish_of

_FIELDS = frozenset({"name", "query"})
blueprint = group("queries")


def _body() -> dict[str, Any]:
    """The JSON object of this request. Raises EpcisProblem."""
    json_body()
    try:
        body = orjson.loads(request.get_data())
    except orjson.JSONDecodeError as error:
        raise EpcisProblem(400, f"this is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise EpcisProblem(400, "the body is a JSON object")
    if is_deep(body):
        raise EpcisProblem(400, f"the body has more than {MOST_LEVELS} levels of lists and objects")
    return body


@blueprint.post("/queries")
@trading
def post_query(org_id: str) -> Response:
    """Keep a query under a name."""
    body = _body()
    if set(body) != _FIELDS or not isinstance(body["name"], str) or not isinstance(body["query"], dict):
        raise EpcisProblem(400, 'write {"name": "…", "query": {…}}', "QueryParameterException")
    found = services()
    with found.write_tracking() as db:
        made = queries_store.create_query(db, owner_of(db, org_id), body["name"], body["query"], found.now())
    return Response(status=201, headers={"Location": f"{PREFIX}/queries/{quote(made.name, safe='')}"})


@blueprint.get("/queries")
@reading
def get_queries(org_id: str) -> Response:
    """The organization's queries."""
    wants_xml(offered=False)
    limit = per_page()
    with services().read_tracking() as db:
        owner = find_owner(db, org_id)
        listed = queries_store.list_queries(db, owner, limit + 1, name_token(db, owner))
    shown, headers = cut(listed, limit, lambda query: query.name)
    return answer_json([_query(query) for query in shown], 200, headers)


def _query(query: NamedQuery) -> dict[str, Any]:
    return {"name": query.name, "query": query.parameters}


@blueprint.get("/queries/<name>")
@reading
def get_query(org_id: str, name: str) -> Response:
    """One query, as a list of one: so says the standard's interface."""
    wants_xml(offered=False)
    with services().read_tracking() as db:
        return answer_json([_query(queries_store.get_query(db, find_owner(db, org_id), name))])


@blueprint.delete("/queries/<name>")
@trading
def delete_query(org_id: str, name: str) -> Response:
    """Forget a query; subscriptions to it end."""
    with services().write_tracking() as db:
        queries_store.delete_query(db, find_owner(db, org_id), name)
    return Response(status=204)


@blueprint.get("/queries/<name>/events")
@reading
def get_events(org_id: str, name: str) -> Response:
    """The events that a named query finds; with `stream=true` those that come from now on, as they come."""
    with services().read_tracking() as db:
        query = queries_store.get_query(db, find_owner(db, org_id), name)
    if wants_stream():
        return stream_events(org_id, query)
    unknown = set(request.args) - {"perPage", "nextPageToken"}
    if unknown:
        raise InvalidQuery(
            f"{min(unknown)[:60]}: a named query takes perPage, nextPageToken and stream alone"
        )
    return answer_query(org_id, query.parameters, query_name=query.name)


@blueprint.route("/queries/<name>/events", websocket=True)
@reading
def refuse_websocket(org_id: str, name: str) -> Response:
    """Say what is offered instead."""
    raise EpcisProblem(
        406, "WebSocket is not spoken here; ask for ?stream=true without Upgrade, or subscribe"
    )


@blueprint.post("/queries/<name>/subscriptions")
@trading
def post_subscription(org_id: str, name: str) -> Response:
    """Subscribe a web address to a query."""
    wish = wish_of(_body(), epc_format())
    found = services()
    with found.write_tracking() as db:
        made = store.subscribe(db, find_owner(db, org_id), name, wish, new_id("sub"), found.now())
    location = (
        f"{request.host_url.rstrip('/')}{PREFIX}/queries/{quote(name, safe='')}/subscriptions/{made.id}"
    )
    return answer_json(_subscription(made), 201, {"Location": location})


@blueprint.get("/queries/<name>/subscriptions")
@reading
def get_subscriptions(org_id: str, name: str) -> Response:
    """The subscriptions to a query."""
    wants_xml(offered=False)
    limit = per_page()
    with services().read_tracking() as db:
        owner = find_owner(db, org_id)
        listed = store.list_subscriptions(db, owner, name, limit + 1, name_token(db, owner))
    shown, headers = cut(listed, limit, lambda subscription: subscription.id)
    return answer_json([_subscription(one) for one in shown], 200, headers)


@blueprint.get("/queries/<name>/subscriptions/<subscription_id>")
@reading
def get_subscription(org_id: str, name: str, subscription_id: str) -> Response:
    """One subscription; its token is never shown."""
    wants_xml(offered=False)
    with services().read_tracking() as db:
        return answer_json(
            _subscription(store.get_subscription(db, find_owner(db, org_id), name, subscription_id))
        )


@blueprint.delete("/queries/<name>/subscriptions/<subscription_id>")
@trading
def delete_subscription(org_id: str, name: str, subscription_id: str) -> Response:
    """End a subscription."""
    with services().write_tracking() as db:
        store.unsubscribe(db, find_owner(db, org_id), name, subscription_id)
    return Response(status=204)


def _subscription(one: Subscription) -> dict[str, Any]:
    scheduled = {"schedule": one.schedule, "reportIfEmpty": one.report_if_empty}
    times = {"stream": True} if one.schedule is None else scheduled
    notified = {} if one.notified_at is None else {"lastNotifiedAt": rfc3339(one.notified_at)}
    return {
        "subscriptionID": one.id,
        "dest": one.dest,
        "createdAt": rfc3339(one.created_at),
        "initialRecordTime": rfc3339(one.initial_record_time),
        "epcFormat": one.epc_format.value,
        **notified,
        **times,
    }


def _known(org_id: str, name: str, subscription_id: str | None = None) -> None:
    with services().read_tracking() as db:
        owner = find_owner(db, org_id)
        if subscription_id is None:
            queries_store.get_query(db, owner, name)
        else:
            store.get_subscription(db, owner, name, subscription_id)


@blueprint.route("/queries", methods=["OPTIONS"])
@reading
def options(org_id: str) -> Response:
    """What the queries answer to."""
    return discovery("OPTIONS, GET, POST")


@blueprint.route("/queries/<name>", methods=["OPTIONS"])
@reading
def options_of_query(org_id: str, name: str) -> Response:
    """What a query answers to."""
    _known(org_id, name)
    return discovery("OPTIONS, GET, DELETE")


@blueprint.route("/queries/<name>/<part>", methods=["OPTIONS"])
@reading
def options_of_parts(org_id: str, name: str, part: str) -> Response:
    """What a query's events and subscriptions answer to."""
    _known(org_id, name)
    if part not in ("events", "subscriptions"):
        raise NotFound(f"a query has events and subscriptions, no {part[:40]!r}")
    return discovery("OPTIONS, GET, POST" if part == "subscriptions" else "OPTIONS, GET")


@blueprint.route("/queries/<name>/subscriptions/<subscription_id>", methods=["OPTIONS"])
@reading
def options_of_subscription(org_id: str, name: str, subscription_id: str) -> Response:
    """What a subscription answers to."""
    _known(org_id, name, subscription_id)
    return discovery("OPTIONS, GET, DELETE")
