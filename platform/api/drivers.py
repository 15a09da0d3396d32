"""Drivers of a carrier: licence, certificates with their expiry, the person who signs in as the driver."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import signed_in, trading
from haoyun.platform.api.resource import Input, Output, resource
from haoyun.platform.api.retries import once_for
from haoyun.platform.api.schemas import CertificateIn, CertificateOut, Identifier
from haoyun.platform.market.drivers import (
    MAX_NAME_CHARS,
    MOST_CERTIFICATES,
    DriverDraft,
    add_driver,
    get_driver,
    list_drivers,
)
from haoyun.platform.market.units import change_driver, retire_driver
from haoyun.platform.services import services

blueprint = resource("drivers", "Drivers")


class NewDriver(Input):
    """A driver; the licence's expiry stands among the certificates as `driver-licence`."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARS)]
    licence_class: Annotated[str, Field(max_length=4)]
    phone: Annotated[str, Field(max_length=40)] = ""
    user_id: Identifier | None = None
    certificates: Annotated[list[CertificateIn], Field(max_length=MOST_CERTIFICATES)] = Field(
        default_factory=list
    )

    def draft(self) -> DriverDraft:
        """As the market takes it. Raises FieldErrors."""
        values = {name: getattr(self, name) for name in NewDriver.model_fields}
        return DriverDraft(**values | {"certificates": tuple(one.certificate() for one in self.certificates)})


class DriverOut(Output):
    """A driver on record."""

    id: str
    org_id: str
    name: str
    licence_class: str
    phone: str
    user_id: str | None
    certificates: list[CertificateOut]
    created_at: datetime
    retired_at: datetime | None


class DriverPage(Output):
    """All drivers that the caller may see."""

    items: list[DriverOut]
    next: str | None


@blueprint.get("/drivers")
@signed_in
@blueprint.output(DriverPage)
@blueprint.doc(summary="List drivers", security="bearer", responses=[401])
def list_mine(actor: Actor) -> object:
    """Drivers of the caller's organization; the operator and supervisors see all."""
    with services().read() as db:
        return {"items": list_drivers(db, actor), "next": None}


@blueprint.post("/drivers")
@trading
@blueprint.input(NewDriver)
@blueprint.output(DriverOut, 201)
@blueprint.doc(summary="Register a driver", security="bearer", responses=[401, 403, 422])
def create(actor: Actor, json_data: NewDriver) -> object:
    """Register a driver of the caller's organization."""
    found, now, draft = services(), services().now(), json_data.draft()
    with found.write() as db:
        made = once_for(db, actor, "driver", now, lambda: add_driver(db, actor, draft, now).id)
        return get_driver(db, made, actor)


@blueprint.get("/drivers/<driver_id>")
@signed_in
@blueprint.output(DriverOut)
@blueprint.doc(summary="A driver", security="bearer", responses=[401, 404])
def get_one(actor: Actor, driver_id: str) -> object:
    """One driver."""
    with services().read() as db:
        return get_driver(db, driver_id, actor)


@blueprint.put("/drivers/<driver_id>")
@trading
@blueprint.input(NewDriver)
@blueprint.output(DriverOut)
@blueprint.doc(summary="Change a driver", security="bearer", responses=[401, 403, 404, 422])
def change(actor: Actor, driver_id: str, json_data: NewDriver) -> object:
    """Write all of it anew; open offers take the papers over and are matched anew."""
    found = services()
    now = found.now()
    context = found.market.snapshot(now)
    with found.write() as db:
        return change_driver(db, actor, driver_id, json_data.draft(), now, context)


@blueprint.post("/drivers/<driver_id>/retire")
@trading
@blueprint.output(DriverOut)
@blueprint.doc(summary="Take a driver out of use", security="bearer", responses=[401, 403, 404, 409])
def retire(actor: Actor, driver_id: str) -> object:
    """They are offered no more; what they did stays."""
    with services().write() as db:
        return retire_driver(db, actor, driver_id, services().now())


@blueprint.post("/drivers/<driver_id>/restore")
@trading
@blueprint.output(DriverOut)
@blueprint.doc(summary="Take a driver back into use", security="bearer", responses=[401, 403, 404])
def restore(actor: Actor, driver_id: str) -> object:
    """They may be offered again."""
    with services().write() as db:
        return retire_driver(db, actor, driver_id, services().now(), back=True)
