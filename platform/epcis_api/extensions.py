"""GS1-Extensions: the vocabularies beside GS1's that a client knows and that an answer uses, as prefix=namespace.

Events keep fields of any namespace, so whatever a client names is supported, and is named back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from flask import Response, g, request

from haoyun.platform.epcis_api.problems import EpcisProblem

HEADER = "GS1-Extensions"
_PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,79}\Z")
_NAMESPACE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-+\--~]+\Z")  # a URI without blanks and commas
_LONGEST = 4000  # characters of the header


def extensions_of_request() -> dict[str, str]:
    """Prefix -> namespace that the client named. Raises EpcisProblem (406) for what is no such list."""
    text = request.headers.get(HEADER, "").strip()
    if len(text) > _LONGEST:
        raise EpcisProblem(406, f"{HEADER}: at most {_LONGEST} characters are taken")
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        prefix, _equals, namespace = pair.partition("=")
        if not _PREFIX.match(prefix) or not _NAMESPACE.match(namespace):
            raise EpcisProblem(
                406, f"{HEADER}: write prefix=namespace, such as ex=https://example.org/, not {pair[:60]!r}"
            )
        found[prefix] = namespace
    return found


def check_extensions() -> None:
    """Refuse a header that cannot be read, before anything is done."""
    g.epcis_extensions = extensions_of_request()


def use_context(context: Sequence[object]) -> None:
    """Name what an answer's @context declares beside GS1's own on that answer."""
    for part in context:
        if isinstance(part, Mapping):
            own = {name: uri for name, uri in part.items() if isinstance(uri, str) and _PREFIX.match(name)}
            g.epcis_extensions = own | g.get("epcis_extensions", {})


def say_extensions(response: Response) -> Response:
    """Put the vocabularies on the answer, as many as a header holds."""
    known: Mapping[str, str] = g.get("epcis_extensions", {})
    pairs = [f"{prefix}={quote(uri, safe='!#$&()*+/:;=?@[]~%-._')}" for prefix, uri in sorted(known.items())]
    while len(", ".join(pairs)) > _LONGEST:
        pairs.pop()
    if pairs:
        response.headers[HEADER] = ", ".join(pairs)
    return response
