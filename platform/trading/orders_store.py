"""Orders in the database, and the events that tell their story."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.errors import NotFound, Stale
from haoyun.platform.market.paging import keyset, marker, page_size
from haoyun.platform.market.rows import site_of, site_row, window_of, window_row
from haoyun.platform.market.values import Page
from haoyun.platform.trading.access import must_see
from haoyun.platform.trading.consignments_store import consignment_by_number
from haoyun.platform.trading.order import UNDER_WAY, Order, OrderFlag, OrderState
from haoyun.platform.trading.tables import CONSIGNMENT, ORDER, ORDER_EVENT
from haoyun.tracking.instants import from_ms, to_ms

Evidence = Mapping[str, str | float]
_LOCK_KEY = 0x48594F  # "HYO": order events commit in the order of their numbers on PostgreSQL too


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """One step of an order; `user_id` is None where evidence moved it, and `evidence` says which."""

    seq: int
    order_id: str
    version: int
    state: OrderState
    user_id: str | None
    at: datetime
    reason: str
    evidence: Evidence = field(default_factory=dict)


def insert_order(db: sa.Connection, order: Order, user_id: str | None, now: datetime) -> None:
    """Store a new order with its first event."""
    db.execute(sa.insert(ORDER).values(_row(order)))
    record_event(db, order, user_id, now, "quote accepted", {})


def store_move(
    db: sa.Connection,
    before: Order,
    after: Order,
    user_id: str | None,
    now: datetime,
    reason: str,
    evidence: Evidence,
) -> None:
    """Store an order's next state with its event, if nobody was faster. Raises Stale."""
    same = (ORDER.c.id == before.id, ORDER.c.version == before.version)
    if db.execute(sa.update(ORDER).where(*same).values(_row(after))).rowcount != 1:
        raise Stale
    record_event(db, after, user_id, now, reason, evidence)


def record_event(
    db: sa.Connection, order: Order, user_id: str | None, now: datetime, reason: str, evidence: Evidence
) -> None:
    """Append to the order's story; readers follow it behind a cursor (`events_after`)."""
    if db.dialect.name == "postgresql":
        db.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_KEY})")
    db.execute(
        sa.insert(ORDER_EVENT).values(
            order_id=order.id,
            version=order.version,
            state=order.state.value,
            user_id=user_id,
            at_ms=to_ms(now),
            reason=reason[:200],
            evidence=orjson.dumps(dict(evidence)).decode(),
        )
    )


def store_flags(db: sa.Connection, order: Order, flags: frozenset[OrderFlag]) -> None:
    """Set the flags beside the state; not a step, so the version stays."""
    db.execute(sa.update(ORDER).where(ORDER.c.id == order.id).values(flags=_flags_text(flags)))


def find_order(db: sa.Connection, order_id: str, *, lock: bool = False) -> Order | None:
    """The order, whoever asks: for the system's own work; `lock` keeps others from changing it meanwhile."""
    query = sa.select(ORDER).where(ORDER.c.id == order_id)
    row = db.execute(query.with_for_update() if lock else query).one_or_none()
    return _order(row) if row else None


def get_order(db: sa.Connection, order_id: str, viewer: Actor) -> Order:
    """An order that the viewer is a side of. Raises NotFound."""
    order = find_order(db, order_id)
    if order is None:
        raise NotFound
    must_see(viewer, order.shipper_org, order.carrier_org)
    return order


def orders_of(
    db: sa.Connection,
    viewer: Actor,
    *,
    states: frozenset[OrderState] | None = None,
    limit: int = 50,
    after: str | None = None,
) -> Page[Order]:
    """One page of the viewer's orders, the newest first."""
    query = sa.select(ORDER)
    if not viewer.sees_all:
        query = query.where(
            sa.or_(ORDER.c.shipper_org == viewer.org_id, ORDER.c.carrier_org == viewer.org_id)
        )
    if states is not None:
        query = query.where(ORDER.c.state.in_([state.value for state in states]))
    paged = keyset(query, ORDER.c.created_ms, ORDER.c.id, descending=True, limit=limit, after=after)
    rows = list(db.execute(paged))
    return Page(tuple(_order(row) for row in rows[: page_size(limit)]), marker(rows, limit))


def order_by_tracking_number(db: sa.Connection, number: str) -> Order:
    """The order behind a public tracking number; what of it strangers see is the page's to limit.

    Raises NotFound.
    """
    order = find_order(db, consignment_by_number(db, number).order_id)
    if order is None:
        raise NotFound
    return order


