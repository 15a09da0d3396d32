"""Devices of the own organization: the list, one with its health and vehicles, and the credential, shown once."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import flash, make_response, redirect, render_template, request, url_for
from pydantic import ValidationError
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.api.device_care import NewBinding, rebind, terminal_of, visible_device
from haoyun.platform.api.devices import NewDevice, own_device, register
from haoyun.platform.api.problems import Problem
from haoyun.platform.broker_address import mqtt_url
from haoyun.platform.market.errors import NotAllowed, NotFound
from haoyun.platform.market.store import list_vehicles, plates_of
from haoyun.platform.portal.device_setup import setups
from haoyun.platform.portal.fields import Reader
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.labels import (
    DEVICE_KINDS,
    DEVICE_STATES,
    DEVICE_TROUBLES,
    REJECT_CODES,
    SENSOR_NAMES,
)
from haoyun.platform.portal.page import Form, names_of, page_group, signed_in
from haoyun.platform.services import services
from haoyun.platform.settings import JT808_PORT
from haoyun.tracking.device_health import REJECTS_WITHIN, device_health, rejected_since, state_of
from haoyun.tracking.sensors import SENSORS
from haoyun.tracking.store import (
    Device,
    DeviceKind,
    IssuedCredential,
    bindings_of,
    list_devices,
    revoke_device,
    rotate_secret,
)

blueprint = page_group("devices")
_OFFERED = (DeviceKind.TRACKER, DeviceKind.PHONE, DeviceKind.TERMINAL, DeviceKind.READER)


@blueprint.get("/devices")
@signed_in
def index(actor: Actor) -> str:
    """All devices of the organization: which are heard, which need a look."""
    found = services()
    now = found.now()
    with found.read_tracking() as db:
        devices = list_devices(db, None if actor.sees_all else actor.org_id)
        rejected = rejected_since(db, [one.name for one in devices], now - REJECTS_WITHIN)
    with found.read() as db:
        plates = plates_of(db, {one.vehicle_id for one in devices if one.vehicle_id})
        names = names_of(db, {one.org_id for one in devices}) if actor.sees_all else {}
    return render_template(
        "devices.html",
        devices=devices,
        states={one.name: DEVICE_STATES[state_of(one, now)] for one in devices},
        rejected=rejected,
        plates=plates,
        names=names,
        kinds=DEVICE_KINDS,
        may_change=actor.may_trade,
    )


@blueprint.get("/devices/new")
@signed_in
def new(actor: Actor) -> str:
    """The empty form."""
    _must_change(actor)
    return _form(Form({"kind": DeviceKind.TRACKER.value}), actor)


@blueprint.post("/devices")
@signed_in
def create(actor: Actor) -> tuple[str, int] | Response:
    """Register it and show its credential, this once."""
    _must_change(actor)
    form, found = Form.of_request(), services()
    try:
        wanted = NewDevice(
            name=form.text("name"),
            kind=form.text("kind"),  # type: ignore[arg-type]  # checked by the model
            vehicle_id=form.text("vehicle_id") or None,
            phone=form.text("phone") or None,
        )
        with found.write_tracking() as db:
            issued = register(db, found, actor, wanted)
            device = own_device(db, actor, issued.device)
    except ValidationError:
        form.errors["name"] = gettext("8 to 40 small letters, digits or hyphens")
        return _form(form, actor), 422
    except Problem as problem:
        form.errors |= _in_words(problem)
        return _form(form, actor), problem.status
    return _credential(device, issued, wanted.phone or "")


@blueprint.get("/devices/<name>")
@signed_in
def show(name: str, actor: Actor) -> str:
    """Health, vehicles, and what can be done with it."""
    return _page(name, actor, Form())


@blueprint.post("/devices/<name>/vehicle")
@signed_in
def bind(name: str, actor: Actor) -> str | tuple[str, int] | Response:
    """From now, or from the given instant on, it rides in this vehicle or in none."""
    _must_change(actor)
    form = Form.of_request()
    since = Reader(form).optional_instant("since")
    if form.errors:
        return _page(name, actor, form), 422
    try:
        rebind(services(), actor, name, NewBinding(vehicle_id=form.text("vehicle_id") or None, since=since))
    except Problem as problem:
        if not problem.errors:
            raise NotFound from problem
        form.errors |= _in_words(problem)
        return _page(name, actor, form), 422
    flash(gettext("The vehicle of the device was changed."), "success")
    return redirect(url_for("devices.show", name=name))


@blueprint.post("/devices/<name>/rotate")
@signed_in
def rotate(name: str, actor: Actor) -> Response:
    """A new secret, shown this once."""
    _must_change(actor)
    with services().write_tracking() as db:
        device = _own(db, actor, name)
        if device.revoked_at is not None:
            raise NotAllowed("role")
        issued = rotate_secret(db, name)
        terminal = terminal_of(db, device)
    return _credential(device, issued, terminal.phone if terminal else "")


@blueprint.post("/devices/<name>/revoke")
@signed_in
def revoke(name: str, actor: Actor) -> Response:
    """Stop believing it."""
    _must_change(actor)
    found = services()
    with found.write_tracking() as db:
        _own(db, actor, name)
        revoke_device(db, name, found.now())
    flash(gettext("The device was revoked; its connection is cut within seconds."), "success")
    return redirect(url_for("devices.show", name=name))


def _in_words(problem: Problem) -> dict[str, str]:
    """The API's refusals in the language that the reader chose for the pages."""
    words = {
        "name": gettext("8 to 40 small letters, digits or hyphens"),
        "phone": gettext("6 to 20 digits, for a JT/T 808 terminal and nothing else"),
        "since": gettext("Neither in the future nor before the last change of vehicle"),
    }
    if problem.status == 409:
        words["name"] = gettext("This name, or the terminal's phone number, is registered already")
    return {field: words.get(field, sentence) for field, sentence in problem.errors.items()}


