"""The followers that the worker runs: orders go out to tracking, evidence comes back, the market is kept.

No transaction spans both databases. `hand_out` writes tracking first and marks the consignment after, so that a
crash in between repeats what is harmless to repeat. `follow_timeline` saves its cursor with what it did.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
import structlog

from haoyun.platform.database import Databases, reading
from haoyun.platform.idempotency import forget_old_keys
from haoyun.platform.market.context import MarketContext
from haoyun.platform.market.driving import legal_duration_s
from haoyun.platform.market.refresher import Refresher
from haoyun.platform.market.roads import SERVICE_S
from haoyun.platform.market.store import expire
from haoyun.platform.market.values import Site
from haoyun.platform.settings import Settings
from haoyun.platform.trading.closing import close_due
from haoyun.platform.trading.consignment import Consignment
from haoyun.platform.trading.consignments_store import consignments_of, find_consignment, mark
from haoyun.platform.trading.cursors import cursor, save_cursor
from haoyun.platform.trading.learn import RoadLearner
from haoyun.platform.trading.order import UNDER_WAY, Order, OrderState, move
from haoyun.platform.trading.orders_store import Evidence, find_order, orders_where, store_flags, store_move
from haoyun.platform.trading.progress import Progress, progress
from haoyun.platform.trading.quotes_store import expire_quotes
from haoyun.platform.trading.tables import CONSIGNMENT, ORDER
from haoyun.platform.trading.watch import JourneyWatcher
from haoyun.platform.trading.ways import planned_way
from haoyun.rfid_ingest import bind_epcs, unbind_epcs
from haoyun.tracking.geofences import Fence
from haoyun.tracking.journeys import Journey
from haoyun.tracking.steps.context import PlannedWay
from haoyun.tracking.store import (
    close_journey,
    device_of_vehicle,
    milestones_after,
    milestones_of_all,
    open_journey,
)
from haoyun.tracking.timeline import Milestone, RecordedMilestone

log = structlog.get_logger(__name__)

TIMELINE = "tracking.milestone"
BATCH = 500
LINGER = timedelta(minutes=30)  # buffered fixes may still tell of the arrival after the delivery is known
REMATCH_EVERY = timedelta(seconds=30)

Follower = Callable[[Databases, datetime], object]
WayOf = Callable[[Site, Site], PlannedWay | None]


def followers(settings: Settings, market: MarketContext) -> list[Follower]:
    """All followers of this package, for `run_worker`."""
    way_of = partial(planned_way, market)
    return [
        partial(hand_out, fence_m=settings.fence_m, way_of=way_of),
        follow_timeline,
        partial(close_due, market=market, verified_only=not settings.unverified_may_trade),
        MarketKeeper(market),
        RoadLearner.of(market),
        JourneyWatcher(),
    ]


def hand_out(
    databases: Databases, now: datetime, fence_m: float = 3000.0, way_of: WayOf = lambda _origin, _goal: None
) -> int:
    """Give tracking the orders that are ready, and take those back that are over. Returns how many changed.

    What is to be done is read from the orders themselves, so that a vehicle that gets its device later is
    followed from then on.
    """
    with reading(databases.platform).connect() as db:
        ready, over = _to_open(db), _to_close(db, now)
    opened = [order for order in ready if _open(databases, order, (fence_m, way_of), now)]
    for order, consignment in over:
        _close(databases, order, consignment, now)
    return len(opened) + len(over)


def follow_timeline(databases: Databases, now: datetime) -> int:
    """Move orders by the milestones that tracking recorded since the last time. Returns how many were read."""
    with databases.platform.begin() as db:
        start = cursor(db, TIMELINE)
        records, end, timelines = _news(databases.tracking, start)
        for journey_id, milestones in timelines.items():
            _advance(db, journey_id, milestones, now)
        if end != start:
            save_cursor(db, TIMELINE, end)
    return len(records)


class MarketKeeper:
    """Expires offers, and every REMATCH_EVERY matches again what changed, moved or waited."""

    def __init__(self, market: MarketContext) -> None:
        self._market = market
        self._refresher = Refresher()
        self._next: datetime | None = None

    def __call__(self, databases: Databases, now: datetime) -> int:
        """Do what is due. Returns how many offers and quotes were closed."""
        with databases.platform.begin() as db:
            closed = expire(db, now) + expire_quotes(db, now) + forget_old_keys(db, now)
        if self._next is None or now >= self._next:
            self._next = now + REMATCH_EVERY
            self._refresher(databases.platform, self._market.snapshot(now), now)
        return closed


def journey_of(order: Order, consignment: Consignment, device_id: int, fence_m: float) -> Journey:
    """What tracking follows. Fixes count from the pickup window's start, or from the binding if that is earlier."""
    departure = order.pickup.start + timedelta(seconds=SERVICE_S)
    return Journey(
        id=consignment.id,
        device_id=device_id,
        origin=Fence(order.origin.lat, order.origin.lon, fence_m, order.origin.name_en),
        destination=Fence(order.destination.lat, order.destination.lon, fence_m, order.destination.name_en),
        starts_at=min(order.pickup.start, order.created_at),
        planned_departure=departure,
        planned_arrival=departure + timedelta(seconds=legal_duration_s(order.duration_s)),
        distance_m=order.distance_m,
    )


