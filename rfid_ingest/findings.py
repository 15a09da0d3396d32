"""What is odd about a journey's evidence: a gate that read nothing, a temperature out of range. Pure rules.

A finding is a flag beside the timeline, never a milestone: it is raised, and withdrawn when evidence comes late. People
see it as an exception of the shipment (haoyun.tracking.exceptions), in one list with what others raise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from haoyun.maps.geodesy import haversine_m
from haoyun.tracking.exceptions import ExceptionKind, ShipmentException
from haoyun.tracking.geofences import Fence
from haoyun.tracking.timeline import Milestone, MilestoneCode, Quality, Source

# A gate stands inside the fence: its read comes some minutes before the vehicle leaves the fence, or after it entered.
WINDOW = timedelta(minutes=30)
MILESTONE_OF_GATE: Mapping[MilestoneCode, MilestoneCode] = {
    MilestoneCode.DEPA: MilestoneCode.GTOT,
    MilestoneCode.ARRI: MilestoneCode.GTIN,
}


class Kind(StrEnum):
    """What is odd."""

    MISSED_READ = "missed_read"
    TEMPERATURE = "temperature"


class State(StrEnum):
    """How far a finding is. Only a raised one is shown as an exception."""

    WAITING = "waiting"  # the window is open still
    RAISED = "raised"
    MET = "met"  # the read came within the window: there was nothing odd
    WITHDRAWN = "withdrawn"  # it was raised, then the evidence came


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding about a journey. `until` is the end of its window, or of the excursion."""

    journey_id: str
    kind: Kind
    occurrence: str
    state: State
    at: datetime
    until: datetime
    detail: Mapping[str, str | float] = field(default_factory=dict, hash=False)


def exception_of(finding: Finding) -> ShipmentException:
    """A raised finding as the shipment's list of exceptions shows it."""
    source = Source.RFID if finding.kind is Kind.MISSED_READ else Source.DOCUMENT
    evidence = {**finding.detail, "until": finding.until.isoformat()}
    return ShipmentException(
        finding.journey_id,
        ExceptionKind(finding.kind.value),
        source,
        finding.at,
        finding.occurrence,
        evidence,
    )


def expected_read(passage: Milestone, fence: Fence) -> Finding | None:
    """The gate read that a passage of a fence calls for; None for what is no such passage.

    Whoever calls knows that there is a gate inside the fence.
    """
    gate = MILESTONE_OF_GATE.get(passage.code)
    is_passage = passage.quality is Quality.ACTUAL and passage.source is Source.GPS
    if gate is None or not is_passage:
        return None
    return Finding(
        passage.journey_id,
        Kind.MISSED_READ,
        passage.code.value,
        State.WAITING,
        passage.occurred_at,
        passage.occurred_at + WINDOW,
        {
            "code": gate.value,
            "place": passage.place,
            "lat": fence.lat,
            "lon": fence.lon,
            "radius_m": fence.radius_m,
        },
    )


def is_met(finding: Finding, milestones: Iterable[Milestone]) -> bool:
    """Whether a read answers the passage: the same gate's code, there, within the window before or after it."""
    return any(_answers(finding, milestone) for milestone in milestones)


def after(finding: Finding, milestones: Iterable[Milestone], now: datetime) -> State:
    """The state of an expected read with the evidence known by now, however late it came."""
    if is_met(finding, milestones):
        return State.WITHDRAWN if finding.state in (State.RAISED, State.WITHDRAWN) else State.MET
    return State.RAISED if now >= finding.until else State.WAITING


def _answers(finding: Finding, milestone: Milestone) -> bool:
    if milestone.quality is not Quality.ACTUAL or milestone.source is not Source.RFID:
        return False
    if milestone.code.value != finding.detail["code"]:
        return False
    if abs(milestone.occurred_at - finding.at) > WINDOW:
        return False
    if milestone.lat is None or milestone.lon is None:
        return True  # reported by hand, without a position
    distance = haversine_m(
        float(finding.detail["lat"]), float(finding.detail["lon"]), milestone.lat, milestone.lon
    )
    return float(distance) <= 2 * float(finding.detail["radius_m"])
