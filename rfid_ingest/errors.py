"""What can go wrong in this room.

RfidError
├── EpcError                 a tag or an EPC URI is refused; the message states the rule
│   ├── MalformedEpc         it breaks a rule of its own scheme
│   └── UnknownScheme        no GS1 scheme has this header or name
├── InvalidEvent             an EPCIS event that the standard forbids
├── EventNotFound            no stored event has this id
├── InvalidLabel             a label that GS1 forbids
├── InvalidReport            a report of what was done to goods that contradicts itself
├── InvalidLogger            a file of a temperature logger that cannot be read
├── InvalidReadPoint         a read point's configuration contradicts itself
├── InvalidMapping           a mapping of a reader's JSON that leads nowhere
└── ReaderUnreachable        a reader that is asked for its tags does not answer

A reader's message that is refused is tracking's DecodeError, which the intake turns into a dead letter.
"""

from __future__ import annotations


class RfidError(Exception):
    """The base of all errors of rfid_ingest."""


class EpcError(RfidError, ValueError):
    """A tag or an EPC URI is refused."""


class MalformedEpc(EpcError):
    """It breaks a rule of its own scheme."""


class UnknownScheme(EpcError):
    """No GS1 scheme has this header or name."""


class InvalidEvent(RfidError, ValueError):
    """An EPCIS event that the standard forbids."""


class EventNotFound(RfidError, LookupError):
    """No stored event has this id."""


class InvalidLogger(RfidError, ValueError):
    """A file of a temperature logger that cannot be read."""


class InvalidReadPoint(RfidError, ValueError):
    """A read point's configuration contradicts itself."""


class InvalidMapping(RfidError, ValueError):
    """A mapping of a reader's JSON that leads nowhere."""


class ReaderUnreachable(RfidError):
    """A reader that is asked for its tags does not answer."""


class InvalidLabel(RfidError, ValueError):
    """A label that GS1 forbids. `field` names what is wrong, `rule` the rule; the message says it in English."""

    def __init__(self, field: str, rule: str, right: str = "") -> None:
        self.field, self.rule, self.right = field, rule, right
        super().__init__(f"{field}: {LABEL_RULES[rule]}" + (f" (here {right})" if right else ""))


LABEL_RULES = {
    "gtin": "a GTIN has 14 digits, the last of them its check digit",
    "count_range": "the count is 1 to 99999999",
    "count_pair": "the GTIN of the items inside and their count go together",
    "item_needs_gtin": "a unit that is itself a trade item has a GTIN and no count",
    "lot_characters": "a batch or lot has 1 to 20 letters, digits or !\"%&'()*+,-./:;<=>?_",
    "lot_needs_gtin": "a batch or lot needs the GTIN that it is of",
    "date_needs_gtin": "a date needs the GTIN that it is of",
    "weight": "a net weight is above 0, at most 999999 kg, with at most three decimals and six digits in all",
    "sscc": "an SSCC has 18 digits, the last of them its check digit",
    "label_text": "text on a label has at most 60 printable characters",
}


class InvalidReport(RfidError, ValueError):
    """A report of what was done to goods that contradicts itself. `field` names where, `rule` the rule."""

    def __init__(self, field: str, rule: str) -> None:
        self.field, self.rule = field, rule
        super().__init__(f"{field}: {REPORT_RULES[rule]}")


REPORT_RULES = {
    "objects_needed": "name at least one object or amount of goods",
    "parent_needed": "name what they are packed into, taken out of, or what is sealed",
    "parent_kind": "only a pallet (SSCC), an asset (GRAI, GIAI) or a container can hold something",
    "parent_in_itself": "a thing is not inside itself",
    "seal_kind": "a seal is named by its GIAI",
    "objects_twice": "each object is named once",
}