def _jt808_host(listens_on: str) -> str:
    """A gateway that listens everywhere is reached under the portal's own name."""
    everywhere = listens_on in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
    return (urlsplit(request.host_url).hostname or listens_on) if everywhere else listens_on


def _must_change(actor: Actor) -> None:
    if not actor.may_trade:
        raise NotAllowed("role")


def _own(db: Any, actor: Actor, name: str) -> Device:
    try:
        return own_device(db, actor, name)
    except Problem as problem:
        raise NotFound from problem


def _form(form: Form, actor: Actor) -> str:
    with services().read() as db:
        vehicles = list_vehicles(db, actor)
    kinds = [(kind.value, DEVICE_KINDS[kind]) for kind in _OFFERED]
    return render_template("device_form.html", form=form, kinds=kinds, vehicles=vehicles)


def _page(name: str, actor: Actor, form: Form) -> str:
    found = services()
    with found.read_tracking() as db:
        try:
            device = visible_device(db, actor, name)
        except Problem as problem:
            raise NotFound from problem
        bindings = bindings_of(db, device.id)
        health = device_health(db, device, found.now())
        terminal = terminal_of(db, device)
    with found.read() as db:
        plates = plates_of(db, {one.vehicle_id for one in bindings})
        vehicles = [one for one in list_vehicles(db, actor) if one.org_id == device.org_id]
    may_change = actor.may_trade and (actor.is_operator or device.org_id == actor.org_id)
    return render_template(
        "device.html",
        device=device,
        health=health,
        look=DEVICE_STATES[health.state],
        troubles=[DEVICE_TROUBLES[trouble] for trouble in health.troubles],
        sensors=[
            (SENSOR_NAMES[key], _value(value)) for key, value in health.sensors.items() if key in SENSORS
        ],
        reject_words=REJECT_CODES.get(health.rejects.code),
        terminal=terminal,
        bindings=bindings[::-1],
        plates=plates,
        vehicles=vehicles,
        kinds=DEVICE_KINDS,
        form=form,
        may_change=may_change and device.revoked_at is None,
    )


def _value(value: bool | float | str) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return f"{value:,.1f}".removesuffix(".0") if isinstance(value, float) else value


def _credential(device: Device, issued: IssuedCredential, phone: str) -> Response:
    """The one page that shows a secret: never cached, and gone when it is left."""
    settings = services().settings
    ways = [] if phone else setups(issued, mqtt_url(settings), request.host_url)
    page = render_template(
        "device_credential.html",
        device=device,
        credential=issued,
        mqtt_url=mqtt_url(settings),
        ways=ways,
        phone=phone,
        jt808=f"{_jt808_host(settings.jt808_host)}:{settings.jt808_port or JT808_PORT}",
    )
    response = make_response(page, 201)
    response.headers["Cache-Control"] = "no-store"
    return response
