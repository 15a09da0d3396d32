"""EPCIS 2.0: events as values, their hash, their store."""

from haoyun.rfid_ingest.epcis.hash import event_hash
from haoyun.rfid_ingest.epcis.model import (
    AggregationEvent,
    AssociationEvent,
    Event,
    ObjectEvent,
    TransactionEvent,
    TransformationEvent,
)
from haoyun.rfid_ingest.epcis.parts import Action, BizTransaction, Party, Quantity
from haoyun.rfid_ingest.epcis.store import StoredEvent

__all__ = [
    "Action",
    "AggregationEvent",
    "AssociationEvent",
    "BizTransaction",
    "Event",
    "ObjectEvent",
    "Party",
    "Quantity",
    "StoredEvent",
    "TransactionEvent",
    "TransformationEvent",
    "event_hash",
]
