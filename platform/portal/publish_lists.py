"""Partners, saved lanes, repeats and flags: the lists around publishing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.alerts.store import rules_of
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.load import MAX_WEIGHT_KG
from haoyun.platform.market.store import get_load
from haoyun.platform.market.values import Body
from haoyun.platform.portal.fields import Reader
from haoyun.platform.portal.i18n import gettext, language, zone
from haoyun.platform.portal.page import Form, names_of, page_group, signed_in
from haoyun.platform.portal.publish_words import FLAGS, evidence, weekday_choices
from haoyun.platform.portal.searches import body_choices
from haoyun.platform.publishing.chat.found import Kind
from haoyun.platform.publishing.document import pattern_of_load
from haoyun.platform.publishing.flags import close_flag, list_flags
from haoyun.platform.publishing.partners import add_partner, list_partners, remove_partner
from haoyun.platform.publishing.repeat import Times
from haoyun.platform.publishing.repeats import add_repeat, end_repeat, list_repeats, occurrences_of
from haoyun.platform.publishing.saved_lane import Wish
from haoyun.platform.publishing.saved_lanes import end_lane, list_lanes, save_lane
from haoyun.platform.services import services

blueprint = page_group("publish_lists")


@blueprint.get("/publish/partners")
@signed_in
def partners(actor: Actor) -> str:
    """Who sees offers to partners."""
    return _partners(actor, Form())


@blueprint.post("/publish/partners")
@signed_in
def partner_add(actor: Actor) -> str | tuple[str, int] | Response:
    """Put an organization on the list."""
    found, form = services(), Form.of_request()
    try:
        with found.write() as db:
            add_partner(db, actor, form.text("partner"), found.now())
    except FieldErrors as error:
        form.refuse(error)
        return _partners(actor, form), 422
    return redirect(url_for("publish_lists.partners"))


@blueprint.post("/publish/partners/<partner_id>/remove")
@signed_in
def partner_remove(partner_id: str, actor: Actor) -> Response:
    """Take an organization off the list."""
    with services().write() as db:
        remove_partner(db, actor, partner_id)
    return redirect(url_for("publish_lists.partners"))


@blueprint.get("/publish/lanes")
@signed_in
def lanes(actor: Actor) -> str:
    """Saved lanes and the form that saves one."""
    form = Form({"radius_km": "50", "weekdays": "1,2,3,4,5,6,7"})
    form.values["wants"] = (Kind.CAPACITY if actor.is_shipper and not actor.is_carrier else Kind.LOAD).value
    form.values |= {name: request.args[name] for name in ("origin", "destination") if name in request.args}
    return _lanes(actor, form)


@blueprint.post("/publish/lanes")
@signed_in
def lane_add(actor: Actor) -> str | tuple[str, int] | Response:
    """Be told of offers like this."""
    found, form = services(), Form.of_request()
    wish = _wish(form)
    if wish is not None:
        try:
            with found.write() as db:
                _, rule = save_lane(
                    db, actor, wish, form.text("email"), form.text("webhook_url"), found.now(), language()
                )
            flash(gettext("New offers like this are told from now on."), "success")
            if rule.webhook_secret:
                return _lanes(actor, Form({"radius_km": "50"}), rule.webhook_secret)
            return redirect(url_for("publish_lists.lanes"))
        except FieldErrors as error:
            form.refuse(error)
    return _lanes(actor, form), 422


@blueprint.post("/publish/lanes/<lane_id>/end")
@signed_in
def lane_end(lane_id: str, actor: Actor) -> Response:
    """Be told no more."""
    with services().write() as db:
        end_lane(db, actor, lane_id, services().now())
    return redirect(url_for("publish_lists.lanes"))


@blueprint.get("/publish/repeats")
@signed_in
def repeats(actor: Actor) -> str:
    """The repeats that run, and what became of their days."""
    with services().read() as db:
        running = [(one, occurrences_of(db, one.id, most=14)) for one in list_repeats(db, actor)]
    return render_template(
        "repeats.html", repeats=running, weekdays=dict(weekday_choices()), language_=language()
    )


@blueprint.get("/loads/<load_id>/repeat")
@signed_in
def repeat_new(load_id: str, actor: Actor) -> str:
    """The form that repeats an own load."""
    today = services().now().astimezone(zone()).date()
    values = {"weekdays": "1,2,3,4,5", "at": "08:00", "hours": "4", "ahead_h": "24", "delivery_hours": "12"}
    values |= {
        "first": (today + timedelta(days=1)).isoformat(),
        "last": (today + timedelta(days=28)).isoformat(),
    }
    return _repeat_page(actor, load_id, Form({**values, "delivery_after_h": "24"}))


@blueprint.post("/loads/<load_id>/repeat")
@signed_in
def repeat_add(load_id: str, actor: Actor) -> str | tuple[str, int] | Response:
    """Post such a load on these days."""
    found, form = services(), Form.of_request()
    times = _times(form)
    if times is not None:
        try:
            with found.write() as db:
                load = get_load(db, load_id, actor)
                fields, name = pattern_of_load(load), form.text("name")
                add_repeat(db, actor, Kind.LOAD, name, fields, times, found.market.site, found.now())
            flash(gettext("Such a load is posted on these days from now on."), "success")
            return redirect(url_for("publish_lists.repeats"))
        except FieldErrors as error:
            form.refuse(error)
    return _repeat_page(actor, load_id, form), 422


@blueprint.post("/publish/repeats/<repeat_id>/end")
@signed_in
def repeat_end(repeat_id: str, actor: Actor) -> Response:
    """Post no more."""
    with services().write() as db:
        end_repeat(db, actor, repeat_id, services().now())
    return redirect(url_for("publish_lists.repeats"))


@blueprint.get("/publish/flags")
@signed_in
def flags(actor: Actor) -> str:
    """What looks false: of the own offers, or of all for the operator."""
    closed = request.args.get("closed") == "1"
    with services().read() as db:
        page = list_flags(db, actor, closed=closed, after=request.args.get("after"))
        names = names_of(db, {flag.org_id for flag in page.items})
    return render_template(
        "flags.html",
        page=page,
        names=names,
        closed=closed,
        FLAG_WORDS=FLAGS,
        evidence=evidence,
        may_close=actor.is_operator,
    )


@blueprint.post("/publish/flags/<flag_id>/close")
@signed_in
def flag_close(flag_id: str, actor: Actor) -> Response:
    """The operator looked into it."""
    try:
        with services().write() as db:
            close_flag(db, actor, flag_id, request.form.get("reason", ""), services().now())
    except FieldErrors as error:
        flash(" · ".join(error.messages(language()).values()), "error")
    return redirect(url_for("publish_lists.flags"))


def _partners(actor: Actor, form: Form) -> str:
    with services().read() as db:
        listed = list_partners(db, actor)
    return render_template("partners.html", partners=listed, form=form, may_change=actor.may_trade)


def _lanes(actor: Actor, form: Form, secret: str = "") -> str:
    with services().read() as db:
        saved = list_lanes(db, actor)
        rules = {rule.id: rule for rule in rules_of(db, [actor.org_id])}
    return render_template(
        "saved_lanes.html",
        lanes=saved,
        rules=rules,
        form=form,
        new_secret=secret,
        bodies=body_choices(),
        days=weekday_choices(),
        may_change=actor.may_trade,
        places=services().market.gazetteer.list(),
        mail_is_set=services().settings.smtp_url is not None,
    )


def _wish(form: Form) -> Wish | None:
    """The wish as typed, or None with what is wrong noted in the form."""
    read = Reader(form)
    most = read.optional_whole("max_weight_kg")
    values: dict[str, Any] = {
        "name": read.text("name", required=True),
        "wants": Kind.CAPACITY if form.text("wants") == Kind.CAPACITY.value else Kind.LOAD,
        "origin": read.site("origin", required=False),
        "destination": read.site("destination", required=False),
        "radius_km": read.whole("radius_km"),
        "body": Body(form.text("body")) if form.text("body") in set(Body) else None,
        "min_weight_kg": read.whole("min_weight_kg"),
        "max_weight_kg": MAX_WEIGHT_KG if most is None else most,
        "weekdays": _weekdays(form),
    }
    if form.errors:
        return None
    try:
        return Wish(**values)
    except FieldErrors as error:
        form.refuse(error)
        return None


def _weekdays(form: Form) -> frozenset[int]:
    return frozenset(int(one) for one in form.picked("weekdays") if one in "1234567")


def _times(form: Form) -> Times | None:
    read = Reader(form)
    days = {name: _day(read, name) for name in ("first", "last")}
    hours = {
        n: read.whole(n, required=True) for n in ("hours", "ahead_h", "delivery_after_h", "delivery_hours")
    }
    first, last = days["first"], days["last"]
    if form.errors or first is None or last is None:
        return None
    try:
        at, zone = form.text("at"), services().settings.time_zone
        return Times(weekdays=_weekdays(form), first=first, last=last, at=at, zone=zone, **hours)
    except FieldErrors as error:
        form.refuse(error)
        return None


def _day(read: Reader, name: str) -> date | None:
    typed = read.text(name, required=True)
    try:
        return date.fromisoformat(typed)
    except ValueError:
        read.form.errors.setdefault(name, gettext("Please enter a date"))
        return None


def _repeat_page(actor: Actor, load_id: str, form: Form) -> str:
    with services().read() as db:
        load = get_load(db, load_id, actor)
    form.values.setdefault("name", load.goods[:60])
    return render_template("repeat_form.html", load=load, form=form, days=weekday_choices())
