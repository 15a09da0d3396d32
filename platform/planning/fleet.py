"""What a carrier plans together: its open capacities and the loads that the market matched with them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from haoyun.platform.accounts import Actor, OrgKind, Role
from haoyun.platform.market.capacity_search import CapacityFilter, list_capacities
from haoyun.platform.market.store import Pairing, matches_of_capacity
from haoyun.platform.planning.problem import Fleet, candidate_loads

MAX_CAPACITIES = 40
LOADS_PER_CAPACITY = 4  # best matches of each vehicle: enough choice, and a search of seconds


def read_fleet(db: sa.Connection, org_id: str, now: datetime) -> Fleet:
    """The organization's open capacities and their best candidate loads; empty where there are none."""
    planner = Actor("planning", org_id, frozenset({Role.VIEWER}), frozenset({OrgKind.CARRIER}))
    listed = list_capacities(db, CapacityFilter(mine=True), planner, MAX_CAPACITIES).items
    capacities = tuple(capacity for capacity in listed if capacity.is_open(now))
    pairings = {c.id: _alive(matches_of_capacity(db, c.id, planner), now) for c in capacities}
    ranked = {key: [one.load.id for one in found] for key, found in pairings.items()}
    wanted = candidate_loads(ranked, LOADS_PER_CAPACITY)
    loads = {one.load.id: one.load for found in pairings.values() for one in found}
    chosen = frozenset(wanted)
    return Fleet(
        capacities=capacities,
        loads=tuple(loads[load_id] for load_id in wanted),
        fits={key: chosen.intersection(ids) for key, ids in ranked.items()},
    )


def _alive(pairings: list[Pairing], now: datetime) -> list[Pairing]:
    return [one for one in pairings if one.load.is_open(now) and one.load.pickup.end > now]
