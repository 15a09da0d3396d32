"""Haoyun's own payload form, shared by the kinds `fixes` and `reads`, and the application-level ack's form.

A payload is one item, an array of items, or a wrapper that numbers the message:
`{"epoch": "b7", "seq": 12, "base": 10, "fixes": [...]}`. See docs/reference/mqtt.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from haoyun.tracking.errors import DecodeError
from haoyun.tracking.fixes import MAX_SEQ
from haoyun.tracking.outbox import OutboxState

MAX_ITEMS = 2000  # about 200 KB of fixes; larger buffers are cut by the device
_EPOCH = re.compile(r"[A-Za-z0-9._-]{0,40}")


@dataclass(frozen=True, slots=True)
class Envelope:
    """An opened payload: its raw items, and the sequence numbers that a device wants acked."""

    items: tuple[Any, ...]
    seqs: tuple[int, ...] = ()
    base: int | None = None
    epoch: str = ""


def parse_json(payload: bytes) -> Any:
    """The payload as JSON (UTF-8, no NaN). Raises DecodeError naming the place."""
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise DecodeError(f"not JSON: {error}") from error


def open_envelope(payload: bytes, items_key: str) -> Envelope:
    """Open a payload whose wrapper keeps its items under `items_key`. Raises DecodeError naming the rule."""
    value = parse_json(payload)
    if isinstance(value, dict):
        return _open_wrapper(value, items_key) if items_key in value else _open_bare([value])
    if isinstance(value, list):
        return _open_bare(value)
    raise DecodeError(f"payload must be an object or an array, not {type(value).__name__}")


def seal(items_key: str, items: list[Any], *, seq: int, base: int, epoch: str) -> bytes:
    """The wrapper as a device writes it."""
    return orjson.dumps({"epoch": epoch, "seq": seq, "base": base, items_key: items})


def ack_payload(state: OutboxState) -> bytes:
    """What is published on `…/down/ack` once everything up to `acked_seq` is stored."""
    body: dict[str, object] = {"seq": state.acked_seq}
    return orjson.dumps({**body, "epoch": state.epoch} if state.epoch else body)


def parse_ack(payload: bytes) -> OutboxState:
    """What a device reads on `…/down/ack`. Raises DecodeError."""
    value = parse_json(payload)
    if not isinstance(value, dict):
        raise DecodeError("an ack must be an object")
    return OutboxState(_epoch(value), _number(value, "seq", low=0))


def _open_wrapper(value: Mapping[str, Any], items_key: str) -> Envelope:
    items = _items(value[items_key])
    if "seq" not in value:
        return Envelope(items, epoch=_epoch(value))
    seq = _number(value, "seq", low=1)
    base = _number(value, "base", low=1) if value.get("base") is not None else None
    if base is not None and base > seq:
        raise DecodeError(f"base {base} is above seq {seq}: base is the lowest number still in the outbox")
    return Envelope(items, (seq,), base, _epoch(value))


def _open_bare(items: list[Any]) -> Envelope:
    seqs = tuple(item["seq"] for item in items if isinstance(item, dict) and _is_seq(item.get("seq")))
    return Envelope(_items(items), seqs)


def _items(items: Any) -> tuple[Any, ...]:
    if not isinstance(items, list):
        raise DecodeError(f"items must be an array, not {type(items).__name__}")
    if not 1 <= len(items) <= MAX_ITEMS:
        raise DecodeError(f"{len(items)} items in a message: 1 to {MAX_ITEMS} are allowed")
    return tuple(items)


def _number(value: Mapping[str, Any], key: str, *, low: int) -> int:
    number = value.get(key)
    if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= MAX_SEQ:
        raise DecodeError(f"{key} must be a whole number from {low} to 2^53-1")
    return number


def _epoch(value: Mapping[str, Any]) -> str:
    epoch = value.get("epoch", "")
    if not isinstance(epoch, str) or not _EPOCH.fullmatch(epoch):
        raise DecodeError("epoch must be up to 40 of letters, digits, dot, dash and underscore")
    return epoch


def _is_seq(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_SEQ
