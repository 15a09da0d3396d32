"""Who changed what about organizations, people and their keys, when and why: written with the change itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from haoyun.platform.accounts.tables import event as t
from haoyun.tracking.instants import from_ms, to_ms

PAGE = 100


class Change(StrEnum):
    """What was changed."""

    REGISTERED = "registered"
    PROFILE = "profile"
    SUBMITTED = "submitted"  # for verification
    VERIFIED = "verified"
    REFUSED = "refused"
    REOPENED = "reopened"  # a verification taken back
    DOCUMENT_ADDED = "document_added"
    DOCUMENT_REMOVED = "document_removed"
    INVITED = "invited"
    INVITATION_WITHDRAWN = "invitation_withdrawn"
    JOINED = "joined"
    ROLES = "roles"
    DEACTIVATED = "deactivated"
    ACTIVATED = "activated"
    HANDED_OVER = "handed_over"
    PASSWORD = "password"  # noqa: S105 - the name of a change
    TWO_STEP_ON = "two_step_on"
    TWO_STEP_OFF = "two_step_off"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    KEY_ADDED = "key_added"
    KEY_REVOKED = "key_revoked"
    SIGNED_OUT = "signed_out"  # of every session


@dataclass(frozen=True, slots=True)
class Entry:
    """One change. `subject_id` is the person or document it concerns, "" for the organization itself."""

    id: int
    org_id: str
    subject_id: str
    change: Change
    user_id: str | None
    at: datetime
    detail: str


def record(
    db: sa.Connection,
    org_id: str,
    change: Change,
    user_id: str | None,
    now: datetime,
    *,
    subject_id: str = "",
    detail: str = "",
) -> None:
    """Write a change down; `user_id` None: the command line or the system did it."""
    db.execute(
        sa.insert(t).values(
            org_id=org_id,
            subject_id=subject_id,
            what=change.value,
            user_id=user_id,
            at_ms=to_ms(now),
            detail=detail[:500],
        )
    )


def history_of(db: sa.Connection, org_id: str, changes: frozenset[Change] | None = None) -> list[Entry]:
    """The newest changes of an organization, of some kinds or of all."""
    query = sa.select(t).where(t.c.org_id == org_id)
    if changes is not None:
        query = query.where(t.c.what.in_([one.value for one in changes]))
    rows = db.execute(query.order_by(t.c.id.desc()).limit(PAGE))
    return [
        Entry(
            row.id, row.org_id, row.subject_id, Change(row.what), row.user_id, from_ms(row.at_ms), row.detail
        )
        for row in rows
    ]
