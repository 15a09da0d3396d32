"""SmartReader (open firmware for Impinj readers): `tag_reads` with times in microseconds and RSSI in dBm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haoyun.rfid_ingest.readers.documents import open_reports
from haoyun.rfid_ingest.readers.reading import (
    HealthReport,
    Item,
    Reading,
    TagRead,
    find_number,
    find_time,
    flattened,
    need,
    read_items,
    read_time,
)

_HEARTBEAT = "*****"  # what some settings send as the EPC of a keepalive


def parse(payload: bytes) -> Reading:
    """Decode one message. Raises DecodeError where it is no JSON at all."""
    return read_items(flattened(open_reports(payload), _tags), _read)


def _tags(report: Any) -> list[Any] | None:
    tags = report.get("tag_reads") if isinstance(report, dict) else None
    return tags if isinstance(tags, list) else None


def _read(tag: Mapping[str, Any]) -> Item:
    epc = tag.get("epc")
    if epc is None and "antennaPort" not in tag:  # a report without tags: status, inputs
        return HealthReport(str(tag.get("eventType") or "status")[:40], None, find_time(tag, "timestamp"))
    if epc == _HEARTBEAT:
        return HealthReport("heartbeat", None, find_time(tag, "firstSeenTimestamp"))
    return TagRead(
        need(tag, "antennaPort", int),
        str(need(tag, "epc", str)).upper(),
        read_time(tag, "firstSeenTimestamp"),
        find_number(tag, "peakRssi"),
    )
