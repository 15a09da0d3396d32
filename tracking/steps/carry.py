"""The journeys on board: departure and arrival of each."""

from __future__ import annotations

from haoyun.tracking.journeys import FollowedJourney, JourneyState, follow
from haoyun.tracking.steps.passage import Passage


def follow_journeys(p: Passage) -> None:
    """Fold the fix into every open journey that has begun."""
    states = p.fold.journeys
    for journey in p.context.journeys:
        before = states.get(journey.id) or JourneyState(under_way=journey.under_way)
        after, milestones = follow(FollowedJourney(journey, before), p)
        states[journey.id] = after.state
        p.out.milestones += milestones
