"""Query documents: stored events as JSON-LD or XML, with one context and EPCs as the client wants them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.rfid_ingest.epcis.documents.context import joined, parts_of
from haoyun.rfid_ingest.epcis.documents.xml_writer import Words, query_document
from haoyun.rfid_ingest.epcis.model import rfc3339
from haoyun.rfid_ingest.epcis.repository.contexts import contexts_of
from haoyun.rfid_ingest.epcis.repository.stored import StoredEvent
from haoyun.rfid_ingest.epcis.repository.terms import prefixes_of
from haoyun.rfid_ingest.epcis.translate import EpcFormat, Spell, to_link, to_urn, translated

SIMPLE_QUERY = "SimpleEventQuery"


@dataclass(frozen=True, slots=True)
class Answer:
    """Events with the context that they share."""

    events: Sequence[dict[str, Any]]
    context: list[object]


def answer_of(db: sa.Connection, owner: int, events: Sequence[StoredEvent], epc_format: EpcFormat) -> Answer:
    """The events of a page; one whose prefixes mean something else keeps its own context."""
    contexts = contexts_of(db, {event.context_id for event in events})
    numbers = list(contexts)
    context, apart = joined(contexts[number] for number in numbers)
    keep = {numbers[place] for place in apart}
    spell = _speller(db, owner, epc_format)
    documents = []
    for event in events:
        document = translated(event.document, spell) if spell else dict(event.document)
        if event.context_id in keep:
            own = parts_of(document.get("@context"))
            document["@context"] = [*parts_of(contexts[event.context_id]), *own]
        documents.append(document)
    return Answer(documents, context)


def _speller(db: sa.Connection, owner: int, epc_format: EpcFormat) -> Spell | None:
    if epc_format is EpcFormat.DIGITAL_LINK:
        return to_link
    return to_urn(prefixes_of(db, owner)) if epc_format is EpcFormat.URN else None


def as_json(
    answer: Answer, now: datetime, query_name: str, subscription_id: str | None = None
) -> dict[str, Any]:
    """The answer as an EPCISQueryDocument in JSON-LD."""
    results: dict[str, Any] = {"queryName": query_name, "resultsBody": {"eventList": list(answer.events)}}
    if subscription_id:
        results = {"subscriptionID": subscription_id, **results}
    return {
        "@context": answer.context,
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": rfc3339(now),
        "epcisBody": {"queryResults": results},
    }


def as_xml(answer: Answer, now: datetime, query_name: str, words: Words) -> bytes:
    """The answer as an EPCISQueryDocument in XML."""
    return query_document(
        answer.events, answer.context, rfc3339(now), query_name=query_name, subscription_id=None, words=words
    )
