"""Pages of lists: perPage, nextPageToken and the Link to the next page."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import orjson
import sqlalchemy as sa
from flask import Response, request

from haoyun.platform.epcis_api.access import group, writing
from haoyun.platform.epcis_api.negotiation import json_type
from haoyun.platform.services import services
from haoyun.rfid_ingest.epcis.errors import InvalidQuery
from haoyun.rfid_ingest.epcis.model import CONTEXT, rfc3339
from haoyun.rfid_ingest.epcis.query.paging import LIFETIME
from haoyun.rfid_ingest.epcis.repository.owners import owner_of
from haoyun.rfid_ingest.epcis.repository.pages import end_page, is_ended

PER_PAGE = 30
MOST_PER_PAGE = 1000
T = TypeVar("T")
blueprint = group("pages")


def per_page() -> int:
    """How many entries the client wants; more than MOST_PER_PAGE are never given. Raises InvalidQuery."""
    given = request.args.get("perPage", str(PER_PAGE))
    if not (given.isascii() and given.isdigit() and int(given[:9]) > 0):
        raise InvalidQuery(f"perPage: write a number of at least 1, not {given[:40]!r}")
    return min(int(given[:9]), MOST_PER_PAGE)


def given_token(db: sa.Connection, owner: int) -> str | None:
    """The token of this request. Raises InvalidQuery when it was given back."""
    token = request.args.get("nextPageToken")
    if token is not None and is_ended(db, owner, token):
        raise InvalidQuery("nextPageToken: this token was given back")
    return token


def name_token(db: sa.Connection, owner: int) -> str:
    """The name behind which the next page of a list begins, "" for the first page."""
    token = given_token(db, owner)
    if token is None:
        return ""
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (ValueError, binascii.Error):
        raise InvalidQuery("nextPageToken: this is no token that was given out here") from None


def next_headers(token: str | None) -> dict[str, str]:
    """Link and expiry of the next page; nothing on the last."""
    if token is None:
        return {}
    arguments = [(k, v) for k, v in request.args.items(multi=True) if k != "nextPageToken"]
    address = f"{request.base_url}?{urlencode([*arguments, ('nextPageToken', token)])}"
    expires = rfc3339(services().now() + LIFETIME)
    return {"Link": f'<{address}>; rel="next"', "GS1-Next-Page-Token-Expires": expires}


def cut(found: Sequence[T], limit: int, name_of: Callable[[T], str]) -> tuple[Sequence[T], dict[str, str]]:
    """The first `limit` of `limit + 1` entries, and the headers of the next page if there is one."""
    if len(found) <= limit:
        return found, {}
    token = base64.urlsafe_b64encode(name_of(found[limit - 1]).encode()).decode().rstrip("=")
    return found[:limit], next_headers(token)


def answer_json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer in the media type that was asked for."""
    return Response(orjson.dumps(body), status, headers or {}, content_type=json_type())


def collection(member: Sequence[str], headers: dict[str, str] | None = None) -> Response:
    """A collection of names or URIs."""
    body = {"@context": CONTEXT, "type": "Collection", "member": list(member)}
    return answer_json(body, 200, headers)


@blueprint.delete("/nextPageToken/<path:token>")
@writing
def delete_token(org_id: str, token: str) -> Response:
    """Give a token back: it is not taken any more."""
    found = services()
    with found.write_tracking() as db:
        end_page(db, owner_of(db, org_id), token, found.now())
    return Response(status=204)
