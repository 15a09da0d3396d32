"""What every reader format turns into: tag reads, what the reader says of itself, and refusals by place."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from haoyun.tracking.envelope import Envelope
from haoyun.tracking.errors import BadInstant, DecodeError
from haoyun.tracking.instants import parse_instant

MAX_EPC_HEX = 124  # the longest EPC that Gen2 air protocol can carry: 31 words
MAX_ANTENNA = 255
MAX_DETAIL = 200
_EPC_HEX = re.compile(r"(?:[0-9A-F]{4})+\Z")
_LARGEST_MS_NUMBER = 1e14  # an epoch number above is microseconds: as milliseconds it would be the year 5138


@dataclass(frozen=True, slots=True)
class TagRead:
    """One tag seen by one antenna. `rssi_dbm` is the peak strength, None where the reader does not tell."""

    antenna: int
    epc_hex: str
    read_at: datetime
    rssi_dbm: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.antenna <= MAX_ANTENNA:
            raise DecodeError(f"antenna must be 0 to {MAX_ANTENNA}, not {self.antenna}", code="bad_read")
        if not _is_epc(self.epc_hex):
            raise DecodeError(
                f"EPC {self.epc_hex[:40]!r} must be 1 to 31 words of 4 hex digits", code="bad_read"
            )
        if self.rssi_dbm is not None and not -150 <= self.rssi_dbm <= 50:
            raise DecodeError(f"RSSI {self.rssi_dbm} dBm must lie in -150..50", code="bad_read")


@dataclass(frozen=True, slots=True)
class HealthReport:
    """What a reader says of itself: an antenna that came off, an input, a heartbeat. `detail` is for people."""

    kind: str
    antenna: int | None = None
    at: datetime | None = None
    detail: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.kind) <= 40 or len(self.detail) > MAX_DETAIL:
            raise DecodeError("a health report has a kind of 1 to 40 characters and a short detail")


Item = TagRead | HealthReport


@dataclass(frozen=True, slots=True)
class Reading:
    """One decoded message. `refused` pairs the place of a bad item with its error."""

    reads: tuple[TagRead, ...]
    refused: tuple[tuple[int, DecodeError], ...] = ()
    health: tuple[HealthReport, ...] = ()
    envelope: Envelope | None = None  # where the device numbers its messages and wants an ack


ItemParser = Callable[[Mapping[str, Any]], Item]


def read_items(items: Sequence[Any], parse: ItemParser, envelope: Envelope | None = None) -> Reading:
    """Parse each item: one bad item is refused by its place, the others are kept."""
    reads: list[TagRead] = []
    health: list[HealthReport] = []
    refused: list[tuple[int, DecodeError]] = []
    for index, item in enumerate(items):
        try:
            if not isinstance(item, dict):
                raise DecodeError(f"a read must be an object, not {type(item).__name__}", code="bad_read")
            found = parse(item)
        except (DecodeError, BadInstant) as error:
            refused.append((index, as_bad_read(error)))
            continue
        if isinstance(found, TagRead):
            reads.append(found)
        else:
            health.append(found)
    return Reading(tuple(reads), tuple(refused), tuple(health), envelope)


def flattened(reports: Sequence[Any], tags_of: Callable[[Any], Iterable[Any] | None]) -> tuple[Any, ...]:
    """Reports with their tags as items of their own; a report of which `tags_of` knows none stays itself."""
    items: list[Any] = []
    for report in reports:
        tags = tags_of(report)
        items.extend([report] if tags is None else tags)
    return tuple(items)


def as_bad_read(error: DecodeError | BadInstant) -> DecodeError:
    """The refusal of one read, whatever refused it."""
    return error if isinstance(error, DecodeError) else DecodeError(str(error), code="bad_read")


def need(item: Mapping[str, Any], name: str, kind: type | tuple[type, ...]) -> Any:
    """The field, or a refusal that names what is missing or wrong. A boolean is never a number."""
    value = item.get(name)
    if type(value) is kind:  # the common case, and never a boolean unless one is asked for
        return value
    if value is None:
        raise DecodeError(f"field {name} is missing", code="bad_read")
    if not isinstance(value, kind) or isinstance(value, bool):
        raise DecodeError(f"field {name} has the wrong type: {type(value).__name__}", code="bad_read")
    return value


def find_number(item: Mapping[str, Any], name: str) -> float | None:
    """The number under `name`, or None where there is none."""
    value = item.get(name)
    if value is None:
        return None
    if type(value) is not int:
        value = float(need(item, name, (int, float)))
    if not math.isfinite(value):
        raise DecodeError(f"field {name} must be finite", code="bad_read")
    return float(value)


def find_whole(item: Mapping[str, Any], name: str) -> int | None:
    """The whole number under `name`, or None where there is none or it is not one."""
    value = item.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_time(item: Mapping[str, Any], name: str) -> datetime:
    """The instant under `name`: ISO-8601 with an offset and any number of decimals, or epoch s, ms or µs."""
    value = need(item, name, (str, int, float))
    return parse_instant(
        value / 1000 if not isinstance(value, str) and abs(value) > _LARGEST_MS_NUMBER else value
    )


def find_time(item: Mapping[str, Any], name: str) -> datetime | None:
    """`read_time`, or None where there is none that can be read."""
    try:
        return read_time(item, name)
    except (DecodeError, BadInstant):
        return None


def epc_of_base64url(text: str) -> str:
    """Tag memory that is written as base64url, as hex. Raises DecodeError."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise DecodeError(f"epc {text[:40]!r} is not base64url: {error}", code="bad_read") from error
    return raw.hex().upper()


def _is_epc(hex_text: str) -> bool:
    return len(hex_text) <= MAX_EPC_HEX and _is_hex(hex_text)


@lru_cache(maxsize=65_536)  # a tag is read dozens of times in a gate; what is too long is not kept
def _is_hex(hex_text: str) -> bool:
    return _EPC_HEX.match(hex_text) is not None
