"""Decoders by kind: raw bytes of one message -> fixes, one small file a format.

A decoder is pure. It returns what it understood and which items it refused; it raises DecodeError where
the whole message makes no sense.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from haoyun.tracking.decoders import fixes, owntracks
from haoyun.tracking.decoders.result import BadItem, Decoded
from haoyun.tracking.errors import DecodeError
from haoyun.tracking.messages import Message

Decoder = Callable[[Message], Decoded]

DECODERS: Mapping[str, Decoder] = MappingProxyType({"fixes": fixes.decode, "owntracks": owntracks.decode})


def decode(message: Message) -> Decoded:
    """The fixes in a message. Raises DecodeError, whatever nonsense the payload holds."""
    decoder = DECODERS.get(message.kind)
    if decoder is None:
        raise DecodeError(f"kind {message.kind!r} is none of {', '.join(DECODERS)}", code="unsupported_kind")
    return decoder(message)


__all__ = ["DECODERS", "BadItem", "Decoded", "Decoder", "decode"]
