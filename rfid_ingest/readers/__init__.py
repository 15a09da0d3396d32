"""Reader formats by kind: the last level of the topic `hy/v1/{shard}/{device}/up/{kind}`."""

from haoyun.rfid_ingest.readers.formats import FORMATS
from haoyun.rfid_ingest.readers.reading import Reading, TagRead

__all__ = ["FORMATS", "Reading", "TagRead"]
