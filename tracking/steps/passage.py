"""One fix on its way through the steps, and what the steps make of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from haoyun.tracking.events import EventKind, TrackEvent, Value
from haoyun.tracking.fixes import DOUBTFUL, FixFlag, PositionFix
from haoyun.tracking.instants import from_ms
from haoyun.tracking.steps.context import Context
from haoyun.tracking.steps.fold import Fold, Key
from haoyun.tracking.steps.rules import Rules
from haoyun.tracking.timeline import Milestone

_DOUBTFUL = int(DOUBTFUL)


@dataclass(frozen=True, slots=True)
class Segment:
    """A trip or a stop of a device. The last one of a device is `open`: its end is the newest fix so far."""

    driving: bool
    start_ms: int
    end_ms: int
    start_lat: float
    start_lon: float
    end_lat: float
    end_lon: float
    distance_m: float = 0.0
    moving_s: float = 0.0
    max_kmh: float = 0.0
    open: bool = False


@dataclass(slots=True)
class Outputs:
    """Everything that fixes made, in their order."""

    doubts: list[tuple[Key, FixFlag]] = field(default_factory=list)
    events: list[TrackEvent] = field(default_factory=list)
    milestones: list[Milestone] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    checkpoints: list[tuple[Key, str]] = field(default_factory=list)


class Passage:
    """What a step sees: the fix in numbers, the fold to read and to write, the context, the outputs.

    `step_m` and `since_ms` are from the last believed fix; both are 0 for the first.
    """

    __slots__ = (
        "accuracy_m", "at_ms", "context", "fix", "flags", "fold", "lat", "lon", "out", "rules", "seq",
        "since_ms", "speed_kmh", "step_m", "was_moving",
    )  # fmt: skip

    def __init__(self, fix: PositionFix, at_ms: int, fold: Fold, context: Context, out: Outputs) -> None:
        self.fix = fix
        self.at_ms = at_ms
        self.seq = fix.seq
        self.fold = fold
        self.context = context
        self.out = out
        self.rules: Rules = context.rules_at(at_ms)
        self.flags = 0
        self.lat = fix.lat
        self.lon = fix.lon
        self.speed_kmh = fix.speed_kmh
        self.accuracy_m = fix.accuracy_m
        self.step_m = 0.0
        self.since_ms = 0
        self.was_moving = fold.moving

    @property
    def fix_time(self) -> datetime:
        """The instant of the fix, in the milliseconds that history keeps."""
        return from_ms(self.at_ms)

    @property
    def doubtful(self) -> bool:
        """Whether a step found a reason not to believe it."""
        return bool(self.flags & _DOUBTFUL)

    def tell(self, kind: EventKind, subject: str = "", journey_id: str | None = None, **data: Value) -> None:
        """Say that something happened at this fix."""
        event = TrackEvent(kind, self.at_ms, self.seq, subject, self.lat, self.lon, journey_id, data)
        self.out.events.append(event)
