"""GS1 EPC: tag memory, URIs and Digital Links, both ways."""

from haoyun.rfid_ingest.epc.codec import Epc, decode, encode, encode_identity, find_decoded, sscc_epc
from haoyun.rfid_ingest.epc.links import digital_link

__all__ = ["Epc", "decode", "digital_link", "encode", "encode_identity", "find_decoded", "sscc_epc"]
