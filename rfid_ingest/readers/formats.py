"""The reader formats that the platform understands, by kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from haoyun.rfid_ingest.readers import impinj, own, zebra
from haoyun.rfid_ingest.readers.reading import Reading

Format = Callable[[bytes], Reading]

FORMATS: Mapping[str, Format] = MappingProxyType(
    {"impinj": impinj.parse, "zebra": zebra.parse, "reads": own.parse}
)
