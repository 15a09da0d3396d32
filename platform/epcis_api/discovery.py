"""The resources that list what the events name: types, EPCs, steps, places, dispositions; and the root."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import Response, request
from werkzeug.exceptions import MethodNotAllowed

from haoyun.platform.epcis_api.access import group, reading
from haoyun.platform.epcis_api.events import all_of, answer_query
from haoyun.platform.epcis_api.negotiation import discovery, epc_format, wants_xml
from haoyun.platform.epcis_api.pages import collection, cut, name_token, per_page
from haoyun.platform.epcis_api.problems import EpcisProblem
from haoyun.platform.services import services
from haoyun.rfid_ingest.epcis.errors import NotFound
from haoyun.rfid_ingest.epcis.fields import EVENT_TYPES
from haoyun.rfid_ingest.epcis.identity import index_key, uri_of_key
from haoyun.rfid_ingest.epcis.repository.owners import find_owner
from haoyun.rfid_ingest.epcis.repository.terms import has_epc, has_term, list_epcs, list_terms, prefixes_of
from haoyun.rfid_ingest.epcis.translate import EpcFormat, to_urn
from haoyun.rfid_ingest.epcis.vocabulary import bare_word

TOP = (
    "events",
    "eventTypes",
    "epcs",
    "bizSteps",
    "bizLocations",
    "readPoints",
    "dispositions",
    "capture",
    "queries",
)
# Resource -> the query parameter that an entry of it stands for.
_PARAMETERS = {
    "eventTypes": "eventType",
    "epcs": "MATCH_anyEPC",
    "bizSteps": "EQ_bizStep",
    "bizLocations": "EQ_bizLocation",
    "readPoints": "EQ_readPoint",
    "dispositions": "EQ_disposition",
}
_URIS = ("epcs", "bizLocations", "readPoints")
_WORDS = {"bizSteps": "bizStep", "dispositions": "disposition"}
blueprint = group("discovery")


@blueprint.get("/")
@reading
def get_root(org_id: str) -> Response:
    """The top-level resources."""
    wants_xml(offered=False)
    return collection(TOP)


@blueprint.route("/", methods=["OPTIONS"])
@reading
def options_of_root(org_id: str) -> Response:
    """What the root answers to."""
    return discovery("OPTIONS, GET")


def _list(org_id: str, resource: str) -> Response:
    wants_xml(offered=False)
    spelling, limit = epc_format(), per_page()
    with services().read_tracking() as db:
        owner = find_owner(db, org_id)
        after = name_token(db, owner)
        found: Sequence[str]
        if resource == "epcs":
            found = list_epcs(db, owner, limit + 1, after)
        elif resource == "eventTypes":
            own = set(list_terms(db, owner, resource, 10_000)) - set(EVENT_TYPES)
            found = [name for name in sorted({*EVENT_TYPES, *own}) if name > after][: limit + 1]
        else:
            found = list_terms(db, owner, resource, limit + 1, after)
        shown, headers = cut(found, limit, str)
        if resource in _URIS:
            shown = _spelled(db, owner, shown, spelling)
    return collection(shown, headers)


def _spelled(db: sa.Connection, owner: int, keys: Sequence[str], spelling: EpcFormat) -> list[str]:
    uris = [uri_of_key(key) for key in keys]
    if spelling is not EpcFormat.URN:
        return uris
    spell = to_urn(prefixes_of(db, owner))
    return [spell(uri) for uri in uris]


def _value(org_id: str, resource: str, value: str) -> str:
    """The value as queries take it. Raises NotFound for what no event of the organization names."""
    with services().read_tracking() as db:
        owner = find_owner(db, org_id)
        if resource == "epcs":
            known = has_epc(db, owner, index_key(value))
        elif resource in _WORDS:
            known = has_term(db, owner, resource, bare_word(_WORDS[resource], value))
        elif resource == "eventTypes":
            known = value in EVENT_TYPES or has_term(db, owner, resource, value)
        else:
            known = has_term(db, owner, resource, index_key(value))
    if not known or "|" in value:
        raise NotFound(f"no event names {value[:120]!r} among its {resource}")
    return value


def _sub_resources(org_id: str, resource: str, value: str) -> Response:
    wants_xml(offered=False)
    _value(org_id, resource, value)
    return collection(["events"])


def _events(org_id: str, resource: str, value: str) -> Response:
    name = _PARAMETERS[resource]
    given = all_of({name: value})
    return answer_query(org_id, given, more={name: [_value(org_id, resource, value)]})


def _routes() -> None:
    """Six resources answer alike: the list, an entry, and the entry's events."""
    for resource in _PARAMETERS:
        listed, entry = f"/{resource}", f"/{resource}/<path:value>"
        for rule, view, name in (
            (listed, _list, "list"),
            (entry, _sub_resources, "entry"),
            (f"{entry}/events", _events, "events"),
        ):
            defaults = {"resource": resource}
            blueprint.add_url_rule(
                rule,
                f"{resource}_{name}",
                reading(view),
                methods=["GET"],
                defaults=defaults,
            )
            blueprint.add_url_rule(
                rule, f"{resource}_{name}_options", reading(_options), methods=["OPTIONS"], defaults=defaults,
            )  # fmt: skip


def _options(org_id: str, resource: str, value: str | None = None) -> Response:
    if value is not None:
        _value(org_id, resource, value)
    return discovery("OPTIONS, GET")


_routes()


@blueprint.route("/<path:unknown>", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def nothing_here(unknown: str) -> Any:
    """Everything else under the prefix: no such resource, or one that does not take the method."""
    methods = allowed_methods(unknown)
    if methods:
        raise MethodNotAllowed(sorted(methods))
    raise EpcisProblem(404, f"no resource {request.path[:120]!r}")


def allowed_methods(path: str) -> set[str]:
    """The methods that the resource at this path takes; empty when there is none."""
    first, _slash, rest = path.strip("/").partition("/")
    if first in _PARAMETERS or (first in ("events", "capture") and rest):
        return {"GET", "OPTIONS"}
    if first in ("events", "capture") or path.strip("/") == "queries":
        return {"GET", "POST", "OPTIONS"}
    if first == "nextPageToken" and rest:
        return {"DELETE"}
    return _of_queries(rest.split("/")) if first == "queries" else set()


def _of_queries(steps: list[str]) -> set[str]:
    shapes = {
        1: {"GET", "DELETE", "OPTIONS"},
        2: {"GET", "OPTIONS"} | ({"POST"} if steps[-1] == "subscriptions" else set()),
        3: {"GET", "DELETE", "OPTIONS"},
    }
    known = len(steps) == 1 or steps[1] == "subscriptions" or (steps[1] == "events" and len(steps) == 2)
    return shapes.get(len(steps), set()) if known else set()
