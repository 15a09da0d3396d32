"""The market's public functions in one place; each aggregate has its own file."""

from haoyun.platform.market.capacities_store import (
    find_capacity,
    get_capacity,
    post_capacity,
    withdraw_capacity,
)
from haoyun.platform.market.capacity_search import (
    CapacityFilter,
    CapacitySort,
    capacities_by_origin,
    count_capacities,
    list_capacities,
)
from haoyun.platform.market.history import Change, history_of
from haoyun.platform.market.loads_store import (
    edit_load,
    find_load,
    get_load,
    open_loads,
    post_load,
    withdraw_load,
)
from haoyun.platform.market.matches_store import market_balance, open_offers, rematch
from haoyun.platform.market.offers import read_capacities as get_capacities
from haoyun.platform.market.offers import read_loads as get_loads
from haoyun.platform.market.pairings import (
    Pairing,
    matches_of_capacity,
    matches_of_load,
    matches_of_viewer,
    why_not,
)
from haoyun.platform.market.search import LoadFilter, Sort, count_loads, list_loads, loads_by_origin
from haoyun.platform.market.upkeep import count_market, expire
from haoyun.platform.market.vehicles import add_vehicle, get_vehicle, list_vehicles, plates_of

__all__ = [
    "CapacityFilter",
    "CapacitySort",
    "Change",
    "LoadFilter",
    "Pairing",
    "Sort",
    "add_vehicle",
    "capacities_by_origin",
    "count_capacities",
    "count_loads",
    "count_market",
    "edit_load",
    "expire",
    "find_capacity",
    "find_load",
    "get_capacities",
    "get_capacity",
    "get_load",
    "get_loads",
    "get_vehicle",
    "history_of",
    "list_capacities",
    "list_loads",
    "list_vehicles",
    "loads_by_origin",
    "market_balance",
    "matches_of_capacity",
    "matches_of_load",
    "matches_of_viewer",
    "open_loads",
    "open_offers",
    "plates_of",
    "post_capacity",
    "post_load",
    "rematch",
    "why_not",
    "withdraw_capacity",
    "withdraw_load",
]
