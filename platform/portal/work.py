"""The page of a hand-held: say what was done, scan, send. A scanner types like a keyboard, one code a line."""

from __future__ import annotations

from datetime import datetime

from flask import render_template, request
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor, Role
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.portal.gate_words import STEPS
from haoyun.platform.portal.i18n import gettext, zone
from haoyun.platform.portal.page import Form, page_group, signed_in
from haoyun.platform.services import services
from haoyun.platform.warehouse.handling import Done, Typed, report
from haoyun.rfid_ingest.handling import Step

_LOCAL = "%Y-%m-%dT%H:%M"

blueprint = page_group("work")


@blueprint.get("/warehouse/work")
@signed_in
def index(actor: Actor) -> str:
    """The empty form."""
    return _page(actor, Form({"step": request.args.get("step", Step.GATE_OUT.value)}))


@blueprint.post("/warehouse/work")
@signed_in
def create(actor: Actor) -> str | tuple[str, int] | Response:
    """Store the report; the form comes back for the next one, with what became of this one."""
    found, form = services(), Form.of_request()
    typed = _typed(form, found.now())
    if typed is not None:
        try:
            done = report(found.databases, actor, typed, found.now())
            kept: dict[str, str] = {
                key: form.values[key] for key in ("step", "place", "waybill") if key in form.values
            }
            return _page(actor, Form(kept), done)
        except FieldErrors as error:
            form.refuse(error)
    return _page(actor, form), 422


def _page(actor: Actor, form: Form, done: Done | None = None) -> str:
    return render_template(
        "work.html",
        form=form,
        done=done,
        steps=[(step.value, STEPS[step.value]) for step in Step],
        may_report=actor.may_trade or Role.DRIVER in actor.roles,
        places=services().market.gazetteer.list(),
    )


def _typed(form: Form, now: datetime) -> Typed | None:
    """The report as entered, or None with what is wrong noted in the form."""
    step = form.text("step")
    if step not in set(Step):
        form.errors["step"] = gettext("Please choose what was done")
    at = _at(form, now)
    place = form.text("place")
    site = services().market.gazetteer.find(place) if place else None
    if form.errors or at is None:
        return None
    lines = request.form.get("objects", "").splitlines()
    return Typed(
        step=Step(step),
        at=at,
        objects=tuple(line.strip() for line in lines if line.strip()),
        parent=form.text("parent"),
        waybill=form.text("waybill"),
        place=site.name_en if site else place,
        lat=site.lat if site else None,
        lon=site.lon if site else None,
        by_scan=form.text("typed") != "1",
    )


def _at(form: Form, now: datetime) -> datetime | None:
    typed = form.text("at")
    if not typed:
        return now
    try:
        return datetime.strptime(typed[:16], _LOCAL).replace(tzinfo=zone())
    except ValueError:
        form.errors["at"] = gettext("Please enter a date and a time")
        return None
