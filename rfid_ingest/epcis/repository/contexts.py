"""The @context of stored events, each text once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.rfid_ingest.epcis.repository.tables import CONTEXT
from haoyun.tracking.tables import upsert


def keep_context(db: sa.Connection, context: object) -> int | None:
    """The number of a context; None for no context."""
    if context is None:
        return None
    text = orjson.dumps(context)
    digest = hashlib.sha256(text).digest()[:16]
    found: int | None = db.scalar(_OF_DIGEST, {"named": digest})
    if found is None:
        row = {"digest": digest, "document": text.decode()}
        db.execute(upsert(db, CONTEXT).values(row).on_conflict_do_nothing())
        found = db.scalar(_OF_DIGEST, {"named": digest})
    return found


_OF_DIGEST = sa.select(CONTEXT.c.id).where(CONTEXT.c.digest == sa.bindparam("named"))


def contexts_of(db: sa.Connection, numbers: Iterable[int | None]) -> dict[int | None, Any]:
    """The contexts of these numbers."""
    wanted = {number for number in numbers if number is not None}
    query = sa.select(CONTEXT.c.id, CONTEXT.c.document).where(CONTEXT.c.id.in_(wanted))
    return (
        {None: None, **{row.id: orjson.loads(row.document) for row in db.execute(query)}}
        if wanted
        else {None: None}
    )
