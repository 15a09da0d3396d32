"""Newland fixed readers (`RFID/{serial}/TAG`): one tag or a list of them under `tags`, strengths in dBm.

The maker's manuals name fields in several spellings; each is looked for in turn. Command answers are health.
"""

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

_LISTS = ("tags", "tagList", "data")
_EPCS, _ANTENNAS = ("epc", "EPC"), ("antenna", "ant", "antId")
_STRENGTHS, _TIMES = ("rssi", "RSSI"), ("time", "timestamp", "readTime")


def parse(payload: bytes) -> Reading:
    """Decode one message. Raises DecodeError where it is no JSON at all."""
    return read_items(flattened(open_reports(payload), _tags), _read)


def _tags(report: Any) -> list[Any] | None:
    """The tags of a report; the report's time is that of each tag that has none of its own."""
    if not isinstance(report, dict):
        return None
    tags = next((report[name] for name in _LISTS if isinstance(report.get(name), list)), None)
    if tags is None:
        return None
    time = _name(report, _TIMES)
    return [{time: report.get(time), **tag} if isinstance(tag, dict) else tag for tag in tags]


def _read(tag: Mapping[str, Any]) -> Item:
    epc = _name(tag, _EPCS)
    if epc not in tag:
        return HealthReport(
            str(tag.get("cmd") or tag.get("type") or "status")[:40], None, find_time(tag, "time")
        )
    return TagRead(
        need(tag, _name(tag, _ANTENNAS), int),
        str(need(tag, epc, str)).replace(" ", "").upper(),
        read_time(tag, _name(tag, _TIMES)),
        find_number(tag, _name(tag, _STRENGTHS)),
    )


def _name(tag: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((name for name in names if tag.get(name) is not None), names[0])
