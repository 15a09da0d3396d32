"""The ways in beside the password: the code of two-step sign-in, passkeys, invitations, a new password, signing up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, session, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from haoyun.platform.accounts.errors import AccountConflict, AccountError, BadAccount, BadFields
from haoyun.platform.accounts.invitations import Purpose, find_invitation
from haoyun.platform.accounts.organizations import get_organization
from haoyun.platform.accounts.passkeys import Site, sign_in_options, sign_in_with_passkey
from haoyun.platform.accounts.people import join, set_forgotten_password
from haoyun.platform.accounts.registration import Application, register
from haoyun.platform.accounts.security import pending_person, start_session
from haoyun.platform.accounts.two_step import use_code
from haoyun.platform.api.limits import CODES, REGISTRATION, SIGN_IN_BY_ADDRESS, limiter
from haoyun.platform.portal.i18n import gettext, language, local_address
from haoyun.platform.portal.page import Form, page_group, viewer
from haoyun.platform.services import services

blueprint = page_group("sign_in")
CHALLENGE_S = 300  # how long a browser may take to ask its owner
_KINDS = (("shipper", _l("Shipper: we have goods to be moved")), ("carrier", _l("Carrier: we move goods")))


def _pending_id() -> str:
    found = pending_person()
    return f"code:{found[0] if found else request.remote_addr}"


def was_refused(response: Any) -> bool:
    """Whether a form came back; whoever is let in is not counted."""
    return bool(response.status_code == 422)


@blueprint.get("/login/code")
def code() -> str | Response:
    """Ask for the code of the app, or a recovery code."""
    if pending_person() is None:
        return redirect(url_for("security.login"))
    return render_template("sign_in_code.html", form=Form(), next=request.args.get("next", ""))


@blueprint.post("/login/code")
@limiter.limit(CODES, key_func=_pending_id, deduct_when=was_refused)
def check_code() -> str | tuple[str, int] | Response:
    """Let the person in whose password was right, if the code is."""
    pending, form, found = pending_person(), Form.of_request(), services()
    if pending is None:
        flash(gettext("That took too long. Sign in again."), "error")
        return redirect(url_for("security.login"))
    user_id, remember = pending
    with found.write() as db:
        right = use_code(db, user_id, form.text("code"), found.now())
    if right and start_session(user_id, "code", remember=remember):
        return redirect(local_address(request.args.get("next")))
    form.errors["code"] = gettext("The code is wrong or was used already.")
    return render_template("sign_in_code.html", form=form, next=request.args.get("next", "")), 422


@blueprint.post("/login/passkey/options")
@limiter.limit(SIGN_IN_BY_ADDRESS)
def passkey_options() -> Response:
    """What the browser asks its owner's passkey to sign."""
    options, challenge = sign_in_options(site())
    keep_challenge(challenge)
    return Response(options, mimetype="application/json")


@blueprint.post("/login/passkey")
@limiter.limit(SIGN_IN_BY_ADDRESS)
def passkey() -> tuple[Response, int] | Response:
    """Let the owner of the passkey in. A passkey that its owner unlocked is two steps in one."""
    found, challenge = services(), taken_challenge()
    try:
        if challenge is None:
            raise AccountConflict("passkey_refused")
        with found.write() as db:
            user_id = sign_in_with_passkey(db, site(), challenge, request.get_json(silent=True), found.now())
        if not start_session(user_id, "passkey"):
            raise AccountConflict("passkey_refused")
    except AccountConflict as error:
        return jsonify({"error": error.said(language())}), 422
    return jsonify({"next": local_address(request.args.get("next"))})


def site() -> Site:
    """Where this portal is reached: what a passkey is bound to."""
    scheme = "https" if services().settings.https else request.scheme
    return Site(request.host.rsplit(":", 1)[0], f"{scheme}://{request.host}")


def keep_challenge(challenge: str) -> None:
    """Remember in this browser's session what its passkey must sign."""
    session["haoyun_challenge"] = {"value": challenge, "at": datetime.now(UTC).timestamp()}


def taken_challenge() -> str | None:
    """The challenge of this browser's session, which is used up by that; None for none or an old one."""
    kept = session.pop("haoyun_challenge", None)
    if not isinstance(kept, dict) or datetime.now(UTC).timestamp() - kept["at"] > CHALLENGE_S:
        return None
    return str(kept["value"])


@blueprint.get("/register")
def sign_up() -> str | Response:
    """The form for a new organization and its owner, or who to ask."""
    if viewer() is not None:
        return redirect(url_for("account.me"))
    return _sign_up(Form({"country": "CN"}), None, open_to_all=services().settings.registration == "open")


@blueprint.post("/register")
@limiter.limit(REGISTRATION)
def register_organization() -> str | tuple[str, int] | Response:
    """Sign up where anybody may."""
    if services().settings.registration != "open":
        return _sign_up(Form(), None, open_to_all=False), 403
    return _register(None)


