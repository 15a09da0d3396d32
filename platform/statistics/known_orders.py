"""Orders with what market, trading and tracking know of them, read for a batch at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from haoyun.platform.market.tables import CAPACITY, LOAD, VEHICLE
from haoyun.platform.statistics.journey_facts import KnownOrder, driven_m
from haoyun.platform.statistics.periods import DAY_MS
from haoyun.platform.trading.consignments_store import consignments_of
from haoyun.platform.trading.order import Order, OrderState
from haoyun.platform.trading.orders_store import orders_where
from haoyun.platform.trading.tables import CONSIGNMENT, ORDER, ORDER_EVENT
from haoyun.tracking.instants import from_ms, to_ms
from haoyun.tracking.segments_store import segments_of
from haoyun.tracking.store import milestones_of_all
from haoyun.tracking.tables import JOURNEY
from haoyun.tracking.timeline import Milestone, MilestoneCode, Quality, ShipmentState, status

RoadM = Callable[[str, str], float]  # metres between two places by their codes; inf where no road leads

_CHAIN_MS = 7 * DAY_MS  # a vehicle that was idle longer may be anywhere
_LEAVING = frozenset({MilestoneCode.DEPA, MilestoneCode.GTOT})
_PLAUSIBLE = (0.7, 2.0)  # driven / planned: beyond, the device missed or added a way


@dataclass(frozen=True, slots=True)
class _Driven:
    left_ms: int | None = None
    delivered_ms: int | None = None
    device_id: int | None = None


def known_orders(
    db: sa.Connection, tracking: sa.Connection, order_ids: Collection[str], road_m: RoadM
) -> list[KnownOrder]:
    """What is known now; `road_m` measures the way between an order's end and the next one's start."""
    orders = orders_where(db, ORDER.c.id.in_(order_ids))
    found = _Around(db, orders)
    seen = _seen(db, tracking, [order.id for order in orders])
    return [_known(order, found, seen.get(order.id, _Driven()), tracking, road_m) for order in orders]


class _Around:
    """The rows around some orders, by id."""

    def __init__(self, db: sa.Connection, orders: Sequence[Order]) -> None:
        ids = {order.id for order in orders}
        self.loads = _rows(db, LOAD, {o.load_id for o in orders})
        self.capacities = _rows(db, CAPACITY, {o.capacity_id for o in orders})
        vehicles = {o.vehicle_id for o in orders if o.vehicle_id}
        self.vehicles = _rows(db, VEHICLE, vehicles)
        confirmed = (
            sa.select(ORDER_EVENT.c.order_id, sa.func.min(ORDER_EVENT.c.at_ms))
            .where(ORDER_EVENT.c.order_id.in_(ids), ORDER_EVENT.c.state == OrderState.AWAITING_VEHICLE.value)
            .group_by(ORDER_EVENT.c.order_id)
        )
        self.confirmed_ms: dict[str, int] = {row[0]: row[1] for row in db.execute(confirmed)}
        since_ms = min((to_ms(o.pickup.start) for o in orders), default=0) - _CHAIN_MS
        chain = (
            sa.select(ORDER, CONSIGNMENT.c.delivered_ms)
            .outerjoin(CONSIGNMENT, CONSIGNMENT.c.order_id == ORDER.c.id)
            .where(
                ORDER.c.vehicle_id.in_(vehicles),
                ORDER.c.state != OrderState.CANCELLED.value,
                ORDER.c.delivery_end_ms >= since_ms,
            )
        )
        self.of_vehicle: dict[str, list[Any]] = {}
        for row in db.execute(chain.order_by(ORDER.c.pickup_start_ms, ORDER.c.id)):
            self.of_vehicle.setdefault(row.vehicle_id, []).append(row)

    def together(self, order: Order) -> list[Any]:
        """The orders that share the vehicle's trip, this one among them."""
        rows = self.of_vehicle.get(order.vehicle_id or "", ())
        return [row for row in rows if row.capacity_id == order.capacity_id]

    def before(self, order: Order) -> Any | None:
        """The vehicle's last order before this trip, if it did not idle for a week meanwhile."""
        start_ms = to_ms(order.pickup.start)
        earlier = [
            row
            for row in self.of_vehicle.get(order.vehicle_id or "", ())
            if row.capacity_id != order.capacity_id
            and row.pickup_start_ms < start_ms <= row.delivery_end_ms + _CHAIN_MS
        ]
        return earlier[-1] if earlier else None


