"""Emissions of the own shipments by year, and the numbers they are reckoned with."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.emissions.factors import read_factors
from haoyun.platform.emissions.report import METHOD
from haoyun.platform.emissions.store import put_fuel, totals_of
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.page import page_group, signed_in
from haoyun.platform.services import services
from haoyun.platform.trading.access import must_act_for
from haoyun.platform.trading.quote import Side
from haoyun.platform.trading.store import get_order

blueprint = page_group("emissions")
_MOST_L = 5_000.0


@blueprint.get("/emissions")
@signed_in
def index(actor: Actor) -> str:
    """The yearly totals of the own organization, on both sides, and the factors with their sources."""
    found = services()
    with found.read() as db:
        totals = {side: totals_of(db, actor.org_id, side) for side in ("shipper", "carrier")}
    factors = read_factors(found.settings.emission_factors)
    return render_template("emissions.html", totals=totals, factors=factors.table, method=METHOD)


@blueprint.post("/orders/<order_id>/fuel")
@signed_in
def fuel(order_id: str, actor: Actor) -> Response:
    """The carrier says what fuel the trip took; an empty field takes it back."""
    found = services()
    typed = request.form.get("litres", "").strip().replace(",", ".")
    litres = _litres(typed)
    if typed and litres is None:
        flash(
            gettext("Fuel must be a number of litres from 0.1 to %(most)s, such as 62.5.", most="5000"), "bad"
        )
        return redirect(url_for("orders.show", order_id=order_id))
    with found.write() as db:
        order = get_order(db, order_id, actor)
        must_act_for(actor, Side.CARRIER, order.shipper_org, order.carrier_org)
        done = put_fuel(db, order_id, litres, read_factors(found.settings.emission_factors))
    if done:
        flash(gettext("The fuel is noted."), "good")
    else:
        flash(gettext("Fuel can be noted once the order is confirmed; try again in a minute."), "bad")
    return redirect(url_for("orders.show", order_id=order_id))


def _litres(typed: str) -> float | None:
    try:
        litres = float(typed)
    except ValueError:
        return None
    return litres if 0.1 <= litres <= _MOST_L else None
