"""The reader formats that the platform understands, by kind.

`mapped` is not among them: its parser depends on the reader's mapping (mapped.py, mappings_store.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from haoyun.rfid_ingest.readers import csv_file, impinj, newland, own, smartreader, zebra
from haoyun.rfid_ingest.readers.reading import Reading

Format = Callable[[bytes], Reading]

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "impinj": impinj.parse,
        "zebra": zebra.parse,
        "smartreader": smartreader.parse,
        "newland": newland.parse,
        "csv": csv_file.parse,
        "reads": own.parse,
    }
)
MAPPED = "mapped"
