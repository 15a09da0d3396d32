"""The platform's own form of reads: the envelope of haoyun.tracking with `reads`, numbered and acked.

`{"epoch": "b7", "seq": 12, "base": 10, "reads": [{"t": …, "antenna": 1, "epc": "31…", "rssi": -61.5}]}`
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haoyun.rfid_ingest.readers.reading import Reading, TagRead, find_number, need, read_items, read_time
from haoyun.tracking.envelope import open_envelope

ITEMS_KEY = "reads"


def parse(payload: bytes) -> Reading:
    """Decode one message. Raises DecodeError where the envelope breaks a rule."""
    envelope = open_envelope(payload, ITEMS_KEY)
    return read_items(envelope.items, _read, envelope)


def _read(item: Mapping[str, Any]) -> TagRead:
    return TagRead(
        antenna=need(item, "antenna", int),
        epc_hex=str(need(item, "epc", str)).upper(),
        read_at=read_time(item, "t"),
        rssi_dbm=find_number(item, "rssi"),
    )


def to_item(read: TagRead) -> dict[str, Any]:
    """One read as a device writes it."""
    item = {"t": read.read_at.isoformat(), "antenna": read.antenna, "epc": read.epc_hex}
    return item if read.rssi_dbm is None else {**item, "rssi": read.rssi_dbm}
