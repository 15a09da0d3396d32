"""The fleet: trucks, trailers and drivers with their papers, registered, changed and taken out of use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.users import list_users
from haoyun.platform.market.access import must_offer
from haoyun.platform.market.drivers import Driver, DriverDraft, add_driver, get_driver, list_drivers
from haoyun.platform.market.errors import Conflict, FieldErrors
from haoyun.platform.market.units import change_driver, change_vehicle, retire_driver, retire_vehicle
from haoyun.platform.market.values import Body, Certificate
from haoyun.platform.market.vehicles import (
    PlateColour,
    Vehicle,
    VehicleDraft,
    VehicleKind,
    add_vehicle,
    get_vehicle,
    list_vehicles,
)
from haoyun.platform.portal.account_words import PLATE_COLOURS, VEHICLE_KINDS
from haoyun.platform.portal.alert_words import PAPERS
from haoyun.platform.portal.fields import Reader
from haoyun.platform.portal.i18n import gettext, zone
from haoyun.platform.portal.labels import BODIES
from haoyun.platform.portal.page import Form, page_group, said, signed_in, viewer
from haoyun.platform.services import services

blueprint = page_group("fleet")
_DAY = "%Y-%m-%d"
SOON = timedelta(days=30)


@blueprint.get("/fleet")
@signed_in
def index(actor: Actor) -> str:
    """Everything that carries and everybody who drives, with the papers that expire first."""
    found = services()
    with found.read() as db:
        vehicles, drivers = list_vehicles(db, actor), list_drivers(db, actor)
    return render_template(
        "fleet.html",
        vehicles=vehicles,
        drivers=drivers,
        kinds=VEHICLE_KINDS,
        papers=PAPERS,
        soon=found.now() + SOON,
        may_change=actor.may_trade and (actor.is_carrier or actor.is_operator),
    )


@blueprint.get("/fleet/vehicles/new")
@signed_in
def new_vehicle(actor: Actor) -> str:
    """The empty form."""
    must_offer(actor)
    return _vehicle_form(Form({"kind": "truck", "plate_colour": "yellow"}), None)


@blueprint.post("/fleet/vehicles")
@signed_in
def register_vehicle(actor: Actor) -> tuple[str, int] | Response:
    """Register a truck or a trailer."""
    must_offer(actor)
    return _save(
        _vehicle_draft,
        _vehicle_form,
        None,
        lambda db, draft, now, _context: add_vehicle(db, actor, draft, now),
    )


@blueprint.get("/fleet/vehicles/<vehicle_id>")
@signed_in
def show_vehicle(vehicle_id: str, actor: Actor) -> str:
    """The form with what is on record."""
    with services().read() as db:
        return _vehicle_form(
            _of_vehicle(get_vehicle(db, vehicle_id, actor)), get_vehicle(db, vehicle_id, actor)
        )


@blueprint.post("/fleet/vehicles/<vehicle_id>")
@signed_in
def edit_vehicle(vehicle_id: str, actor: Actor) -> tuple[str, int] | Response:
    """Write all of it anew; open offers take its papers over."""
    with services().read() as db:
        before = get_vehicle(db, vehicle_id, actor)
    return _save(
        _vehicle_draft,
        _vehicle_form,
        before,
        lambda db, draft, now, context: change_vehicle(db, actor, vehicle_id, draft, now, context),
    )


@blueprint.post("/fleet/vehicles/<vehicle_id>/retire")
@signed_in
def stop_vehicle(vehicle_id: str, actor: Actor) -> Response:
    """Take it out of use."""
    return _turn(lambda db, now: retire_vehicle(db, actor, vehicle_id, now))


@blueprint.post("/fleet/vehicles/<vehicle_id>/restore")
@signed_in
def use_vehicle(vehicle_id: str, actor: Actor) -> Response:
    """Take it back into use."""
    return _turn(lambda db, now: retire_vehicle(db, actor, vehicle_id, now, back=True))


@blueprint.get("/fleet/drivers/new")
@signed_in
def new_driver(actor: Actor) -> str:
    """The empty form."""
    must_offer(actor)
    return _driver_form(Form({"licence_class": "A2"}), None)


@blueprint.post("/fleet/drivers")
@signed_in
def register_driver(actor: Actor) -> tuple[str, int] | Response:
    """Register a driver."""
    must_offer(actor)
    return _save(
        _driver_draft, _driver_form, None, lambda db, draft, now, _context: add_driver(db, actor, draft, now)
    )


@blueprint.get("/fleet/drivers/<driver_id>")
@signed_in
def show_driver(driver_id: str, actor: Actor) -> str:
    """The form with what is on record."""
    with services().read() as db:
        driver = get_driver(db, driver_id, actor)
    return _driver_form(_of_driver(driver), driver)


@blueprint.post("/fleet/drivers/<driver_id>")
@signed_in
def edit_driver(driver_id: str, actor: Actor) -> tuple[str, int] | Response:
    """Write all of it anew; open offers take the papers over."""
    with services().read() as db:
        before = get_driver(db, driver_id, actor)
    return _save(
        _driver_draft,
        _driver_form,
        before,
        lambda db, draft, now, context: change_driver(db, actor, driver_id, draft, now, context),
    )


@blueprint.post("/fleet/drivers/<driver_id>/retire")
@signed_in
def stop_driver(driver_id: str, actor: Actor) -> Response:
    """Take them out of use."""
    return _turn(lambda db, now: retire_driver(db, actor, driver_id, now))


@blueprint.post("/fleet/drivers/<driver_id>/restore")
@signed_in
def use_driver(driver_id: str, actor: Actor) -> Response:
    """Take them back into use."""
    return _turn(lambda db, now: retire_driver(db, actor, driver_id, now, back=True))


def _save(
    read: Callable[[Form], Any], page: Callable[[Form, Any], str], before: Any, work: Callable[..., Any]
) -> tuple[str, int] | Response:
    """Read the form, do the work; with errors the form comes back with a sentence at each field."""
    form, found = Form.of_request(), services()
    try:
        draft = read(form)
        if draft is not None:
            now = found.now()
            context = found.market.snapshot(now)
            with found.write() as db:
                work(db, draft, now, context)
            flash(gettext("It is written down."), "success")
            return redirect(url_for("fleet.index"))
    except FieldErrors as error:
        form.refuse(error)
    return page(form, before), 422


def _turn(work: Callable[..., Any]) -> Response:
    found = services()
    try:
        with found.write() as db:
            work(db, found.now())
    except Conflict as error:
        flash(said(error), "error")
    return redirect(url_for("fleet.index"))


def _vehicle_form(form: Form, vehicle: Vehicle | None) -> str:
    return render_template(
        "vehicle_form.html",
        form=form,
        vehicle=vehicle,
        kinds=VEHICLE_KINDS.items(),
        bodies=BODIES.items(),
        colours=PLATE_COLOURS.items(),
        papers=PAPERS,
    )


def _driver_form(form: Form, driver: Driver | None) -> str:
    actor = viewer()
    with services().read() as db:
        people = [one for one in list_users(db, actor.org_id) if one.active] if actor else []
    return render_template("driver_form.html", form=form, driver=driver, people=people, papers=PAPERS)


def _vehicle_draft(form: Form) -> VehicleDraft | None:
    read = Reader(form)
    values = {
        "plate": read.text("plate", required=True).upper(),
        "payload_kg": read.whole("payload_kg", required=True),
        "volume_dm3": read.scaled("volume_dm3", required=True),
        "length_cm": round(read.number("length_m", required=True) * 100),
        "temperature_min_c": read.optional_whole("temperature_min_c"),
        "temperature_max_c": read.optional_whole("temperature_max_c"),
    }
    papers = _papers(form)
    if form.errors:
        return None
    return VehicleDraft(
        **values,  # type: ignore[arg-type]  # numbers and text as the fields say
        kind=VehicleKind(form.text("kind") if form.text("kind") in set(VehicleKind) else "truck"),
        body=Body(form.text("body") if form.text("body") in set(Body) else "box"),
        plate_colour=PlateColour(
            form.text("plate_colour") if form.text("plate_colour") in set(PlateColour) else "yellow"
        ),
        certificates=papers,
    )


def _driver_draft(form: Form) -> DriverDraft | None:
    read = Reader(form)
    name, licence = read.text("name", required=True), read.text("licence_class", required=True).upper()
    papers = _papers(form)
    if form.errors:
        return None
    return DriverDraft(
        name=name,
        licence_class=licence,
        phone=form.text("phone"),
        user_id=form.text("user_id") or None,
        certificates=papers,
    )


def _papers(form: Form) -> tuple[Certificate, ...]:
    """The papers as typed, a line each: a name and, where it expires, the last day on which it holds."""
    found: dict[str, Certificate] = {}
    for line in form.text("certificates").splitlines():
        name, _, day = line.strip().partition(" ")
        if not name:
            continue
        try:
            until = None
            if day.strip():
                until = datetime.strptime(day.strip(), _DAY).replace(tzinfo=zone()) + timedelta(
                    days=1, milliseconds=-1
                )
            found[name] = Certificate(name, until)
        except FieldErrors as error:
            form.refuse(error)
        except ValueError:
            form.refuse(FieldErrors({"certificates": ("certificate_line", {})}))
    return tuple(found.values())


def _lines(papers: tuple[Certificate, ...]) -> str:
    return "\n".join(
        f"{one.name} {one.valid_until.astimezone(zone()).strftime(_DAY)}" if one.valid_until else one.name
        for one in papers
    )


def _of_vehicle(vehicle: Vehicle) -> Form:
    plain = ("plate", "kind", "body", "plate_colour", "payload_kg")
    cold = {
        name: "" if (value := getattr(vehicle, name)) is None else str(value)
        for name in ("temperature_min_c", "temperature_max_c")
    }
    return Form(
        {name: str(getattr(vehicle, name)) for name in plain}
        | cold
        | {
            "volume_dm3": f"{vehicle.volume_dm3 / 1000:g}",
            "length_m": f"{vehicle.length_cm / 100:g}",
            "certificates": _lines(vehicle.certificates),
        }
    )


def _of_driver(driver: Driver) -> Form:
    return Form(
        {
            "name": driver.name,
            "licence_class": driver.licence_class,
            "phone": driver.phone,
            "user_id": driver.user_id or "",
            "certificates": _lines(driver.certificates),
        }
    )
