"""Trading's public functions in one place; each aggregate has its own file."""

from haoyun.platform.trading.accept import accept_quote
from haoyun.platform.trading.bids import Standing, place_bid, standing_of
from haoyun.platform.trading.consignments_store import (
    consignment_by_number,
    consignment_of,
    consignments_of,
    find_consignment,
)
from haoyun.platform.trading.moves import (
    bind_vehicle,
    cancel_order,
    confirm_order,
    confirm_receipt,
    move_order,
)
from haoyun.platform.trading.orders_store import (
    OrderEvent,
    count_trading,
    events_after,
    find_order,
    get_order,
    order_by_tracking_number,
    order_events,
    orders_of,
    vehicles_under_way,
)
from haoyun.platform.trading.quotes_store import (
    counter,
    expire_quotes,
    find_quote,
    get_quote,
    list_quotes,
    quotes_of,
    reject,
    submit_quote,
    withdraw_quote,
)

__all__ = [
    "OrderEvent",
    "Standing",
    "accept_quote",
    "bind_vehicle",
    "cancel_order",
    "confirm_order",
    "confirm_receipt",
    "consignment_by_number",
    "consignment_of",
    "consignments_of",
    "count_trading",
    "counter",
    "events_after",
    "expire_quotes",
    "find_consignment",
    "find_order",
    "find_quote",
    "get_order",
    "get_quote",
    "list_quotes",
    "move_order",
    "order_by_tracking_number",
    "order_events",
    "orders_of",
    "place_bid",
    "quotes_of",
    "reject",
    "standing_of",
    "submit_quote",
    "vehicles_under_way",
    "withdraw_quote",
]
