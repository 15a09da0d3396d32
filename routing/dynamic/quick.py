"""The quick search: insertion at once, then ruin and recreate for a fraction of a second, in the caller's process.

A part has some dozens of routes at most, so that neither a process of its own nor the pool of routes would pay.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from haoyun.routing.dynamic.part import Part
from haoyun.routing.problem import Tours
from haoyun.routing.sisr.flat import Homes
from haoyun.routing.sisr.search import Search

# Temperatures in average legs: the plan is good already, and what changes is near.
_HOT = 0.3
_COOL = 0.01
# As for steady searches (course.py): the same seed gives the same plan wherever the machine is fast enough. Of each
# second of the limit about half is search.
_WORK_PER_S = 2e7
_PORTION = 150_000


@dataclass(frozen=True, slots=True)
class Quick:
    """How long to search: by work, for a limit of so many seconds, and not beyond `deadline` (time.monotonic())."""

    seed: int
    limit_s: float
    deadline: float

    def share(self, share: float) -> Quick:
        """A share of the work and of the time that is left."""
        left_s = max(self.deadline - time.monotonic(), 0.0)
        return Quick(self.seed, self.limit_s * share, self.deadline - left_s * (1 - share))


def quick_search(part: Part, start: Tours, homes: Homes, quick: Quick) -> tuple[Tours, Tours]:
    """The part's tours after insertion alone and after the search."""
    search = Search(part.problem, quick.seed, start, homes)
    inserted = search.whole_tours()
    if not search.can_improve:
        return inserted, inserted
    leg = search.average_leg
    total = quick.limit_s * _WORK_PER_S
    search.be_strict(strict=True)
    begun = search.work
    while search.work - begun < total and time.monotonic() < quick.deadline:
        share = (search.work - begun) / total
        temperature = leg * _HOT * (_COOL / _HOT) ** share
        search.anneal(_PORTION, temperature, temperature)
    return inserted, search.whole_tours()


def warm_up() -> None:
    """Load the compiled search into this process (a second, or minutes where it was never compiled)."""
    from haoyun.routing.warm import warm  # noqa: PLC0415 - compiles at import

    warm()