def _known(
    order: Order, around: _Around, seen: _Driven, tracking: sa.Connection, road_m: RoadM
) -> KnownOrder:
    load, capacity = around.loads.get(order.load_id), around.capacities.get(order.capacity_id)
    vehicle = around.vehicles.get(order.vehicle_id or "")
    together, before = around.together(order), around.before(order)
    confirmed_ms = around.confirmed_ms.get(order.id)
    start = before.destination_code if before else capacity.origin_code if capacity else None
    empty_m = road_m(start, order.origin.code) if start and vehicle else None
    since_ms = before.delivered_ms if before and before.delivered_ms else confirmed_ms
    driven_empty_m, driven = _driven(tracking, order, seen, since_ms)
    return KnownOrder(
        order=order,
        body=vehicle.body if vehicle else capacity.body if capacity else "",
        payload_kg=vehicle.payload_kg if vehicle else None,
        cooled=load is not None and load.temperature_max_c is not None,
        posted_ms=load.posted_ms if load else None,
        confirmed_ms=confirmed_ms,
        left_ms=seen.left_ms,
        delivered_ms=seen.delivered_ms,
        joins=bool(together) and min(together, key=lambda r: (r.created_ms, r.id)).id != order.id,
        on_board_kg=sum(row.weight_kg for row in together) or None,
        empty_m=empty_m if empty_m is not None and empty_m < float("inf") else None,
        driven_empty_m=driven_empty_m,
        driven_m=driven,
    )


def _driven(
    tracking: sa.Connection, order: Order, seen: _Driven, since_ms: int | None
) -> tuple[float | None, float | None]:
    """Metres that the vehicle's device drove to the pickup, and from there to the delivery."""
    left_ms, delivered_ms = seen.left_ms, seen.delivered_ms
    if seen.device_id is None or left_ms is None or delivered_ms is None or since_ms is None:
        return None, None
    segments = segments_of(
        tracking, seen.device_id, from_ms(min(since_ms, left_ms)), from_ms(delivered_ms + 1)
    )
    loaded_m = driven_m(segments, left_ms, delivered_ms)
    low, high = _PLAUSIBLE
    if not low * order.distance_m <= loaded_m <= high * order.distance_m:
        return None, None
    return driven_m(segments, since_ms, left_ms), loaded_m


def _seen(db: sa.Connection, tracking: sa.Connection, order_ids: Collection[str]) -> dict[str, _Driven]:
    """What tracking observed of each order: left, delivered, by which device."""
    journeys = {c.id: order_id for order_id, c in consignments_of(db, order_ids).items()}
    timelines = milestones_of_all(tracking, sorted(journeys))
    of_journey = sa.select(JOURNEY.c.id, JOURNEY.c.device_id).where(JOURNEY.c.id.in_(journeys))
    devices: dict[str, int] = {row.id: row.device_id for row in tracking.execute(of_journey)}
    return {
        order_id: _observed(timelines[journey_id], devices.get(journey_id))
        for journey_id, order_id in journeys.items()
    }


def _observed(milestones: Sequence[Milestone], device_id: int | None) -> _Driven:
    left = [m.occurred_at for m in milestones if m.code in _LEAVING and m.quality is Quality.ACTUAL]
    now = status(milestones)
    delivered = now.since if now.state is ShipmentState.DELIVERED else None
    return _Driven(
        to_ms(min(left)) if left else None, None if delivered is None else to_ms(delivered), device_id
    )


def _rows(db: sa.Connection, table: sa.Table, ids: Collection[str]) -> Mapping[str, Any]:
    if not ids:
        return {}
    return {row.id: row for row in db.execute(sa.select(table).where(table.c.id.in_(ids)))}
