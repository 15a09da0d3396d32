"""What a capacity really is: a truck, perhaps its trailer, perhaps its driver; their papers together are its papers.

When a paper of any of them is renewed or withdrawn, the open capacities they stand in are told and matched anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.access import must_offer, must_own
from haoyun.platform.market.capacity import MATCHABLE
from haoyun.platform.market.drivers import Driver, DriverDraft, driver_of, get_driver, write_driver
from haoyun.platform.market.errors import Conflict, FieldErrors, FieldRule, NotFound
from haoyun.platform.market.history import record
from haoyun.platform.market.matches_store import drop_matches, match_capacity
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.rows import capacity_of
from haoyun.platform.market.tables import CAPACITY, CREW, DRIVER, VEHICLE
from haoyun.platform.market.values import Certificate
from haoyun.platform.market.vehicles import (
    Vehicle,
    VehicleDraft,
    VehicleKind,
    certificates_json,
    get_vehicle,
    vehicle_of,
    vehicle_row,
)
from haoyun.tracking.instants import to_ms
from haoyun.tracking.tables import insert_new

_DANGEROUS = "dg-"
_OPEN = CAPACITY.c.state.in_([state.value for state in MATCHABLE])


@dataclass(frozen=True, slots=True)
class Unit:
    """A truck with what goes with it. `space` is what carries the goods: the trailer where there is one."""

    vehicle: Vehicle
    trailer: Vehicle | None = None
    driver: Driver | None = None

    @property
    def space(self) -> Vehicle:
        """The vehicle whose cargo space is offered."""
        return self.trailer or self.vehicle

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The papers of all together."""
        return joined(
            [one.certificates for one in (self.vehicle, self.trailer, self.driver) if one is not None]
        )


def joined(sets: Iterable[tuple[Certificate, ...]]) -> tuple[Certificate, ...]:
    """Papers together: of one name the first to expire counts; dangerous goods only where each of them has it."""
    named = [{one.name: one for one in papers} for papers in sets]
    found = {}
    for name in sorted(set[str]().union(*named)):
        held = [papers[name] for papers in named if name in papers]
        if name.startswith(_DANGEROUS) and len(held) < len(named):
            continue
        found[name] = min(held, key=lambda one: (one.valid_until is None, one.valid_until or 0))
    return tuple(found.values())


def unit_of(
    db: sa.Connection, actor: Actor, vehicle_id: str, trailer_id: str | None, driver_id: str | None
) -> Unit:
    """The actor's truck, trailer and driver. Raises NotFound, FieldErrors for one that is retired or no trailer."""
    vehicle = get_vehicle(db, vehicle_id, actor)
    trailer = get_vehicle(db, trailer_id, actor) if trailer_id else None
    driver = get_driver(db, driver_id, actor) if driver_id else None
    if any(one is not None and one.org_id != vehicle.org_id for one in (trailer, driver)):
        raise NotFound  # the operator sees all, but mixes none
    if vehicle.kind is VehicleKind.TRAILER:
        raise FieldErrors({"vehicle_id": ("trailer_alone", {})})
    if trailer is not None and trailer.kind is not VehicleKind.TRAILER:
        raise FieldErrors({"trailer_id": ("not_a_trailer", {})})
    retired = {
        "vehicle_id": ("vehicle_retired", vehicle),
        "trailer_id": ("vehicle_retired", trailer),
        "driver_id": ("driver_retired", driver),
    }
    wrong: dict[str, FieldRule] = {
        field: (key, {}) for field, (key, one) in retired.items() if one is not None and one.retired_at
    }
    if wrong:
        raise FieldErrors(wrong)
    taken: dict[str, FieldRule] = {
        field: ("trailer_offered", {})
        for field, column, value in (
            ("trailer_id", CREW.c.trailer_id, trailer_id),
            ("driver_id", CREW.c.driver_id, driver_id),
        )
        if value and _offers(db, column, value)
    }
    if taken:
        raise FieldErrors(taken)
    return Unit(vehicle, trailer, driver)


def keep_crew(db: sa.Connection, capacity_id: str, trailer_id: str | None, driver_id: str | None) -> None:
    """Remember what goes with a capacity's vehicle."""
    if trailer_id or driver_id:
        insert_new(db, CREW, {"capacity_id": capacity_id, "trailer_id": trailer_id, "driver_id": driver_id})


def change_vehicle(
    db: sa.Connection,
    actor: Actor,
    vehicle_id: str,
    draft: VehicleDraft,
    now: datetime,
    context: MatchContext,
) -> Vehicle:
    """Write what was changed about a vehicle; its open offers take the papers over, and keep their space.

    Raises NotFound, NotAllowed, FieldErrors for a taken plate, or a kind that an open offer stands against.
    """
    must_offer(actor)
    before = get_vehicle(db, vehicle_id, actor)
    must_own(actor, before.org_id)
    offers = _offers_of_vehicle(db, vehicle_id)
    if draft.kind is not before.kind and offers:
        raise FieldErrors({"kind": ("vehicle_is_offered", {})})
    same_plate = (VEHICLE.c.org_id == before.org_id, VEHICLE.c.plate == draft.plate)
    other = (VEHICLE.c.plate_colour == draft.plate_colour.value, VEHICLE.c.id != vehicle_id)
    if db.execute(sa.select(VEHICLE.c.id).where(*same_plate, *other)).first() is not None:
        raise FieldErrors({"plate": ("plate_taken", {})})
    after = replace(before, **{name: getattr(draft, name) for name in VehicleDraft.__dataclass_fields__})
    db.execute(sa.update(VEHICLE).where(VEHICLE.c.id == vehicle_id).values(vehicle_row(after)))
    if after.certificates != before.certificates:
        _tell(db, offers, actor, now, context)
    return after


