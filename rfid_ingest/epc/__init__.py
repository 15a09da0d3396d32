"""GS1 EPC: tag memory, URIs, Digital Links and element strings, in all directions."""

from haoyun.rfid_ingest.epc.codec import (
    Epc,
    decode,
    encode,
    encode_identity,
    find_decoded,
    parse_tag_uri,
    sscc_epc,
)
from haoyun.rfid_ingest.epc.links import digital_link
from haoyun.rfid_ingest.epc.plus import PlusEpc
from haoyun.rfid_ingest.epc.quick import tag_uri_of, uri_of

__all__ = [
    "Epc",
    "PlusEpc",
    "decode",
    "digital_link",
    "encode",
    "encode_identity",
    "find_decoded",
    "parse_tag_uri",
    "sscc_epc",
    "tag_uri_of",
    "uri_of",
]