@blueprint.get("/register/<token>")
@limiter.limit(SIGN_IN_BY_ADDRESS)
def sign_up_invited(token: str) -> str | tuple[str, int]:
    """The same form, for whom the operator invited."""
    found = services()
    with found.read() as db:
        invitation = find_invitation(db, token, Purpose.REGISTER, found.now())
    if invitation is None:
        return render_template("invitation_closed.html"), 404
    return _sign_up(Form({"country": "CN", "email": invitation.email}), token, open_to_all=True)


@blueprint.post("/register/<token>")
@limiter.limit(SIGN_IN_BY_ADDRESS)
def register_invited(token: str) -> str | tuple[str, int] | Response:
    """Sign up with the operator's link."""
    return _register(token)


def _register(token: str | None) -> str | tuple[str, int] | Response:
    form, found = Form.of_request(), services()
    wanted = Application(
        kinds=frozenset(form.picked("kinds")),
        locale=language(),
        password=request.form.get("password", ""),
        **{
            name: form.text(name)
            for name in (
                "name", "name_en", "credit_code", "country", "address", "phone", "gln", "vat_id", "locode",
                "display_name", "email",
            )
        },
    )  # fmt: skip
    try:
        with found.write() as db:
            _, owner = register(db, wanted, found.now(), token)
    except (BadAccount, BadFields) as error:
        form.refuse_account(error)
        return _sign_up(form, token, open_to_all=True), 422
    except AccountConflict:
        return render_template("invitation_closed.html"), 404
    start_session(owner.id, "invitation" if token else "password")
    flash(gettext("Welcome. Upload your papers to be verified; until then you may look around."), "success")
    return redirect(url_for("organization.index"))


def _sign_up(form: Form, token: str | None, *, open_to_all: bool) -> str:
    return render_template("register.html", form=form, token=token, kinds=_KINDS, open_to_all=open_to_all)


@blueprint.get("/join/<token>")
@limiter.limit(SIGN_IN_BY_ADDRESS)
def invited(token: str) -> str | tuple[str, int]:
    """The form of an invited person."""
    return _join(token, None)


@blueprint.post("/join/<token>")
@limiter.limit(SIGN_IN_BY_ADDRESS)
def accept_invitation(token: str) -> str | tuple[str, int] | Response:
    """Become a person of the organization; the link is used up."""
    form, found = Form.of_request(), services()
    try:
        with found.write() as db:
            user = join(
                db,
                token,
                email=form.text("email"),
                password=request.form.get("password", ""),
                display_name=form.text("display_name"),
                locale=language(),
                now=found.now(),
            )
    except BadAccount as error:
        form.refuse_account(error)
        return _join(token, form)
    except AccountConflict:
        return render_template("invitation_closed.html"), 404
    start_session(user.id, "invitation")
    flash(gettext("Welcome. You are signed in."), "success")
    return redirect(url_for("home.index"))


def _join(token: str, form: Form | None) -> str | tuple[str, int]:
    found = services()
    with found.read() as db:
        invitation = find_invitation(db, token, Purpose.JOIN, found.now())
        if invitation is None:
            return render_template("invitation_closed.html"), 404
        organization = get_organization(db, invitation.org_id)
    shown = form or Form({"email": invitation.email})
    page = render_template(
        "join.html", form=shown, invitation=invitation, organization=organization, token=token
    )
    return (page, 422) if form else page


@blueprint.get("/new-password/<token>")
@limiter.limit(SIGN_IN_BY_ADDRESS)
def forgotten(token: str) -> str | tuple[str, int]:
    """The form for a new password, by the link that an owner gave."""
    return _forgotten(token, Form())


@blueprint.post("/new-password/<token>")
@limiter.limit(SIGN_IN_BY_ADDRESS)
def set_new_password(token: str) -> str | tuple[str, int] | Response:
    """Set it; the link is used up, every browser is signed out."""
    form, found = Form.of_request(), services()
    try:
        with found.write() as db:
            set_forgotten_password(db, token, request.form.get("password", ""), found.now())
    except BadAccount as error:
        form.refuse_account(error)
        page = _forgotten(token, form)
        return (page, 422) if isinstance(page, str) else page
    except AccountError:
        return render_template("invitation_closed.html"), 404
    flash(gettext("The new password holds. Sign in with it."), "success")
    return redirect(url_for("security.login"))


def _forgotten(token: str, form: Form) -> str | tuple[str, int]:
    found = services()
    with found.read() as db:
        invitation = find_invitation(db, token, Purpose.NEW_PASSWORD, found.now())
    if invitation is None:
        return render_template("invitation_closed.html"), 404
    return render_template("new_password.html", form=form, invitation=invitation, token=token)
