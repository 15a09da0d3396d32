"""Saved lanes in the database, and who is told of a new offer: each organization once, however often it is asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.alerts.notices import NoticeKind, raise_notice
from haoyun.platform.alerts.rule import AlertRule, Subject
from haoyun.platform.alerts.store import add_rule, end_rule, rules_of
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_trade
from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.errors import Checks, NotFound
from haoyun.platform.market.load import Load
from haoyun.platform.market.rows import site_of, site_row
from haoyun.platform.market.values import Body
from haoyun.platform.publishing.chat.found import Kind
from haoyun.platform.publishing.saved_lane import SavedLane, Wish
from haoyun.platform.publishing.tables import LANE
from haoyun.tracking.instants import from_ms, to_ms

MOST = 100
Data = dict[str, str | float | bool]


def save_lane(
    db: sa.Connection,
    actor: Actor,
    wish: Wish,
    email: str,
    webhook_url: str,
    now: datetime,
    language: str = "zh",
) -> tuple[SavedLane, AlertRule]:
    """Be told of new offers like this; the rule holds the secret of webhooks. Raises NotAllowed, FieldErrors.

    `language` (zh or en) is that of its e-mails.
    """
    must_trade(actor)
    checks = Checks()
    checks.require(len(list_lanes(db, actor)) < MOST, "name", "too_many_lanes", most=MOST)
    checks.done()
    rule = add_rule(db, actor, Subject.LANE, email, webhook_url, now, language)
    lane = SavedLane(new_id("lane"), actor.org_id, rule.id, wish, now)
    db.execute(sa.insert(LANE).values(_row(lane)))
    return lane, rule


def end_lane(db: sa.Connection, actor: Actor, lane_id: str, now: datetime) -> None:
    """Be told no more. Raises NotAllowed, NotFound."""
    must_trade(actor)
    own = (LANE.c.id == lane_id, LANE.c.org_id == actor.org_id, LANE.c.ended_ms.is_(None))
    row = db.execute(sa.select(LANE.c.rule_id).where(*own)).one_or_none()
    if row is None or db.execute(sa.update(LANE).where(*own).values(ended_ms=to_ms(now))).rowcount != 1:
        raise NotFound
    if any(rule.id == row.rule_id for rule in rules_of(db, [actor.org_id])):
        end_rule(db, actor, row.rule_id, now)


def list_lanes(db: sa.Connection, actor: Actor) -> list[SavedLane]:
    """The organization's saved lanes, oldest first."""
    query = sa.select(LANE).where(LANE.c.org_id == actor.org_id, LANE.c.ended_ms.is_(None))
    return [_lane(row) for row in db.execute(query.order_by(LANE.c.id))]


def all_lanes(db: sa.Connection) -> list[tuple[SavedLane, AlertRule]]:
    """Every saved lane whose rule holds, for the system's own work."""
    lanes = [_lane(row) for row in db.execute(sa.select(LANE).where(LANE.c.ended_ms.is_(None)))]
    rules = {rule.id: rule for rule in rules_of(db, {lane.org_id for lane in lanes})}
    return [(lane, rules[lane.rule_id]) for lane in lanes if lane.rule_id in rules]


def tell_of_load(
    db: sa.Connection,
    load: Load,
    number: int,
    lanes: Iterable[tuple[SavedLane, AlertRule]],
    now: datetime,
    zone: ZoneInfo,
) -> int:
    """Tell those who look for such a load and may see it. `number` is the load's; returns how many were told now.

    Days of the week are those of `zone`.
    """
    return sum(
        _tell(db, lane, rule, number, _load_data(lane, load), now)
        for lane, rule in lanes
        if lane.org_id != load.org_id
        and lane.created_at <= load.posted_at
        and load.sees(lane.org_id)
        and lane.wish.takes_load(load, zone)
    )


def tell_of_capacity(
    db: sa.Connection,
    capacity: Capacity,
    number: int,
    lanes: Iterable[tuple[SavedLane, AlertRule]],
    now: datetime,
    zone: ZoneInfo,
) -> int:
    """Tell those who look for such a capacity."""
    return sum(
        _tell(db, lane, rule, number, _capacity_data(lane, capacity), now)
        for lane, rule in lanes
        if lane.org_id != capacity.org_id
        and lane.created_at <= capacity.posted_at
        and lane.wish.takes_capacity(capacity, zone)
    )


def _tell(
    db: sa.Connection, lane: SavedLane, rule: AlertRule, number: int, data: Data, now: datetime
) -> bool:
    return raise_notice(db, lane.org_id, NoticeKind.LANE_MATCH, (lane.id, number), data, now, rule)


def _load_data(lane: SavedLane, load: Load) -> Data:
    data: Data = {
        "name": lane.wish.name,
        "load_id": load.id,
        "goods": load.goods,
        "weight_kg": load.weight_kg,
        "lane_zh": f"{load.origin.name_zh} → {load.destination.name_zh}",
        "lane_en": f"{load.origin.name_en} → {load.destination.name_en}",
        "pickup": load.pickup.start.isoformat(),
    }
    return data if load.price_fen is None else {**data, "price_fen": load.price_fen}


def _capacity_data(lane: SavedLane, capacity: Capacity) -> Data:
    goal = capacity.destination
    return {
        "name": lane.wish.name,
        "capacity_id": capacity.id,
        "body": capacity.body.value,
        "weight_kg": capacity.weight_kg,
        "lane_zh": f"{capacity.origin.name_zh} → {goal.name_zh if goal else '不限'}",
        "lane_en": f"{capacity.origin.name_en} → {goal.name_en if goal else 'anywhere'}",
        "ready": capacity.ready.start.isoformat(),
    }


def _row(lane: SavedLane) -> dict[str, Any]:
    wish = lane.wish
    return {
        "id": lane.id,
        "org_id": lane.org_id,
        "rule_id": lane.rule_id,
        "name": wish.name.strip(),
        "wants": wish.wants.value,
        **site_row("origin", wish.origin),
        **site_row("destination", wish.destination),
        "radius_km": wish.radius_km,
        "body": None if wish.body is None else wish.body.value,
        "min_weight_kg": wish.min_weight_kg,
        "max_weight_kg": wish.max_weight_kg,
        "weekdays": "".join(str(day) for day in sorted(wish.weekdays)),
        "created_ms": to_ms(lane.created_at),
    }


def _lane(row: Any) -> SavedLane:
    wish = Wish(
        name=row.name,
        wants=Kind(row.wants),
        origin=site_of(row, "origin") if row.origin_code else None,
        destination=site_of(row, "destination") if row.destination_code else None,
        radius_km=row.radius_km,
        body=Body(row.body) if row.body else None,
        min_weight_kg=row.min_weight_kg,
        max_weight_kg=row.max_weight_kg,
        weekdays=frozenset(int(day) for day in row.weekdays),
    )
    return SavedLane(row.id, row.org_id, row.rule_id, wish, from_ms(row.created_ms))
