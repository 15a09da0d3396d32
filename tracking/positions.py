"""The handler of position reports: decode, run the pipeline, store, all in the intake's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from haoyun.tracking.decoders import DECODERS, decode
from haoyun.tracking.errors import DecodeError
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.fixes_store import load_states, store_fixes, store_latest
from haoyun.tracking.handlers import Ack, HandlerResult, Reject
from haoyun.tracking.journeys_store import open_journeys, save_states
from haoyun.tracking.locks import share_journeys
from haoyun.tracking.messages import Message
from haoyun.tracking.milestones_store import append_milestones
from haoyun.tracking.pipeline import run


class PositionHandler:
    """Takes every kind that has a decoder of positions; see `kinds`."""

    kinds = tuple(DECODERS)

    def handle(self, db: sa.Connection, messages: Sequence[Message], now: datetime) -> HandlerResult:
        """Store the fixes of the messages and what follows from them."""
        fixes, rejects, acks = _decode_all(messages)
        store_batch(db, {m.device: m.device_id for m in messages}, fixes, now)
        return HandlerResult(tuple(rejects), tuple(acks))


def store_batch(
    db: sa.Connection, device_ids: dict[str, int], fixes: Iterable[PositionFix], now: datetime
) -> None:
    """Run the pipeline over fixes of these devices (name -> id) and store its result."""
    share_journeys(db)
    result = run(fixes, load_states(db, device_ids), open_journeys(db, device_ids))
    store_fixes(db, device_ids, result.fixes)
    store_latest(db, device_ids, result.latest.values())
    save_states(db, result.journeys)
    append_milestones(db, result.milestones, now)


def _decode_all(messages: Iterable[Message]) -> tuple[list[PositionFix], list[Reject], list[Ack]]:
    fixes: list[PositionFix] = []
    rejects: list[Reject] = []
    acks: list[Ack] = []
    for message in messages:
        try:
            decoded = decode(message)
        except DecodeError as error:
            rejects.append(Reject.of(message, error))
            continue
        fixes += decoded.fixes
        rejects += [Reject.of(message, bad.error, bad.index) for bad in decoded.bad]
        ack = Ack.of(message, decoded.envelope) if decoded.envelope else None
        acks += [ack] if ack else []
    return fixes, rejects, acks
