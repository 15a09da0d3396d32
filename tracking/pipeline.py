"""What a batch of fixes passes through, as a list that can be read: see STEPS.

Pure: takes fixes and the last states, returns what to store. Fixes of one device are taken in the order of
fix time, whatever the order of arrival.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from haoyun.tracking.fixes import FUTURE_TOLERANCE, FixFlag, PositionFix
from haoyun.tracking.journeys import FollowedJourney, follow
from haoyun.tracking.motion import DeviceState, implied_speed_kmh, is_moving, odometer_m, step_m
from haoyun.tracking.timeline import Milestone

MAX_SPEED_KMH = 200.0  # no truck; a fix that needs more is an outlier
JUMP_MIN_M = 500.0  # two fixes within a second make any speed out of mere noise


@dataclass(slots=True)
class Passage:
    """One fix on its way through the steps, with what is known of its device before and after it."""

    fix: PositionFix
    before: DeviceState | None
    journeys: list[FollowedJourney]
    after: DeviceState | None = None
    milestones: list[Milestone] = field(default_factory=list)

    @property
    def late(self) -> bool:
        """Older than a fix that was processed before: it belongs to history and moves nothing."""
        known = self.before
        return known is not None and (self.fix.fix_time, self.fix.seq) <= (known.fix_time, known.seq)

    def flag(self, flag: FixFlag) -> None:
        """Write a doubt on the fix."""
        self.fix = replace(self.fix, flags=self.fix.flags | flag)


@dataclass(frozen=True, slots=True)
class PipelineResult:
    """What to store: every fix once, the states and journeys that changed, and new milestones."""

    fixes: tuple[PositionFix, ...]
    latest: Mapping[str, DeviceState]
    journeys: tuple[FollowedJourney, ...]
    milestones: tuple[Milestone, ...]


def flag_future(passage: Passage) -> None:
    """A device's clock may run ahead; its fix must not become "latest" for hours."""
    if passage.fix.fix_time > passage.fix.received_at + FUTURE_TOLERANCE:
        passage.flag(FixFlag.FUTURE)


def flag_zero(passage: Passage) -> None:
    """0°, 0° is what a receiver says that has no position."""
    if abs(passage.fix.lat) < 1e-6 and abs(passage.fix.lon) < 1e-6:
        passage.flag(FixFlag.ZERO)


def flag_jump(passage: Passage) -> None:
    """An outlier is kept and marked. A real leap is believed as soon as enough time passed for it."""
    if passage.before is None or passage.late:
        return
    speed = implied_speed_kmh(passage.before, passage.fix)
    if step_m(passage.before, passage.fix) > JUMP_MIN_M and (speed is None or speed > MAX_SPEED_KMH):
        passage.flag(FixFlag.JUMP)


def measure(passage: Passage) -> None:
    """Distance, odometer and motion; a late or doubtful fix changes nothing."""
    if passage.late or passage.fix.doubtful:
        return
    fix = passage.fix
    passage.after = DeviceState(
        device=fix.device,
        fix_time=fix.fix_time,
        seq=fix.seq,
        received_at=fix.received_at,
        lat=fix.lat,
        lon=fix.lon,
        speed_kmh=fix.speed_kmh,
        heading_deg=fix.heading_deg,
        accuracy_m=fix.accuracy_m,
        odometer_m=odometer_m(passage.before, fix),
        moving=is_moving(passage.before, fix),
    )


def follow_journeys(passage: Passage) -> None:
    """Geofences of the consignments on board."""
    if passage.after is None:
        return
    for index, journey in enumerate(passage.journeys):
        passage.journeys[index], milestones = follow(journey, passage.fix)
        passage.milestones += milestones


STEPS: tuple[Callable[[Passage], None], ...] = (
    flag_future,
    flag_zero,
    flag_jump,
    measure,
    follow_journeys,
)


def run(
    batch: Iterable[PositionFix],
    last_states: Mapping[str, DeviceState],
    journeys: Mapping[str, Sequence[FollowedJourney]],
) -> PipelineResult:
    """Send a batch through STEPS. `last_states` and `journeys` (open ones) are by device."""
    states = dict(last_states)
    followed = {device: list(open_journeys) for device, open_journeys in journeys.items()}
    fixes: list[PositionFix] = []
    milestones: list[Milestone] = []
    for fix in _each_once_in_order(batch):
        passage = Passage(fix, states.get(fix.device), followed.get(fix.device, []))
        for step in STEPS:
            step(passage)
        fixes.append(passage.fix)
        milestones += passage.milestones
        if passage.after is not None:
            states[fix.device] = passage.after
    return PipelineResult(
        tuple(fixes),
        {device: state for device, state in states.items() if state is not last_states.get(device)},
        _changed(journeys, followed),
        tuple(milestones),
    )


def _each_once_in_order(batch: Iterable[PositionFix]) -> list[PositionFix]:
    once = {(fix.device, fix.fix_time, fix.seq): fix for fix in batch}
    return [once[key] for key in sorted(once)]


def _changed(
    before: Mapping[str, Sequence[FollowedJourney]], after: Mapping[str, Sequence[FollowedJourney]]
) -> tuple[FollowedJourney, ...]:
    pairs = ((old, new) for device in before for old, new in zip(before[device], after[device], strict=True))
    return tuple(new for old, new in pairs if new.state != old.state)