def retire_vehicle(
    db: sa.Connection, actor: Actor, vehicle_id: str, now: datetime, *, back: bool = False
) -> Vehicle:
    """Take a vehicle out of use (or back into it). Raises NotFound, NotAllowed, Conflict while it is on offer."""
    must_offer(actor)
    before = get_vehicle(db, vehicle_id, actor)
    must_own(actor, before.org_id)
    if not back and _offers_of_vehicle(db, vehicle_id):
        raise Conflict("vehicle_is_offered")
    value = None if back else to_ms(now)
    db.execute(sa.update(VEHICLE).where(VEHICLE.c.id == vehicle_id).values(retired_ms=value))
    return get_vehicle(db, vehicle_id, actor)


def change_driver(
    db: sa.Connection, actor: Actor, driver_id: str, draft: DriverDraft, now: datetime, context: MatchContext
) -> Driver:
    """Write what was changed about a driver; open offers take the papers over.

    Raises NotFound, NotAllowed, FieldErrors.
    """
    must_offer(actor)
    before = get_driver(db, driver_id, actor)
    must_own(actor, before.org_id)
    write_driver(db, before, draft)
    if draft.certificates != before.certificates:
        _tell(db, _offers(db, CREW.c.driver_id, driver_id), actor, now, context)
    return get_driver(db, driver_id, actor)


def retire_driver(
    db: sa.Connection, actor: Actor, driver_id: str, now: datetime, *, back: bool = False
) -> Driver:
    """Take a driver out of use (or back into it). Raises NotFound, NotAllowed, Conflict while on offer."""
    must_offer(actor)
    before = get_driver(db, driver_id, actor)
    must_own(actor, before.org_id)
    if not back and _offers(db, CREW.c.driver_id, driver_id):
        raise Conflict("vehicle_is_offered")
    value = None if back else to_ms(now)
    db.execute(sa.update(DRIVER).where(DRIVER.c.id == driver_id).values(retired_ms=value))
    return get_driver(db, driver_id, actor)


def _offers(db: sa.Connection, column: sa.ColumnElement[str], value: str) -> list[str]:
    """The open capacities that this trailer or driver stands in."""
    query = sa.select(CREW.c.capacity_id).join(CAPACITY, CAPACITY.c.id == CREW.c.capacity_id)
    return list(db.scalars(query.where(column == value, _OPEN)))


def _offers_of_vehicle(db: sa.Connection, vehicle_id: str) -> list[str]:
    own = db.scalars(sa.select(CAPACITY.c.id).where(CAPACITY.c.vehicle_id == vehicle_id, _OPEN))
    return [*own, *_offers(db, CREW.c.trailer_id, vehicle_id)]


def _tell(
    db: sa.Connection, capacity_ids: list[str], actor: Actor, now: datetime, context: MatchContext
) -> None:
    """Give open capacities the papers that hold now, and match them anew."""
    for capacity_id in capacity_ids:
        row = db.execute(sa.select(CAPACITY).where(CAPACITY.c.id == capacity_id, _OPEN)).one_or_none()
        if row is None:
            continue
        papers = certificates_json(_unit_of_capacity(db, row.vehicle_id, capacity_id).certificates)
        same = (CAPACITY.c.id == capacity_id, CAPACITY.c.version == row.version)
        told = sa.update(CAPACITY).where(*same).values(certificates=papers, version=row.version + 1)
        db.execute(told)
        fresh = capacity_of(db.execute(sa.select(CAPACITY).where(CAPACITY.c.id == capacity_id)).one())
        record(db, capacity_id, fresh.version, fresh.state, actor.user_id, now, "papers changed")
        drop_matches(db, capacity_ids=[capacity_id])
        match_capacity(db, fresh, now, context)


def _unit_of_capacity(db: sa.Connection, vehicle_id: str, capacity_id: str) -> Unit:
    crew = db.execute(sa.select(CREW).where(CREW.c.capacity_id == capacity_id)).one_or_none()
    vehicle = vehicle_of(db.execute(sa.select(VEHICLE).where(VEHICLE.c.id == vehicle_id)).one())
    if crew is None:
        return Unit(vehicle)
    trailer = db.execute(sa.select(VEHICLE).where(VEHICLE.c.id == crew.trailer_id)).one_or_none()
    driver = db.execute(sa.select(DRIVER).where(DRIVER.c.id == crew.driver_id)).one_or_none()
    return Unit(
        vehicle,
        None if trailer is None else vehicle_of(trailer),
        None if driver is None else driver_of(driver),
    )