def _to_open(db: sa.Connection) -> list[tuple[Order, Consignment]]:
    states = ORDER.c.state.in_([state.value for state in UNDER_WAY])
    return _with_consignments(db, states, CONSIGNMENT.c.journey_opened_ms.is_(None))


def _to_close(db: sa.Connection, now: datetime) -> list[tuple[Order, Consignment]]:
    """Orders at their end at once; delivered ones when nothing more is to be expected."""
    done = ORDER.c.state.in_([OrderState.COMPLETED.value, OrderState.CANCELLED.value])
    delivered = ORDER.c.id.in_(
        sa.select(CONSIGNMENT.c.order_id).where(CONSIGNMENT.c.delivered_ms.is_not(None))
    )
    followed = sa.and_(
        CONSIGNMENT.c.journey_opened_ms.is_not(None), CONSIGNMENT.c.journey_closed_ms.is_(None)
    )
    found = _with_consignments(db, sa.or_(done, delivered), followed)
    return [pair for pair in found if _is_over(*pair, now)]


def _is_over(order: Order, consignment: Consignment, now: datetime) -> bool:
    ended = order.state in (OrderState.COMPLETED, OrderState.CANCELLED)
    delivered_at = consignment.delivered_at
    return ended or (delivered_at is not None and now - delivered_at >= LINGER)


def _with_consignments(
    db: sa.Connection, orders: sa.ColumnElement[bool], consignments: sa.ColumnElement[bool]
) -> list[tuple[Order, Consignment]]:
    concerned = sa.select(CONSIGNMENT.c.order_id).where(consignments)
    found = orders_where(db, sa.and_(orders, ORDER.c.id.in_(concerned)))
    by_order = consignments_of(db, [order.id for order in found])
    return [(order, by_order[order.id]) for order in found]


def _open(
    databases: Databases, pair: tuple[Order, Consignment], how: tuple[float, WayOf], now: datetime
) -> bool:
    (order, consignment), (fence_m, way_of) = pair, how
    way = way_of(order.origin, order.destination)
    assert order.vehicle_id is not None  # an order under way has one
    with databases.tracking.begin() as db:
        device = device_of_vehicle(db, order.vehicle_id)
        if device is None:
            return False
        open_journey(db, journey_of(order, consignment, device.id, fence_m), now, way)
        bind_epcs(db, consignment.followed, consignment.id, now)
    with databases.platform.begin() as db:
        mark(db, consignment.id, journey_opened_at=now)
    log.info("journey opened", order=order.id, device=device.name)
    return True


def _close(databases: Databases, order: Order, consignment: Consignment, now: datetime) -> None:
    with databases.tracking.begin() as db:
        unbind_epcs(db, consignment.followed, consignment.id, now)
        close_journey(db, consignment.id, now)
    with databases.platform.begin() as db:
        mark(db, consignment.id, journey_closed_at=now)
    log.info("journey closed", order=order.id, state=order.state.value)


def _news(
    tracking: sa.Engine, start: int
) -> tuple[Sequence[RecordedMilestone], int, dict[str, list[Milestone]]]:
    """New milestones, the cursor after them, and the whole timelines that they belong to."""
    with reading(tracking).connect() as db:
        records, end = milestones_after(db, start, BATCH)
        return records, end, milestones_of_all(db, sorted({r.milestone.journey_id for r in records}))


def _advance(db: sa.Connection, journey_id: str, milestones: list[Milestone], now: datetime) -> None:
    consignment = find_consignment(db, journey_id)
    order = find_order(db, consignment.order_id, lock=True) if consignment else None
    if consignment is None or order is None:
        return  # a journey that somebody opened by hand
    found = progress(order, milestones)
    evidence = _evidence(found)
    for state in found.states:
        after = move(order, state, now)
        store_move(db, order, after, None, now, "evidence", evidence)
        order = after
    if found.flags != order.flags:
        store_flags(db, order, found.flags)
    if found.delivered_at is not None and order.state is not OrderState.CANCELLED:
        mark(db, consignment.id, delivered_at=found.delivered_at)


def _evidence(found: Progress) -> Evidence:
    """What the event of a step shows: which observation it was taken from."""
    m = found.decided_by
    if m is None:
        return {}
    return {"code": m.code.value, "source": m.source.value, "at": m.occurred_at.isoformat(), "place": m.place}
