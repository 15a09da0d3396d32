"""Who may call, and in whose name: events belong to the caller's organization, and nobody sees another's."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from flask import Blueprint

from haoyun.platform.accounts import Actor
from haoyun.platform.accounts.actor import Role
from haoyun.platform.accounts.security import csrf
from haoyun.platform.api.guard import check_csrf, must_be_somebody, refuse_zero_characters
from haoyun.platform.epcis_api import problems
from haoyun.platform.epcis_api.extensions import check_extensions, say_extensions
from haoyun.platform.epcis_api.negotiation import check_request, say_versions
from haoyun.platform.epcis_api.problems import EpcisProblem

PREFIX = "/epcis/v2"
View = Callable[..., Any]


class _Group(Blueprint):
    """Routes that answer OPTIONS themselves, and whose addresses hold other addresses, slashes and all."""

    def add_url_rule(self, rule: str, *args: Any, **options: Any) -> None:
        super().add_url_rule(
            rule, *args, **{"provide_automatic_options": False, "merge_slashes": False, **options}
        )


def group(name: str) -> Blueprint:
    """A group of routes under /epcis/v2 with the same guards and the same form of errors."""
    blueprint = _Group(f"epcis_{name}", __name__, url_prefix=PREFIX)
    blueprint.before_request(check_request)
    blueprint.before_request(check_extensions)
    blueprint.before_request(refuse_zero_characters)
    blueprint.before_request(check_csrf)
    blueprint.after_request(say_versions)
    blueprint.after_request(say_extensions)
    csrf.exempt(blueprint)
    problems.register(blueprint)
    return blueprint


def reading(view: View) -> View:
    """Only for people who signed in; passes `org_id`."""

    @functools.wraps(view)
    def guarded(**kwargs: Any) -> Any:
        return view(org_id=must_be_somebody().org_id, **kwargs)

    return guarded


def writing(view: View) -> View:
    """Only for people who may change something in the name of their organization; passes `org_id`."""

    @functools.wraps(view)
    def guarded(**kwargs: Any) -> Any:
        actor = must_be_somebody()
        if not may_write(actor):
            raise EpcisProblem(403, "viewers and supervisors read, they change nothing")
        return view(org_id=actor.org_id, **kwargs)

    return guarded


def trading(view: View) -> View:
    """Only for people who act for their organization, not drivers: what a query or subscription tells others stays.

    Passes `org_id`.
    """

    @functools.wraps(view)
    def guarded(**kwargs: Any) -> Any:
        actor = must_be_somebody()
        if not actor.may_trade:
            raise EpcisProblem(403, "owners, dispatchers and operators keep queries and subscriptions")
        return view(org_id=actor.org_id, **kwargs)

    return guarded


def may_write(actor: Actor) -> bool:
    """Owners, dispatchers and operators may, and drivers, who report from the road."""
    return actor.may_trade or Role.DRIVER in actor.roles
