"""How vendors pack their reports: one object, an array of them, or one object a line (ND-JSON)."""

from __future__ import annotations

from typing import Any

import orjson

from haoyun.tracking.envelope import MAX_ITEMS, parse_json
from haoyun.tracking.errors import DecodeError


def open_reports(payload: bytes) -> tuple[Any, ...]:
    """The reports of a message. Raises DecodeError naming the rule, and the line of ND-JSON."""
    try:
        value = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return _checked(_lines(payload))
    return _checked(tuple(value) if isinstance(value, list) else (value,))


def _lines(payload: bytes) -> tuple[Any, ...]:
    lines = [line for line in payload.splitlines() if line.strip()]
    if len(lines) < 2:
        return (parse_json(payload),)  # not ND-JSON: let the ordinary refusal speak
    reports = []
    for number, line in enumerate(lines, start=1):
        try:
            reports.append(orjson.loads(line))
        except orjson.JSONDecodeError as error:
            raise DecodeError(f"line {number} is not JSON: {error}") from error
    return tuple(reports)


def _checked(reports: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(reports) > MAX_ITEMS:
        raise DecodeError(f"{len(reports)} reports in a message: at most {MAX_ITEMS} are allowed")
    return reports
