"""Still valid: offers whose time runs out are renewed with one call."""

from __future__ import annotations

from haoyun.platform.accounts import Actor
from haoyun.platform.api.guard import trading
from haoyun.platform.api.resource import resource
from haoyun.platform.api.schemas import CapacityOut, LoadOut
from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.load import Load
from haoyun.platform.market.renewal import renew_capacity
from haoyun.platform.publishing.renew import renew_load
from haoyun.platform.services import services

blueprint = resource("renewals", "Renewals")


@blueprint.post("/loads/<load_id>/renew")
@trading
@blueprint.output(LoadOut)
@blueprint.doc(summary="A load is still valid", security="bearer", responses=[401, 403, 404, 409, 422])
def load(actor: Actor, load_id: str) -> Load:
    """Keep it open for a day more; windows that would be over move by a day, and quotes have to be made anew."""
    found, now = services(), services().now()
    context = found.market.snapshot(now)
    with found.write() as db:
        return renew_load(db, actor, load_id, now, context)


@blueprint.post("/capacities/<capacity_id>/renew")
@trading
@blueprint.output(CapacityOut)
@blueprint.doc(summary="A capacity is still valid", security="bearer", responses=[401, 403, 404, 409])
def capacity(actor: Actor, capacity_id: str) -> Capacity:
    """Keep it ready for a day more."""
    found, now = services(), services().now()
    context = found.market.snapshot(now)
    with found.write() as db:
        return renew_capacity(db, actor, capacity_id, now, context)
