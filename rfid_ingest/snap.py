"""A vehicle's track with what gates saw: the position of a read point is surveyed, that of a receiver is not. Pure.

Gate reads are not written among the fixes: fences must stay the word of GPS alone, so that the two can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.timeline import Milestone, Quality, Source

SNAP = timedelta(seconds=30)  # a fix so near in time to a gate read stands at the gate


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """A point of a track in WGS-84; `by_gate` where a gate read says so."""

    at: datetime
    lat: float
    lon: float
    by_gate: bool = False


def snapped(fixes: Iterable[PositionFix], milestones: Sequence[Milestone]) -> list[TrackPoint]:
    """The track by time: fixes beside a gate read give way to the gate, and a gate fills where GPS was silent."""
    gates = [
        TrackPoint(m.occurred_at, m.lat, m.lon, by_gate=True)
        for m in milestones
        if m.source is Source.RFID and m.quality is Quality.ACTUAL and m.lat is not None and m.lon is not None
    ]
    points = [
        TrackPoint(fix.fix_time, fix.lat, fix.lon)
        for fix in fixes
        if not fix.doubtful and all(abs(fix.fix_time - gate.at) > SNAP for gate in gates)
    ]
    return sorted([*points, *gates], key=lambda point: (point.at, point.by_gate))
