"""Who may post and offer."""

from __future__ import annotations

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.errors import NotAllowed, NotFound


def must_trade(actor: Actor) -> None:
    """Raise NotAllowed for a role that only looks on."""
    if not actor.may_trade:
        raise NotAllowed("role")


def must_be_cleared(actor: Actor) -> None:
    """Raise NotAllowed for an organization that the operator has not verified: it looks and drafts, no more."""
    if not actor.cleared:
        raise NotAllowed("not_cleared")


def must_ship(actor: Actor) -> None:
    """Raise NotAllowed unless the actor may post loads."""
    must_trade(actor)
    if not (actor.is_shipper or actor.is_operator):
        raise NotAllowed("not_shipper")


def must_offer(actor: Actor) -> None:
    """Raise NotAllowed unless the actor may offer vehicles."""
    must_trade(actor)
    if not (actor.is_carrier or actor.is_operator):
        raise NotAllowed("not_carrier")


def must_own(actor: Actor, org_id: str) -> None:
    """Raise NotFound for another organization's thing, NotAllowed for a role that only looks on."""
    if org_id != actor.org_id and not actor.is_operator:
        raise NotFound
    must_trade(actor)
