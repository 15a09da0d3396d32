"""Who may call what: decorators that hand the actor to the view."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from flask import request

from haoyun.platform.accounts import Actor
from haoyun.platform.accounts.actor import Role
from haoyun.platform.accounts.security import actor_of_request, came_by_session, csrf
from haoyun.platform.api.language import text
from haoyun.platform.api.problems import Problem

View = Callable[..., Any]
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def signed_in(view: View) -> View:
    """Only for people who signed in; passes `actor`."""

    @functools.wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        return view(*args, actor=must_be_somebody(), **kwargs)

    return guarded


def trading(view: View) -> View:
    """Only for people who may post, quote, accept and plan; passes `actor`."""
    return _only(view, lambda actor: actor.may_trade)


def reporting(view: View) -> View:
    """Only for people who may say what was done to goods, drivers among them; passes `actor`."""
    return _only(view, lambda actor: actor.may_trade or Role.DRIVER in actor.roles)


def managing_people(view: View) -> View:
    """Only for those who manage the people of an organization; passes `actor`."""
    return _only(view, lambda actor: actor.manages_people)


def operating(view: View) -> View:
    """Only for the operator of the platform; passes `actor`."""
    return _only(view, lambda actor: actor.is_operator)


def _only(view: View, rule: Callable[[Actor], bool]) -> View:
    @functools.wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        actor = must_be_somebody()
        if not rule(actor):
            raise Problem(403)
        return view(*args, actor=actor, **kwargs)

    return guarded


def must_be_somebody() -> Actor:
    """The actor of this request. Raises the 401 problem."""
    actor = actor_of_request()
    if actor is None:
        raise Problem(401, text("unauthorized_detail"), headers={"WWW-Authenticate": 'Bearer realm="haoyun"'})
    return actor


def refuse_zero_characters() -> None:
    """U+0000 is text in JSON and in an address, but PostgreSQL cannot keep it: refused before anybody tries."""
    given = (request.path, *request.args.values(), request.headers.get("Idempotency-Key", ""))
    if any("\0" in part for part in given) or rb"\u0000" in request.get_data():
        raise Problem(400, text("zero_character"))


def check_csrf() -> None:
    """A browser's session must prove that the page was ours; a bearer token proves itself."""
    if request.method not in _SAFE_METHODS and came_by_session():
        csrf.protect()
