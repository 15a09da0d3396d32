"""The events that the identities of a query leave, by number: taken from the index of identities alone."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from haoyun.rfid_ingest.epcis.filing import id_key
from haoyun.rfid_ingest.epcis.query.criteria import IdIn, KeyIn, Resolved, Says
from haoyun.rfid_ingest.epcis.repository.conditions import numbers_of_keys
from haoyun.rfid_ingest.epcis.repository.tables import EVENT, EVENT_KEY

# Events of the identities of a query that are sorted in the process rather than by the database.
MOST_CANDIDATES = 20_000

# The trace of single things is what is asked most, and to build a statement costs more than to run it.
_key = EVENT_KEY.c
_OF_NAMED = (
    sa.select(_key.event_seq)
    .where(
        _key.owner == sa.bindparam("owned_by"),
        _key.value.in_(sa.bindparam("named", expanding=True)),
        _key.role.in_(sa.bindparam("roles", expanding=True)),
    )
    .limit(MOST_CANDIDATES + 1)
)


def candidates_of(
    db: sa.Connection, owner: int, resolved: Sequence[Resolved]
) -> tuple[list[int] | None, Sequence[KeyIn]]:
    """The numbers of the events that the identities of the query leave, and the criteria too broad for that.

    None where no identity is a help.
    """
    found: set[int] | None = None
    broad: list[KeyIn] = []
    for criterion in resolved:
        numbers = _numbers(db, owner, criterion)
        if numbers is not None:
            found = numbers if found is None else found & numbers
        elif isinstance(criterion, KeyIn):
            broad.append(criterion)
    return None if found is None else sorted(found), broad


def _numbers(db: sa.Connection, owner: int, criterion: Resolved) -> set[int] | None:
    if isinstance(criterion, IdIn):
        keys = [id_key(owner, event_id) for event_id in criterion.ids]
        return set(db.scalars(sa.select(EVENT.c.seq).where(EVENT.c.id_key.in_(keys))))
    narrowed = criterion.narrowed if isinstance(criterion, Says) else criterion
    if not isinstance(narrowed, KeyIn):
        return None
    numbers = _of_keys(db, owner, narrowed)
    return set(numbers) if len(numbers) <= MOST_CANDIDATES else None


def _of_keys(db: sa.Connection, owner: int, criterion: KeyIn) -> Sequence[int]:
    if criterion.keys.prefixes:
        return db.scalars(numbers_of_keys(owner, criterion).limit(MOST_CANDIDATES + 1)).all()
    roles = [role.value for role in criterion.roles]
    given = {"owned_by": owner, "named": sorted(criterion.keys.exact), "roles": roles}
    return db.scalars(_OF_NAMED, given).all()
