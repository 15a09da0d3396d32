"""One name for one thing: EPCs, places and documents as their GS1 Digital Link, whichever way they are written."""

from __future__ import annotations

from functools import lru_cache

from haoyun.rfid_ingest.epc.links import ROOT, digital_link

# An event's identities are needed by its hash and by its index, and places come again in every event.
canonical = lru_cache(maxsize=131_072)(digital_link)


def index_key(uri: str) -> str:
    """The identity as the index keeps it: the path of a link on id.gs1.org, any other URI as it stands."""
    return canonical(uri).removeprefix(ROOT)


def uri_of_key(key: str) -> str:
    """The URI of an index key."""
    return ROOT + key if key.startswith("/") else key
