"""Reader formats by kind: the last level of the topic `hy/v1/{shard}/{device}/up/{kind}`."""

from haoyun.rfid_ingest.readers.formats import FORMATS
from haoyun.rfid_ingest.readers.mapped import JsonMapping, parser_of
from haoyun.rfid_ingest.readers.reading import HealthReport, Reading, TagRead

__all__ = ["FORMATS", "HealthReport", "JsonMapping", "Reading", "TagRead", "parser_of"]
