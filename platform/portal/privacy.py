"""Positions and privacy of an organization: how long positions are kept, who is off duty, who looked at shipments."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.access import must_trade
from haoyun.platform.market.store import plates_of
from haoyun.platform.portal.fields import Reader
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.page import Form, page_group, signed_in
from haoyun.platform.services import services
from haoyun.platform.trading.sharing import looks_of
from haoyun.tracking.duty import find_off_duty
from haoyun.tracking.history.retention import drop_retention, get_retentions, set_retention
from haoyun.tracking.store import list_devices

blueprint = page_group("privacy")
MOST_DAYS = 3_650


@blueprint.get("/privacy")
@signed_in
def index(actor: Actor) -> str:
    """The rule, the vehicles off duty, and the newest looks."""
    return _page(actor, Form())


@blueprint.post("/privacy/retention")
@signed_in
def keep(actor: Actor) -> str | tuple[str, int] | Response:
    """Set how many days positions are kept; an empty field takes the platform's rule."""
    must_trade(actor)
    form = Form.of_request()
    days = Reader(form).optional_whole("keep_days")
    if not form.errors and days is not None and not 1 <= days <= MOST_DAYS:
        form.errors["keep_days"] = gettext("1 to %(most)s days", most=MOST_DAYS)
    if form.errors:
        return _page(actor, form), 422
    with services().write_tracking() as db:
        if days is None:
            drop_retention(db, actor.org_id)
        else:
            set_retention(db, actor.org_id, days)
    flash(gettext("The rule holds from now on; what is older goes within the hour."), "success")
    return redirect(url_for("privacy.index"))


def _page(actor: Actor, form: Form) -> str:
    found = services()
    with found.read_tracking() as db:
        rule = get_retentions(db).get(actor.org_id)
        devices = {one.id: one for one in list_devices(db, actor.org_id)}
        off = find_off_duty(db, devices)
    with found.read() as db:
        looks = looks_of(db, actor)
        plates = plates_of(db, {one.vehicle_id for one in devices.values() if one.vehicle_id})
    if "keep_days" not in form.values:
        form.values["keep_days"] = "" if rule is None else str(rule)
    return render_template(
        "privacy.html",
        form=form,
        rule=rule,
        default_days=found.settings.keep_positions_days,
        off=[(devices[key], one) for key, one in off.items()],
        looks=looks,
        plates=plates,
        may_change=actor.may_trade,
    )
