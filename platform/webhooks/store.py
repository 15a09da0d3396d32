"""Webhooks in the database, each organization's own."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_own, must_trade
from haoyun.platform.market.errors import Checks, NotFound, Stale
from haoyun.platform.webhooks.event import EventType, Scope
from haoyun.platform.webhooks.signing import new_secret
from haoyun.platform.webhooks.tables import DELIVERY, WEBHOOK
from haoyun.platform.webhooks.webhook import Webhook, WebhookDraft
from haoyun.tracking.instants import from_ms, to_ms

MOST_WEBHOOKS = 20


def add_webhook(db: sa.Connection, actor: Actor, draft: WebhookDraft, now: datetime) -> Webhook:
    """Have a system told from now on. Raises NotAllowed, FieldErrors."""
    must_trade(actor)
    checks = Checks()
    room = len(webhooks_of(db, actor)) < MOST_WEBHOOKS or actor.sees_all
    checks.require(room, "url", "too_many_webhooks", most=MOST_WEBHOOKS)
    checks.done()
    made = Webhook(
        **_drafted(draft),
        id=new_id("whk"),
        org_id=actor.org_id,
        secret=new_secret(),
        version=1,
        created_at=now,
    )
    db.execute(
        sa.insert(WEBHOOK).values(**_row(made, now), id=made.id, org_id=made.org_id, created_ms=to_ms(now))
    )
    return made


def edit_webhook(
    db: sa.Connection, actor: Actor, webhook_id: str, draft: WebhookDraft, now: datetime
) -> Webhook:
    """Change address, types, scope, or pause: paused, it collects nothing. Raises NotFound, NotAllowed, Stale."""
    before = _own(db, actor, webhook_id)
    return _store(db, before, replace(before, **_drafted(draft)), now)


def rotate_secret(db: sa.Connection, actor: Actor, webhook_id: str, now: datetime) -> Webhook:
    """A new secret; whatever is sent from now on is signed with it. Raises NotFound, NotAllowed, Stale."""
    before = _own(db, actor, webhook_id)
    return _store(db, before, replace(before, secret=new_secret()), now)


def end_webhook(db: sa.Connection, actor: Actor, webhook_id: str, now: datetime) -> None:
    """Tell it nothing more; what waits is dropped. Raises NotFound, NotAllowed."""
    _own(db, actor, webhook_id)
    live = (WEBHOOK.c.id == webhook_id, WEBHOOK.c.ended_ms.is_(None))
    if not db.execute(sa.update(WEBHOOK).where(*live).values(ended_ms=to_ms(now))).rowcount:
        raise NotFound
    db.execute(sa.delete(DELIVERY).where(DELIVERY.c.webhook_id == webhook_id))


def get_webhook(db: sa.Connection, webhook_id: str, viewer: Actor) -> Webhook:
    """A webhook of the viewer's organization (of any, for operator and supervisor). Raises NotFound."""
    found = find_webhook(db, webhook_id)
    if found is None or not (viewer.sees_all or viewer.org_id == found.org_id):
        raise NotFound
    return found


def webhooks_of(db: sa.Connection, viewer: Actor) -> list[Webhook]:
    """The webhooks of the viewer's organization (all, for operator and supervisor), the oldest first."""
    query = _live()
    if not viewer.sees_all:
        query = query.where(WEBHOOK.c.org_id == viewer.org_id)
    return [_webhook(row) for row in db.execute(query)]


def find_webhook(db: sa.Connection, webhook_id: str) -> Webhook | None:
    """The webhook, whoever asks: for the system's own work."""
    row = db.execute(_live().where(WEBHOOK.c.id == webhook_id)).one_or_none()
    return _webhook(row) if row else None


def listening(db: sa.Connection) -> list[Webhook]:
    """Every webhook that collects events: for the system's own work."""
    return [_webhook(row) for row in db.execute(_live().where(WEBHOOK.c.paused_ms.is_(None)))]


def _live() -> sa.Select[Any]:
    return sa.select(WEBHOOK).where(WEBHOOK.c.ended_ms.is_(None)).order_by(WEBHOOK.c.id)


def _own(db: sa.Connection, actor: Actor, webhook_id: str) -> Webhook:
    found = get_webhook(db, webhook_id, actor)
    must_own(actor, found.org_id)
    return found


def _store(db: sa.Connection, before: Webhook, after: Webhook, now: datetime) -> Webhook:
    changed = replace(after, version=before.version + 1)
    same = (WEBHOOK.c.id == before.id, WEBHOOK.c.version == before.version, WEBHOOK.c.ended_ms.is_(None))
    if db.execute(sa.update(WEBHOOK).where(*same).values(_row(changed, now))).rowcount != 1:
        raise Stale
    return changed


def _drafted(draft: WebhookDraft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in WebhookDraft.__dataclass_fields__}


def _row(webhook: Webhook, now: datetime) -> dict[str, Any]:
    return {
        "name": webhook.name,
        "url": webhook.url,
        "secret": webhook.secret,
        "types": ",".join(sorted(webhook.types)),
        "scope": webhook.scope.value,
        "version": webhook.version,
        "paused_ms": to_ms(now) if webhook.paused else None,
    }


def _webhook(row: Any) -> Webhook:
    return Webhook(
        id=row.id,
        org_id=row.org_id,
        name=row.name,
        url=row.url,
        secret=row.secret,
        types=frozenset(EventType(name) for name in row.types.split(",") if name),
        scope=Scope(row.scope),
        paused=row.paused_ms is not None,
        version=row.version,
        created_at=from_ms(row.created_ms),
    )
