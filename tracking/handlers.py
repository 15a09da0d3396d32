"""What the intake and the rooms above agree on: a handler takes messages inside the intake's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from sqlalchemy import Connection

from haoyun.tracking.envelope import Envelope
from haoyun.tracking.errors import DecodeError
from haoyun.tracking.messages import Message


@dataclass(frozen=True, slots=True)
class Reject:
    """A message, or one item in it, that goes to the dead letters with a reason; the rest is stored."""

    message: Message
    code: str
    reason: str

    @classmethod
    def of(cls, message: Message, error: DecodeError, index: int | None = None) -> Reject:
        """The reject for a decoder's refusal; `index` is the place of the bad item in an array."""
        where = "" if index is None else f"item {index}: "
        return cls(message, error.code, f"{where}{error}")


@dataclass(frozen=True, slots=True)
class Ack:
    """The numbers of a device's message that are stored once the transaction commits."""

    device: str
    device_id: int
    seqs: tuple[int, ...]
    base: int | None
    epoch: str

    @classmethod
    def of(cls, message: Message, envelope: Envelope) -> Ack | None:
        """The ack that a message asks for, or None where the device does not number its messages."""
        if not envelope.seqs:
            return None
        return cls(message.device, message.device_id, envelope.seqs, envelope.base, envelope.epoch)


@dataclass(frozen=True, slots=True)
class HandlerResult:
    """What became of a batch: everything that is not rejected is stored. Acks in order of arrival."""

    rejects: tuple[Reject, ...] = ()
    acks: tuple[Ack, ...] = ()


class Handler(Protocol):
    """One for each family of kinds. It raises nothing for bad input: it returns rejects."""

    def handle(self, db: Connection, messages: Sequence[Message], now: datetime) -> HandlerResult:
        """Store the messages (device_id is filled in, devices are known and not revoked)."""
        ...


@runtime_checkable
class Ticking(Protocol):
    """A handler with things to do that no message brings, but time."""

    @property
    def is_waiting(self) -> bool:
        """Whether a tick may do something."""
        ...

    def tick(self, db: Connection, now: datetime) -> None:
        """Do what is due, in the caller's transaction."""
        ...
