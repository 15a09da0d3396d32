"""One assignment, carried out by the engine that its recipe names. Runs in a search process (worker.py)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from haoyun.routing.portfolio import LEAST_SEARCH_S, Assignment, Finding
from haoyun.routing.problem import Tours
from haoyun.routing.recipes import Engine

if TYPE_CHECKING:
    from haoyun.routing.sisr.course import Budget
    from haoyun.routing.sisr.search import Search

# Intermediate tours are for progress and for the case that the process is stopped early. Each is timed and
# checked by the parent, which costs a core that the searches could use: a few a second do.
_REPORT_EVERY_S = 0.25
_REPORT_SHARE = 0.04
# Time to hand over the final tours, and to make up for what OR-Tools overruns its own limit by.
_MARGIN_S = 0.05
_MARGIN_SHARE = 0.015
_OWN_MARGIN_SHARE = 0.005


class Due:
    """When the search that goes on must be done; the parent may say so anew while it searches."""

    def __init__(self) -> None:
        self.budget: Budget | None = None
        self.moved: float | None = None

    def holds_for(self, budget: Budget) -> None:
        """From now on this is the budget that moves; what was said meanwhile holds for it."""
        self.budget = budget
        if self.moved is not None:
            self.move(self.moved)

    def over(self) -> None:
        """The search is done: what comes now comes too late."""
        self.budget = self.moved = None

    def move(self, deadline: float) -> None:
        """Be done by then, margin included."""
        self.moved = deadline
        if self.budget is not None:
            now = time.monotonic()
            self.budget.deadline = deadline - max(_MARGIN_S, _OWN_MARGIN_SHARE * (deadline - now))


def search(work: Assignment, out: Callable[[Finding], None], handed_over: SimpleQueue[Any], due: Due) -> None:
    """Carry out the assignment; the last finding is final."""
    if work.recipe.engine is Engine.RUIN_AND_RECREATE:
        _search_own(work, out, handed_over, due)
    else:
        _search_or_tools(work, out)
    due.over()


class _Reporter:
    """Sends intermediate tours, but not too many."""

    def __init__(self, work: Assignment, out: Callable[[Finding], None]) -> None:
        self.out = out
        self.recipe = work.recipe.name
        self.next_at = 0.0
        self.every_s = max(_REPORT_EVERY_S, _REPORT_SHARE * (work.deadline - time.monotonic()))

    def due(self) -> bool:
        """Whether it is time again."""
        if time.monotonic() < self.next_at:
            return False
        self.next_at = time.monotonic() + self.every_s
        return True

    def tours(self, tours: Tours) -> None:
        """Tours of unknown worth."""
        if self.due():
            self.out(Finding(self.recipe, tours, final=False))

    def search(self, search: Search) -> None:
        """The best of a search."""
        if self.due():
            self.out(Finding(self.recipe, search.whole_tours(), final=False, worth=search.worth))


def _deadline(work: Assignment, share: float) -> float:
    now = time.monotonic()
    margin_s = max(_MARGIN_S, share * (work.deadline - now))
    deadline = max(work.deadline - margin_s, now + LEAST_SEARCH_S)
    return deadline if work.search_s is None else min(deadline, now + work.search_s)


def _search_or_tools(work: Assignment, out: Callable[[Finding], None]) -> None:
    from haoyun.routing import model  # noqa: PLC0415 - each engine takes long to import, and one is enough

    reporter = _Reporter(work, out)
    deadline = _deadline(work, _MARGIN_SHARE)
    tours = model.search(work.problem, work.recipe, deadline=deadline, seed=work.seed, found=reporter.tours)
    out(Finding(work.recipe.name, tours, final=True))


def _search_own(
    work: Assignment, out: Callable[[Finding], None], handed_over: SimpleQueue[Any], due: Due
) -> None:
    from haoyun.routing.sisr.course import Budget, Course  # noqa: PLC0415 - see above
    from haoyun.routing.sisr.exchange import Exchange  # noqa: PLC0415
    from haoyun.routing.sisr.search import Search  # noqa: PLC0415

    while not handed_over.empty():
        _drop(handed_over)  # of an earlier assignment
    first = work.number == 0
    if first:
        threading.Thread(target=_load_cp_sat, daemon=True).start()
    deadline = _deadline(work, _OWN_MARGIN_SHARE)
    budget = Budget.of(deadline, work.limit_s or 0.0, steady=work.limit_s is not None)
    due.holds_for(budget)
    found = Search(work.problem, work.seed, work.start)
    reporter = _Reporter(work, out)

    def hand_over(pool: object) -> None:
        out(Finding(work.recipe.name, None, final=False, handed_over=pool))

    def tell_all(standing: object) -> None:
        out(Finding(work.recipe.name, None, final=False, told_all=standing))

    course = Course(
        found, budget, reporter.search,
        number=work.number, threads=work.of, seed=work.seed, warmth=work.warmth,
    )  # fmt: skip
    # One search alone goes by its work: nothing from outside may change its way.
    course.run(Exchange(handed_over, tell_all, None if first else hand_over) if work.of > 1 else None)
    out(Finding(work.recipe.name, found.whole_tours(), final=True, worth=found.worth, able=found.able))


def _drop(queue: SimpleQueue[Any]) -> None:
    try:
        queue.get_nowait()
    except Empty:
        return


def _load_cp_sat() -> None:
    """Import it while compiled code searches, which needs no lock of Python's."""
    from ortools.sat.python import cp_model  # noqa: F401, PLC0415
