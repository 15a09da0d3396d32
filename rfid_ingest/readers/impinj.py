"""Impinj R700 (IoT device interface): reports with an `eventType`, of which tag reads are one.

RSSI comes in hundredths of a dBm, the EPC as base64url and, if switched on, as hex too; times have nine
decimals. All other reports (antennas, inputs, the inventory's status) are the reader's health.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from haoyun.rfid_ingest.readers.documents import open_reports
from haoyun.rfid_ingest.readers.reading import (
    MAX_DETAIL,
    HealthReport,
    Item,
    Reading,
    TagRead,
    epc_of_base64url,
    find_number,
    find_time,
    find_whole,
    need,
    read_items,
    read_time,
)

_CENTI = 100.0


def parse(payload: bytes) -> Reading:
    """Decode one message. Raises DecodeError where it is no JSON at all."""
    return read_items(open_reports(payload), _report)


def _report(report: Mapping[str, Any]) -> Item:
    kind = need(report, "eventType", str)
    if kind != "tagInventory":
        return _health(kind, report)
    event = need(report, "tagInventoryEvent", dict)
    rssi_cdbm = find_number(event, "peakRssiCdbm")
    epc_hex = event.get("epcHex")
    return TagRead(
        need(event, "antennaPort", int),
        epc_of_base64url(need(event, "epc", str)) if epc_hex is None else need(event, "epcHex", str).upper(),
        read_time(event, "lastSeenTime") if event.get("lastSeenTime") else read_time(report, "timestamp"),
        None if rssi_cdbm is None else rssi_cdbm / _CENTI,
    )


def _health(kind: str, report: Mapping[str, Any]) -> HealthReport:
    """antennaConnected, antennaDisconnected, inventoryStatus, inventoryTerminated, gpiTransition and what may come."""
    found = report.get(f"{kind}Event")
    event = found if isinstance(found, dict) else {}
    detail = orjson.dumps(event).decode()[:MAX_DETAIL] if event else ""
    return HealthReport(
        kind[:40] or "unknown", find_whole(event, "antennaPort"), find_time(report, "timestamp"), detail
    )
