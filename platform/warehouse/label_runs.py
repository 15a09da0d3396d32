"""Runs of labels: new logistic units of the own organization, numbered, with what stands on each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import orjson
import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.organizations import get_organization
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_trade
from haoyun.platform.market.errors import Checks, Conflict, FieldErrors, NotFound
from haoyun.platform.trading.consignment import Consignment
from haoyun.platform.trading.order import Order
from haoyun.platform.trading.sscc_store import allocate_units
from haoyun.platform.warehouse.tables import LABEL_RUN
from haoyun.rfid_ingest.errors import InvalidLabel
from haoyun.rfid_ingest.labels import Contents, UnitLabel
from haoyun.rfid_ingest.labels.unit import sscc_digits
from haoyun.tracking.instants import from_ms, to_ms

MOST_LABELS = 500  # a PDF of them takes ten seconds
T = TypeVar("T")
_TEXTS = ("ship_from", "ship_to", "goods", "reference")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDraft:
    """What is asked for. Raises FieldErrors."""

    count: int
    extension: int | None = None
    contents: Contents = field(default_factory=Contents)
    ship_to: str = ""
    goods: str = ""
    reference: str = ""

    def __post_init__(self) -> None:
        checks = Checks()
        checks.between("count", self.count, 1, MOST_LABELS)
        checks.between("extension", self.extension or 0, 0, 9)
        checks.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRun:
    """Labels that were made together; `labels` are in the order of their serials."""

    id: str
    org_id: str
    created_at: datetime
    units: tuple[str, ...]
    labels: tuple[UnitLabel, ...]


def make_run(db: sa.Connection, actor: Actor, draft: RunDraft, now: datetime) -> LabelRun:
    """Number new units under the organization's company prefix.

    Raises NotAllowed, FieldErrors for texts, Conflict: `no_company_prefix`, `sscc_exhausted`.
    """
    must_trade(actor)
    organization = get_organization(db, actor.org_id)
    if organization.company_prefix is None:
        raise Conflict("no_company_prefix")
    said = _said(draft, organization.name)
    with_rules(lambda: UnitLabel(sscc=_ANY_SSCC, **_read_said(said)))  # before a number is used up
    units = allocate_units(db, organization.company_prefix, draft.count, draft.extension)
    row = {
        "id": new_id("lab"),
        "org_id": actor.org_id,
        "user_id": actor.user_id,
        "created_ms": to_ms(now),
        "first_unit": units[0],
        "count": len(units),
        "said": orjson.dumps(said).decode(),
    }
    db.execute(sa.insert(LABEL_RUN).values(row))
    return get_run(db, actor, str(row["id"]))


def get_run(db: sa.Connection, actor: Actor, run_id: str) -> LabelRun:
    """A run of the viewer's organization (of any for the operator and supervisors). Raises NotFound."""
    row = db.execute(sa.select(LABEL_RUN).where(LABEL_RUN.c.id == run_id)).one_or_none()
    if row is None or not (actor.sees_all or row.org_id == actor.org_id):
        raise NotFound
    return _run(row)


def list_runs(db: sa.Connection, actor: Actor, limit: int = 50, before: str | None = None) -> list[LabelRun]:
    """The runs of the viewer's organization, the newest first; `before` continues after an earlier list."""
    query = sa.select(LABEL_RUN).where(LABEL_RUN.c.org_id == actor.org_id)
    if before is not None:
        query = query.where(LABEL_RUN.c.id < before)
    return [_run(row) for row in db.execute(query.order_by(LABEL_RUN.c.id.desc()).limit(limit))]


def labels_of_order(order: Order, consignment: Consignment, shipper: str) -> tuple[UnitLabel, ...]:
    """The labels of an order's handling units, whose numbers were given with the order."""
    return tuple(
        UnitLabel(
            sscc=sscc_digits(unit),
            ship_from=_cut(f"{shipper} · {order.origin.name_zh or order.origin.name_en}"),
            ship_to=_cut(" ".join(dict.fromkeys((order.destination.name_zh, order.destination.name_en)))),
            goods=_cut(order.goods),
            reference=consignment.tracking_number,
        )
        for unit in consignment.units
    )


def contents_of(**said: Any) -> Contents:
    """The contents of a unit. Raises FieldErrors with the rule that GS1 has."""
    return with_rules(lambda: Contents(**said))


def with_rules(make: Callable[[], T]) -> T:
    """Do it; a refusal of the label is one of a field here. Raises FieldErrors."""
    try:
        return make()
    except InvalidLabel as error:
        rule = f"label_{error.rule}_right" if error.right else f"label_{error.rule}"
        raise FieldErrors({error.field: (rule, {"right": error.right} if error.right else {})}) from error


_ANY_SSCC = "000000000000000000"


def _said(draft: RunDraft, ship_from: str) -> dict[str, Any]:
    contents = draft.contents
    return {
        "gtin": contents.gtin,
        "count": contents.count,
        "is_item": contents.is_item,
        "lot": contents.lot,
        "best_before": contents.best_before and contents.best_before.isoformat(),
        "net_weight_kg": None if contents.net_weight_kg is None else str(contents.net_weight_kg),
        "ship_from": _cut(ship_from),
        "ship_to": draft.ship_to.strip(),
        "goods": draft.goods.strip(),
        "reference": draft.reference.strip(),
    }


def _read_said(said: dict[str, Any]) -> dict[str, Any]:
    return {
        "contents": Contents(
            gtin=said["gtin"],
            count=said["count"],
            is_item=said["is_item"],
            lot=said["lot"],
            best_before=date.fromisoformat(said["best_before"]) if said["best_before"] else None,
            net_weight_kg=Decimal(said["net_weight_kg"]) if said["net_weight_kg"] else None,
        ),
        **{name: said[name] for name in _TEXTS},
    }


def _run(row: Any) -> LabelRun:
    said = _read_said(orjson.loads(row.said))
    units = _numbered(row.first_unit, row.count)
    return LabelRun(
        id=row.id,
        org_id=row.org_id,
        created_at=from_ms(row.created_ms),
        units=units,
        labels=tuple(UnitLabel(sscc=sscc_digits(unit), **said) for unit in units),
    )


def _numbered(first: str, count: int) -> tuple[str, ...]:
    """The units of a run: serials in a row behind one company prefix and extension digit."""
    prefix, _, reference = first.rpartition(".")
    serial, digits = int(reference[1:]), len(reference) - 1
    return tuple(f"{prefix}.{reference[0]}{serial + i:0{digits}d}" for i in range(count))


def _cut(text: str) -> str:
    return text[:60].strip()
