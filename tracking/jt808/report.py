"""From the positions of a message to the JSON of kind `jt808` (decoders/jt808.py reads it back)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from haoyun.tracking.jt808.messages import MessageId, Position

# Additional items that are numbers, with their size in bytes; others travel as hex under "0x…".
_NUMBERS = {0x01: 4, 0x02: 2, 0x03: 2, 0x30: 1, 0x31: 1}


def bridged(message_id: MessageId, phone: str, serial: int, positions: Sequence[Position]) -> dict[str, Any]:
    """A position (0x0200) or a batch (0x0704) in the bridged form."""
    header = {"msg_id": int(message_id), "phone": phone, "msg_sn": serial}
    bodies = [_body(position) for position in positions]
    if message_id is MessageId.POSITION:
        return {"header": header, "body": bodies[0]}
    return {"header": header, "body": {"items": bodies}}


def _body(position: Position) -> dict[str, Any]:
    names = ("alarm", "status", "latitude", "longitude", "altitude", "speed", "direction", "time")
    body: dict[str, Any] = {name: getattr(position, name) for name in names}
    return body | ({"extra": dict(map(_item, position.extra))} if position.extra else {})


def _item(item: tuple[int, bytes]) -> tuple[str, int | str]:
    key, value = item
    if _NUMBERS.get(key) == len(value):
        return str(key), int.from_bytes(value)
    return f"0x{key:02x}", value.hex()