def orders_where(db: sa.Connection, condition: sa.ColumnElement[bool]) -> list[Order]:
    """The orders of a condition by id: for the system's own work."""
    return [_order(row) for row in db.execute(sa.select(ORDER).where(condition).order_by(ORDER.c.id))]


def vehicles_under_way(
    db: sa.Connection, viewer: Actor, among: Collection[str] | None = None
) -> dict[str, str]:
    """Vehicle -> order, for the viewer's orders under way (all, for operator and supervisor), of these vehicles or all.

    Of several orders of one vehicle the furthest counts.
    """
    condition = sa.and_(
        ORDER.c.state.in_([state.value for state in UNDER_WAY]), ORDER.c.vehicle_id.is_not(None)
    )
    if not viewer.sees_all:
        own = sa.or_(ORDER.c.shipper_org == viewer.org_id, ORDER.c.carrier_org == viewer.org_id)
        condition = sa.and_(condition, own)
    if among is not None:
        condition = sa.and_(condition, ORDER.c.vehicle_id.in_(list(among)))
    rank = {state: i for i, state in enumerate(OrderState)}
    found = sorted(orders_where(db, condition), key=lambda order: (rank[order.state], order.id))
    return {order.vehicle_id: order.id for order in found if order.vehicle_id is not None}


def order_events(db: sa.Connection, order_id: str) -> list[OrderEvent]:
    """The story of an order that the viewer was shown, oldest first."""
    query = sa.select(ORDER_EVENT).where(ORDER_EVENT.c.order_id == order_id).order_by(ORDER_EVENT.c.seq)
    return [_event(row) for row in db.execute(query)]


def events_after(db: sa.Connection, cursor: int, limit: int = 500) -> tuple[list[OrderEvent], int]:
    """Up to `limit` events after `cursor` (0: from the start) and the next cursor; none is ever skipped."""
    query = sa.select(ORDER_EVENT).where(ORDER_EVENT.c.seq > cursor).order_by(ORDER_EVENT.c.seq).limit(limit)
    events = [_event(row) for row in db.execute(query)]
    return events, events[-1].seq if events else cursor


def count_trading(db: sa.Connection) -> dict[str, int]:
    """Orders under way, and consignments delivered."""
    count = sa.select(sa.func.count())
    under_way = ORDER.c.state.in_([state.value for state in UNDER_WAY])
    delivered = CONSIGNMENT.c.delivered_ms.is_not(None)
    return {
        "orders_under_way": db.scalar(count.select_from(ORDER).where(under_way)) or 0,
        "consignments_delivered": db.scalar(count.select_from(CONSIGNMENT).where(delivered)) or 0,
    }


_PLAIN = (
    *("id", "load_id", "capacity_id", "quote_id", "shipper_org", "carrier_org", "vehicle_id", "price_fen"),
    *("currency", "goods", "weight_kg", "pallets", "distance_m", "duration_s", "version"),
)


def _flags_text(flags: frozenset[OrderFlag]) -> str:
    return ",".join(sorted(flag.value for flag in flags))


def _row(order: Order) -> dict[str, Any]:
    return {
        **{name: getattr(order, name) for name in _PLAIN},
        "state": order.state.value,
        "flags": _flags_text(order.flags),
        "created_ms": to_ms(order.created_at),
        "updated_ms": to_ms(order.updated_at),
        **site_row("origin", order.origin),
        **site_row("destination", order.destination),
        **window_row("pickup", order.pickup),
        **window_row("delivery", order.delivery),
    }


def _order(row: Any) -> Order:
    return Order(
        **{name: getattr(row, name) for name in _PLAIN},
        state=OrderState(row.state),
        flags=frozenset(OrderFlag(flag) for flag in row.flags.split(",") if flag),
        created_at=from_ms(row.created_ms),
        updated_at=from_ms(row.updated_ms),
        origin=site_of(row, "origin"),
        destination=site_of(row, "destination"),
        pickup=window_of(row, "pickup"),
        delivery=window_of(row, "delivery"),
    )


def _event(row: Any) -> OrderEvent:
    return OrderEvent(
        seq=row.seq,
        order_id=row.order_id,
        version=row.version,
        state=OrderState(row.state),
        user_id=row.user_id,
        at=from_ms(row.at_ms),
        reason=row.reason,
        evidence=orjson.loads(row.evidence),
    )
