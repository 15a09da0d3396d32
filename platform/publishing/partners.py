"""Partners: the organizations that an organization shows its offers to first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.organizations import organization_names
from haoyun.platform.accounts.tables import organization as ORGANIZATION
from haoyun.platform.market.access import must_trade
from haoyun.platform.market.errors import FieldErrors, NotFound
from haoyun.platform.publishing.tables import PARTNER
from haoyun.tracking.instants import from_ms, to_ms
from haoyun.tracking.tables import insert_new

MOST = 200


@dataclass(frozen=True, slots=True)
class Partner:
    """One entry of a list."""

    org_id: str
    name: str
    name_en: str
    since: datetime


def add_partner(db: sa.Connection, actor: Actor, named: str, now: datetime) -> Partner:
    """Put an organization on the list, by its id, its credit code or its exact name in either language.

    Nothing is said of organizations that are not named exactly. Raises NotAllowed, FieldErrors.
    """
    must_trade(actor)
    wanted, t = named.strip(), ORGANIZATION
    same = sa.or_(t.c.id == wanted, t.c.name == wanted, t.c.name_en == wanted, t.c.credit_code == wanted)
    found = db.execute(sa.select(t.c.id).where(same).order_by(t.c.id)).first()
    if found is None:
        raise FieldErrors({"partner": ("partner_unknown", {})})
    if found.id == actor.org_id:
        raise FieldErrors({"partner": ("partner_self", {})})
    if len(partners_of(db, actor.org_id)) >= MOST:
        raise FieldErrors({"partner": ("too_many_partners", {"most": MOST})})
    insert_new(db, PARTNER, {"org_id": actor.org_id, "partner_id": found.id, "created_ms": to_ms(now)})
    return next(one for one in list_partners(db, actor) if one.org_id == found.id)


def remove_partner(db: sa.Connection, actor: Actor, partner_id: str) -> None:
    """Take an organization off the list; offers that it sees already stay as they are. Raises NotAllowed, NotFound."""
    must_trade(actor)
    one = (PARTNER.c.org_id == actor.org_id, PARTNER.c.partner_id == partner_id)
    if db.execute(sa.delete(PARTNER).where(*one)).rowcount != 1:
        raise NotFound


def list_partners(db: sa.Connection, actor: Actor) -> list[Partner]:
    """The organization's list, oldest first."""
    query = sa.select(PARTNER).where(PARTNER.c.org_id == actor.org_id)
    rows = db.execute(query.order_by(PARTNER.c.created_ms, PARTNER.c.partner_id)).all()
    names = organization_names(db, {row.partner_id for row in rows})
    return [
        Partner(row.partner_id, *names.get(row.partner_id, ("", "")), from_ms(row.created_ms)) for row in rows
    ]


def partners_of(db: sa.Connection, org_id: str) -> frozenset[str]:
    """Ids of an organization's partners."""
    query = sa.select(PARTNER.c.partner_id).where(PARTNER.c.org_id == org_id)
    return frozenset(row.partner_id for row in db.execute(query))
