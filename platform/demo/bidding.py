"""A load of the demonstration that carriers bid for: posted by auction, with some bids already. Over the API."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from haoyun.platform.demo import agents
from haoyun.platform.demo.client import Api
from haoyun.platform.demo.state import DemoState
from haoyun.platform.demo.world import Truck, World

Json = dict[str, Any]
OPEN_FOR = timedelta(minutes=45)  # a visitor can still bid; then the follower awards the lowest
BIDS = 3  # from so many carriers at most, each below the one before
_FIRST_BID, _STEP = 1.1, 0.05  # as shares of the usual price
_LEAST_STEP_FEN = 5_000


def hold_an_auction(api: Api, world: World, state: DemoState, now: datetime) -> bool:
    """Have carriers bid for a load from where a free truck stands; False while no truck is on offer yet."""
    on_offer = {
        mine.capacity_id: truck
        for truck in world.trucks
        if (mine := state.trucks.get(truck.key)) is not None and mine.capacity_id is not None
    }
    free = [truck for truck in on_offer.values() if truck.parked]
    if not free:
        return False
    load = api.post("/loads", _load(world, state, free[0], now), who=world.shippers[0].key)
    usual = agents.usual_price_fen(free[0].kind, (), load["distance_m"])
    matches = api.get(f"/loads/{load['id']}/matches", world.shippers[0].key)["items"]
    bidders: dict[str, str] = {}
    for match in matches:
        if truck := on_offer.get(match["capacity_id"]):
            bidders.setdefault(truck.carrier, match["capacity_id"])
    for number, (carrier, capacity_id) in enumerate(list(bidders.items())[:BIDS]):
        price_fen = round(usual * (_FIRST_BID - number * _STEP) / 100) * 100
        bid = {"capacity_id": capacity_id, "price_fen": price_fen}
        api.post(f"/loads/{load['id']}/bids", bid, who=carrier, key=f"demo-bid-{load['id']}-{number}")
    return True


def _load(world: World, state: DemoState, truck: Truck, now: datetime) -> Json:
    """A load that the truck can take from its home, in the words of the API."""
    lane = world.lanes[truck.home][0]
    plan = agents.load_for(world, state.next_load(), truck, lane, now + timedelta(hours=2), now)
    closes_at = agents.iso(now + OPEN_FOR)
    auction = {"closes_at": closes_at, "step_fen": _LEAST_STEP_FEN, "award": "lowest"}
    return {**plan.body, "price_mode": "auction", "price_fen": None, "auction": auction}
