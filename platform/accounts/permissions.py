"""Who may do what to organizations and people."""

from __future__ import annotations

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.errors import NoSuchAccountThing, NotPermitted


def must_manage_people(actor: Actor) -> None:
    """Raise NotPermitted unless the actor manages the people of the own organization."""
    if not actor.manages_people:
        raise NotPermitted("owners_only")


def must_operate(actor: Actor) -> None:
    """Raise NotPermitted unless the actor runs the platform."""
    if not actor.is_operator:
        raise NotPermitted("role")


def must_see(actor: Actor, org_id: str) -> None:
    """Raise NoSuchAccountThing for another organization's thing, unless the actor runs or supervises the platform."""
    if org_id != actor.org_id and not actor.sees_all:
        raise NoSuchAccountThing
