"""What an organization wants to be told, and how. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from haoyun.platform.market.errors import Checks
from haoyun.platform.webhooks.signing import is_web_address
from haoyun.tracking.events import EventKind

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]{2,}\Z")


class Subject(StrEnum):
    """What rules are about, in the words of people; each takes several kinds of events."""

    GEOFENCE = "geofence"
    SPEEDING = "speeding"
    DELAY = "delay"
    OFF_ROUTE = "off_route"
    SILENCE = "silence"
    TEMPERATURE = "temperature"
    HOURS = "hours"
    EXCEPTION = "exception"
    PAPERS = "papers"
    LANE = "lane"  # new offers on a saved lane; asked for where the lane is saved


class NoticeKind(StrEnum):
    """What the platform itself tells an organization, beside what tracking notices."""

    LANE_MATCH = "lane_match"  # a new offer on a saved lane
    STILL_VALID = "still_valid"  # an offer's time runs out: is it still valid?
    FLAGGED = "flagged"  # an offer looks false
    NOT_POSTED = "not_posted"  # a repeat could not post its offer
    OUTBID = "outbid"  # another carrier's bid is the lowest now
    AUCTION_CLOSED = "auction_closed"  # the publisher has to choose a bid
    AUCTION_AWARDED = "auction_awarded"
    AUCTION_WON = "auction_won"
    AUCTION_LOST = "auction_lost"
    AUCTION_UNSOLD = "auction_unsold"  # over without an award
    PAPER_EXPIRES = "paper_expires"  # a certificate of a vehicle or a driver
    DOCK_BOOKED = "dock_booked"  # a dock was booked
    DOCK_REBOOKED = "dock_rebooked"  # a booking was moved to other slots
    DOCK_CANCELLED = "dock_cancelled"  # a booking was called off
    DOCK_NO_SHOW = "dock_no_show"  # the vehicle of a booking did not come


_SUBJECT_OF: Mapping[EventKind, Subject] = MappingProxyType(
    {
        EventKind.FENCE_ENTERED: Subject.GEOFENCE,
        EventKind.FENCE_LEFT: Subject.GEOFENCE,
        EventKind.FENCE_DWELT: Subject.GEOFENCE,
        EventKind.SPEEDING: Subject.SPEEDING,
        EventKind.DELAYED: Subject.DELAY,
        EventKind.ON_TIME_AGAIN: Subject.DELAY,
        EventKind.OFF_ROUTE: Subject.OFF_ROUTE,
        EventKind.BACK_ON_ROUTE: Subject.OFF_ROUTE,
        EventKind.SILENT: Subject.SILENCE,
        EventKind.HEARD_AGAIN: Subject.SILENCE,
        EventKind.GAP: Subject.SILENCE,
        EventKind.JAMMING: Subject.SILENCE,
        EventKind.TEMPERATURE_OUT: Subject.TEMPERATURE,
        EventKind.TEMPERATURE_BACK: Subject.TEMPERATURE,
        EventKind.DOOR_OPENED_EN_ROUTE: Subject.TEMPERATURE,
        EventKind.BREAK_DUE: Subject.HOURS,
        EventKind.HOURS_BREACHED: Subject.HOURS,
        EventKind.EXCEPTION: Subject.EXCEPTION,
    }
)


def subject_of(kind: EventKind) -> Subject | None:
    """What an event is about; None for what nobody is alerted to, such as the start of a trip."""
    return _SUBJECT_OF.get(kind)


@dataclass(frozen=True, slots=True)
class AlertRule:
    """Alerts of one subject go to the inbox, and also to an address and a webhook where they are given.

    Raises FieldErrors.
    """

    id: str
    org_id: str
    subject: Subject
    email: str = ""
    webhook_url: str = ""
    webhook_secret: str = ""
    language: str = "zh"  # of its e-mails: the one in which it was asked for

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(not self.email or bool(_EMAIL.match(self.email)), "email", "email_address")
        checks.require(not self.webhook_url or is_web_address(self.webhook_url), "webhook_url", "web_address")
        checks.done()


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that an organization was told."""

    id: int
    org_id: str
    kind: EventKind | NoticeKind
    vehicle_id: str | None
    order_id: str | None
    at: datetime
    data: Mapping[str, str | float | bool]
    read_at: datetime | None = None
    withdrawn_at: datetime | None = None
