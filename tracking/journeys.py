"""A journey: one consignment on one device's vehicle, folded fix by fix into departure and arrival."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from haoyun.tracking.errors import BadJourney
from haoyun.tracking.geofences import NEVER_SEEN, Fence, FenceState, Seen, observe
from haoyun.tracking.timeline import Milestone, MilestoneCode, Quality, Source


@dataclass(frozen=True, slots=True)
class Journey:
    """What was planned for a consignment. `id` is the consignment's id. Raises BadJourney.

    `starts_at` is when the vehicle's fixes begin to count for it. `distance_m` is the planned road distance.
    `under_way` says that the goods were on board before tracking began, so that no departure can be seen: the
    first fix outside the origin then stands for it, and its evidence says so.
    """

    id: str
    device_id: int
    origin: Fence
    destination: Fence
    starts_at: datetime
    planned_departure: datetime
    planned_arrival: datetime
    distance_m: float
    under_way: bool = False

    def __post_init__(self) -> None:
        if any(i.tzinfo is None for i in (self.starts_at, self.planned_departure, self.planned_arrival)):
            raise BadJourney("a journey's instants must be aware")
        if not 1 <= len(self.id) <= 40:
            raise BadJourney("a journey's id has 1 to 40 characters")
        if self.planned_arrival <= self.planned_departure:
            raise BadJourney("planned_arrival must be after planned_departure")
        if not self.distance_m > 0:
            raise BadJourney(f"distance_m {self.distance_m:g} must be above 0")


@dataclass(frozen=True, slots=True)
class JourneyState:
    """How far the fold has come. Its owner feeds it only fixes newer than the last."""

    origin: FenceState = NEVER_SEEN
    destination: FenceState = NEVER_SEEN
    was_at_origin: bool = False
    departed: bool = False
    arrived: bool = False
    under_way: bool = False

    def to_json(self) -> str:
        """As the table keeps it."""
        return orjson.dumps(asdict(self)).decode()

    @classmethod
    def from_json(cls, text: str) -> JourneyState:
        """The state that `to_json` wrote."""
        return cls.from_parts(orjson.loads(text))

    @classmethod
    def from_parts(cls, value: Mapping[str, Any]) -> JourneyState:
        """The state from its JSON object."""
        more = {name: part for name, part in value.items() if name not in ("origin", "destination")}
        return cls(
            origin=FenceState(**value["origin"]), destination=FenceState(**value["destination"]), **more
        )


@dataclass(frozen=True, slots=True)
class FollowedJourney:
    """A journey with its fold."""

    journey: Journey
    state: JourneyState


def follow(followed: FollowedJourney, fix: Seen) -> tuple[FollowedJourney, list[Milestone]]:
    """The fold after one more believed fix, in the order of fix time, and the milestones it makes.

    DEPA once, when the vehicle leaves the origin after it was seen there. ARRI once, when it enters the
    destination after departing: a vehicle that passes there on its way to the pickup does not arrive.
    """
    journey, before = followed.journey, followed.state
    if before.arrived or fix.fix_time < journey.starts_at:
        return followed, []
    state = _observe_origin(journey, before, fix)
    milestones = [] if state.departed == before.departed else [_departure(journey, state, fix)]
    if state.departed:
        state = _observe_destination(journey, state, fix)
    if state.arrived:
        milestones.append(_arrival(journey, fix))
    return FollowedJourney(journey, state), milestones


def planned_milestones(journey: Journey) -> list[Milestone]:
    """What the plan says: departure and arrival. Another plan for the same journey adds its own."""
    plan = (
        (MilestoneCode.DEPA, journey.planned_departure, journey.origin),
        (MilestoneCode.ARRI, journey.planned_arrival, journey.destination),
    )
    return [
        Milestone(
            journey.id,
            code,
            Quality.PLANNED,
            Source.PLAN,
            at,
            lat=fence.lat,
            lon=fence.lon,
            place=fence.place,
            occurrence=at.isoformat(),
        )
        for code, at, fence in plan
    ]


def _observe_origin(journey: Journey, state: JourneyState, fix: Seen) -> JourneyState:
    if state.departed:
        return state
    origin = observe(journey.origin, state.origin, fix)
    was_there = state.was_at_origin or origin.inside is True
    departed = origin.inside is False and (was_there or state.under_way)
    return replace(state, origin=origin, was_at_origin=was_there, departed=departed)


def _observe_destination(journey: Journey, state: JourneyState, fix: Seen) -> JourneyState:
    destination = observe(journey.destination, state.destination, fix)
    return replace(state, destination=destination, arrived=destination.inside is True)


def _departure(journey: Journey, state: JourneyState, fix: Seen) -> Milestone:
    rule = "left the fence" if state.was_at_origin else "first seen under way, outside the fence"
    return _milestone(journey, MilestoneCode.DEPA, journey.origin, fix, rule)


def _arrival(journey: Journey, fix: Seen) -> Milestone:
    return _milestone(journey, MilestoneCode.ARRI, journey.destination, fix, "entered the fence")


def _milestone(journey: Journey, code: MilestoneCode, fence: Fence, fix: Seen, rule: str) -> Milestone:
    evidence: dict[str, str | float] = {
        "rule": rule,
        "distance_m": round(fence.distance_m(fix.lat, fix.lon)),
        "radius_m": fence.radius_m,
    }
    return Milestone(
        journey.id,
        code,
        Quality.ACTUAL,
        Source.GPS,
        fix.fix_time,
        lat=fix.lat,
        lon=fix.lon,
        place=fence.place,
        evidence=evidence,
    )
