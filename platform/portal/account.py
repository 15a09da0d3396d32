"""Who is signed in: facts, password, two-step sign-in, passkeys, sessions, keys, and the way out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import segno
from flask import Flask, Response, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.errors import AccountConflict, AccountError, BadAccount
from haoyun.platform.accounts.history import Change, record
from haoyun.platform.accounts.organizations import get_organization
from haoyun.platform.accounts.passkeys import add_passkey, passkeys_of, registration_options, remove_passkey
from haoyun.platform.accounts.people import change_password
from haoyun.platform.accounts.scopes import Scope
from haoyun.platform.accounts.security import session_secret
from haoyun.platform.accounts.sessions import end_session, end_sessions, sessions_of
from haoyun.platform.accounts.tokens import keys_of, make_key, revoke_key
from haoyun.platform.accounts.totp import address
from haoyun.platform.accounts.two_step import (
    begin_two_step,
    confirm_two_step,
    end_two_step,
    has_two_step,
    new_recovery_codes,
    recovery_codes_left,
    use_code,
    waiting_secret,
)
from haoyun.platform.accounts.users import get_user
from haoyun.platform.api.limits import CODES, SIGN_IN_BY_ADDRESS, SIGN_IN_BY_EMAIL, email_of_request, limiter
from haoyun.platform.portal.account_words import SCOPES, SIGNED_IN_BY, browser_name
from haoyun.platform.portal.fields import Reader
from haoyun.platform.portal.i18n import gettext, language
from haoyun.platform.portal.page import Form, page_group, person, signed_in, viewer
from haoyun.platform.portal.sign_in import keep_challenge, site, taken_challenge, was_refused
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


def _own_id() -> str:
    actor = viewer()
    return f"code:{actor.user_id if actor else request.remote_addr}"


@blueprint.get("/me")
@signed_in
def me(actor: Actor) -> str:
    """The person, the organization, the roles, and the sign-out button."""
    with services().read() as db:
        organization = get_organization(db, actor.org_id)
        user = get_user(db, actor.user_id)
    return render_template("account.html", user=user, organization=organization, actor=actor)


@blueprint.get("/me/security")
@signed_in
def security(actor: Actor) -> str:
    """Password, two-step sign-in, passkeys, and where one is signed in."""
    return _security(actor, Form())


@blueprint.post("/me/password")
@limiter.limit(CODES, key_func=_own_id, deduct_when=was_refused)
@signed_in
def password(actor: Actor) -> tuple[str, int] | AnyResponse:
    """Change it; every other browser is signed out."""
    form, found = Form(), services()
    present, wanted = request.form.get("present", ""), request.form.get("password", "")
    try:
        with found.write() as db:
            change_password(db, actor.user_id, present, wanted, found.now(), keep=session_secret())
    except BadAccount as error:
        form.refuse_account(error)
        return _security(actor, form), 422
    flash(gettext("The password was changed; other browsers are signed out."), "success")
    return redirect(url_for("account.security"))


@blueprint.post("/me/two-step")
@signed_in
def begin(actor: Actor) -> AnyResponse:
    """Make a secret and show it as a picture."""
    try:
        with services().write() as db:
            begin_two_step(db, actor.user_id, services().now())
    except AccountConflict as error:
        flash(error.said(language()), "error")
        return redirect(url_for("account.security"))
    return redirect(url_for("account.two_step"))


@blueprint.get("/me/two-step")
@signed_in
def two_step(actor: Actor) -> str | AnyResponse:
    """The picture for the app, and the field for its first code."""
    return _two_step(actor, Form())


@blueprint.post("/me/two-step/confirm")
@limiter.limit(CODES, key_func=_own_id, deduct_when=was_refused)
@signed_in
def confirm(actor: Actor) -> str | tuple[str, int] | AnyResponse:
    """Switch it on with the first code, and show the recovery codes, this once."""
    form, found = Form.of_request(), services()
    try:
        with found.write() as db:
            codes = confirm_two_step(db, actor.user_id, form.text("code"), found.now())
    except BadAccount as error:
        form.refuse_account(error)
        page = _two_step(actor, form)
        return (page, 422) if isinstance(page, str) else page
    except AccountConflict as error:
        flash(error.said(language()), "error")
        return redirect(url_for("account.security"))
    return render_template("recovery_codes.html", codes=codes)


@blueprint.post("/me/two-step/codes")
@limiter.limit(CODES, key_func=_own_id, deduct_when=was_refused)
@signed_in
def fresh_codes(actor: Actor) -> Any:
    """Ten new recovery codes for a code of the app."""
    return _with_code(actor, "codes")


@blueprint.post("/me/two-step/off")
@limiter.limit(CODES, key_func=_own_id, deduct_when=was_refused)
@signed_in
def switch_off(actor: Actor) -> Any:
    """Switch it off with a code of the app or a recovery code."""
    return _with_code(actor, "off")


def _with_code(actor: Actor, what: str) -> Any:
    form, found = Form.of_request(), services()
    codes: list[str] = []
    with found.write() as db:
        right = use_code(db, actor.user_id, form.text("code"), found.now())
        if right and what == "off":
            end_two_step(db, actor.user_id, actor.user_id, found.now())
        elif right:
            codes = new_recovery_codes(db, actor.user_id, found.now())
    if not right:
        form.errors["code"] = gettext("The code is wrong or was used already.")
        return _security(actor, form), 422
    if what == "codes":
        return render_template("recovery_codes.html", codes=codes)
    flash(gettext("Two-step sign-in is off."), "success")
    return redirect(url_for("account.security"))


@blueprint.post("/me/passkeys/options")
@signed_in
def passkey_options(actor: Actor) -> Response | tuple[Response, int]:
    """What the browser is asked for a new passkey."""
    try:
        with services().read() as db:
            options, challenge = registration_options(db, get_user(db, actor.user_id), site())
    except BadAccount as error:
        return jsonify({"error": error.said(language())}), 422
    keep_challenge(challenge)
    return Response(options, mimetype="application/json")


@blueprint.post("/me/passkeys")
@signed_in
def keep_passkey(actor: Actor) -> Response | tuple[Response, int]:
    """Keep what the browser made."""
    found, challenge = services(), taken_challenge()
    body = request.get_json(silent=True)
    sent = body if isinstance(body, dict) else {}
    try:
        if challenge is None:
            raise AccountConflict("passkey_refused")
        with found.write() as db:
            user = get_user(db, actor.user_id)
            add_passkey(
                db, user, site(), challenge, sent.get("credential"), str(sent.get("label", "")), found.now()
            )
    except AccountError as error:
        return jsonify({"error": error.said(language())}), 422
    flash(gettext("The passkey was added."), "success")
    return jsonify({"next": url_for("account.security")})


@blueprint.post("/me/passkeys/<passkey_id>/remove")
@signed_in
def forget_passkey(passkey_id: str, actor: Actor) -> AnyResponse:
    """Let it open nothing any more."""
    with services().write() as db:
        remove_passkey(db, actor.user_id, passkey_id, services().now())
    flash(gettext("The passkey was removed."), "success")
    return redirect(url_for("account.security"))


@blueprint.post("/me/sessions/<session_id>/end")
@signed_in
def sign_out_one(session_id: str, actor: Actor) -> AnyResponse:
    """Sign one browser out."""
    with services().write() as db:
        end_session(db, actor.user_id, session_id, services().now())
    flash(gettext("That browser is signed out."), "success")
    return redirect(url_for("account.security"))


@blueprint.post("/me/sessions/end-others")
@signed_in
def sign_out_others(actor: Actor) -> AnyResponse:
    """Sign every other browser out."""
    found = services()
    with found.write() as db:
        ended = end_sessions(db, actor.user_id, found.now(), but=session_secret())
        record(
            db, actor.org_id, Change.SIGNED_OUT, actor.user_id, found.now(), subject_id=actor.user_id,
            detail=str(ended),
        )  # fmt: skip
    flash(gettext("Every other browser is signed out."), "success")
    return redirect(url_for("account.security"))


@blueprint.get("/me/keys")
@signed_in
def keys(actor: Actor) -> str:
    """The keys of one's own programs."""
    return _keys(actor, Form({"days": "365", "scopes": "read"}), None)


