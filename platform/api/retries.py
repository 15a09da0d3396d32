"""The header Idempotency-Key: a request that is sent twice does its work once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from flask import request

from haoyun.platform.accounts import Actor
from haoyun.platform.idempotency import once

HEADER = "Idempotency-Key"


def idempotency_key() -> str | None:
    """The caller's key, or None."""
    return request.headers.get(HEADER)


def once_for(db: sa.Connection, actor: Actor, what: str, now: datetime, work: Callable[[], str]) -> str:
    """Do the work and return the id it made, or the id that the same request made before.

    `what` names the kind of work, and with it the object where it is done to one (``withdraw:<load>``), so that a key
    means one request. Raises KeyReused when the key came with another body before, BadKey.
    """
    body = request.get_data(as_text=True)
    return once(db, f"{what}:{actor.user_id}", idempotency_key(), body, now, work)
