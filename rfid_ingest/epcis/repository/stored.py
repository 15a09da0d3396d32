"""Stored events as they are read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from haoyun.rfid_ingest.epcis.model import rfc3339
from haoyun.tracking.instants import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as the store keeps it; `document` is its EPCIS 2.0 JSON with eventID and recordTime."""

    seq: int
    event_id: str
    event_time: datetime
    recorded_at: datetime
    document: Mapping[str, Any]
    context_id: int | None = None

    @property
    def event_ms(self) -> int:
        """The event's time in epoch milliseconds."""
        return to_ms(self.event_time)

    @property
    def recorded_ms(self) -> int:
        """The record's time in epoch milliseconds."""
        return to_ms(self.recorded_at)


def stored_of(row: Any) -> StoredEvent:
    """The event of a row of the event table."""
    recorded = from_ms(row.recorded_ms)
    document = {**orjson.loads(row.document), "recordTime": rfc3339(recorded)}
    document.setdefault("eventID", row.event_id)
    return StoredEvent(row.seq, row.event_id, from_ms(row.event_ms), recorded, document, row.context_id)
