"""Reads as a CSV file: a header line and columns for time, antenna, EPC and, if known, strength.

Names of columns: `t`, `time`, `timestamp` or `t_ms`; `antenna` or `ant`; `epc`, `epc_hex` or `idHex`; `rssi`,
`rssi_dbm` or `rssi_cdbm` (hundredths). Times are ISO-8601 with an offset, or epoch s, ms or µs.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from haoyun.rfid_ingest.readers.reading import Reading, TagRead, find_number, need, read_items, read_time
from haoyun.tracking.errors import DecodeError

_TIMES = ("t", "time", "timestamp", "t_ms", "read_at")
_ANTENNAS, _EPCS = ("antenna", "ant", "antennaPort"), ("epc", "epc_hex", "idHex")
_STRENGTHS = {"rssi": 1.0, "rssi_dbm": 1.0, "peakRssi": 1.0, "rssi_cdbm": 0.01}


def parse(payload: bytes) -> Reading:
    """Decode a file. Raises DecodeError where it is no text or lacks a column; a bad row is refused by its number."""
    try:
        table = csv.DictReader(io.StringIO(payload.decode("utf-8-sig"), newline=""))
        rows, header = list(table), set(table.fieldnames or ())
    except (UnicodeDecodeError, csv.Error) as error:
        raise DecodeError(f"not CSV in UTF-8: {error}") from error
    for names, what in ((_TIMES, "the time"), (_ANTENNAS, "the antenna"), (_EPCS, "the EPC")):
        if not header & set(names):
            raise DecodeError(f"not CSV of reads: no column for {what} ({', '.join(names)})")
    return read_items(rows, _read)


def _read(row: Mapping[str, Any]) -> TagRead:
    strength = next((name for name in _STRENGTHS if row.get(name)), None)
    rssi = None if strength is None else find_number({strength: _number(row[strength], strength)}, strength)
    return TagRead(
        int(_number(_value(row, _ANTENNAS), "antenna")),
        _value(row, _EPCS).upper(),
        read_time({"time": _time(_value(row, _TIMES))}, "time"),
        None if rssi is None or strength is None else rssi * _STRENGTHS[strength],
    )


def _value(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    name = next((name for name in names if row.get(name)), names[0])
    return str(need(row, name, str)).strip()


def _time(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


def _number(text: Any, name: str) -> float:
    try:
        value = float(text)
    except (TypeError, ValueError) as error:
        raise DecodeError(f"{name} must be a number, not {str(text)[:40]!r}", code="bad_read") from error
    if not abs(value) < 1e9:
        raise DecodeError(f"{name} must be a number of common size, not {str(text)[:40]!r}", code="bad_read")
    return value
