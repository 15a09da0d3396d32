"""Dead letters once more through the intake: after a device was registered, a decoder mended, a binding made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from haoyun.tracking.handlers import Handler
from haoyun.tracking.inflow import Incoming
from haoyun.tracking.intake import write_batch
from haoyun.tracking.intake_store import (
    DeadLetter,
    bury,
    find_dead_letters,
    newest_dead_letter,
    remove_dead_letters,
)

BATCH = 200


@dataclass(frozen=True, slots=True)
class Retried:
    """How many letters went in again, and how many of them were refused again (they are letters anew)."""

    tried: int
    refused: int


def retry_dead_letters(
    engine: sa.Engine,
    handlers: Mapping[str, Handler],
    clock: Callable[[], datetime],
    *,
    ids: Collection[int] = (),
    device: str | None = None,
    code: str | None = None,
) -> Retried:
    """Take the letters that fit through the intake, each in one transaction with its removal.

    What a letter held besides its bad item is absorbed by the key. No ack is sent: the device forgot it long ago.
    A letter that is refused again is a new letter, with its first arrival and the reason of today.
    """
    with engine.begin() as db:
        up_to, after = newest_dead_letter(db), 0
    tried = refused = 0
    while True:
        with engine.begin() as db:
            letters = find_dead_letters(
                db, up_to=up_to, after=after, ids=ids, device=device, code=code, limit=BATCH
            )
        if not letters:
            return Retried(tried, refused)
        for letter in letters:
            refused += _retry(engine, handlers, letter, clock())
        tried += len(letters)
        after = letters[-1].id


def _retry(engine: sa.Engine, handlers: Mapping[str, Handler], letter: DeadLetter, now: datetime) -> int:
    incoming = Incoming(letter.topic, letter.payload, letter.received_at, 0, 1, 0)
    try:
        with engine.begin() as db:
            if remove_dead_letters(db, [letter.id]) == 0:
                return 0  # somebody else retries, too
            return 1 if write_batch(db, [incoming], handlers, now).rejects else 0
    except (sa.exc.DataError, sa.exc.IntegrityError) as error:
        with engine.begin() as db:
            remove_dead_letters(db, [letter.id])
            bury(
                db,
                topic=letter.topic,
                device=letter.device,
                payload=letter.payload,
                reason_code="not_storable",
                reason=str(error.args[0]),
                received_at=letter.received_at,
            )
        return 1
