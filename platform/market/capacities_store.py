"""Capacities in the database: post, withdraw, read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_offer, must_own
from haoyun.platform.market.capacity import MATCHABLE, Capacity, CapacityDraft, CapacityState, move
from haoyun.platform.market.errors import Checks, FieldErrors, NotFound, Stale
from haoyun.platform.market.history import record
from haoyun.platform.market.matches_store import drop_matches, match_capacity
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.rows import capacity_of, capacity_row
from haoyun.platform.market.tables import CAPACITY
from haoyun.platform.market.vehicles import Vehicle, get_vehicle
from haoyun.tracking.tables import insert_new


def post_capacity(
    db: sa.Connection, actor: Actor, draft: CapacityDraft, now: datetime, context: MatchContext
) -> Capacity:
    """Offer a vehicle's space and match it with the open loads.

    Raises NotAllowed, NotFound for a vehicle of somebody else, FieldErrors for a window that is over, more space
    than the vehicle has, a place off the map, or a vehicle that is offered already.
    """
    must_offer(actor)
    vehicle = get_vehicle(db, draft.vehicle_id, actor)
    capacity = move(_written(draft, vehicle, now, context), CapacityState.OPEN)
    if not insert_new(db, CAPACITY, capacity_row(capacity)):
        raise FieldErrors({"vehicle_id": ("vehicle_offered", {})})
    record(db, capacity.id, capacity.version, capacity.state, actor.user_id, now, "posted")
    match_capacity(db, capacity, now, context)
    return capacity


def withdraw_capacity(
    db: sa.Connection, actor: Actor, capacity_id: str, now: datetime, reason: str = ""
) -> Capacity:
    """Take an open capacity back; its orders go on. Raises NotFound, NotAllowed, ForbiddenMove, Stale."""
    before = get_capacity(db, capacity_id, actor)
    must_own(actor, before.org_id)
    capacity = move(before, CapacityState.WITHDRAWN)
    same = (CAPACITY.c.id == capacity_id, CAPACITY.c.version == before.version)
    changed = db.execute(
        sa.update(CAPACITY).where(*same).values(state=capacity.state.value, version=capacity.version)
    )
    if changed.rowcount != 1:
        raise Stale
    record(db, capacity_id, capacity.version, capacity.state, actor.user_id, now, reason or "withdrawn")
    drop_matches(db, capacity_ids=[capacity_id])
    return capacity


def find_capacity(db: sa.Connection, capacity_id: str) -> Capacity | None:
    """The capacity, whoever asks: for the system's own work."""
    row = db.execute(sa.select(CAPACITY).where(CAPACITY.c.id == capacity_id)).one_or_none()
    return capacity_of(row) if row else None


def get_capacity(db: sa.Connection, capacity_id: str, viewer: Actor | None) -> Capacity:
    """A capacity: open ones are public, others are the carrier's. Raises NotFound."""
    capacity = find_capacity(db, capacity_id)
    if capacity is None:
        raise NotFound
    own = viewer is not None and (viewer.sees_all or viewer.org_id == capacity.org_id)
    if not own and capacity.state not in MATCHABLE:
        raise NotFound
    return capacity


def get_capacities(db: sa.Connection, capacity_ids: Iterable[str]) -> dict[str, Capacity]:
    """Capacities by id; whoever calls knows that the viewer may see them."""
    rows = db.execute(sa.select(CAPACITY).where(CAPACITY.c.id.in_(set(capacity_ids))))
    return {row.id: capacity_of(row) for row in rows}


def _written(draft: CapacityDraft, vehicle: Vehicle, now: datetime, context: MatchContext) -> Capacity:
    limits = {"weight_kg": vehicle.payload_kg, "volume_dm3": vehicle.volume_dm3, "ldm_cm": vehicle.length_cm}
    space = {
        name: limit if getattr(draft, name) is None else getattr(draft, name)
        for name, limit in limits.items()
    }
    checks = Checks()
    for name, limit in limits.items():
        checks.require(space[name] <= limit, name, "over_vehicle", limit=limit)
    checks.require(draft.ready.end > now, "ready", "past")
    checks.require(draft.origin.code in context.places, "origin", "unknown_place", code=draft.origin.code)
    checks.done()
    return Capacity(
        **space,
        id=new_id("cap"),
        org_id=vehicle.org_id,
        vehicle_id=vehicle.id,
        body=vehicle.body,
        length_cm=vehicle.length_cm,
        temperature_min_c=vehicle.temperature_min_c,
        temperature_max_c=vehicle.temperature_max_c,
        certificates=vehicle.certificates,
        origin=draft.origin,
        destination=draft.destination,
        radius_km=draft.radius_km,
        ready=draft.ready,
        cost_per_km_fen=draft.cost_per_km_fen,
        min_price_fen=draft.min_price_fen,
        note=draft.note,
        lane=None,
        booked=0,
        state=CapacityState.DRAFT,
        version=0,
        posted_at=now,
    )
