"""The course of one search over its time: build, fewer vehicles, anneal, recombine, polish.

Time is measured on the clock, or (`steady`) in work, which does not depend on the machine: then the same seed
gives the same plan on every machine that is fast enough to do the work within the time limit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from haoyun.routing.problem import Tours
from haoyun.routing.sisr.exchange import Exchange
from haoyun.routing.sisr.recombine import columns_of, recombine
from haoyun.routing.sisr.search import COOL, Search

# Shares of the time limit.
_SHRUNK = 0.4  # until here vehicles are saved, where they come first, and places sought for hard tasks
_ANNEALED = 0.86  # until here the temperature falls
_RECOMBINED = 0.94  # until here CP-SAT may take; the rest polishes its plan
# Work a second that every machine should manage: about half of what was measured (tests/bench/routing.py).
_STEADY_WORK = 4e7
_STEADY_START_S = 1.0  # of a steady limit, what starting and recombining may take besides
# How much of the limit passes between two looks at what the other searches have found (decision 28).
_EXCHANGE = 0.04
# How long the compiled code runs at a time: as long as a report or a cancellation may wait.
_PORTION_S = 0.03
_STEADY_PORTIONS = 400
_STEADY_EFFORT = 0.03  # of CP-SAT's own unit, about a second, for each second of the limit
_SETTLING_WORK = 1_000_000
_HOTTER = 2.5


@dataclass(slots=True)
class Budget:
    """How much of the limit is spent, as a share from 0 to 1."""

    begun: float
    deadline: float
    work: float  # of a steady search; infinite for one that goes by the clock
    limit_s: float

    @classmethod
    def of(cls, deadline: float, limit_s: float, *, steady: bool) -> Budget:
        """From now to the deadline."""
        work = _STEADY_WORK * max(limit_s - _STEADY_START_S, 0.2 * limit_s) if steady else math.inf
        return cls(time.monotonic(), deadline, work, limit_s)

    @property
    def left_s(self) -> float:
        """Seconds to the deadline."""
        return self.deadline - time.monotonic()

    def share(self, search: Search) -> float:
        """What is spent: of the work or of the time, whichever is further on."""
        span = max(self.deadline - self.begun, 1e-3)
        return max((time.monotonic() - self.begun) / span, search.work / self.work)


class Course:
    """Runs a search from its first plan to its last."""

    def __init__(
        self,
        search: Search,
        budget: Budget,
        report: Callable[[Search], None],
        *,
        number: int = 0,
        threads: int,
        seed: int,
        warmth: float = 1.0,
    ) -> None:
        """`report` is called after each portion of work in which a better plan was found.

        `warmth` below 1 begins cooler, so that a good plan to begin with is rearranged, not forgotten.
        """
        self.search = search
        self.budget = budget
        self.report = report
        self.threads = threads
        self.seed = seed
        self.steady = math.isfinite(budget.work)
        self.rate = 5e7
        self.told = 0
        # The first plan is far from any good one: temperatures go by the legs of what comes after a quick descent.
        search.anneal(_SETTLING_WORK, search.average_leg / 10, search.average_leg / 10)
        self.leg = search.average_leg
        # Searches side by side start at different temperatures: which is best differs from problem to problem.
        self.hot = search.hot * (_HOTTER if number % 2 else 1.0) * warmth
        self._tell()

    def run(self, others: Exchange | None = None) -> None:
        """The whole course. `others`: the searches beside this one; one of them recombines the routes of all."""
        if not self.search.can_improve:
            return
        if self.search.fleet_first:
            self._shrink()
        self._anneal(_ANNEALED, self.hot, COOL, others)
        if others is None or others.recombines:
            self._recombine(others)
        else:
            others.hand_over(self.search)
        self._anneal(1.0, COOL, COOL)

    def _shrink(self) -> None:
        search = self.search
        begun = self.budget.share(search)
        search.be_strict(False)
        while begun < _SHRUNK and self.budget.share(search) < _SHRUNK and search.may_shrink:
            self._portion(lambda work: search.shrink(work, self.leg * 0.3))
        search.restart_from_best()

    def _anneal(self, until: float, hot: float, cool: float, others: Exchange | None = None) -> None:
        begun = self.budget.share(self.search)
        span = max(until - begun, 1e-6)

        def temperature(share: float) -> float:
            part = min(max((share - begun) / span, 0.0), 1.0)
            return float(self.leg * hot * (cool / hot) ** part)

        before = begun
        exchange = begun + _EXCHANGE
        step = 0.0
        while before < until:
            # Leaving out now this task, now that finds places for all of them if there are any. Where there are
            # not, more is served in the end by refusing to serve less (tests/bench/routing_freight.py).
            self.search.be_strict(before > _SHRUNK)
            warm, cold = temperature(before), temperature(before + step)
            self._portion(lambda work, a=warm, b=cold: self.search.anneal(work, a, b))  # type: ignore[misc]
            now = self.budget.share(self.search)
            step = now - before
            before = now
            if others is not None and now >= exchange:
                exchange = now + _EXCHANGE
                if others.keep_up(self.search):
                    self._tell()

    def _portion(self, spend: Callable[[int], None]) -> None:
        """One portion of work, and a report if it was worth it."""
        seconds = min(_PORTION_S, max(self.budget.left_s, 0.001))
        work = int(self.rate * seconds) + 100
        if self.steady:
            work = int(self.budget.work / _STEADY_PORTIONS) + 100
        begun = time.monotonic()
        before = self.search.work
        spend(work)
        done = self.search.work - before
        self.rate = 0.5 * self.rate + 0.5 * done / max(time.monotonic() - begun, 1e-4)
        self._tell()

    def _tell(self) -> None:
        if self.search.found > self.told:
            self.told = self.search.found
            self.report(self.search)

    def _recombine(self, others: Exchange | None) -> None:
        pools = [self.search.pool(), *(others.handed_over() if others is not None else [])]
        best = self.search.tours()
        seconds = self.budget.left_s * (_RECOMBINED - _ANNEALED) / (1 - _ANNEALED)
        begun = time.monotonic()
        columns = columns_of(self.search.flat, pools, best, self.search.extras(best))
        tours = recombine(
            self.search.flat,
            columns,
            best,
            fleet_first=self.search.fleet_first,
            seconds=seconds - (time.monotonic() - begun),
            threads=self.threads,
            seed=self.seed,
            effort=_STEADY_EFFORT * self.budget.limit_s if self.steady else None,
        )
        if tours is not None:
            self._adopt(tours)

    def _adopt(self, tours: Tours) -> None:
        self.search.adopt(tours)
        self._tell()
