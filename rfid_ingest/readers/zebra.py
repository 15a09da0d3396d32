"""Zebra FX7500 and FX9600 (IoT Connector): objects with `data.idHex`, alone or in an array; RSSI in dBm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haoyun.rfid_ingest.readers.documents import open_reports
from haoyun.rfid_ingest.readers.reading import Reading, TagRead, find_number, need, read_items, read_time


def parse(payload: bytes) -> Reading:
    """Decode one message. Raises DecodeError where it is no JSON at all."""
    return read_items(open_reports(payload), _report)


def _report(report: Mapping[str, Any]) -> TagRead | None:
    data = need(report, "data", dict)
    if "idHex" not in data:
        return None  # heartbeats, alerts and GPI changes come on the same topic
    return TagRead(
        antenna=need(data, "antenna", int),
        epc_hex=str(need(data, "idHex", str)).upper(),
        read_at=read_time(report, "timestamp"),
        rssi_dbm=find_number(data, "peakRssi"),
    )
