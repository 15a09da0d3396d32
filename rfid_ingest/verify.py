"""Verifying events that somebody hands over: each is named by the hash of its content. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from haoyun.rfid_ingest.epcis.hash import WrongShape, event_hash


@dataclass(frozen=True, slots=True)
class Checked:
    """One event of a report: what was said of it and what its content gives. `computed` is empty for no event."""

    event_id: str
    said: str
    computed: str

    @property
    def is_right(self) -> bool:
        """Whether the content is what the hash was made of."""
        return bool(self.computed) and self.said == self.computed


def check_report(report: Mapping[str, Any]) -> Iterator[Checked]:
    """The events of a custody report or of an EPCIS document, each with its hash computed anew."""
    evidence = report.get("evidence")
    if isinstance(evidence, list):
        for entry in evidence:
            yield _checked(str(entry.get("event_id", "")), str(entry.get("hash", "")), entry.get("document"))
        return
    body = report.get("epcisBody")
    events = body.get("eventList", []) if isinstance(body, Mapping) else []
    for event in events:
        said = str(event.get("eventID", "")) if isinstance(event, Mapping) else ""
        yield _checked(said, said, event)


def _checked(event_id: str, said: str, document: Any) -> Checked:
    try:
        return Checked(event_id, said, event_hash(document))
    except (WrongShape, ValueError, KeyError, TypeError, AttributeError):
        return Checked(event_id, said, "")  # not an event at all: surely not the one that was hashed
