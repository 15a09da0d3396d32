"""What a fix of a device passes through, as a list that can be read: see STEPS.

Pure and without a clock: `run(fold, fixes, context) -> (fold, outputs)`. The fold is a function of the fixes in the
order of (fix time, seq), so a late fix is put in its place by reading again from a fold before it; meaning_store.py
does that. Steps read numbers off the passage and write the fold; a fix that means nothing makes no object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from haoyun.tracking.fixes import FixFlag, PositionFix
from haoyun.tracking.instants import from_ms, to_ms
from haoyun.tracking.motion import DeviceState
from haoyun.tracking.steps.carry import follow_journeys
from haoyun.tracking.steps.context import NOBODY, Context
from haoyun.tracking.steps.corridor import watch_corridor
from haoyun.tracking.steps.distance import arrive, measure
from haoyun.tracking.steps.fences import watch_fences
from haoyun.tracking.steps.fold import Fold
from haoyun.tracking.steps.gaps import watch_gaps
from haoyun.tracking.steps.grid import to_grid
from haoyun.tracking.steps.hours import count_hours
from haoyun.tracking.steps.passage import Outputs, Passage
from haoyun.tracking.steps.plausible import check_against_last, check_itself, note_lost
from haoyun.tracking.steps.sensors import watch_sensors
from haoyun.tracking.steps.speeding import watch_speed
from haoyun.tracking.steps.trips import cut_trips

Step = Callable[[Passage], None]

# Every fix passes these.
CHECKS: tuple[Step, ...] = (
    to_grid,
    check_itself,
    check_against_last,
    note_lost,
)
# Fixes that are believed go on; the order matters: `measure` knows whether it moves, `arrive` makes it the newest.
STEPS: tuple[Step, ...] = (
    measure,
    watch_gaps,
    cut_trips,
    count_hours,
    watch_fences,
    watch_speed,
    watch_sensors,
    follow_journeys,
    watch_corridor,
    arrive,
)
CHECKPOINT_MS = 3_600_000  # a fold is kept for each hour of fix time that has fixes


def run(fold: Fold | None, fixes: Iterable[PositionFix], context: Context = NOBODY) -> tuple[Fold, Outputs]:
    """Read fixes of one device that are all later than the fold, which is left as it is.

    They are taken in the order of (fix time, seq), each key once. However a row of fixes is cut into calls, the last
    fold and the outputs put together are the same.
    """
    out = Outputs()
    now = Fold() if fold is None else fold.copy()
    for at_ms, fix in each_once_in_order(fixes):
        if at_ms // CHECKPOINT_MS != now.at_ms // CHECKPOINT_MS and now.at_ms >= 0:
            out.checkpoints.append((now.key, now.to_json()))
        _read(now, fix, at_ms, context, out)
    return now, out


def each_once_in_order(fixes: Iterable[PositionFix]) -> Sequence[tuple[int, PositionFix]]:
    """(epoch milliseconds, fix) in the order that fixes are read in; of two with one key the first to come."""
    once: dict[tuple[int, int], PositionFix] = {}
    for fix in fixes:
        once.setdefault((to_ms(fix.fix_time), fix.seq), fix)
    return [(key[0], once[key]) for key in sorted(once)]


def latest(device: str, fold: Fold) -> DeviceState | None:
    """The newest believed position, or None before the first."""
    spot = fold.spot
    if spot is None:
        return None
    return DeviceState(
        device, from_ms(spot.at_ms), spot.seq, from_ms(spot.received_ms), spot.lat, spot.lon, spot.speed_kmh,
        spot.heading_deg, spot.accuracy_m, fold.odometer_m, fold.moving,
    )  # fmt: skip


def _read(fold: Fold, fix: PositionFix, at_ms: int, context: Context, out: Outputs) -> None:
    passage = Passage(fix, at_ms, fold, context, out)
    for step in CHECKS:
        step(passage)
    if not passage.flags:
        for step in STEPS:
            step(passage)
    else:
        out.doubts.append(((at_ms, fix.seq), FixFlag(passage.flags)))
    fold.at_ms, fold.seq = at_ms, fix.seq
