"""One name for one thing: EPCs, places and documents as their GS1 Digital Link, whichever way they are written."""

from __future__ import annotations

from functools import lru_cache

from haoyun.rfid_ingest.epc.links import ROOT, digital_link

_SGTIN = "urn:epc:id:sgtin:"
# Places, documents and classes of goods come again in every event; an event's identities are needed by its hash and
# by its index.
_link = lru_cache(maxsize=131_072)(digital_link)


@lru_cache(maxsize=8192)  # each identity of an event is asked for twice: by the hash and by the index
def canonical(uri: str) -> str:
    """The Digital Link on id.gs1.org of an EPC URI or of a link on any host; anything else is unchanged."""
    if not uri.startswith(_SGTIN):
        return _link(uri)
    # Goods are what events name most: the class is worked out once, the serial is put behind it.
    parts = uri[len(_SGTIN) :].split(".", 2)
    if len(parts) < 3 or not (parts[2].isalnum() and parts[2].isascii()):
        return _link(uri)
    head = _link(f"urn:epc:idpat:sgtin:{parts[0]}.{parts[1]}.*")
    return f"{head}/21/{parts[2]}" if head.startswith(ROOT) else uri


def index_key(uri: str) -> str:
    """The identity as the index keeps it: the path of a link on id.gs1.org, any other URI as it stands."""
    return canonical(uri).removeprefix(ROOT)


def uri_of_key(key: str) -> str:
    """The URI of an index key."""
    return ROOT + key if key.startswith("/") else key
