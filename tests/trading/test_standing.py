"""What the market is told of how organizations kept their word."""

from __future__ import annotations

import sqlalchemy as sa
from market_offers import a_capacity, a_load

from haoyun.platform.accounts.tables import organization, user
from haoyun.platform.ids import new_id
from haoyun.platform.market.balance import Balance
from haoyun.platform.market.figures import figures_of
from haoyun.platform.market.roads import Standing
from haoyun.platform.market.testing import NOW, road_context
from haoyun.platform.trading.standing import LEAST_ORDERS, standings
from haoyun.platform.trading.tables import ORDER, ORDER_EVENT
from haoyun.tracking.instants import to_ms


def _filled(table: sa.Table, **values: object) -> dict[str, object]:
    """A row in which every needed column has something."""
    row: dict[str, object] = dict(values)
    for column in table.columns:
        if column.name in row or column.nullable or column.autoincrement is True:
            continue
        kind = column.type.python_type
        row[column.name] = {
            str: new_id("x")[: getattr(column.type, "length", None) or 8],
            int: 1,
            float: 1.0,
            bool: True,
        }[kind]
    return row


def order(db: sa.Connection, state: str, flags: str = "", by: str | None = None) -> None:
    key = new_id("ord")
    sides = {
        "shipper_org": "org-s",
        "carrier_org": "org-c",
        "load_id": new_id("load"),
        "quote_id": new_id("q"),
    }
    db.execute(sa.insert(ORDER).values(_filled(ORDER, id=key, state=state, flags=flags, **sides)))
    event = {"order_id": key, "version": 2, "state": state, "user_id": by, "at_ms": to_ms(NOW)}
    extra = {
        c.name: "" for c in ORDER_EVENT.columns if c.name not in event and c.name != "seq" and not c.nullable
    }
    db.execute(sa.insert(ORDER_EVENT).values(**event, **extra))


def people(db: sa.Connection) -> None:
    for org in ("org-s", "org-c"):
        db.execute(sa.insert(organization).values(_filled(organization, id=org)))
        row = _filled(user, id=f"user-{org}", org_id=org, email=org, fs_uniquifier=org)
        db.execute(sa.insert(user).values(row))


def test_deliveries_in_time_and_orders_kept_are_shares_of_what_ended(db: sa.Connection) -> None:
    people(db)
    for flags in ("", "", "late_delivery", "late_pickup"):
        order(db, "COMPLETED", flags)
    order(db, "IN_TRANSIT", "late_delivery")  # not over yet
    assert standings(db) == {}  # too few to tell
    order(db, "TO_CONFIRM")
    assert LEAST_ORDERS == 5
    assert standings(db)["org-c"] == Standing(on_time=0.8, deliveries=5)
    assert standings(db)["org-s"] == Standing(kept=1.0, orders=5)


def test_only_the_shippers_own_cancellations_count_against_it(db: sa.Connection) -> None:
    people(db)
    for _ in range(4):
        order(db, "COMPLETED")
    order(db, "CANCELLED", by="user-org-c")
    assert "org-s" not in standings(db)  # the carrier stepped back: no fault of the shipper's
    order(db, "CANCELLED", by="user-org-s")
    assert standings(db)["org-s"] == Standing(kept=0.8, orders=5)


def test_whom_nothing_is_known_of_is_unknown() -> None:
    figures = figures_of(a_load(), a_capacity(), Balance(), road_context())
    assert (figures.carrier, figures.shipper) == (Standing(), Standing())
