"""What webhooks tell: the types of events with their grammar, and one event. Pure.

A type is ``<subject>.<what happened>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson


class EventType(StrEnum):
    """What can be told. The subject is the load, capacity, quote or order that stands before the dot."""

    LOAD_POSTED = "load.posted"
    LOAD_CHANGED = "load.changed"  # new terms, or on offer again
    LOAD_RESERVED = "load.reserved"  # a quote was accepted
    LOAD_COVERED = "load.covered"  # a confirmed order moves it
    LOAD_EXPIRED = "load.expired"
    LOAD_WITHDRAWN = "load.withdrawn"
    CAPACITY_POSTED = "capacity.posted"
    CAPACITY_CHANGED = "capacity.changed"  # space was booked, or given back
    CAPACITY_FULL = "capacity.full"
    CAPACITY_EXPIRED = "capacity.expired"
    CAPACITY_WITHDRAWN = "capacity.withdrawn"
    MATCH_FOUND = "match.found"  # a load and a capacity fit; the subject is the load
    QUOTE_MADE = "quote.made"
    QUOTE_COUNTERED = "quote.countered"  # a new quote that answers another
    QUOTE_ACCEPTED = "quote.accepted"
    QUOTE_REJECTED = "quote.rejected"
    QUOTE_WITHDRAWN = "quote.withdrawn"
    QUOTE_EXPIRED = "quote.expired"
    QUOTE_VOIDED = "quote.voided"  # another quote on the load was accepted
    AUCTION_BID = "auction.bid"  # the lowest price or the end may have moved; the subject is the load
    AUCTION_CLOSED = "auction.closed"  # no more bids; the publisher chooses
    AUCTION_AWARDED = "auction.awarded"
    AUCTION_UNSOLD = "auction.unsold"  # over without an award
    AUCTION_VOID = "auction.void"  # the load was withdrawn or has expired
    ORDER_MADE = "order.made"
    ORDER_MOVED = "order.moved"  # one step on
    ORDER_CANCELLED = "order.cancelled"
    DOCK_BOOKED = "dock.booked"  # the subject is the booking
    DOCK_REBOOKED = "dock.rebooked"  # moved to other slots
    DOCK_ARRIVED = "dock.arrived"
    DOCK_STARTED = "dock.started"
    DOCK_FINISHED = "dock.finished"
    DOCK_CANCELLED = "dock.cancelled"
    DOCK_NO_SHOW = "dock.no_show"
    TRACKING_EXCEPTION = (
        "tracking.exception"  # delay, silence, temperature ...; the subject is the order or vehicle
    )
    WEBHOOK_TEST = "webhook.test"  # the test button


class Scope(StrEnum):
    """Whose events a webhook is told."""

    OWN = "own"  # of the organization's own offers and deals
    MARKET = "market"  # also of others' offers that the organization may see


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened. `id` is the same however often it is told, `version` counts the subject's states.

    `concerned` are the organizations whose own it is; `seen_by` those that may see it besides (None: everybody). Where
    these must not see all of `data`, `shown` is what they see, and also those concerned that are not `whole_for`.
    """

    id: str
    type: EventType
    subject_id: str
    version: int
    at: datetime
    data: Mapping[str, Any]
    concerned: frozenset[str]
    seen_by: frozenset[str] | None = frozenset()
    shown: Mapping[str, Any] | None = None
    whole_for: frozenset[str] | None = None  # None: for all that are concerned

    def is_for(self, org_id: str, scope: Scope) -> bool:
        """Whether an organization with a webhook of this scope is told."""
        if org_id in self.concerned:
            return True
        return scope is Scope.MARKET and (self.seen_by is None or org_id in self.seen_by)

    def body(self, org_id: str) -> str:
        """The JSON that an organization is sent."""
        whole_for = self.concerned if self.whole_for is None else self.whole_for
        data = self.data if self.shown is None or org_id in whole_for else self.shown
        return orjson.dumps(
            {
                "id": self.id,
                "type": self.type.value,
                "subject_id": self.subject_id,
                "version": self.version,
                "occurred_at": self.at,
                "data": dict(data),
            },
            option=orjson.OPT_UTC_Z,
        ).decode()
