"""Sharing a shipment: links that expire, grants for an order and a time, and a log of every look. See the howto.

A link's token has 192 random bits and only its hash is kept: whoever loses it makes another. A grant lets another
organization read an order, signed in, for a time. Everybody who looked is written down for both sides of the order.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_trade
from haoyun.platform.market.errors import Checks, NotFound
from haoyun.platform.trading.orders_store import get_order
from haoyun.platform.trading.sharing_tables import LOOK, SHARE
from haoyun.platform.trading.tables import ORDER
from haoyun.tracking.instants import find_instant, from_ms, to_ms

LONGEST = timedelta(days=90)
SHORTEST = timedelta(minutes=5)
TOKEN_BYTES = 24
MOST_SHARES = 50  # of one order
MOST_LOOKS = 200  # shown


@dataclass(frozen=True, slots=True)
class Share:
    """A link (`to_org` None) or a grant to an organization."""

    id: str
    order_id: str
    org_id: str
    to_org: str | None
    label: str
    from_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether it lets anybody in now."""
        return self.revoked_at is None and self.from_at <= now < self.expires_at


@dataclass(frozen=True, slots=True)
class Look:
    """Who looked (an organization's name, or the outer part of an address), when, by which way, at what."""

    at: datetime
    who: str
    by: str  # number | link | grant
    what: str  # page | api
    label: str


def share_link(
    db: sa.Connection, actor: Actor, order_id: str, label: str, lasts: timedelta, now: datetime
) -> tuple[Share, str]:
    """A link to an order of the actor's, and its token, which is not kept. Raises NotFound, NotAllowed, FieldErrors."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return _share(db, actor, order_id, (label, None, _hash(token)), (now, now + lasts), now), token


def share_with(
    db: sa.Connection,
    actor: Actor,
    order_id: str,
    to_org: str,
    window: tuple[datetime, datetime],
    now: datetime,
) -> Share:
    """Let another organization read an order for a time. Raises NotFound, NotAllowed, FieldErrors."""
    return _share(db, actor, order_id, ("", to_org, None), window, now)


def revoke_share(db: sa.Connection, actor: Actor, share_id: str, now: datetime) -> None:
    """End a share of the own organization at once. Raises NotFound, NotAllowed."""
    must_trade(actor)
    own = (
        SHARE.c.id == share_id
        if actor.is_operator
        else sa.and_(SHARE.c.id == share_id, SHARE.c.org_id == actor.org_id)
    )
    if not db.execute(
        SHARE.update().where(own, SHARE.c.revoked_ms.is_(None)).values(revoked_ms=to_ms(now))
    ).rowcount:
        raise NotFound


def shares_of(db: sa.Connection, actor: Actor, order_id: str) -> list[Share]:
    """The own organization's shares of an order, the newest first."""
    query = sa.select(SHARE).where(SHARE.c.order_id == order_id)
    if not actor.sees_all:
        query = query.where(SHARE.c.org_id == actor.org_id)
    return [_of_row(row) for row in db.execute(query.order_by(SHARE.c.id.desc()))]


def redeem_link(db: sa.Connection, token: str, now: datetime) -> Share:
    """The share that a link's token opens. Raises NotFound for a wrong, expired or ended one: the same answer."""
    row = db.execute(sa.select(SHARE).where(SHARE.c.token_sha256 == _hash(token))).first()
    if row is None or not _of_row(row).is_open(now):
        raise NotFound
    return _of_row(row)


def granted(db: sa.Connection, actor: Actor, order_id: str, now: datetime) -> Share:
    """The grant by which an actor may read an order now. Raises NotFound."""
    query = sa.select(SHARE).where(SHARE.c.order_id == order_id, SHARE.c.to_org == actor.org_id)
    found = [share for share in map(_of_row, db.execute(query)) if share.is_open(now)]
    if not found:
        raise NotFound
    return found[0]


