"""The custody report of an order as a page that prints well, and the upload of a temperature logger's file."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.api.custody import CustodyOut, custody_out
from haoyun.platform.api.downloads import download
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.portal.i18n import gettext, language
from haoyun.platform.portal.page import page_group, signed_in
from haoyun.platform.portal.temperature_curve import temperature_curve
from haoyun.platform.portal.visible_words import finding_words, gap_words, temperature_range
from haoyun.platform.services import services
from haoyun.platform.warehouse.custody_report import custody_report
from haoyun.platform.warehouse.temperature import logged_of, store_readings

blueprint = page_group("custody")


@blueprint.get("/orders/<order_id>/custody")
@signed_in
def show(order_id: str, actor: Actor) -> str:
    """The report."""
    found = services()
    report = custody_report(found.databases, actor, order_id, found.now())
    logged = logged_of(found.databases, report.order, report.consignment, report.made_at)
    return render_template(
        "custody.html",
        report=report,
        order=report.order,
        names={key: _name(both) for key, both in report.names.items()},
        gap_words=gap_words,
        finding_words=finding_words,
        logged=logged,
        temperature_range=temperature_range,
        curve=temperature_curve(logged) if logged.readings else None,
    )


@blueprint.get("/orders/<order_id>/custody.json")
@signed_in
def as_json(order_id: str, actor: Actor) -> Response:
    """The same with the whole events, for whoever verifies them."""
    found = services()
    report = custody_report(found.databases, actor, order_id, found.now())
    shown: dict[str, Any] = CustodyOut.model_validate(custody_out(report)).model_dump(mode="json")
    return download(
        orjson.dumps(shown, option=orjson.OPT_INDENT_2), "application/json", f"{order_id}-custody.json"
    )


@blueprint.post("/orders/<order_id>/temperature")
@signed_in
def temperature(order_id: str, actor: Actor) -> AnyResponse:
    """Store a logger's file."""
    found, file = services(), request.files.get("file")
    content = file.read() if file else b""
    try:
        logged = store_readings(
            found.databases, actor, order_id, content, request.form.get("device", ""), found.now()
        )
        flash(gettext("%(n)s readings are stored.", n=len(logged.readings)), "success")
    except FieldErrors as error:
        flash(" · ".join(error.messages(language()).values()), "error")
    return redirect(url_for("custody.show", order_id=order_id))


def _name(both: tuple[str, str]) -> str:
    zh, en = both
    return (zh or en) if language() == "zh" else (en or zh)
