"""What an explanation consists of: codes and figures, free of any language (words.py puts them into words)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from haoyun.routing.plan import CostParts
from haoyun.routing.tasks import Id

# Times are seconds on the problem's clock (until_s) or durations; amounts are those of the named dimension.
Figures = tuple[tuple[str, int | float | str], ...]


class Code(StrEnum):
    """What stands in the way of a load, or what would let it through; the figures that come with it."""

    NEEDS_SKILL = "needs_skill"  # skill, vehicles: how many have it
    NEEDS_ROOM = "needs_room"  # dimension, needed, largest
    OUT_OF_REACH = "out_of_reach"  # vehicles: so many have skill and room, none can be there and back in time
    FULL_UNTIL = "full_until"  # vehicles, until_s: no able vehicle has room before
    FITS = "fits"  # cost: a vehicle could take it now at this additional cost
    NOT_WORTH = "not_worth"  # cost, revenue: it could be taken, but costs more than it earns
    # Relaxations, each enough on its own; the vehicle is the one that would serve it then.
    LATER = "later"  # stop (pickup, delivery or job), seconds: its window would have to end later
    MORE_ROOM = "more_room"  # dimension, amount
    LONGER_SHIFT = "longer_shift"  # seconds
    HIGHER_LIMIT = "higher_limit"  # limit, amount
    OTHER_SKILL = "other_skill"  # skill that the vehicle would have to have
    MORE_HOURS = "more_hours"  # rule: a second driver would do
    NO_LIFO = "no_lifo"  # a body unloaded in any order would do
    MIXED_GOODS = "mixed_goods"  # goods: keeping apart and cleaning stand in the way
    NOTHING_ALONE = "nothing_alone"  # no single relaxation would do


@dataclass(frozen=True, slots=True)
class Finding:
    """One code with its figures; `price`: how hard a relaxation is to grant, for ranking (explain.py)."""

    code: Code
    vehicle: Id | None = None
    figures: Figures = ()
    price: float = 0.0

    def figure(self, name: str) -> int | float | str:
        """The figure of this name; KeyError if the code has none."""
        return dict(self.figures)[name]


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a task is unassigned: what stands in the way, and what would let it through, the cheapest first."""

    kind: Literal["job", "shipment"]
    id: Id
    obstacles: tuple[Finding, ...]
    relaxations: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class RouteView:
    """One route looked at: its cost parts; by step its slack and how full the vehicle is.

    `slack_s`: how much later each step's service could begin without breaking a window or the shift, pauses as
    planned; None: as late as one likes. `filled`: load / capacity after each step by dimension, 0 where there is no
    capacity.
    """

    vehicle: Id
    parts: CostParts
    revenue: int
    slack_s: tuple[int | None, ...]
    filled: tuple[tuple[float, ...], ...]
