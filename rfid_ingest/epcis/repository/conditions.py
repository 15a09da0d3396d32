"""What of a query the database answers by itself: the conditions on columns and on the index of identities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from haoyun.rfid_ingest.epcis.filing import id_key
from haoyun.rfid_ingest.epcis.query.criteria import ColumnIn, ColumnRange, IdIn, KeyIn, Resolved
from haoyun.rfid_ingest.epcis.repository.tables import EVENT, EVENT_KEY

_OPERATORS = {"GE": "__ge__", "GT": "__gt__", "LE": "__le__", "LT": "__lt__", "EQ": "__eq__"}


def events_of(owner: int, resolved: Sequence[Resolved]) -> sa.Select[Any]:
    """The owner's events that fulfil what the database can judge of the conditions."""
    return sa.select(EVENT).where(EVENT.c.owner == owner, *conditions_of(owner, resolved))


def conditions_of(owner: int, resolved: Sequence[Resolved]) -> list[sa.ColumnElement[bool]]:
    """What the database can judge of the conditions; the owner of the events is no part of it."""
    found: list[sa.ColumnElement[bool]] = []
    for criterion in resolved:
        if isinstance(criterion, ColumnIn):
            found.append(EVENT.c[criterion.column].in_(sorted(criterion.values)))
        elif isinstance(criterion, ColumnRange):
            column = EVENT.c[criterion.column]
            found.append(getattr(column, _OPERATORS[criterion.operator])(criterion.bound_ms))
        elif isinstance(criterion, IdIn):
            found.append(EVENT.c.id_key.in_([id_key(owner, event_id) for event_id in criterion.ids]))
        elif isinstance(criterion, KeyIn):
            found.append(EVENT.c.seq.in_(numbers_of_keys(owner, criterion)))
    return found


def numbers_of_keys(owner: int, criterion: KeyIn) -> sa.Select[Any]:
    """The numbers of the owner's events that name one of the identities in one of the roles; some come twice."""
    key = EVENT_KEY.c
    ranges = [
        (key.value >= prefix) & (key.value < _after(prefix)) for prefix in sorted(criterion.keys.prefixes)
    ]
    named = [key.value.in_(sorted(criterion.keys.exact))] if criterion.keys.exact else []
    return sa.select(key.event_seq).where(
        key.owner == owner, sa.or_(*named, *ranges), key.role.in_([role.value for role in criterion.roles])
    )


def _after(prefix: str) -> str:
    """The least text behind all that begin with the prefix."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)
