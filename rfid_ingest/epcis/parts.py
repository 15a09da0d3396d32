"""What EPCIS events are made of besides EPCs: actions, quantities, documents, parties."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from haoyun.rfid_ingest.epcis.vocabulary import BIZ_TRANSACTION_TYPES, PARTY_TYPES, is_word_or_uri
from haoyun.rfid_ingest.errors import InvalidEvent

Json = dict[str, object]


class Action(StrEnum):
    """What an event says of its objects."""

    ADD = "ADD"  # they begin: commissioned, packed, bound
    OBSERVE = "OBSERVE"  # they were seen, nothing else changed
    DELETE = "DELETE"  # they end: unpacked, released, destroyed


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount of a class of goods; `uom` is a UN/ECE code and absent for pieces."""

    epc_class: str
    quantity: float | None = None
    uom: str | None = None

    def __post_init__(self) -> None:
        require(":" in self.epc_class, "an EPC class is a URI")
        require(self.uom is None or self.quantity is not None, "a unit of measure needs a quantity")

    def to_json(self) -> Json:
        """As a quantityElement."""
        return present({"epcClass": self.epc_class, "quantity": self.quantity, "uom": self.uom})


@dataclass(frozen=True, slots=True)
class BizTransaction:
    """A document that the event belongs to: a waybill (`bol`), a dispatch advice (`desadv`) …"""

    id: str
    type: str | None = None

    def __post_init__(self) -> None:
        require(":" in self.id, "a business transaction is named by a URI")
        require(
            self.type is None or is_word_or_uri(self.type, BIZ_TRANSACTION_TYPES),
            f"{self.type!r} is not a business transaction type of the CBV",
        )

    def to_json(self) -> Json:
        """As an element of bizTransactionList."""
        return present({"type": self.type, "bizTransaction": self.id})


@dataclass(frozen=True, slots=True)
class Party:
    """A source or destination: who owns or holds the goods, or where they are."""

    id: str
    type: str

    def __post_init__(self) -> None:
        require(":" in self.id, "a source or destination is named by a URI")
        require(
            is_word_or_uri(self.type, PARTY_TYPES),
            f"{self.type!r} is not a source or destination type of the CBV",
        )


def present(fields: Json) -> Json:
    """The fields that say something."""
    return {name: value for name, value in fields.items() if value is not None and value not in ([], {}, "")}


def require(holds: bool, rule: str) -> None:
    """Refuse what breaks a rule. Raises InvalidEvent."""
    if not holds:
        raise InvalidEvent(rule)
