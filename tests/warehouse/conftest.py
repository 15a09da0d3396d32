"""An order with its truck, its two sides, and strangers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.accounts.organizations import create_organization
from haoyun.platform.database import Databases
from haoyun.platform.market.store import add_vehicle, post_capacity, post_load
from haoyun.platform.market.testing import (
    NOW,
    capacity_draft,
    load_draft,
    road_context,
    vehicle_draft,
)
from haoyun.platform.trading.consignment import Consignment
from haoyun.platform.trading.follow import hand_out
from haoyun.platform.trading.order import Order
from haoyun.platform.trading.store import accept_quote, confirm_order, consignment_of, get_order, submit_quote
from haoyun.tracking.store import register_device


@dataclass(frozen=True, slots=True)
class Deal:
    """An order under way: who is in it, and the device on its truck."""

    databases: Databases
    shipper: Actor
    carrier: Actor
    stranger: Actor
    order: Order
    consignment: Consignment


@pytest.fixture
def person(databases: Databases) -> Callable[..., Actor]:
    def make(name: str, kind: str, *roles: str) -> Actor:
        with databases.platform.begin() as db:
            org = create_organization(
                db, name=name, name_en=name, kinds={kind}, now=NOW, company_prefix="9521234"
            )
        return Actor(f"user-{name}", org.id, frozenset(roles or ("owner",)), frozenset({kind}))

    return make


@pytest.fixture
def deal(databases: Databases, person: Callable[..., Actor]) -> Deal:
    """Three pallets from A to C, handed to tracking."""
    shipper, carrier, stranger = (
        person("Shipper", "shipper"), person("Carrier", "carrier"), person("Stranger", "shipper"),
    )  # fmt: skip
    context = road_context()
    with databases.platform.begin() as db:
        vehicle = add_vehicle(db, carrier, vehicle_draft(), NOW)
        load = post_load(db, shipper, load_draft(pallets=3), NOW, context)
        capacity = post_capacity(db, carrier, capacity_draft(vehicle.id), NOW, context)
        quote = submit_quote(db, carrier, load.id, capacity.id, 100_000, NOW)
        order = accept_quote(db, shipper, quote.id, NOW)
        confirm_order(db, carrier, order.id, NOW, vehicle.id)
    with databases.tracking.begin() as db:
        register_device(
            db, name="tracker-0001", kind="tracker", org_id=carrier.org_id, vehicle_id=vehicle.id,
            shards=4, now=NOW,
        )  # fmt: skip
    hand_out(databases, NOW + timedelta(seconds=1))
    with databases.platform.connect() as db:
        return Deal(
            databases,
            shipper,
            carrier,
            stranger,
            get_order(db, order.id, shipper),
            consignment_of(db, order.id),
        )
