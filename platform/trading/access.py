"""Which side of a deal an actor is on; strangers get the same answer as for what does not exist."""

from __future__ import annotations

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.access import must_trade
from haoyun.platform.market.errors import NotAllowed, NotFound
from haoyun.platform.trading.quote import Side


def sides_of(actor: Actor, shipper_org: str, carrier_org: str) -> frozenset[Side]:
    """The sides that the actor acts for: the operator acts for both."""
    if actor.is_operator:
        return frozenset(Side)
    orgs = ((Side.SHIPPER, shipper_org), (Side.CARRIER, carrier_org))
    return frozenset(side for side, org in orgs if org == actor.org_id)


def must_see(viewer: Actor, shipper_org: str, carrier_org: str) -> None:
    """Raise NotFound for who is on no side."""
    if not viewer.sees_all and not sides_of(viewer, shipper_org, carrier_org):
        raise NotFound


def must_act_for(actor: Actor, side: Side, shipper_org: str, carrier_org: str) -> None:
    """Raise NotFound for a stranger, NotAllowed for the other side or a role that only looks on."""
    must_see(actor, shipper_org, carrier_org)
    must_trade(actor)
    if side not in sides_of(actor, shipper_org, carrier_org):
        raise NotAllowed("other_side")
