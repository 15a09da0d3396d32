"""What the other side may know of a match: a shipper sees why a vehicle suits, never what it costs its carrier."""

from __future__ import annotations

from dataclasses import replace

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.match import Evidence, Match, Reason

_STEPS = 3  # a margin earns none, a third, two thirds or all of its points for who must not know it
_CARRIERS_OWN = frozenset({"value_fen"})  # what the evidence of other reasons tells of a carrier's costs


def seen_by(match: Match, viewer: Actor, carrier_org: str) -> Match:
    """The match as the viewer may see it: whole for its carrier, and for who sees everything."""
    return match if viewer.sees_all or viewer.org_id == carrier_org else with_closed_books(match)


def with_closed_books(match: Match) -> Match:
    """The match without its carrier's money.

    The margin keeps its place among the reasons, but neither figures nor fine points: from those and the price the
    costs could be reckoned. The score is the sum of the points that are shown, as everywhere.
    """
    reasons = sorted((_closed(reason) for reason in match.reasons), key=lambda reason: -reason.points)
    score = round(sum(reason.points for reason in reasons), 2)
    return replace(match, score=score, contribution_fen=0, open_books=False, reasons=tuple(reasons))


def _closed(reason: Reason) -> Reason:
    if reason.key != "margin":
        kept: Evidence = {name: value for name, value in reason.evidence.items() if name not in _CARRIERS_OWN}
        return replace(reason, evidence=kept)
    share = round(reason.points / reason.weight * _STEPS) / _STEPS
    return replace(reason, value=None, points=round(reason.weight * share, 2), evidence={})
