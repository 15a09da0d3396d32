"""A request from outside, from its JSON or its files to a problem; what is too large is refused by name (pure)."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from haoyun.platform.planning import MAX_STOPS
from haoyun.routing import BadFormat, Problem, ReadResult, read_problem
from haoyun.routing.formats import sheet, vroom
from haoyun.routing.hours import PRESETS

MAX_UNPACKED_BYTES = 64 << 20
HOURS = tuple(PRESETS)
_GZIP_MAGIC = b"\x1f\x8b"
_LINES_PER_STOP = 2  # coordinates and demands stand in lists of their own


class TooLarge(BadFormat):
    """A request beyond what one job takes."""


def read_json_request(request: Mapping[str, Any], most_stops: int = MAX_STOPS) -> ReadResult:
    """The problem of a decoded VROOM request. Raises BadFormat, TooLarge."""
    jobs, shipments = request.get("jobs"), request.get("shipments")
    # Whatever is no list is refused by the reader, which names the field.
    stops = _length(jobs) + 2 * _length(shipments)
    _refuse(stops, most_stops, "stops")
    return vroom.read_json(dict(request))


def read_files(content: bytes, vehicles: bytes | None = None, most_stops: int = MAX_STOPS) -> ReadResult:
    """The problem of an uploaded file, whatever its format; `vehicles`: a CSV beside orders. As read_json_request."""
    content = unpacked(content)
    if content.lstrip().startswith(b"{"):
        return read_json_request(_decoded(content), most_stops)
    tables = sheet.tables_of(content)
    lines = content.count(b"\n")
    if tables is None and lines > _LINES_PER_STOP * most_stops + 1000:
        raise TooLarge(f"the file has {lines} lines; a request has at most {most_stops} stops")
    if tables is not None:
        _refuse(len(tables.orders), most_stops, "orders")
    read = read_problem(content, vehicles=vehicles)
    _refuse(stops_of(read.problem), most_stops, "stops")
    return read


def stops_of(problem: Problem) -> int:
    """How many stops a problem has."""
    return len(problem.jobs) + 2 * len(problem.shipments)


def under_hours(problem: Problem, name: str | None) -> Problem:
    """The problem with this rule on driver hours for all vehicles (a name of hours.PRESETS); None: as it is."""
    if name is None:
        return problem
    rule = PRESETS[name]
    return replace(problem, vehicles=tuple(replace(v, hours=rule) for v in problem.vehicles))


def unpacked(content: bytes) -> bytes:
    """The content of a gzip file, or itself. Raises BadFormat, and TooLarge before a small file fills the memory."""
    if not content.startswith(_GZIP_MAGIC):
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            found = file.read(MAX_UNPACKED_BYTES + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise BadFormat("the gzip file is damaged") from None
    if len(found) > MAX_UNPACKED_BYTES:
        raise TooLarge(f"the gzip file unpacks to more than {MAX_UNPACKED_BYTES >> 20} MiB")
    return found


def _decoded(content: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise BadFormat(f"line {error.lineno}, column {error.colno}: not valid JSON: {error.msg}") from None
    assert isinstance(found, dict)
    return found


def _length(value: object) -> int:
    return len(value) if isinstance(value, list) else 0


def _refuse(count: int, most: int, what: str) -> None:
    if count > most:
        raise TooLarge(f"the request has {count} {what}; at most {most} are planned in one job")