@blueprint.post("/me/keys")
@signed_in
def add_key(actor: Actor) -> str | tuple[str, int]:
    """Make a key and show it, this once."""
    form, found = Form.of_request(), services()
    days = Reader(form).whole("days", required=True)
    if form.errors:
        return _keys(actor, form, None), 422
    try:
        with found.write() as db:
            made = make_key(db, actor, form.text("name"), form.picked("scopes"), days, found.now())
    except BadAccount as error:
        form.refuse_account(error)
        return _keys(actor, form, None), 422
    return _keys(actor, Form({"days": "365", "scopes": "read"}), made.token)


@blueprint.post("/me/keys/<key_id>/revoke")
@signed_in
def end_key(key_id: str, actor: Actor) -> AnyResponse:
    """Let it open nothing any more."""
    with services().write() as db:
        revoke_key(db, actor, key_id, services().now())
    flash(gettext("The key was revoked."), "success")
    return redirect(url_for("account.keys"))


def _keys(actor: Actor, form: Form, new_key: str | None) -> str:
    with services().read() as db:
        found = keys_of(db, actor.user_id, services().now())
    return render_template(
        "keys.html", keys=found, form=form, new_key=new_key, scopes=SCOPES, all_scopes=len(Scope)
    )


def _security(actor: Actor, form: Form) -> str:
    found = services()
    with found.read() as db:
        values = {
            "sessions": sessions_of(db, actor.user_id, session_secret(), found.now()),
            "passkeys": passkeys_of(db, actor.user_id),
            "two_step": has_two_step(db, actor.user_id),
            "codes_left": recovery_codes_left(db, actor.user_id),
        }
    return render_template(
        "security.html", form=form, browser_name=browser_name, signed_in_by=SIGNED_IN_BY, **values
    )


def _two_step(actor: Actor, form: Form) -> str | AnyResponse:
    with services().read() as db:
        secret = waiting_secret(db, actor.user_id)
    user = person()
    if secret is None or user is None:
        return redirect(url_for("account.security"))
    picture = segno.make(address(secret, user.email, "Haoyun"), error="m")
    return render_template(
        "two_step.html", form=form, secret=secret, qr=picture.svg_inline(scale=4, border=2)
    )
