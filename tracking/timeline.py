"""Milestones and the status they add up to. The codes are DCSA's event codes; see docs/reference/mqtt.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from haoyun.tracking.errors import BadMilestone


class MilestoneCode(StrEnum):
    """What happened, in DCSA's transport and equipment event codes; the portal translates `label_key`."""

    STUF = "STUF"  # packed into a unit
    PICK = "PICK"  # handed over by the consignor
    LOAD = "LOAD"  # put on the vehicle
    RSEA = "RSEA"  # sealed
    GTOT = "GTOT"  # out of a gate
    DEPA = "DEPA"  # vehicle left the origin
    INSP = "INSP"  # inspected
    ARRI = "ARRI"  # vehicle reached the destination
    GTIN = "GTIN"  # in through a gate
    DISC = "DISC"  # taken off the vehicle
    STRP = "STRP"  # unpacked from its unit
    DROP = "DROP"  # handed over to the consignee

    @property
    def label_key(self) -> str:
        """The key of this code's name in the translations (zh and en)."""
        return f"milestone.{self.value.lower()}"


class Quality(StrEnum):
    """How sure the time of a milestone is (DCSA's event classifier)."""

    PLANNED = "PLN"
    ESTIMATED = "EST"
    ACTUAL = "ACT"


class Source(StrEnum):
    """Who says so."""

    PLAN = "plan"
    GPS = "gps"
    RFID = "rfid"
    DRIVER = "driver"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Milestone:
    """One fact about a journey. Raises BadMilestone.

    `occurrence` tells apart two facts of one code and source (an EPCIS event's id, a planned time); empty
    means that the fact happens once in a journey, and whoever reports it again is ignored. `evidence` is what
    a person may be shown as the reason: flat, short, no personal data.
    """

    journey_id: str
    code: MilestoneCode
    quality: Quality
    source: Source
    occurred_at: datetime
    lat: float | None = None
    lon: float | None = None
    place: str = ""
    occurrence: str = ""
    evidence: Mapping[str, str | float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if self.occurred_at.tzinfo is None:
            raise BadMilestone("occurred_at must be an aware instant")
        if not self.journey_id:
            raise BadMilestone("a milestone belongs to a journey: journey_id is empty")
        if self.quality is Quality.ACTUAL and self.source is Source.PLAN:
            raise BadMilestone("a plan is never an actual observation")
        if len(self.occurrence) > 120 or len(self.place) > 120:
            raise BadMilestone("occurrence and place hold at most 120 characters")


@dataclass(frozen=True, slots=True)
class RecordedMilestone:
    """A milestone as the store keeps it: `seq` grows in the order of commits."""

    seq: int
    recorded_at: datetime
    milestone: Milestone


@dataclass(frozen=True, slots=True)
class Amendment:
    """What was said of a milestone before it was corrected; `now_at` is None where it did not happen at all."""

    journey_id: str
    code: MilestoneCode
    source: Source
    was_at: datetime
    was_recorded_at: datetime
    was_evidence: Mapping[str, str | float]
    now_at: datetime | None
    amended_at: datetime
    reason: str


class ShipmentState(StrEnum):
    """Where a consignment is in its life. Later states win: an arrival outweighs a missing departure."""

    PLANNED = "planned"  # nothing was observed yet
    AT_ORIGIN = "at_origin"  # handed over, packed or inspected, but not on the vehicle
    LOADED = "loaded"  # on the vehicle, still at the origin
    IN_TRANSIT = "in_transit"  # left the origin
    ARRIVED = "arrived"  # the vehicle is at the destination
    DELIVERED = "delivered"  # off the vehicle at the destination, or receipt signed

    @property
    def label_key(self) -> str:
        """The key of this state's name in the translations."""
        return f"shipment.{self.value}"


class TimelineFlag(StrEnum):
    """What is odd about a timeline; a flag beside the state, never a state."""

    NO_DEPARTURE = "no_departure"  # arrived without a departure seen
    NO_ARRIVAL = "no_arrival"  # delivered without an arrival seen


_REACHES: Mapping[MilestoneCode, ShipmentState] = MappingProxyType(
    {
        MilestoneCode.STUF: ShipmentState.AT_ORIGIN,
        MilestoneCode.PICK: ShipmentState.AT_ORIGIN,
        MilestoneCode.LOAD: ShipmentState.LOADED,
        MilestoneCode.RSEA: ShipmentState.LOADED,
        MilestoneCode.GTOT: ShipmentState.IN_TRANSIT,
        MilestoneCode.DEPA: ShipmentState.IN_TRANSIT,
        MilestoneCode.ARRI: ShipmentState.ARRIVED,
        MilestoneCode.GTIN: ShipmentState.ARRIVED,
        MilestoneCode.DISC: ShipmentState.DELIVERED,
        MilestoneCode.STRP: ShipmentState.DELIVERED,
        MilestoneCode.DROP: ShipmentState.DELIVERED,
    }
)
_RANK = {state: rank for rank, state in enumerate(ShipmentState)}


@dataclass(frozen=True, slots=True)
class ShipmentStatus:
    """The state, since when, the milestone that decided it (None while only planned), and what is odd."""

    state: ShipmentState
    since: datetime | None = None
    decided_by: Milestone | None = None
    exceptions: tuple[TimelineFlag, ...] = ()


def status(milestones: Iterable[Milestone]) -> ShipmentStatus:
    """The status that milestones add up to, whatever the order they became known in."""
    actual = [m for m in milestones if m.quality is Quality.ACTUAL and m.code in _REACHES]
    if not actual:
        return ShipmentStatus(ShipmentState.PLANNED)
    furthest = max((_REACHES[m.code] for m in actual), key=_RANK.__getitem__)
    decider = min((m for m in actual if _REACHES[m.code] is furthest), key=_order)
    return ShipmentStatus(furthest, decider.occurred_at, decider, _exceptions(actual, furthest))


def sorted_timeline(milestones: Iterable[Milestone]) -> list[Milestone]:
    """Planned, estimated and actual milestones on one line by time; at one instant the actual comes first."""
    return sorted(milestones, key=_order)


_SURENESS = {Quality.ACTUAL: 0, Quality.ESTIMATED: 1, Quality.PLANNED: 2}
_STEP = {code: step for step, code in enumerate(MilestoneCode)}


def _order(milestone: Milestone) -> tuple[datetime, int, int, str, str]:
    """A total order of the facts of one journey, so that ties never depend on the order of arrival."""
    m = milestone
    return (m.occurred_at, _SURENESS[m.quality], _STEP[m.code], m.source.value, m.occurrence)


def _exceptions(actual: list[Milestone], state: ShipmentState) -> tuple[TimelineFlag, ...]:
    reached = {_REACHES[m.code] for m in actual}
    odd = []
    if _RANK[state] >= _RANK[ShipmentState.ARRIVED] and ShipmentState.IN_TRANSIT not in reached:
        odd.append(TimelineFlag.NO_DEPARTURE)
    if state is ShipmentState.DELIVERED and ShipmentState.ARRIVED not in reached:
        odd.append(TimelineFlag.NO_ARRIVAL)
    return tuple(odd)
