"""What can go wrong in this room.

RfidError
├── EpcError                 a tag or an EPC URI is refused; the message states the rule
│   ├── MalformedEpc         it breaks a rule of its own scheme
│   └── UnknownScheme        no GS1 scheme has this header or name
├── InvalidEvent             an EPCIS event that the standard forbids
├── EventNotFound            no stored event has this id
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


class InvalidReadPoint(RfidError, ValueError):
    """A read point's configuration contradicts itself."""


class InvalidMapping(RfidError, ValueError):
    """A mapping of a reader's JSON that leads nowhere."""


class ReaderUnreachable(RfidError):
    """A reader that is asked for its tags does not answer."""
