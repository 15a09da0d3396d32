"""What can go wrong with EPCIS documents, queries and subscriptions.

RfidError
├── MalformedDocument        a document that cannot be read or breaks the schema; lists its faults
├── InvalidQuery             a query with a parameter that the standard forbids
├── QueryTooLarge            more events match than the query allows
├── QueryTooComplex          a query that would look at too many events, or asks too much of one statement
├── SubscriptionRefused      a subscription without a schedule, or to an address that may not be called
├── DeliveryFailed           a subscriber did not take a document
├── NameTaken                a query of this name is stored already
├── EventTaken               an event of this id is stored already and says something else
└── NotFound                 no query, subscription or capture job of this name
"""

from __future__ import annotations

from collections.abc import Sequence

from haoyun.rfid_ingest.epcis.validation.fault import Fault
from haoyun.rfid_ingest.errors import RfidError


class MalformedDocument(RfidError, ValueError):
    """An EPCIS document that cannot be read or breaks the schema."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(fault.text("en") for fault in faults[:3]))
        self.faults = tuple(faults)

    @classmethod
    def of(cls, rule: str, **params: str) -> MalformedDocument:
        """One fault of the whole document."""
        return cls([Fault.of((), rule, **params)])


class InvalidQuery(RfidError, ValueError):
    """An EPCIS query with a parameter that the standard forbids."""


class QueryTooLarge(RfidError):
    """More events match than the query allows."""


class QueryTooComplex(RfidError):
    """A query that would look at too many events, or asks too much of one statement."""


class SubscriptionRefused(RfidError, ValueError):
    """A subscription without a schedule, or to an address that may not be called."""


class DeliveryFailed(RfidError):
    """A subscriber did not take a document."""


class NameTaken(RfidError):
    """A query of this name is stored already."""


class EventTaken(RfidError):
    """An event of this id is stored already and says something else."""


class NotFound(RfidError, LookupError):
    """No query, subscription or capture job of this name."""
