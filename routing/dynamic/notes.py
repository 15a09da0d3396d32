"""What is said about a re-planning besides which stops moved: facts that nobody chose, as codes with figures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from haoyun.routing.tasks import Id


class NoteCode(StrEnum):
    """What has happened."""

    RIDES_ALONG = "rides_along"  # cancelled, but its goods are on board
    BROUGHT_BACK = "brought_back"  # cancelled; its goods go elsewhere
    TAKEN_OVER = "taken_over"  # its goods wait at the breakdown for another vehicle
    STRANDED = "stranded"  # goods that nobody can take over: the vehicle has no end to bring them to
    SHIFT_EXTENDED = "shift_extended"  # what is fixed cannot be done within the shift
    LIMIT_RAISED = "limit_raised"
    LATE_DELIVERY = "late_delivery"  # of goods picked up at a fixed stop
    UNLOCKED = "unlocked"  # fixed stops that cannot be driven to at all


@dataclass(frozen=True, slots=True)
class Note:
    """One fact; `seconds` by how much, where it is about time."""

    code: NoteCode
    vehicle: Id
    task: Id | None = None
    seconds: int = 0
