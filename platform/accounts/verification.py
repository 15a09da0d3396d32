"""Verification: whether the operator has looked at an organization's papers, and what came of it.

The value, its life cycle and its store. Every step is written down with who, when and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.errors import AccountConflict, BadAccount, NotPermitted
from haoyun.platform.accounts.history import Change, record
from haoyun.platform.accounts.permissions import must_manage_people, must_operate
from haoyun.platform.accounts.tables import document
from haoyun.platform.accounts.tables import organization as t
from haoyun.tracking.instants import to_ms

MAX_REASON_CHARS = 300
LICENCE = "business_licence"  # the document without which nobody asks to be verified


class Verification(StrEnum):
    """How far the operator has come with an organization."""

    UNVERIFIED = "UNVERIFIED"  # signed up, has not asked yet
    PENDING = "PENDING"  # asked; the operator looks at it
    VERIFIED = "VERIFIED"  # the operator has seen its papers
    REFUSED = "REFUSED"  # the operator said no and why; it may ask again


NEXT: Mapping[Verification, frozenset[Verification]] = {
    Verification.UNVERIFIED: frozenset({Verification.PENDING, Verification.VERIFIED}),
    Verification.PENDING: frozenset({Verification.VERIFIED, Verification.REFUSED}),
    Verification.VERIFIED: frozenset({Verification.REFUSED}),
    Verification.REFUSED: frozenset({Verification.PENDING, Verification.VERIFIED}),
}
_CHANGES = {
    Verification.PENDING: Change.SUBMITTED,
    Verification.VERIFIED: Change.VERIFIED,
    Verification.REFUSED: Change.REFUSED,
}
VERIFICATION_CHANGES = frozenset(_CHANGES.values()) | {
    Change.REGISTERED,
    Change.DOCUMENT_ADDED,
    Change.DOCUMENT_REMOVED,
    Change.PROFILE,
}


def move(before: Verification, to: Verification) -> Verification:
    """The next state. Raises AccountConflict for a step that the life cycle has not."""
    if to not in NEXT[before]:
        raise AccountConflict("verification_move", before=before.value, after=to.value)
    return to


def state_of(db: sa.Connection, org_id: str) -> Verification:
    """How far the operator has come with this organization; it must exist."""
    return Verification(db.execute(sa.select(t.c.verification).where(t.c.id == org_id)).scalar_one())


def ask_for_verification(db: sa.Connection, actor: Actor, now: datetime) -> None:
    """Ask the operator to look. Raises NotPermitted, BadAccount without a business licence, AccountConflict."""
    must_manage_people(actor)
    licence = (
        document.c.org_id == actor.org_id,
        document.c.kind == LICENCE,
        document.c.removed_ms.is_(None),
    )
    if db.execute(sa.select(document.c.id).where(*licence).limit(1)).first() is None:
        raise BadAccount("documents", "documents_needed")
    _step(db, actor.org_id, Verification.PENDING, actor, now, "")


def approve(db: sa.Connection, actor: Actor, org_id: str, now: datetime, reason: str = "") -> None:
    """The operator has seen the papers. Raises NotPermitted, AccountConflict."""
    must_operate(actor)
    _step(db, org_id, Verification.VERIFIED, actor, now, reason)


def refuse(db: sa.Connection, actor: Actor, org_id: str, now: datetime, reason: str) -> None:
    """The operator says no, or takes a verification back, and why. Raises NotPermitted, BadAccount, AccountConflict."""
    must_operate(actor)
    if org_id == actor.org_id:
        raise NotPermitted("role")  # nobody shuts the operator out
    if not reason.strip():
        raise BadAccount("reason", "reason_needed")
    _step(db, org_id, Verification.REFUSED, actor, now, reason)


def _step(db: sa.Connection, org_id: str, to: Verification, actor: Actor, now: datetime, reason: str) -> None:
    if len(reason) > MAX_REASON_CHARS:
        raise BadAccount("reason", "length", low=1, high=MAX_REASON_CHARS)
    before = state_of(db, org_id)
    move(before, to)
    same = (t.c.id == org_id, t.c.verification == before.value)
    changed = sa.update(t).where(*same).values(verification=to.value, verification_ms=to_ms(now))
    if db.execute(changed).rowcount != 1:
        raise AccountConflict("verification_move", before=before.value, after=to.value)
    record(db, org_id, _CHANGES[to], actor.user_id, now, detail=reason.strip())
