"""Words for what webhooks tell."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

EVENT_WORDS: Mapping[str, LazyString] = {
    "load.posted": _l("Load posted"),
    "load.changed": _l("Load changed or open again"),
    "load.reserved": _l("Load reserved"),
    "load.covered": _l("Load covered by an order"),
    "load.expired": _l("Load expired"),
    "load.withdrawn": _l("Load withdrawn"),
    "capacity.posted": _l("Truck offered"),
    "capacity.changed": _l("Truck's free space changed"),
    "capacity.full": _l("Truck full"),
    "capacity.expired": _l("Truck's offer expired"),
    "capacity.withdrawn": _l("Truck's offer withdrawn"),
    "match.found": _l("Match found"),
    "quote.made": _l("Quote made"),
    "quote.countered": _l("Quote countered"),
    "quote.accepted": _l("Quote accepted"),
    "quote.rejected": _l("Quote rejected"),
    "quote.withdrawn": _l("Quote withdrawn"),
    "quote.expired": _l("Quote expired"),
    "quote.voided": _l("Quote voided: another was accepted"),
    "auction.bid": _l("Bid in an auction"),
    "auction.closed": _l("Auction closed: the publisher chooses"),
    "auction.awarded": _l("Auction awarded"),
    "auction.unsold": _l("Auction ended without an award"),
    "auction.void": _l("Auction given up with its load"),
    "order.made": _l("Order made"),
    "order.moved": _l("Order moved a step on"),
    "order.cancelled": _l("Order cancelled"),
    "dock.booked": _l("Dock booked"),
    "dock.rebooked": _l("Dock booking moved"),
    "dock.arrived": _l("Vehicle at the gate"),
    "dock.started": _l("Work at the dock began"),
    "dock.finished": _l("Work at the dock is done"),
    "dock.cancelled": _l("Dock booking cancelled"),
    "dock.no_show": _l("Booked vehicle did not come"),
    "tracking.exception": _l("Exception on the road"),
    "webhook.test": _l("Test"),
}
DELIVERY_WORDS: Mapping[str, tuple[LazyString, str]] = {
    "waiting": (_l("is being sent"), "info"),
    "delivered": (_l("delivered"), "good"),
    "dead": (_l("given up"), "bad"),
}
SCOPE_WORDS: Mapping[str, LazyString] = {
    "own": _l("Own offers and deals"),
    "market": _l("Also others' offers that we may see"),
}
