"""The followers that turn what happens into facts; each cursor is saved with what was done.

Facts are written from what is known *now* of the subjects that an event names, so that reading an event again, late
or in another order ends the same.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from haoyun.platform.database import Databases, reading
from haoyun.platform.emissions.factors import Factors
from haoyun.platform.emissions.shipment import Transport
from haoyun.platform.emissions.store import OrderTransport, put_transports
from haoyun.platform.market.load import LoadState, PriceMode, Visibility
from haoyun.platform.market.tables import CAPACITY, EVENT, LOAD, MATCH
from haoyun.platform.statistics.areas import cell_at
from haoyun.platform.statistics.facts import Fact, Measure, price_kind
from haoyun.platform.statistics.facts_store import put_facts
from haoyun.platform.statistics.journey_facts import ORDER_MEASURES, KnownOrder, facts_of_order
from haoyun.platform.statistics.known_orders import RoadM, known_orders
from haoyun.platform.statistics.methods import LEAST_KM, is_sound
from haoyun.platform.statistics.periods import DAY_MS, china_year, week_of
from haoyun.platform.statistics.tables import FACT
from haoyun.platform.trading.cursors import cursor, save_cursor
from haoyun.platform.trading.orders_store import events_after
from haoyun.platform.trading.tables import CONSIGNMENT
from haoyun.tracking.instants import to_ms
from haoyun.tracking.store import milestones_after
from haoyun.tracking.timeline import Quality

BATCH = 200
# PostgreSQL commits the market's events out of order: what is younger than any transaction lasts is not read yet.
TRAIL = timedelta(minutes=2)
_HOUR_MS = 3_600_000
_LOAD_MEASURES = (Measure.LOAD, Measure.ASK)


@dataclass(frozen=True, slots=True)
class Sources:
    """What facts need besides the databases."""

    road_m: RoadM
    factors: Factors


def follow_orders(databases: Databases, sources: Sources) -> int:
    """Take in the orders that moved since the last time. Returns how many events were read."""
    with databases.platform.begin() as db:
        start = cursor(db, "statistics.orders")
        events, end = events_after(db, start, BATCH)
        _take_in(db, databases, {event.order_id for event in events}, sources)
        if end != start:
            save_cursor(db, "statistics.orders", end)
    return len(events)


def follow_milestones(databases: Databases, sources: Sources) -> int:
    """Take in what was observed of orders since the last time, late or amended. Returns how many were read."""
    with databases.platform.begin() as db:
        start = cursor(db, "statistics.milestones")
        with reading(databases.tracking).connect() as tracking:
            records, end = milestones_after(tracking, start, BATCH)
        journeys = {r.milestone.journey_id for r in records if r.milestone.quality is Quality.ACTUAL}
        of_journey = sa.select(CONSIGNMENT.c.order_id).where(CONSIGNMENT.c.id.in_(journeys))
        _take_in(db, databases, set(db.scalars(of_journey)) if journeys else set(), sources)
        if end != start:
            save_cursor(db, "statistics.milestones", end)
    return len(records)


def follow_market(databases: Databases, now: datetime) -> int:
    """Take in the loads and capacities that changed since the last time. Returns how many events were read."""
    with databases.platform.begin() as db:
        start = cursor(db, "statistics.market")
        query = sa.select(EVENT.c.seq, EVENT.c.subject_id, EVENT.c.at_ms).where(EVENT.c.seq > start)
        settled = []
        for row in db.execute(query.order_by(EVENT.c.seq).limit(BATCH)):
            if row.at_ms > to_ms(now - TRAIL):
                break
            settled.append(row)
        if settled:
            ids = {row.subject_id for row in settled}
            loads = db.execute(sa.select(LOAD).where(LOAD.c.id.in_(ids))).all()
            facts = [fact for row in loads for fact in _facts_of_load(row)]
            put_facts(db, _LOAD_MEASURES, {row.id for row in loads}, facts)
            trucks = db.execute(sa.select(CAPACITY).where(CAPACITY.c.id.in_(ids))).all()
            put_facts(
                db, (Measure.TRUCK,), {row.id for row in trucks}, [_fact_of_truck(row) for row in trucks]
            )
            save_cursor(db, "statistics.market", settled[-1].seq)
    return len(settled)


def note_first_matches(databases: Databases, now: datetime) -> int:
    """Write down when open loads were matched first; matches themselves come and go. Returns how many."""
    since_ms = to_ms(now) - DAY_MS
    noted = sa.exists().where(FACT.c.measure == Measure.MATCH_TIME.value, FACT.c.subject == LOAD.c.id)
    query = (
        sa.select(LOAD.c.id, LOAD.c.org_id, LOAD.c.posted_ms, LOAD.c.origin_lat, LOAD.c.origin_lon,
                  sa.func.min(MATCH.c.computed_ms).label("matched_ms"))
        .join(MATCH, MATCH.c.load_id == LOAD.c.id)
        .where(LOAD.c.state == LoadState.OPEN.value, LOAD.c.posted_ms >= since_ms, ~noted)
        .group_by(LOAD.c.id, LOAD.c.org_id, LOAD.c.posted_ms, LOAD.c.origin_lat, LOAD.c.origin_lon)
    )  # fmt: skip
    with reading(databases.platform).connect() as db:
        rows = db.execute(query).all()
    if rows:
        with databases.platform.begin() as db:
            put_facts(
                db, (Measure.MATCH_TIME,), {row.id for row in rows}, [_first_match(row) for row in rows]
            )
    return len(rows)


def _take_in(db: sa.Connection, databases: Databases, order_ids: Collection[str], sources: Sources) -> None:
    if not order_ids:
        return
    with reading(databases.tracking).connect() as tracking:
        found = known_orders(db, tracking, order_ids, sources.road_m)
    put_facts(db, ORDER_MEASURES, order_ids, [fact for known in found for fact in facts_of_order(known)])
    put_transports(db, order_ids, [_transport(known) for known in found if known.counts], sources.factors)


def _transport(known: KnownOrder) -> OrderTransport:
    order = known.order
    year = None if known.delivered_ms is None else china_year(known.delivered_ms)
    tracked = known.driven_m is not None
    return OrderTransport(
        order.id,
        order.shipper_org,
        order.carrier_org,
        year,
        Transport(
            weight_kg=order.weight_kg,
            feasible_m=order.distance_m,
            payload_kg=known.payload_kg,
            on_board_kg=known.on_board_kg if known.delivered_ms is not None else None,
            driven_m=known.driven_m,
            empty_m=known.driven_empty_m if tracked else known.empty_m,
            cooled=known.cooled,
        ),
    )


def _facts_of_load(row: Any) -> list[Fact]:
    if row.state == LoadState.DRAFT.value:
        return []
    week, cell = week_of(row.posted_ms), cell_at(row.origin_lat, row.origin_lon)
    found = [Fact(Measure.LOAD, row.id, week, cell, "", row.org_id, "", 1.0)]
    km = row.distance_m / 1000
    named = row.price_mode == PriceMode.FIXED.value and row.price_fen is not None
    if named and row.visibility == Visibility.PUBLIC.value and km >= LEAST_KM:
        kind = price_kind(row.body.split(",")[0], row.weight_kg, row.distance_m)
        to_cell = cell_at(row.destination_lat, row.destination_lon)
        ask = Fact(Measure.ASK, row.id, week, cell, to_cell, row.org_id, "", row.price_fen / km, 1.0, kind)
        found += [ask] if is_sound(ask) else []
    return found


def _fact_of_truck(row: Any) -> Fact:
    cell = cell_at(row.origin_lat, row.origin_lon)
    return Fact(Measure.TRUCK, row.id, week_of(row.posted_ms), cell, "", "", row.org_id, 1.0)


def _first_match(row: Any) -> Fact:
    hours = max(0, row.matched_ms - row.posted_ms) / _HOUR_MS
    cell = cell_at(row.origin_lat, row.origin_lon)
    return Fact(Measure.MATCH_TIME, row.id, week_of(row.matched_ms), cell, "", row.org_id, "", hours)
