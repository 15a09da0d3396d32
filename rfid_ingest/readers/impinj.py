"""Impinj R700 (IoT device interface): reports with an `eventType`, of which tag reads are one.

RSSI comes in hundredths of a dBm, the EPC as base64url and, if switched on, as hex too; times have nine
decimals.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from haoyun.rfid_ingest.readers.documents import open_reports
from haoyun.rfid_ingest.readers.reading import Reading, TagRead, find_number, need, read_items, read_time
from haoyun.tracking.errors import DecodeError

_CENTI = 100.0


def parse(payload: bytes) -> Reading:
    """Decode one message. Raises DecodeError where it is no JSON at all."""
    return read_items(open_reports(payload), _report)


def _report(report: Mapping[str, Any]) -> TagRead | None:
    if need(report, "eventType", str) != "tagInventory":
        return None
    event = need(report, "tagInventoryEvent", dict)
    rssi_cdbm = find_number(event, "peakRssiCdbm")
    return TagRead(
        antenna=need(event, "antennaPort", int),
        epc_hex=_epc_hex(event),
        read_at=read_time(event if event.get("lastSeenTime") else report, _time_field(event)),
        rssi_dbm=None if rssi_cdbm is None else rssi_cdbm / _CENTI,
    )


def _time_field(event: Mapping[str, Any]) -> str:
    return "lastSeenTime" if event.get("lastSeenTime") else "timestamp"


def _epc_hex(event: Mapping[str, Any]) -> str:
    if event.get("epcHex") is not None:
        return str(need(event, "epcHex", str)).upper()
    text = need(event, "epc", str)
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise DecodeError(f"epc {text[:40]!r} is not base64url: {error}", code="bad_read") from error
    return raw.hex().upper()
