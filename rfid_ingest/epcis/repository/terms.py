"""What was ever seen, for the discovery resources: event types, steps, places, dispositions, EPCs."""

from __future__ import annotations

import sqlalchemy as sa

from haoyun.rfid_ingest.epcis.repository.tables import EVENT_KEY, TERM
from haoyun.rfid_ingest.epcis.roles import EPC_ROLES

KINDS = ("eventTypes", "bizSteps", "dispositions", "readPoints", "bizLocations")


def list_terms(db: sa.Connection, owner: int, kind: str, limit: int, after: str = "") -> list[str]:
    """The owner's values of a kind behind `after`, in order."""
    t = TERM.c
    query = sa.select(t.value).where(t.owner == owner, t.kind == kind, t.value > after)
    return list(db.scalars(query.order_by(t.value).limit(limit)))


def has_term(db: sa.Connection, owner: int, kind: str, value: str) -> bool:
    """Whether the owner's events ever named the value."""
    t = TERM.c
    query = sa.select(t.value).where(t.owner == owner, t.kind == kind, t.value == value)
    return db.scalar(query) is not None


def list_epcs(db: sa.Connection, owner: int, limit: int, after: str = "") -> list[str]:
    """The index keys of the owner's EPCs behind `after`, in order."""
    t = EVENT_KEY.c
    roles = [role.value for role in EPC_ROLES]
    query = sa.select(t.value).where(t.owner == owner, t.value > after, t.role.in_(roles)).distinct()
    return list(db.scalars(query.order_by(t.value).limit(limit)))


def has_epc(db: sa.Connection, owner: int, key: str) -> bool:
    """Whether the owner's events ever named the EPC."""
    t = EVENT_KEY.c
    roles = [role.value for role in EPC_ROLES]
    query = sa.select(t.value).where(t.owner == owner, t.value == key, t.role.in_(roles)).limit(1)
    return db.scalar(query) is not None


def prefixes_of(db: sa.Connection, owner: int) -> frozenset[str]:
    """The company prefixes that the owner's events named in URNs."""
    query = sa.select(TERM.c.value).where(TERM.c.owner == owner, TERM.c.kind == "prefixes")
    return frozenset(db.scalars(query))
