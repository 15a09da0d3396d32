"""What every reader format turns into: tag reads, refusals by place, and how many reports were no reads."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from haoyun.tracking.envelope import Envelope
from haoyun.tracking.errors import BadInstant, DecodeError
from haoyun.tracking.instants import parse_instant

MAX_EPC_HEX = 124  # the longest EPC that Gen2 air protocol can carry: 31 words
MAX_ANTENNA = 255
_EPC_HEX = re.compile(r"(?:[0-9A-F]{4})+\Z")


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
        if len(self.epc_hex) > MAX_EPC_HEX or not _EPC_HEX.match(self.epc_hex):
            raise DecodeError(
                f"EPC {self.epc_hex[:40]!r} must be 1 to 31 words of 4 hex digits", code="bad_read"
            )
        if self.rssi_dbm is not None and not -150 <= self.rssi_dbm <= 50:
            raise DecodeError(f"RSSI {self.rssi_dbm} dBm must lie in -150..50", code="bad_read")


@dataclass(frozen=True, slots=True)
class Reading:
    """One decoded message. `refused` pairs the place of a bad item with its error."""

    reads: tuple[TagRead, ...]
    refused: tuple[tuple[int, DecodeError], ...] = ()
    others: int = 0  # reports that are no tag reads: antenna or input changes, heartbeats
    envelope: Envelope | None = None  # where the device numbers its messages and wants an ack


ItemParser = Callable[[Mapping[str, Any]], TagRead | None]


def read_items(items: Sequence[Any], parse: ItemParser, envelope: Envelope | None = None) -> Reading:
    """Parse each item: one bad item is refused by its place, the others are kept; None is no tag read."""
    reads: list[TagRead] = []
    refused: list[tuple[int, DecodeError]] = []
    for index, item in enumerate(items):
        try:
            if not isinstance(item, dict):
                raise DecodeError(f"a read must be an object, not {type(item).__name__}", code="bad_read")
            read = parse(item)
        except (DecodeError, BadInstant) as error:
            refused.append(
                (index, error if isinstance(error, DecodeError) else DecodeError(str(error), code="bad_read"))
            )
            continue
        if read is not None:
            reads.append(read)
    return Reading(tuple(reads), tuple(refused), len(items) - len(reads) - len(refused), envelope)


def need(item: Mapping[str, Any], name: str, kind: type | tuple[type, ...]) -> Any:
    """The field, or a refusal that names what is missing or wrong. A boolean is never a number."""
    value = item.get(name)
    if value is None:
        raise DecodeError(f"field {name} is missing", code="bad_read")
    if not isinstance(value, kind) or isinstance(value, bool):
        raise DecodeError(f"field {name} has the wrong type: {type(value).__name__}", code="bad_read")
    return value


def find_number(item: Mapping[str, Any], name: str) -> float | None:
    """The number under `name`, or None where there is none."""
    if item.get(name) is None:
        return None
    value = float(need(item, name, (int, float)))
    if not math.isfinite(value):
        raise DecodeError(f"field {name} must be finite", code="bad_read")
    return value


def read_time(item: Mapping[str, Any], name: str) -> datetime:
    """The instant under `name`: ISO-8601 with an offset and any number of decimals, or epoch s or ms."""
    return parse_instant(need(item, name, (str, int, float)))
