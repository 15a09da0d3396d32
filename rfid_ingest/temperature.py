"""Temperature loggers: their files read, their readings as EPCIS sensor elements, and what lay out of range. Pure.

Degrees are Celsius; a column that says Fahrenheit is converted.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import orjson

from haoyun.rfid_ingest.epcis.model import ObjectEvent, rfc3339
from haoyun.rfid_ingest.epcis.parts import Action, BizTransaction
from haoyun.rfid_ingest.errors import InvalidLogger
from haoyun.rfid_ingest.findings import Finding, Kind, State

COLDEST, HOTTEST = -200.0, 400.0  # beyond this a logger is broken
MOST_READINGS = 50_000
READINGS_PER_EVENT = 200
_TIMES = ("time", "timestamp", "datetime", "date time", "date/time", "at", "时间", "日期时间", "记录时间")
_VALUES = (
    "temperature",
    "temperature_c",
    "temp",
    "temp_c",
    "celsius",
    "value",
    "温度",
    "温度(℃)",
    "温度(°c)",
)
_FAHRENHEIT = ("temperature_f", "temp_f", "fahrenheit", "温度(℉)")
_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M")
_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)\Z")


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a logger."""

    at: datetime
    celsius: float


@dataclass(frozen=True, slots=True)
class Excursion:
    """A time out of range. `worst_c` is the reading furthest out, `out_by_c` how far that is."""

    start: datetime
    end: datetime
    worst_c: float
    out_by_c: float

    @property
    def duration(self) -> timedelta:
        """How long it lasted at least: from its first reading to the first one back in range, or to the last."""
        return self.end - self.start


def read_logger(content: bytes, tz_offset: str = "+08:00") -> list[Reading]:
    """The readings of a logger's CSV or JSON by time, each instant once. Times without a zone are local.

    Raises InvalidLogger with the place and what would be right.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise InvalidLogger("the file is no text in UTF-8 or GB 18030") from error
    rows = _json_rows(text) if text.lstrip()[:1] in ("[", "{") else _csv_rows(text)
    readings: dict[datetime, Reading] = {}
    for place, row in rows:
        reading = _reading(row, place, tz_offset)
        readings[reading.at] = reading
        if len(readings) > MOST_READINGS:
            raise InvalidLogger(f"the file has more than {MOST_READINGS} readings: send it in parts")
    if not readings:
        raise InvalidLogger("the file has no readings: a CSV needs a header with time and temperature")
    return [readings[at] for at in sorted(readings)]


def excursions(readings: Iterable[Reading], low_c: float | None, high_c: float | None) -> list[Excursion]:
    """The times in which readings lay below `low_c` or above `high_c` (None: no bound), by time."""
    found: list[Excursion] = []
    start: datetime | None = None
    worst, out_by, last = 0.0, 0.0, None
    for reading in sorted(readings, key=lambda one: one.at):
        out = _out_by(reading.celsius, low_c, high_c)
        if out > 0:
            start = start or reading.at
            if out > out_by:
                worst, out_by = reading.celsius, out
        elif start is not None:
            found.append(Excursion(start, reading.at, worst, out_by))
            start, out_by = None, 0.0
        last = reading.at
    if start is not None and last is not None:
        found.append(Excursion(start, last, worst, out_by))
    return found


def findings(
    journey_id: str, found: Sequence[Excursion], low_c: float | None, high_c: float | None
) -> list[Finding]:
    """Excursions as findings of a journey: how long, how far."""
    bounds: dict[str, float] = {}
    if low_c is not None:
        bounds["low_c"] = low_c
    if high_c is not None:
        bounds["high_c"] = high_c
    return [
        Finding(
            journey_id,
            Kind.TEMPERATURE,
            one.start.isoformat(),
            State.RAISED,
            one.start,
            one.end,
            {
                **bounds,
                "worst_c": round(one.worst_c, 2),
                "out_by_c": round(one.out_by_c, 2),
                "minutes": round(one.duration.total_seconds() / 60, 1),
            },
        )
        for one in found
    ]


def sensor_events(
    readings: Sequence[Reading], device: str, epcs: Sequence[str], waybill: str, tz_offset: str = "+08:00"
) -> list[ObjectEvent]:
    """The readings as EPCIS object events, some hundred readings each, under the waybill of the consignment."""
    events = []
    for first in range(0, len(readings), READINGS_PER_EVENT):
        part = readings[first : first + READINGS_PER_EVENT]
        element = {
            "sensorMetadata": {
                "startTime": rfc3339(part[0].at, tz_offset),
                "endTime": rfc3339(part[-1].at, tz_offset),
                "deviceID": device,
            },
            "sensorReport": [
                {
                    "type": "Temperature",
                    "value": round(one.celsius, 3),
                    "uom": "CEL",
                    "time": rfc3339(one.at, tz_offset),
                }
                for one in part
            ],
        }
        events.append(
            ObjectEvent(
                event_time=part[-1].at,
                tz_offset=tz_offset,
                action=Action.OBSERVE,
                epc_list=tuple(epcs),
                biz_step="sensor_reporting",
                biz_transactions=(BizTransaction(waybill, "bol"),),
                sensor_elements=(element,),
            )
        )
    return events


def readings_of(document: Mapping[str, Any]) -> Iterator[Reading]:
    """The temperatures of an event's sensor elements, in Celsius."""
    for element in document.get("sensorElementList", ()):
        common = element.get("sensorMetadata", {}).get("time")
        for one in element.get("sensorReport", ()):
            at, value = one.get("time", common), one.get("value")
            if str(one.get("type", "")).endswith("Temperature") and at and isinstance(value, int | float):
                celsius = (value - 32) / 1.8 if one.get("uom") == "FAH" else float(value)
                yield Reading(datetime.fromisoformat(at), celsius)


