"""Alerts: the inbox, who is told of what, the limits that are watched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.alerts.rule import Subject
from haoyun.platform.alerts.store import (
    add_rule,
    alerts_of,
    count_unread,
    deliveries_of,
    end_rule,
    mark_read,
    rules_of,
)
from haoyun.platform.market.access import must_trade
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.store import plates_of
from haoyun.platform.portal.alert_words import SUBJECTS, words
from haoyun.platform.portal.i18n import gettext, language
from haoyun.platform.portal.page import page_group, signed_in
from haoyun.platform.services import services
from haoyun.tracking.context_store import rules_of as limits_of
from haoyun.tracking.context_store import set_rules
from haoyun.tracking.steps.rules import DRIVING_RULES, Rules

blueprint = page_group("alerts")


@blueprint.get("/alerts")
@signed_in
def index(actor: Actor) -> str:
    """The organization's inbox, the newest first."""
    before = request.args.get("before", type=int)
    with services().read() as db:
        alerts = alerts_of(db, actor, before)
        plates = plates_of(db, {one.vehicle_id for one in alerts if one.vehicle_id})
        sent = deliveries_of(db, [one.id for one in alerts])
        unread = count_unread(db, actor)
    return render_template(
        "alerts.html", alerts=[(one, words(one)) for one in alerts], plates=plates, sent=sent, unread=unread
    )


@blueprint.post("/alerts/read")
@signed_in
def read(actor: Actor) -> Response:
    """Everything up to the newest that was shown is read."""
    with services().write() as db:
        mark_read(db, actor, request.form.get("up_to", 0, type=int), services().now())
    return redirect(url_for("alerts.index"))


@blueprint.get("/alerts/rules")
@signed_in
def rules(actor: Actor) -> str:
    """Who is told of what, and the limits."""
    return _rules(actor, None)


@blueprint.post("/alerts/rules")
@signed_in
def add(actor: Actor) -> str | Response:
    """Ask for alerts; the secret of a webhook is shown this once."""
    found, form = services(), request.form
    try:
        subject = Subject(form.get("subject", ""))
    except ValueError:
        return redirect(url_for("alerts.rules"))
    try:
        with found.write() as db:
            email, url = form.get("email", "").strip(), form.get("webhook_url", "").strip()
            rule = add_rule(db, actor, subject, email, url, found.now(), language())
    except FieldErrors as error:
        flash(" · ".join(error.messages(language()).values()), "error")
        return redirect(url_for("alerts.rules"))
    return _rules(actor, rule.webhook_secret) if rule.webhook_secret else redirect(url_for("alerts.rules"))


@blueprint.post("/alerts/rules/<rule_id>/end")
@signed_in
def end(rule_id: str, actor: Actor) -> Response:
    """Ask for no more alerts by this rule."""
    with services().write() as db:
        end_rule(db, actor, rule_id, services().now())
    return redirect(url_for("alerts.rules"))


@blueprint.post("/alerts/limits")
@signed_in
def limits(actor: Actor) -> Response:
    """Set what is watched from now on."""
    must_trade(actor)
    form, found = request.form, services()
    speed, low, high = (
        _number(form.get(name)) for name in ("speed_limit_kmh", "temperature_low", "temperature_high")
    )
    if speed is not None and not 20 <= speed <= 150:
        flash(gettext("A speed limit lies between 20 and 150 km/h."), "error")
    elif (low is None) != (high is None) or (low is not None and high is not None and low >= high):
        flash(gettext("Give both ends of the temperature range, the lower first."), "error")
    else:
        allowed = None if low is None or high is None else (low, high)
        wanted = replace(
            Rules(),
            speed_limit_kmh=speed,
            driving=DRIVING_RULES.get(form.get("driving", "")),
            temperature_c=allowed,
            door_watched="door_watched" in form,
        )
        with found.write_tracking() as db:
            set_rules(db, actor.org_id, wanted, found.now())
        flash(gettext("The limits hold from now on."), "success")
    return redirect(url_for("alerts.rules"))


def _rules(actor: Actor, new_secret: str | None) -> str:
    found = services()
    with found.read() as db:
        own = rules_of(db, [actor.org_id])
    with found.read_tracking() as db:
        watched = limits_of(db, actor.org_id)
    values: dict[str, Any] = {
        "rules": own,
        "limits": watched,
        "new_secret": new_secret,
        "SUBJECTS": SUBJECTS,
        "mail_is_set": found.settings.smtp_url is not None,
        "may_change": actor.may_trade,
    }
    return render_template("alert_rules.html", **values)


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text and text.strip() else None
    except ValueError:
        return None
