"""Tag reads become EPCIS events and milestones; see README.md for where to start reading."""

from haoyun.rfid_ingest.clean.crossing import Side
from haoyun.rfid_ingest.epc.codec import Epc, encode_identity, sscc_epc
from haoyun.rfid_ingest.epc.codec import decode as decode_epc
from haoyun.rfid_ingest.epc.codec import encode as encode_epc
from haoyun.rfid_ingest.epc.quick import tag_uri_of, uri_of
from haoyun.rfid_ingest.epcis.store import StoredEvent, count_events, events_of_epc, get_event, list_events
from haoyun.rfid_ingest.errors import EpcError, InvalidMapping, InvalidReadPoint, RfidError
from haoyun.rfid_ingest.intake import KINDS, TagReadHandler
from haoyun.rfid_ingest.passages_store import bind_epcs, epcs_of_journey, events_of_journey, unbind_epcs
from haoyun.rfid_ingest.read_points import Direction, Mode, ReadPoint, read_points_of, set_read_points
from haoyun.rfid_ingest.readers.mapped import JsonMapping
from haoyun.rfid_ingest.readers.own import to_item as read_item
from haoyun.rfid_ingest.readers.reading import TagRead
from haoyun.rfid_ingest.readers_store import ReaderState, health_of, set_mapping
from haoyun.rfid_ingest.reads_store import count_reads, prune_reads, raw_reads
from haoyun.rfid_ingest.simulate import GateSim

__all__ = [
    "KINDS",
    "Direction",
    "Epc",
    "EpcError",
    "GateSim",
    "InvalidMapping",
    "InvalidReadPoint",
    "JsonMapping",
    "Mode",
    "ReadPoint",
    "ReaderState",
    "RfidError",
    "Side",
    "StoredEvent",
    "TagRead",
    "TagReadHandler",
    "bind_epcs",
    "count_events",
    "count_reads",
    "decode_epc",
    "encode_epc",
    "encode_identity",
    "epcs_of_journey",
    "events_of_epc",
    "events_of_journey",
    "get_event",
    "health_of",
    "list_events",
    "prune_reads",
    "raw_reads",
    "read_item",
    "read_points_of",
    "set_mapping",
    "set_read_points",
    "sscc_epc",
    "tag_uri_of",
    "unbind_epcs",
    "uri_of",
]
