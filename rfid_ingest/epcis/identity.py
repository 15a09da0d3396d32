"""One name for one thing: EPCs, places and documents as their GS1 Digital Link, whichever way they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache, partial

from haoyun.rfid_ingest.epc.links import PATHS, ROOT, digital_link

_URN = "urn:epc:id:"
# A family's parts before its last one, which alone differs from one thing to the next of a class or place.
_STARTS = {"sscc": 1, "sgtin": 2, "sgln": 2, "grai": 2, "giai": 1}
_LINKED = ("urn:epc:", "http")  # what may have a link
_MOST_KEPT = 4096
_LONGEST_KEPT = 500  # characters: what is longer is refused when its event is filed


class _Links(dict[str, str]):
    """URI -> link, of what was asked for lately: places and parties come again, and whatever an event names outside
    its lists of EPCs is asked for by the hash and by the index.

    A plain table that is emptied now and then: to keep order in it cost more than to work some out anew.
    """

    def __missing__(self, uri: str) -> str:
        link = _worked_out(uri)
        if len(uri) <= _LONGEST_KEPT:
            if len(self) >= _MOST_KEPT:
                self.clear()
            self[uri] = link
        return link


_links = _Links()


def canonical(uri: str) -> str:
    """The Digital Link on id.gs1.org of an EPC URI or of a link on any host; anything else is unchanged."""
    return _links[uri] if uri.startswith(_LINKED) else uri


def index_key(uri: str) -> str:
    """The identity as the index keeps it: the path of a link on id.gs1.org, any other URI as it stands."""
    return _links[uri].removeprefix(ROOT) if uri.startswith(_LINKED) else uri


def links_of(given: object) -> list[str] | None:
    """`canonical` of each EPC of a list; None for what is no list of texts without blanks around them.

    EPCs hardly come again, so they are not remembered. But neighbours mostly are of one class or company: what they
    have in common is worked out once.
    """
    if not isinstance(given, list):
        return None
    links: list[str] = []
    before: str | None = None
    build: Callable[[str], str] | None = None
    for uri in given:
        if not isinstance(uri, str):
            return None
        start, _dot, last = uri.rpartition(".")
        if start != before:
            before, build = start, _builder_of(start)
        if build is not None and last.isalnum() and last.isascii():  # nothing in it is escaped
            links.append(build(last))
        elif uri == uri.strip():
            links.append(canonical(uri))
        else:
            return None
    return links


def keys_of_links(links: Iterable[str]) -> list[str]:
    """The index keys of what `links_of` gave."""
    return [link.removeprefix(ROOT) for link in links]


def _worked_out(uri: str) -> str:
    start, _dot, last = uri.rpartition(".")
    build = _builder_of(start) if last.isalnum() and last.isascii() else None
    return build(last) if build is not None else digital_link(uri)


def uri_of_key(key: str) -> str:
    """The URI of an index key."""
    return ROOT + key if key.startswith("/") else key


def _builder_of(start: str) -> Callable[[str], str] | None:
    return _builder(start) if start.startswith(_URN) and len(start) <= _LONGEST_KEPT else None


@lru_cache(maxsize=8192)
def _builder(start: str) -> Callable[[str], str] | None:
    """What makes the link of `start.last` of its last part; None where the long way must be gone."""
    family, _colon, rest = start[len(_URN) :].partition(":")
    parts = tuple(rest.split("."))
    if _STARTS.get(family) != len(parts) or not all(part.isdigit() and part.isascii() for part in parts):
        return None
    if family == "sgtin":  # the check digit is the class's: a serial is put behind what is worked out once
        head = digital_link(f"{_URN}{start[len(_URN) :]}.0")
        return head[:-1].__add__ if head.startswith(ROOT) else None
    path = partial(PATHS[family], *parts)
    return lambda last: ROOT + path(last)
