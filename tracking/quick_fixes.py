"""The own format read without detours: payload -> rows of history, for messages that are plainly right.

Whatever is not plainly right (another datum, a field out of range, a wrapper with an odd number) gives None, and the
careful decoder (decoders/fixes.py) takes the message and names what is wrong. Both say the same of every message that
is taken here; a test compares them. The careful way costs some 25 µs a fix, this one about 3.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import orjson

from haoyun.tracking.envelope import MAX_ITEMS
from haoyun.tracking.fixes import EARLIEST, LATEST, MAX_SEQ
from haoyun.tracking.history.rows import Row
from haoyun.tracking.instants import EPOCH, MILLISECOND, SMALLEST_MS_NUMBER, to_ms

EARLIEST_MS, LATEST_MS = to_ms(EARLIEST), to_ms(LATEST)


_Numbers = tuple[tuple[int, ...], int | None, str]  # seqs, base, epoch


class QuickMessage(NamedTuple):
    """Rows of one message, and what its envelope says of the application-level ack."""

    rows: list[Row]
    seqs: tuple[int, ...]
    base: int | None
    epoch: str


def read_quickly(payload: bytes, device_id: int, received_ms: int) -> QuickMessage | None:
    """The rows of a plain message of the kind `fixes`, or None: then the careful decoder must look."""
    value = _plain_json(payload)
    if type(value) is dict and "fixes" not in value:
        row = _row(value, device_id, received_ms)
        return None if row is None else QuickMessage([row], (row[2],) if row[2] else (), None, "")
    numbers = _numbers(value) if type(value) is dict else _UNNUMBERED
    items = value["fixes"] if type(value) is dict else value
    if numbers is None or type(items) is not list or not 1 <= len(items) <= MAX_ITEMS:
        return None
    rows: list[Row] = []
    for item in items:
        row = _row(item, device_id, received_ms) if type(item) is dict else None
        if row is None:
            return None
        rows.append(row)
    if numbers is _UNNUMBERED:
        return QuickMessage(rows, tuple([row[2] for row in rows if row[2]]), None, "")
    return QuickMessage(rows, *numbers)


def _plain_json(payload: bytes) -> Any:
    """The payload as JSON; None where it is none, or says true or false: these are numbers to Python, not to us."""
    if b"true" in payload or b"false" in payload:
        return None
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None


_UNNUMBERED: _Numbers = ((), None, "")


def _numbers(wrapper: dict[str, Any]) -> _Numbers | None:
    """What a plain wrapper says for the ack: its number, the base, and the epoch."""
    seq, base, epoch = wrapper.get("seq"), wrapper.get("base"), wrapper.get("epoch", "")
    if type(seq) is not int or not 1 <= seq <= MAX_SEQ:
        return None
    if base is not None and not (type(base) is int and 1 <= base <= seq):
        return None
    # An epoch of other characters than these may still be right: the careful decoder knows.
    if type(epoch) is not str or len(epoch) > 40 or (epoch and not (epoch.isascii() and epoch.isalnum())):
        return None
    return (seq,), base, epoch


def _row(item: dict[str, Any], device_id: int, received_ms: int) -> Row | None:
    get = item.get
    fix_ms, seq = _milliseconds(get("t")), get("seq", 0)
    lat: Any = get("lat")
    lon: Any = get("lon")
    speed, heading, altitude, accuracy = get("spd"), get("hdg"), get("alt"), get("acc")
    try:
        right = (
            EARLIEST_MS <= fix_ms < LATEST_MS
            and -90 <= lat <= 90
            and -180 <= lon <= 180
            and type(seq) is int
            and 0 <= seq <= MAX_SEQ
            and (speed is None or 0 <= speed <= 1000)
            and (heading is None or 0 <= heading <= 360)
            and (altitude is None or -1000 <= altitude <= 100_000)
            and (accuracy is None or 0 <= accuracy <= 1_000_000)
        )
    except TypeError:  # a text or a list where a number should be
        return None
    if not right or "sensors" in item or ("crs" in item and item["crs"] != "wgs84"):
        return None
    return (device_id, fix_ms, seq, received_ms, lat, lon, speed, heading, altitude, accuracy, 0, None)


def _milliseconds(value: object) -> int:
    """Epoch milliseconds of a plain instant, else -1; the same rounding as `parse_instant` and `to_ms`."""
    if type(value) is str:
        try:
            at = datetime.fromisoformat(value)
            return (at - EPOCH) // MILLISECOND
        except (ValueError, TypeError, OverflowError):  # no instant, or one without an offset
            return -1
    if type(value) is int:
        return value if value > SMALLEST_MS_NUMBER else value * 1000
    if type(value) is float and value < LATEST_MS:
        return round((value / 1000 if value > SMALLEST_MS_NUMBER else value) * 1000)
    return -1
