"""Decoders by kind: raw bytes of one message -> fixes, one small file a format.

A decoder is pure. It returns what it understood and which items it refused; it raises DecodeError where the whole
message makes no sense. Each takes positions for WGS-84 unless the message says otherwise; the kind may, too: a
device that reports GCJ-02 or BD-09 and cannot say so in its format uses `osmand-gcj02`, `geojson-bd09` and so on.
How to add one: docs/howto/add-a-device.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from haoyun.maps.crs import Crs
from haoyun.tracking.decoders import (
    fixes,
    flespi,
    geojson,
    jt808,
    nmea,
    osmand,
    owntracks,
    teltonika,
    traccar,
)
from haoyun.tracking.decoders.result import BadItem, Decoded
from haoyun.tracking.errors import DecodeError
from haoyun.tracking.messages import Message

Decoder = Callable[[Message], Decoded]

FORMATS: Mapping[str, Callable[[Message, Crs], Decoded]] = MappingProxyType(
    {
        "fixes": fixes.decode,
        "owntracks": owntracks.decode,
        "traccar": traccar.decode,
        "osmand": osmand.decode,
        "jt808": jt808.decode,
        "teltonika": teltonika.decode,
        "flespi": flespi.decode,
        "geojson": geojson.decode,
        "nmea": nmea.decode,
    }
)


def _for(decoder: Callable[[Message, Crs], Decoded], crs: Crs) -> Decoder:
    return lambda message: decoder(message, crs)


def _every_kind() -> dict[str, Decoder]:
    plain = {kind: _for(decoder, Crs.WGS84) for kind, decoder in FORMATS.items()}
    shifted = {
        f"{kind}-{crs.value}": _for(decoder, crs)
        for kind, decoder in FORMATS.items()
        for crs in (Crs.GCJ02, Crs.BD09)
    }
    return plain | shifted


DECODERS: Mapping[str, Decoder] = MappingProxyType(_every_kind())


def decode(message: Message) -> Decoded:
    """The fixes in a message. Raises DecodeError, whatever nonsense the payload holds."""
    decoder = DECODERS.get(message.kind)
    if decoder is None:
        raise DecodeError(f"kind {message.kind!r} is none of {', '.join(FORMATS)}", code="unsupported_kind")
    return decoder(message)


__all__ = ["DECODERS", "FORMATS", "BadItem", "Decoded", "Decoder", "decode"]
