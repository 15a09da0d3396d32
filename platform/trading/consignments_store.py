"""Consignments in the database: made with their order, found by their public number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.platform.ids import new_id, new_tracking_number
from haoyun.platform.market.errors import NotFound
from haoyun.platform.trading.consignment import Consignment
from haoyun.platform.trading.order import Order
from haoyun.platform.trading.sscc_store import allocate_units
from haoyun.platform.trading.tables import CONSIGNMENT, EQUIPMENT, UNIT
from haoyun.tracking.instants import find_instant, from_ms, to_ms
from haoyun.tracking.tables import insert_new


def make_consignment(db: sa.Connection, order: Order, company_prefix: str, now: datetime) -> Consignment:
    """Number the goods of a new order: a tracking number, and an SSCC for each pallet (at least one)."""
    count = max(1, order.pallets)
    consignment = Consignment(
        id=new_id("con"),
        order_id=order.id,
        tracking_number=new_tracking_number(),
        units=allocate_units(db, company_prefix, count),
        created_at=now,
    )
    row = {name: getattr(consignment, name) for name in ("id", "order_id", "tracking_number")}
    db.execute(sa.insert(CONSIGNMENT).values(**row, created_ms=to_ms(now)))
    db.execute(sa.insert(UNIT), [{"uri": uri, "consignment_id": consignment.id} for uri in consignment.units])
    return consignment


def find_consignment(db: sa.Connection, consignment_id: str) -> Consignment | None:
    """The consignment of that id (which is its journey's id), or None."""
    return next(iter(_read(db, CONSIGNMENT.c.id == consignment_id)), None)


def consignment_of(db: sa.Connection, order_id: str) -> Consignment:
    """The consignment of an order that the viewer was shown. Raises NotFound."""
    found = consignments_of(db, [order_id])
    if order_id not in found:
        raise NotFound
    return found[order_id]


def consignments_of(db: sa.Connection, order_ids: Iterable[str]) -> dict[str, Consignment]:
    """Consignments by order; whoever calls knows that the viewer may see them."""
    return {c.order_id: c for c in _read(db, CONSIGNMENT.c.order_id.in_(set(order_ids)))}


def consignment_by_number(db: sa.Connection, number: str) -> Consignment:
    """The consignment of a public tracking number, typed in any case, with spaces. Raises NotFound."""
    plain = "".join(number.split()).upper()
    found = next(iter(_read(db, CONSIGNMENT.c.tracking_number == plain)), None)
    if found is None:
        raise NotFound
    return found


def mark(db: sa.Connection, consignment_id: str, **instants: datetime) -> None:
    """Set instants such as ``delivered_at`` that are not set yet; what is set stays."""
    for name, at in instants.items():
        column = CONSIGNMENT.c[name.replace("_at", "_ms")]
        unset = (CONSIGNMENT.c.id == consignment_id, column.is_(None))
        db.execute(sa.update(CONSIGNMENT).where(*unset).values({column.name: to_ms(at)}))


def consignments_of_units(db: sa.Connection, uris: Iterable[str]) -> list[Consignment]:
    """The consignments that these handling units belong to; whoever calls decides who may know."""
    ids = sa.select(UNIT.c.consignment_id).where(UNIT.c.uri.in_(set(uris)))
    return _read(db, CONSIGNMENT.c.id.in_(ids))


def add_equipment(db: sa.Connection, consignment_id: str, uris: Mapping[str, str], now: datetime) -> None:
    """Let more identities stand for a consignment: `uris` to their kind. Again is harmless."""
    for uri, kind in uris.items():
        row = {"consignment_id": consignment_id, "uri": uri, "kind": kind, "bound_ms": to_ms(now)}
        insert_new(db, EQUIPMENT, row)


def _read(db: sa.Connection, condition: sa.ColumnElement[bool]) -> list[Consignment]:
    rows = db.execute(sa.select(CONSIGNMENT).where(condition).order_by(CONSIGNMENT.c.id)).all()
    units: dict[str, list[str]] = {}
    query = sa.select(UNIT).where(UNIT.c.consignment_id.in_([row.id for row in rows])).order_by(UNIT.c.uri)
    for unit in db.execute(query) if rows else ():
        units.setdefault(unit.consignment_id, []).append(unit.uri)
    equipment: dict[str, list[str]] = {}
    query = sa.select(EQUIPMENT).where(EQUIPMENT.c.consignment_id.in_([row.id for row in rows]))
    for one in db.execute(query.order_by(EQUIPMENT.c.uri)) if rows else ():
        equipment.setdefault(one.consignment_id, []).append(one.uri)
    return [_consignment(row, tuple(units[row.id]), tuple(equipment.get(row.id, ()))) for row in rows]


def _consignment(row: Any, units: tuple[str, ...], equipment: tuple[str, ...]) -> Consignment:
    return Consignment(
        id=row.id,
        order_id=row.order_id,
        tracking_number=row.tracking_number,
        units=units,
        equipment=equipment,
        created_at=from_ms(row.created_ms),
        delivered_at=find_instant(row.delivered_ms),
        journey_opened_at=find_instant(row.journey_opened_ms),
        journey_closed_at=find_instant(row.journey_closed_ms),
    )