def log_look(
    db: sa.Connection, order_id: str, who: str, what: str, now: datetime, share: Share | None = None
) -> None:
    """Write down that somebody looked; without a share it was by the public number."""
    by = "number" if share is None else "link" if share.to_org is None else "grant"
    row = {"order_id": order_id, "share_id": share.id if share else None, "at_ms": to_ms(now)}
    db.execute(LOOK.insert(), row | {"who": who[:120], "by": by, "what": what})


def looks_at(db: sa.Connection, actor: Actor, order_id: str) -> list[Look]:
    """Who looked at an order of the actor's, the newest first. Raises NotFound."""
    get_order(db, order_id, actor)
    query = (
        sa.select(LOOK, SHARE.c.label)
        .outerjoin(SHARE, SHARE.c.id == LOOK.c.share_id)
        .where(LOOK.c.order_id == order_id)
        .order_by(LOOK.c.id.desc())
        .limit(MOST_LOOKS)
    )
    return [Look(from_ms(row.at_ms), row.who, row.by, row.what, row.label or "") for row in db.execute(query)]


def looks_of(db: sa.Connection, actor: Actor) -> list[tuple[str, Look]]:
    """Who looked at any order of the actor's organization, the newest first, with the order's id."""
    query = (
        sa.select(LOOK, SHARE.c.label)
        .join(ORDER, ORDER.c.id == LOOK.c.order_id)
        .outerjoin(SHARE, SHARE.c.id == LOOK.c.share_id)
        .where(sa.or_(ORDER.c.shipper_org == actor.org_id, ORDER.c.carrier_org == actor.org_id))
        .order_by(LOOK.c.id.desc())
        .limit(MOST_LOOKS)
    )
    return [
        (row.order_id, Look(from_ms(row.at_ms), row.who, row.by, row.what, row.label or ""))
        for row in db.execute(query)
    ]


def outer_part(address: str | None) -> str:
    """An address without what names one household: 203.0.113.0/24, or the first 48 bits."""
    if not address:
        return "–"
    if ":" in address:
        return ":".join(address.split(":")[:3]) + "::/48"
    return ".".join(address.split(".")[:3]) + ".0/24"


def _share(
    db: sa.Connection,
    actor: Actor,
    order_id: str,
    what: tuple[str, str | None, str | None],
    window: tuple[datetime, datetime],
    now: datetime,
) -> Share:
    order = get_order(db, order_id, actor)
    must_trade(actor)
    (label, to_org, token_sha256), (start, end) = what, window
    count = db.scalar(sa.select(sa.func.count()).select_from(SHARE).where(SHARE.c.order_id == order_id)) or 0
    checks = Checks()
    checks.require(len(label) <= 80, "label", "text_length", low=0, high=80)
    checks.between(
        "hours",
        (end - start) / timedelta(hours=1),
        SHORTEST / timedelta(hours=1),
        LONGEST / timedelta(hours=1),
    )
    checks.require(end > now, "expires_at", "past")
    checks.require(to_org not in (order.shipper_org, order.carrier_org), "to_org", "own_side")
    checks.require(count < MOST_SHARES, "label", "too_many_shares", most=MOST_SHARES)
    checks.done()
    share = Share(new_id("shr"), order_id, actor.org_id, to_org, label, start, end, None)
    db.execute(
        SHARE.insert(),
        {"id": share.id, "order_id": order_id, "org_id": share.org_id, "to_org": to_org, "label": label,
         "token_sha256": token_sha256, "from_ms": to_ms(start), "expires_ms": to_ms(end), "created_ms": to_ms(now)},
    )  # fmt: skip
    return share


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _of_row(row: Any) -> Share:
    return Share(
        row.id, row.order_id, row.org_id, row.to_org, row.label, from_ms(row.from_ms), from_ms(row.expires_ms),
        find_instant(row.revoked_ms),
    )  # fmt: skip
