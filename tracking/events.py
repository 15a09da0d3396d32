"""What the pipeline and the clock notice about a device: every kind of event in one place, and what it tells.

The grammar of a kind: what is watched, then what happened. A kind that ends tells so with its own kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """What happened; `subject` of the event says to what."""

    TRIP_STARTED = "trip_started"
    TRIP_ENDED = "trip_ended"
    FENCE_ENTERED = "fence_entered"  # subject: the fence
    FENCE_LEFT = "fence_left"
    FENCE_DWELT = "fence_dwelt"  # inside longer than the fence's dwell time
    SPEEDING = "speeding"  # over the limit for longer than a moment
    SPEEDING_ENDED = "speeding_ended"  # with the highest speed and how long
    OFF_ROUTE = "off_route"  # subject: the journey
    BACK_ON_ROUTE = "back_on_route"
    GAP = "gap"  # silent while it moved
    JAMMING = "jamming"  # a gap or lost positions that look made
    TEMPERATURE_OUT = "temperature_out"  # subject: the sensor
    TEMPERATURE_BACK = "temperature_back"
    DOOR_OPENED_EN_ROUTE = "door_opened_en_route"  # open while driving, or far from every fence
    BREAK_DUE = "break_due"  # the rule's driving time is nearly used up
    HOURS_BREACHED = "hours_breached"  # subject: continuous | daily
    DELAYED = "delayed"  # subject: the journey; the estimate is later than the plan allows
    ON_TIME_AGAIN = "on_time_again"
    SILENT = "silent"  # nothing heard for too long
    HEARD_AGAIN = "heard_again"
    EXCEPTION = "exception"  # subject: the exception's kind, on a shipment's timeline


FROM_FIXES = frozenset(EventKind) - {
    EventKind.DELAYED,
    EventKind.ON_TIME_AGAIN,
    EventKind.SILENT,
    EventKind.HEARD_AGAIN,
    EventKind.EXCEPTION,
}  # what a replay of the fixes makes again; the others came from the clock

Value = str | float | bool


@dataclass(frozen=True, slots=True)
class TrackEvent:
    """One event of a device: at which fix (`at_ms`, `seq`), where, and what there is to say about it."""

    kind: EventKind
    at_ms: int
    seq: int
    subject: str = ""
    lat: float | None = None
    lon: float | None = None
    journey_id: str | None = None
    data: Mapping[str, Value] = field(default_factory=dict, hash=False)

    @property
    def key(self) -> tuple[str, str, int, int]:
        """What makes it the same event when the fixes are read again."""
        return (self.kind.value, self.subject, self.at_ms, self.seq)


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event as the store keeps it: `id` grows with every change, so that a cursor sees changes, too.

    `amends` is the id under which an earlier version was told: a late fix moved it. `withdrawn_at` says that
    the fixes that came late show that it never happened.
    """

    id: int
    device_id: int
    org_id: str
    vehicle_id: str | None
    event: TrackEvent
    recorded_at: datetime
    amends: int | None = None
    withdrawn_at: datetime | None = None
