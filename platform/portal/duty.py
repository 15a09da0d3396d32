"""On and off duty, for the driver's phone: off duty nothing of the vehicle's device is kept."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor, Role
from haoyun.platform.api.devices import own_device
from haoyun.platform.api.problems import Problem
from haoyun.platform.market.errors import NotAllowed, NotFound
from haoyun.platform.market.store import plates_of
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.page import page_group, signed_in
from haoyun.platform.services import services
from haoyun.tracking.duty import find_off_duty, go_off_duty, go_on_duty
from haoyun.tracking.store import DeviceKind, list_devices

blueprint = page_group("duty")
SHOWN = 30  # a driver looks for one plate, not through a fleet


@blueprint.get("/duty")
@signed_in
def index(actor: Actor) -> str:
    """The organization's vehicles with their devices; `find` limits them, `device` names the driver's own."""
    _must_report(actor)
    find, own = request.args.get("find", "").strip(), request.args.get("device", "")
    with services().read_tracking() as db:
        devices = [
            one
            for one in list_devices(db, actor.org_id)
            if one.revoked_at is None and one.kind != DeviceKind.READER
        ]
        off = find_off_duty(db, [one.id for one in devices])
    with services().read() as db:
        plates = plates_of(db, {one.vehicle_id for one in devices if one.vehicle_id})
    named = [(one, plates.get(one.vehicle_id or "", "")) for one in devices]
    fit = [
        (one, plate)
        for one, plate in named
        if (one.name == own if own else find.lower() in f"{plate} {one.name}".lower())
    ]
    return render_template("duty.html", found=fit[:SHOWN], more=len(fit) - SHOWN, off=off, find=find, own=own)


@blueprint.post("/duty/<name>")
@signed_in
def switch(name: str, actor: Actor) -> Response:
    """Go on or off duty, from the next message on."""
    _must_report(actor)
    on = request.form.get("on") == "1"
    with services().write_tracking() as db:
        try:
            device = own_device(db, actor, name)
        except Problem as problem:
            raise NotFound from problem
        (go_on_duty if on else go_off_duty)(db, device.id, services().now())
    flash(
        gettext("On duty: positions are kept again.") if on else gettext("Off duty: no position is kept."),
        "success",
    )
    return redirect(url_for("duty.index", device=name))


def _must_report(actor: Actor) -> None:
    if not (actor.may_trade or Role.DRIVER in actor.roles):
        raise NotAllowed("role")
