"""Capacities in the database: post, withdraw, read."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_be_cleared, must_offer, must_own
from haoyun.platform.market.capacity import MATCHABLE, Capacity, CapacityDraft, CapacityState, move
from haoyun.platform.market.errors import Checks, FieldErrors, NotFound, Stale
from haoyun.platform.market.history import record
from haoyun.platform.market.matches_store import drop_matches, match_capacity
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.rows import capacity_of, capacity_row
from haoyun.platform.market.tables import CAPACITY
from haoyun.platform.market.units import Unit, keep_crew, unit_of
from haoyun.tracking.tables import insert_new


def post_capacity(
    db: sa.Connection, actor: Actor, draft: CapacityDraft, now: datetime, context: MatchContext
) -> Capacity:
    """Offer a vehicle's space and match it with the open loads.

    Raises NotAllowed, NotFound for a vehicle of somebody else, FieldErrors for a window that is over, more space
    than the vehicle has, a place off the map, or a vehicle that is offered already.
    """
    must_offer(actor)
    must_be_cleared(actor)
    unit = unit_of(db, actor, draft.vehicle_id, draft.trailer_id, draft.driver_id)
    capacity = move(written_capacity(draft, unit, now, context), CapacityState.OPEN)
    if not insert_new(db, CAPACITY, capacity_row(capacity)):
        raise FieldErrors({"vehicle_id": ("vehicle_offered", {})})
    keep_crew(db, capacity.id, draft.trailer_id, draft.driver_id)
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


def written_capacity(draft: CapacityDraft, unit: Unit, now: datetime, context: MatchContext) -> Capacity:
    """A capacity that is not stored yet. Raises FieldErrors."""
    limits = {
        "weight_kg": unit.space.payload_kg,
        "volume_dm3": unit.space.volume_dm3,
        "ldm_cm": unit.space.length_cm,
    }
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
        org_id=unit.vehicle.org_id,
        vehicle_id=unit.vehicle.id,
        mode=draft.mode,
        body=unit.space.body,
        equipment=draft.equipment,
        length_cm=unit.space.length_cm,
        temperature_min_c=unit.space.temperature_min_c,
        temperature_max_c=unit.space.temperature_max_c,
        certificates=unit.certificates,
        origin=draft.origin,
        destination=draft.destination,
        radius_km=draft.radius_km,
        ready=draft.ready,
        cost_per_km_fen=draft.cost_per_km_fen,
        min_price_fen=draft.min_price_fen,
        note=draft.note,
        plan=(),
        booked=0,
        state=CapacityState.DRAFT,
        version=0,
        posted_at=now,
    )
