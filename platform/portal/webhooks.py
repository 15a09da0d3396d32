"""Webhooks: which systems are told of what, the log of deliveries, the test, and what was given up."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.errors import Conflict, FieldErrors
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.page import Form, page_group, said, signed_in
from haoyun.platform.portal.webhook_words import DELIVERY_WORDS, EVENT_WORDS, SCOPE_WORDS
from haoyun.platform.services import services
from haoyun.platform.webhooks.deliveries import (
    DeliveryState,
    count_deliveries,
    list_deliveries,
    queue_test,
    resend,
    resend_dead,
)
from haoyun.platform.webhooks.event import EventType, Scope
from haoyun.platform.webhooks.store import (
    add_webhook,
    edit_webhook,
    end_webhook,
    get_webhook,
    rotate_secret,
    webhooks_of,
)
from haoyun.platform.webhooks.webhook import Webhook, WebhookDraft

PAGE = 50
_ASKED = tuple(kind.value for kind in EventType if kind is not EventType.WEBHOOK_TEST)

blueprint = page_group("webhooks")


@blueprint.get("/webhooks")
@signed_in
def index(actor: Actor) -> str:
    """The organization's webhooks, and the form that adds one."""
    return _list(actor, Form())


@blueprint.post("/webhooks")
@signed_in
def add(actor: Actor) -> str | tuple[str, int]:
    """Add one; its secret is shown this once. With errors the form comes back with a sentence at each field."""
    found, form = services(), Form.of_request()
    try:
        draft = _draft(form)
        with found.write() as db:
            made = add_webhook(db, actor, draft, found.now())
    except FieldErrors as error:
        form.refuse(error)
        return _list(actor, form), 422
    return _one(actor, made.id, secret=made.secret)


@blueprint.get("/webhooks/<webhook_id>")
@signed_in
def show(webhook_id: str, actor: Actor) -> str:
    """One webhook with what it was told."""
    return _one(actor, webhook_id)


@blueprint.post("/webhooks/<webhook_id>")
@signed_in
def change(webhook_id: str, actor: Actor) -> str | tuple[str, int] | Response:
    """Change address, types or scope, pause or go on."""
    found, form = services(), Form.of_request()
    try:
        draft = _draft(form)
        with found.write() as db:
            edit_webhook(db, actor, webhook_id, draft, found.now())
        flash(gettext("The webhook is changed."), "success")
    except FieldErrors as error:
        form.refuse(error)
        return _one(actor, webhook_id, form=form), 422
    except Conflict as error:
        flash(said(error), "error")
    return _back(webhook_id)


@blueprint.post("/webhooks/<webhook_id>/rotate")
@signed_in
def rotate(webhook_id: str, actor: Actor) -> str | Response:
    """A new secret, shown this once."""
    found = services()
    try:
        with found.write() as db:
            webhook = rotate_secret(db, actor, webhook_id, found.now())
    except Conflict as error:
        flash(said(error), "error")
        return _back(webhook_id)
    return _one(actor, webhook_id, secret=webhook.secret)


@blueprint.post("/webhooks/<webhook_id>/test")
@signed_in
def test(webhook_id: str, actor: Actor) -> Response:
    """Send a test."""
    with services().write() as db:
        queue_test(db, actor, webhook_id, services().now())
    flash(gettext("A test is on its way; the log below says how it went."), "success")
    return _back(webhook_id)


@blueprint.post("/webhooks/<webhook_id>/resend-dead")
@signed_in
def send_dead(webhook_id: str, actor: Actor) -> Response:
    """Send everything that was given up."""
    with services().write() as db:
        count = resend_dead(db, actor, webhook_id, services().now())
    flash(gettext("%(n)s events are sent again.", n=count), "success")
    return _back(webhook_id)


@blueprint.post("/webhooks/<webhook_id>/deliveries/<int:delivery_id>/resend")
@signed_in
def send_again(webhook_id: str, delivery_id: int, actor: Actor) -> Response:
    """Send one event again."""
    with services().write() as db:
        resend(db, actor, webhook_id, delivery_id, services().now())
    flash(gettext("The event is sent again."), "success")
    return _back(webhook_id)


@blueprint.post("/webhooks/<webhook_id>/end")
@signed_in
def end(webhook_id: str, actor: Actor) -> Response:
    """Tell it nothing more."""
    with services().write() as db:
        end_webhook(db, actor, webhook_id, services().now())
    flash(gettext("The webhook is ended."), "success")
    return redirect(url_for("webhooks.index"))


def _back(webhook_id: str) -> Response:
    return redirect(url_for("webhooks.show", webhook_id=webhook_id))


def _list(actor: Actor, form: Form) -> str:
    with services().read() as db:
        webhooks = webhooks_of(db, actor)
        counts = count_deliveries(db, [one.id for one in webhooks])
    return render_template("webhooks.html", webhooks=webhooks, counts=counts, form=form, **_words(actor))


def _one(actor: Actor, webhook_id: str, form: Form | None = None, secret: str | None = None) -> str:
    state = request.args.get("state", "")
    wanted = DeliveryState(state) if state in set(DeliveryState) else None
    with services().read() as db:
        webhook = get_webhook(db, webhook_id, actor)
        page = list_deliveries(db, actor, webhook_id, wanted, PAGE, _after())
        counts = count_deliveries(db, [webhook_id]).get(webhook_id, {})
    return render_template(
        "webhook.html",
        webhook=webhook,
        page=page,
        counts=counts,
        form=form or _filled(webhook),
        secret=secret,
        state=state,
        **_words(actor),
    )


def _after() -> str | None:
    return request.args.get("after") if request.method == "GET" else None


def _words(actor: Actor) -> dict[str, Any]:
    return {
        "EVENTS": EVENT_WORDS,
        "ASKED": _ASKED,
        "SCOPES": SCOPE_WORDS,
        "DELIVERIES": DELIVERY_WORDS,
        "may_change": actor.may_trade,
    }


def _filled(webhook: Webhook) -> Form:
    paused = "1" if webhook.paused else ""
    values = {"url": webhook.url, "name": webhook.name, "scope": webhook.scope.value, "paused": paused}
    return Form({**values, "types": ",".join(sorted(webhook.types))})


def _draft(form: Form) -> WebhookDraft:
    """Raises FieldErrors."""
    known = set(_ASKED)
    return WebhookDraft(
        url=form.text("url"),
        name=form.text("name"),
        types=frozenset(EventType(one) for one in form.picked("types") if one in known),
        scope=Scope(form.text("scope")) if form.text("scope") in set(Scope) else Scope.OWN,
        paused=form.text("paused") == "1",
    )
