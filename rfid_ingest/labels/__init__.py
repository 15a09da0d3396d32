"""Logistic labels: what stands on them, their barcodes, their PDF, and the list of tags for a printer. No database."""

from haoyun.rfid_ingest.labels.sheet import Format, label_pdf
from haoyun.rfid_ingest.labels.tags import TagRow, read_tag_list, sgtin_rows, sscc_rows, tags_csv
from haoyun.rfid_ingest.labels.unit import Contents, UnitLabel

__all__ = [
    "Contents",
    "Format",
    "TagRow",
    "UnitLabel",
    "label_pdf",
    "read_tag_list",
    "sgtin_rows",
    "sscc_rows",
    "tags_csv",
]
