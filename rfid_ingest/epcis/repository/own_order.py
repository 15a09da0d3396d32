"""Events ordered by a field of their own: numbers, then texts; those without it stand at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from haoyun.rfid_ingest.epcis.documents.context import namespaces_of
from haoyun.rfid_ingest.epcis.query.criteria import View
from haoyun.rfid_ingest.epcis.query.own_fields import values_of
from haoyun.rfid_ingest.epcis.repository.stored import StoredEvent


def in_own_order(
    events: Sequence[StoredEvent], contexts: Mapping[int | None, Any], name: str, *, descending: bool
) -> list[StoredEvent]:
    """The events by the first value of the field; `contexts` says what its prefix means in each."""
    keyed = [(_own_value(event, name, contexts[event.context_id]), event) for event in events]
    keyed.sort(key=lambda pair: pair[0], reverse=descending)
    keyed.sort(key=lambda pair: pair[0][0] == "")
    return [event for _key, event in keyed]


def _own_value(event: StoredEvent, name: str, context: object) -> tuple[str, float, str]:
    view = View(event.document, namespaces_of(context), event.event_id, 0)
    value = next(iter(values_of(view, "", name, inner=False)), None)
    if value is None:
        return ("", 0.0, "")
    try:
        return ("number", float(value), "")
    except (TypeError, ValueError):
        return ("text", 0.0, str(value))
