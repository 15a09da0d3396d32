"""Papers of an organization: business licence, permit, insurance. Their kind is read from their first bytes.

The bytes stand in the database, beside what is known of them: written, backed up and shared between machines with
everything else, and never a file that a web server could serve by accident.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.errors import BadAccount, NoSuchAccountThing
from haoyun.platform.accounts.history import Change, record
from haoyun.platform.accounts.permissions import must_manage_people
from haoyun.platform.accounts.tables import document as t
from haoyun.platform.accounts.tables import document_content
from haoyun.platform.ids import new_id
from haoyun.tracking.instants import find_instant, from_ms, to_ms

MAX_MB = 5
MAX_BYTES = MAX_MB * 1024 * 1024
MOST = 40
_UNSAFE = re.compile(r"[^\w.()\u4e00-\u9fff -]+")
# What a file is, by its first bytes; its name and what the browser says of it prove nothing.
_SIGNATURES = (
    (b"%PDF-", "application/pdf", "pdf"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
)


class DocumentKind(StrEnum):
    """Which paper it is."""

    BUSINESS_LICENCE = "business_licence"
    TRANSPORT_PERMIT = "transport_permit"
    INSURANCE = "insurance"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Document:
    """A stored paper, without its bytes."""

    id: str
    org_id: str
    kind: DocumentKind
    name: str
    media_type: str
    size: int
    sha256: str
    valid_until: datetime | None
    created_at: datetime


def media_type_of(content: bytes) -> tuple[str, str]:
    """(media type, extension) of a file by its content. Raises BadAccount."""
    for start, media_type, extension in _SIGNATURES:
        if content.startswith(start):
            return media_type, extension
    raise BadAccount("file", "document_kind")


def add_document(
    db: sa.Connection,
    actor: Actor,
    kind: DocumentKind,
    name: str,
    content: bytes,
    valid_until: datetime | None,
    now: datetime,
) -> Document:
    """Keep a paper of the actor's organization. Raises NotPermitted, BadAccount that names the field."""
    must_manage_people(actor)
    if not content:
        raise BadAccount("file", "document_empty")
    if len(content) > MAX_BYTES:
        raise BadAccount("file", "document_large", most=MAX_MB)
    if valid_until is not None and valid_until <= now:
        raise BadAccount("valid_until", "past_day")
    media_type, extension = media_type_of(content)
    kept = (t.c.org_id == actor.org_id, t.c.removed_ms.is_(None))
    if (db.scalar(sa.select(sa.func.count()).select_from(t).where(*kept)) or 0) >= MOST:
        raise BadAccount("file", "documents_many", most=MOST)
    made = Document(
        id=new_id("doc"),
        org_id=actor.org_id,
        kind=kind,
        name=_safe_name(name, extension),
        media_type=media_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        valid_until=valid_until,
        created_at=now,
    )
    db.execute(sa.insert(t).values(_row(made, actor)))
    db.execute(sa.insert(document_content).values(document_id=made.id, content=content))
    record(db, made.org_id, Change.DOCUMENT_ADDED, actor.user_id, now, subject_id=made.id, detail=made.name)
    return made


def remove_document(db: sa.Connection, actor: Actor, document_id: str, now: datetime) -> None:
    """Take a paper back: its bytes are erased, that it was there stays known.

    Raises NotPermitted, NoSuchAccountThing.
    """
    must_manage_people(actor)
    own = (t.c.id == document_id, t.c.org_id == actor.org_id, t.c.removed_ms.is_(None))
    if db.execute(sa.update(t).where(*own).values(removed_ms=to_ms(now))).rowcount != 1:
        raise NoSuchAccountThing
    db.execute(sa.delete(document_content).where(document_content.c.document_id == document_id))
    record(db, actor.org_id, Change.DOCUMENT_REMOVED, actor.user_id, now, subject_id=document_id)


def documents_of(db: sa.Connection, org_id: str) -> list[Document]:
    """The papers of an organization, the newest first."""
    kept = (t.c.org_id == org_id, t.c.removed_ms.is_(None))
    return [_document(row) for row in db.execute(sa.select(t).where(*kept).order_by(t.c.id.desc()))]


def read_document(db: sa.Connection, viewer: Actor, document_id: str) -> tuple[Document, bytes]:
    """A paper with its bytes, for its organization and the operator. Raises NoSuchAccountThing."""
    query = (
        sa.select(t, document_content.c.content)
        .join(document_content, document_content.c.document_id == t.c.id)
        .where(t.c.id == document_id, t.c.removed_ms.is_(None))
    )
    row = db.execute(query).one_or_none()
    if row is None or not (row.org_id == viewer.org_id or viewer.is_operator):
        raise NoSuchAccountThing
    return _document(row), bytes(row.content)


def _safe_name(name: str, extension: str) -> str:
    """The file's name without folders, control characters and a false extension."""
    stem = re.split(r"[\\/]", name)[-1].rsplit(".", 1)[0]
    return f"{_UNSAFE.sub('_', stem).strip(' ._')[:80] or 'document'}.{extension}"


def _row(made: Document, actor: Actor) -> dict[str, Any]:
    plain = ("id", "org_id", "name", "media_type", "size", "sha256")
    return {name: getattr(made, name) for name in plain} | {
        "kind": made.kind.value,
        "user_id": actor.user_id,
        "valid_until_ms": None if made.valid_until is None else to_ms(made.valid_until),
        "created_ms": to_ms(made.created_at),
    }


def _document(row: Any) -> Document:
    return Document(
        id=row.id,
        org_id=row.org_id,
        kind=DocumentKind(row.kind),
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        valid_until=find_instant(row.valid_until_ms),
        created_at=from_ms(row.created_ms),
    )
