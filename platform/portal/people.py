"""The people of the own organization: who they are, invitations, roles, who is kept out, who owns it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor, OrgKind, Role
from haoyun.platform.accounts.errors import AccountConflict, BadAccount
from haoyun.platform.accounts.history import history_of
from haoyun.platform.accounts.invitations import (
    Purpose,
    invite_new_password,
    invite_person,
    open_invitations,
    withdraw_invitation,
)
from haoyun.platform.accounts.people import activate, change_roles, deactivate, hand_over
from haoyun.platform.accounts.users import list_users
from haoyun.platform.portal.account_words import CHANGES, ROLE_HINTS
from haoyun.platform.portal.fields import Reader
from haoyun.platform.portal.i18n import gettext, language
from haoyun.platform.portal.page import Form, page_group, signed_in
from haoyun.platform.services import services

blueprint = page_group("people")


@blueprint.get("/people")
@signed_in
def index(actor: Actor) -> str:
    """Everybody of the organization; owners see invitations and the history too."""
    return _index(actor, Form({"days": "7", "roles": Role.DISPATCHER.value}), None)


@blueprint.post("/people/invitations")
@signed_in
def invite(actor: Actor) -> str | tuple[str, int]:
    """Make a link that lets one person join; it is shown this once."""
    form, found = Form.of_request(), services()
    days = Reader(form).whole("days", required=True)
    if form.errors:
        return _index(actor, form, None), 422
    try:
        with found.write() as db:
            roles = frozenset(form.picked("roles"))
            _, secret = invite_person(db, actor, form.text("email"), roles, found.now(), days)
    except BadAccount as error:
        form.refuse_account(error)
        return _index(actor, form, None), 422
    link = url_for("sign_in.invited", token=secret, _external=True)
    return _index(actor, Form({"days": "7", "roles": Role.DISPATCHER.value}), link)


@blueprint.post("/people/invitations/<invitation_id>/withdraw")
@signed_in
def withdraw(invitation_id: str, actor: Actor) -> Response:
    """Let nobody in by it any more."""
    with services().write() as db:
        withdraw_invitation(db, actor, invitation_id, services().now())
    flash(gettext("The invitation was withdrawn."), "success")
    return redirect(url_for("people.index"))


@blueprint.post("/people/<user_id>/roles")
@signed_in
def roles(user_id: str, actor: Actor) -> Response:
    """Give a person these roles in place of the old ones."""
    wanted = frozenset(request.form.getlist("roles"))
    return _change(
        lambda db, now: change_roles(db, actor, user_id, wanted, now), gettext("The roles were changed.")
    )


@blueprint.post("/people/<user_id>/deactivate")
@signed_in
def keep_out(user_id: str, actor: Actor) -> Response:
    """End their sessions and keys, and let them in no more."""
    return _change(lambda db, now: deactivate(db, actor, user_id, now), gettext("The person is kept out."))


@blueprint.post("/people/<user_id>/activate")
@signed_in
def let_in(user_id: str, actor: Actor) -> Response:
    """Let them in again."""
    return _change(
        lambda db, now: activate(db, actor, user_id, now), gettext("The person may sign in again.")
    )


@blueprint.post("/people/<user_id>/hand-over")
@signed_in
def give_away(user_id: str, actor: Actor) -> Response:
    """Make them the owner in one's own place."""
    return _change(
        lambda db, now: hand_over(db, actor, user_id, now), gettext("The ownership was handed over.")
    )


@blueprint.post("/people/<user_id>/new-password")
@signed_in
def new_password(user_id: str, actor: Actor) -> str:
    """A link by which the person sets a new password; it is shown this once."""
    found = services()
    with found.write() as db:
        _, secret = invite_new_password(db, actor, user_id, found.now())
    link = url_for("sign_in.forgotten", token=secret, _external=True)
    return _index(actor, Form({"days": "7", "roles": Role.DISPATCHER.value}), link)


def _change(work: object, words: str) -> Response:
    found = services()
    try:
        with found.write() as db:
            work(db, found.now())  # type: ignore[operator]
        flash(words, "success")
    except (BadAccount, AccountConflict) as error:
        flash(error.said(language()), "error")
    return redirect(url_for("people.index"))


def _index(actor: Actor, form: Form, new_link: str | None) -> str:
    found = services()
    with found.read() as db:
        people = list_users(db, actor.org_id)
        manages = actor.manages_people
        invitations = open_invitations(db, actor.org_id, Purpose.JOIN, found.now()) if manages else []
        history = history_of(db, actor.org_id) if manages else []
    return render_template(
        "people.html",
        people=people,
        invitations=invitations,
        history=history,
        names={one.id: one.display_name for one in people},
        changes=CHANGES,
        roles=_offered(actor),
        hints=ROLE_HINTS,
        form=form,
        new_link=new_link,
        manages=manages,
        own_id=actor.user_id,
        owns=Role.OWNER in actor.roles,
    )


def _offered(actor: Actor) -> list[str]:
    """The roles that go with the organization."""
    bound = {Role.OPERATOR: OrgKind.OPERATOR, Role.SUPERVISOR: OrgKind.SUPERVISOR}
    return [role.value for role in Role if role not in bound or bound[role] in actor.org_kinds]
