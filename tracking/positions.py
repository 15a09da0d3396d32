"""The handler of position reports: decode and store, and read into meaning what somebody follows.

All fixes of a batch are stored. Those of devices that somebody follows (a journey, fences or rules of their
organization) are read into meaning in the same transaction; for the others it is enough to know where they are now
(quick_states.py), and what they mean is read a little later (reading.py). Why: docs/decisions/0040.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from haoyun.tracking.decoders import DECODERS, decode
from haoyun.tracking.duty import on_duty_only
from haoyun.tracking.errors import DecodeError
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.fixes_store import store_fixes
from haoyun.tracking.handlers import Ack, HandlerResult, Reject
from haoyun.tracking.history.append import append_rows
from haoyun.tracking.history.rows import Row, row_of
from haoyun.tracking.instants import to_ms
from haoyun.tracking.locks import share_journeys
from haoyun.tracking.meaning_store import known_fixes, read_on
from haoyun.tracking.messages import Message
from haoyun.tracking.quick_fixes import read_quickly
from haoyun.tracking.quick_states import advance, late_since
from haoyun.tracking.quick_store import followed_devices, load_state_rows, put_late, put_state_rows

QUICK_KIND = "fixes"


@dataclass(slots=True)
class _Decoded:
    """A batch, decoded: fixes of followed devices, rows of the others."""

    fixes: list[PositionFix] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    acks: list[Ack] = field(default_factory=list)


class PositionHandler:
    """Takes every kind that has a decoder of positions; see `kinds`."""

    kinds = tuple(DECODERS)

    def handle(self, db: sa.Connection, messages: Sequence[Message], now: datetime) -> HandlerResult:
        """Store the fixes of the messages and what follows from them."""
        share_journeys(db)
        followed = followed_devices(db, {m.device_id for m in messages})
        decoded = _decode_all(messages, followed)
        if decoded.fixes:
            device_ids = {m.device: m.device_id for m in messages if m.device_id in followed}
            _store_followed(db, device_ids, decoded.fixes, now)
        store_quickly(db, decoded.rows)
        return HandlerResult(tuple(decoded.rejects), tuple(decoded.acks))


def store_batch(
    db: sa.Connection, device_ids: dict[str, int], fixes: Iterable[PositionFix], now: datetime
) -> None:
    """Store fixes of these devices (name -> id) and what they mean, whether or not somebody follows them."""
    share_journeys(db)
    _store_followed(db, device_ids, fixes, now)


def store_quickly(db: sa.Connection, rows: Sequence[Row]) -> None:
    """Store rows of devices that nobody follows, and where these devices are now."""
    if rows:
        before = load_state_rows(db, {row[0] for row in rows})
        once, changed = advance(rows, before)
        append_rows(db, once)
        put_state_rows(db, changed.values())
        put_late(db, late_since(once, before))


def _store_followed(
    db: sa.Connection, device_ids: dict[str, int], fixes: Iterable[PositionFix], now: datetime
) -> None:
    new = on_duty_only(db, device_ids, fixes)
    known = known_fixes(db, device_ids, new)
    store_fixes(db, device_ids, new)
    read_on(db, device_ids, new, now, known)


def _decode_all(messages: Iterable[Message], followed: Collection[int]) -> _Decoded:
    out = _Decoded()
    numbered: dict[
        tuple[int, str], tuple[str, list[int], list[int]]
    ] = {}  # device and epoch: name, seqs, bases
    received_at, received_ms = None, 0
    for message in messages:
        if message.kind == QUICK_KIND and message.device_id not in followed:
            if message.received_at is not received_at:  # one instant for all that one read brought
                received_at, received_ms = message.received_at, to_ms(message.received_at)
            quick = read_quickly(message.payload, message.device_id, received_ms)
            if quick is not None:
                out.rows += quick.rows
                if quick.seqs:
                    key = message.device_id, quick.epoch
                    _, seqs, bases = numbered.get(key) or numbered.setdefault(key, (message.device, [], []))
                    seqs += quick.seqs
                    if quick.base is not None:
                        bases.append(quick.base)
                continue
        _decode_carefully(message, followed, out)
    out.acks += [
        Ack(name, device_id, tuple(seqs), max(bases, default=None), epoch)
        for (device_id, epoch), (name, seqs, bases) in numbered.items()
    ]
    return out


def _decode_carefully(message: Message, followed: Collection[int], out: _Decoded) -> None:
    try:
        decoded = decode(message)
    except DecodeError as error:
        out.rejects.append(Reject.of(message, error))
        return
    if message.device_id in followed:
        out.fixes += decoded.fixes
    else:
        out.rows += [row_of(message.device_id, fix) for fix in decoded.fixes]
    out.rejects += [Reject.of(message, bad.error, bad.index) for bad in decoded.bad]
    ack = Ack.of(message, decoded.envelope) if decoded.envelope else None
    out.acks += [ack] if ack else []