def _out_by(celsius: float, low_c: float | None, high_c: float | None) -> float:
    below = low_c - celsius if low_c is not None else 0.0
    above = celsius - high_c if high_c is not None else 0.0
    return max(below, above, 0.0)


def _json_rows(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidLogger(f"the file is no JSON: {error}") from error
    rows = value.get("readings") if isinstance(value, dict) else value
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InvalidLogger('JSON holds a list of {"time": …, "temperature": …}, or that under "readings"')
    for number, row in enumerate(rows):
        yield f"reading {number}", {str(key).strip().lower(): entry for key, entry in row.items()}


def _csv_rows(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The rows from the header on: loggers write some lines about themselves before it."""
    lines = text.splitlines()
    found = next((header for n, line in enumerate(lines) if (header := _header(n, line))), None)
    if found is None:
        return
    start, delimiter, names = found
    table = csv.reader(io.StringIO("\n".join(lines[start:])), delimiter=delimiter)
    for number, cells in enumerate(table, start + 1):
        if any(cell.strip() for cell in cells):
            yield f"line {number}", dict(zip(names, cells, strict=False))


def _header(number: int, line: str) -> tuple[int, str, list[str]] | None:
    """Where the rows begin, their delimiter and names, if this line names a time and a temperature."""
    delimiter = max(",;\t", key=line.count)
    names = [name.strip().lower() for name in next(csv.reader([line], delimiter=delimiter), [])]
    if set(names) & set(_TIMES) and set(names) & {*_VALUES, *_FAHRENHEIT}:
        return number + 1, delimiter, names
    return None


def _reading(row: Mapping[str, Any], place: str, tz_offset: str) -> Reading:
    at = next((row[name] for name in _TIMES if name in row), None)
    value = next((row[name] for name in _VALUES if name in row), None)
    fahrenheit = next((row[name] for name in _FAHRENHEIT if name in row), None)
    if at is None or (value is None and fahrenheit is None):
        raise InvalidLogger(f"{place}: needs a time and a temperature")
    celsius = _number(value, place) if value is not None else (_number(fahrenheit, place) - 32) / 1.8
    if not COLDEST <= celsius <= HOTTEST:
        raise InvalidLogger(f"{place}: {celsius:g} °C is no temperature of goods")
    return Reading(_instant(at, place, tz_offset), celsius)


def _number(value: Any, place: str) -> float:
    text = str(value).strip().removesuffix("°C").removesuffix("℃").strip()
    try:
        number = float(text.replace(",", ".") if text.count(",") == 1 else text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or isinstance(value, bool):
        raise InvalidLogger(f"{place}: {str(value)[:40]!r} is no number")
    return number


def _instant(value: Any, place: str, tz_offset: str) -> datetime:
    text = str(value).strip()
    zone = _zone(tz_offset)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = next((found for form in _FORMATS if (found := _parsed(text, form))), None)  # type: ignore[assignment]
    if at is None:
        raise InvalidLogger(f"{place}: {text[:40]!r} is no time such as 2026-03-02 08:00:00")
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _parsed(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is given beside it
    except ValueError:
        return None


def _zone(tz_offset: str) -> timezone:
    match = _OFFSET.match(tz_offset)
    if match is None:
        raise InvalidLogger(f"a time zone reads +08:00, not {tz_offset[:20]!r}")
    sign = -1 if match[1] == "-" else 1
    return timezone(sign * timedelta(hours=int(match[2]), minutes=int(match[3])))
