"""Zebra: fixed readers FX7500 and FX9600 (IoT Connector) and the sleds RFD40 and RFD90; RSSI in dBm.

A fixed reader sends objects with `data.idHex`, alone or in an array. A sled sends `data.tagData`, a list of tags
without antennas: all of them are antenna 1. Heartbeats, alerts and input changes are the reader's health.
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
    find_number,
    find_time,
    flattened,
    need,
    read_items,
    read_time,
)

_SLED_ANTENNA = 1
_TIMES = ("timestamp", "lastSeenTime", "firstSeenTimeStamp", "seenTime")


def parse(payload: bytes) -> Reading:
    """Decode one message. Raises DecodeError where it is no JSON at all."""
    return read_items(flattened(open_reports(payload), _tags), _report)


def _report(report: Mapping[str, Any]) -> Item:
    data = need(report, "data", dict)
    identity = next(
        (data[name] for name in ("idHex", "id", "tagID", "epc") if data.get(name) is not None), None
    )
    if identity is None:
        return _health(report, data)
    strength = "peakRssi" if data.get("peakRssi") is not None else "rssi" if "rssi" in data else "RSSI"
    return TagRead(
        need(data, "antenna", int) if data.get("antenna") is not None or "idHex" in data else _SLED_ANTENNA,
        str(need({"idHex": identity}, "idHex", str)).upper(),
        read_time(report, "timestamp"),
        find_number(data, strength),
    )


def _tags(report: Any) -> list[Any] | None:
    """The tags of a sled's report, each as a fixed reader would send it, or None for another report."""
    data = report.get("data") if isinstance(report, dict) else None
    tags = data.get("tagData") if isinstance(data, dict) else None
    if not isinstance(tags, list):
        return None
    return [
        {"timestamp": _time_of(tag, report), "data": tag} if isinstance(tag, dict) else tag for tag in tags
    ]


def _time_of(tag: Mapping[str, Any], report: Mapping[str, Any]) -> object:
    return next((tag[name] for name in _TIMES if tag.get(name) is not None), report.get("timestamp"))


def _health(report: Mapping[str, Any], data: Mapping[str, Any]) -> HealthReport:
    kind = report.get("eventType") or report.get("type")
    return HealthReport(
        str(kind)[:40] if kind else "unknown",
        None,
        find_time(report, "timestamp"),
        orjson.dumps(data).decode()[:MAX_DETAIL],
    )
