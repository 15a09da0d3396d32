"""Loads, trucks and bids for the tests of auctions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.organizations import create_organization
from haoyun.platform.accounts.tables import organization as organization_table
from haoyun.platform.market.auction import (
    AuctionTerms,
)
from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.errors import Conflict, FieldErrors, MarketError
from haoyun.platform.market.load import Load, PriceMode
from haoyun.platform.market.store import (
    add_vehicle,
    post_capacity,
    post_load,
)
from haoyun.platform.market.testing import (
    CARRIER,
    NOW,
    SHIPPER,
    actor,
    capacity_draft,
    hours,
    load_draft,
    road_context,
    vehicle_draft,
)
from haoyun.platform.trading.auction_events import Happened, auction_event
from haoyun.platform.trading.closing import close_auction
from haoyun.platform.trading.quote import Quote
from haoyun.platform.trading.store import (
    place_bid,
)
from haoyun.platform.trading.tables import AUCTION_EVENT

HERE = road_context()
CLOSES = NOW + timedelta(hours=2)
# The bidders of most tests are in no list of organizations.
close = partial(close_auction, verified_only=False)
MINUTE = timedelta(minutes=1)
THIRD = actor("org-carrier-3", "carrier")


def terms(**changes: Any) -> AuctionTerms:
    values: dict[str, Any] = {"closes_at": CLOSES, "latest_at": CLOSES + 30 * MINUTE, "soft_close_min": 10}
    return AuctionTerms(**{**values, **changes})


def auctioned(db: sa.Connection, load: dict[str, Any] | None = None, **changes: Any) -> Load:
    draft = load_draft(price_mode=PriceMode.AUCTION, auction=terms(**changes), **(load or {}))
    return post_load(db, SHIPPER, draft, NOW, HERE)


def truck(db: sa.Connection, carrier: Actor = CARRIER, plate: str = "京A12345", **changes: Any) -> Capacity:
    vehicle = add_vehicle(db, carrier, vehicle_draft(plate), NOW)
    draft = capacity_draft(vehicle.id, **{"ready": hours(3, 48), **changes})
    return post_capacity(db, carrier, draft, NOW, HERE)


def bid(
    db: sa.Connection,
    load: Load,
    capacity: Capacity,
    yuan: float,
    after: timedelta = MINUTE,
    by: Actor = CARRIER,
) -> Quote:
    return place_bid(db, by, load.id, capacity.id, round(yuan * 100), NOW + after, HERE)


def refused(what: Callable[[], object], kind: type[MarketError] = Conflict) -> str:
    with pytest.raises(kind) as caught:
        what()
    assert str(caught.value)
    if isinstance(caught.value, FieldErrors):
        return next(iter(caught.value.errors.values()))[0]
    return caught.value.key


def happened(db: sa.Connection) -> list[tuple[Happened, int | None]]:
    rows = db.execute(sa.select(AUCTION_EVENT).order_by(AUCTION_EVENT.c.seq))
    return [(event.kind, event.lowest_fen) for event in map(auction_event, rows)]


# What a publisher may set.


def enter(db: sa.Connection, org_id: str, verification: str) -> None:
    made = create_organization(
        db, name="承运", name_en="Carrier", kinds={"carrier"}, now=NOW, verification=verification
    )
    db.execute(sa.update(organization_table).where(organization_table.c.id == made.id).values(id=org_id))


def in_step(works: list[Callable[[], object]]) -> list[object]:
    """Run each in a thread, all let go together; what a refusal is, is its key."""
    gate, answers = threading.Barrier(len(works)), [None] * len(works)

    def run(index: int) -> None:
        gate.wait(timeout=60)
        try:
            answers[index] = works[index]()  # type: ignore[call-overload]
        except MarketError as error:
            answers[index] = error.key  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
        assert not thread.is_alive(), "a thread waits for ever"
    return answers
