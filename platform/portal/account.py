"""Who is signed in, and the way out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, render_template

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.organizations import get_organization
from haoyun.platform.api.limits import SIGN_IN_BY_ADDRESS, SIGN_IN_BY_EMAIL, email_of_request, limiter
from haoyun.platform.portal.page import page_group, person, signed_in
from haoyun.platform.services import services

blueprint = page_group("account")
_SIGN_IN = "security.login"


def limit_sign_in(app: Flask) -> None:
    """Slow guessing down on the sign-in page as on the API's: refused tries are counted, by address and by email."""
    view: Callable[..., Any] = app.view_functions[_SIGN_IN]
    view = limiter.limit(SIGN_IN_BY_ADDRESS, methods=["POST"], deduct_when=_was_refused)(view)
    by_email = limiter.limit(
        SIGN_IN_BY_EMAIL, methods=["POST"], key_func=email_of_request, deduct_when=_was_refused
    )
    limited: Any = by_email(view)
    app.view_functions[_SIGN_IN] = limited


def _was_refused(response: Response) -> bool:
    return response.status_code == 200  # the form once more; who is let in is sent on


@blueprint.get("/me")
@signed_in
def me(actor: Actor) -> str:
    """The person, the organization, the roles, and the sign-out button."""
    with services().read() as db:
        organization = get_organization(db, actor.org_id)
    return render_template("account.html", user=person(), organization=organization, actor=actor)
