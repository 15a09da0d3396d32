"""The @context of documents: which prefixes it declares, and one context for events from many documents.

Nothing is fetched: the standard's own context is known by what it means, any other address is kept as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from haoyun.rfid_ingest.epcis.model import CONTEXT

Json = dict[str, Any]

# What the standard's context declares; "cbvmda" as XML and the event hash write it, without the last colon.
STANDARD = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": "https://ref.gs1.org/cbv/",
    "cbvmda": "urn:epcglobal:cbv:mda",
    "gs1": "https://gs1.org/voc/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}
PREFIXES = {uri: prefix for prefix, uri in STANDARD.items()} | {"urn:epcglobal:cbv:mda:": "cbvmda"}


def parts_of(context: object) -> Sequence[object]:
    """The parts of a context: addresses and objects."""
    if context is None:
        return ()
    return context if isinstance(context, list) else [context]


def namespaces_of(context: object) -> dict[str, str]:
    """Prefix -> namespace, of the context and of the standard's own."""
    found = dict(STANDARD)
    for part in parts_of(context):
        if isinstance(part, Mapping):
            found |= {prefix: uri for prefix, uri in part.items() if isinstance(uri, str)}
    return found


def joined(contexts: Iterable[object]) -> tuple[list[object], set[int]]:
    """One context that holds these, and the numbers of those that say something else and must stay with their events.

    A context is told apart when it gives a prefix another meaning than an earlier one does.
    """
    result: list[object] = [CONTEXT]
    meanings: dict[str, object] = {}
    apart: set[int] = set()
    for number, context in enumerate(contexts):
        parts = parts_of(context)
        terms = {key: value for part in parts if isinstance(part, Mapping) for key, value in part.items()}
        if any(meanings.get(key, value) != value for key, value in terms.items()):
            apart.add(number)
            continue
        meanings |= terms
        result += [part for part in parts if part not in result and not _is_standard(part)]
    return result, apart


def _is_standard(part: object) -> bool:
    return isinstance(part, str) and part.endswith("epcis-context.jsonld")
