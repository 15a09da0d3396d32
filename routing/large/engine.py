"""Carries out items in search processes: one item by one process, several side by side."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue

from haoyun.routing.errors import SolverFailed
from haoyun.routing.large.atlas import Atlas
from haoyun.routing.large.item import Item, Outcome, Part
from haoyun.routing.portfolio import Assignment, Crew
from haoyun.routing.problem import Tours
from haoyun.routing.recipes import Engine, Recipe

_RECIPE = Recipe("ruin and recreate, in parts", Engine.RUIN_AND_RECREATE)
TRIES = 2  # of an item whose process dies
# A steady search goes by its work, which takes half its seconds on the machine of the figures; on a machine that is
# slower or busy the clock ends it, so that rounds take no longer than was planned.
_PATIENCE = 1.25
_LOADING_S = 20.0  # that a fresh process may take on a busy machine before its search begins
_START_S = 1.0  # what a steady search leaves of its limit for starting and recombining
_GRACE_S = 0.5


def carry_out(
    atlas: Atlas,
    item: Item,
    crew: Crew,
    *,
    deadline: float,
    cancelled: Callable[[], bool] | None = None,
) -> Outcome:
    """Search for an item's time with a crew of one, at most until `deadline` (time.monotonic()).

    The same item gives the same outcome wherever the machine is fast enough and the deadline far. Raises
    SolverFailed if the process dies.
    """
    part = Part.of(atlas, item)
    search_s = _PATIENCE * item.seconds
    latest = min(deadline, time.monotonic() + search_s + _LOADING_S)
    work = Assignment(
        part.problem, _RECIPE, item.seed, latest,
        start=part.start, limit_s=item.seconds + _START_S, search_s=search_s, warmth=item.warmth,
    )  # fmt: skip
    tours: Tours | None = None
    ended = False
    for finding in crew.findings([work], grace_s=_GRACE_S, cancelled=cancelled):
        tours = finding.tours or tours
        ended = finding.final
    if not ended and time.monotonic() < latest and not (cancelled and cancelled()):
        raise SolverFailed("the search process ended in the middle of its work")
    return part.outcome(tours)


class Processes:
    """So many search processes that stay warm, each for one item at a time. Close it, or use it as a context."""

    def __init__(self, count: int) -> None:
        """Start them; they load their code while the caller goes on."""
        self._crews = [Crew(1) for _ in range(count)]

    def __enter__(self) -> Processes:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all processes."""
        for crew in self._crews:
            crew.close()

    def outcomes(
        self, atlas: Atlas, items: Sequence[Item], *, deadline: float, cancelled: Callable[[], bool]
    ) -> Iterator[tuple[Item, Outcome]]:
        """Each item with its outcome, as they come; what is not begun before the deadline is left out.

        An item whose process dies is tried once more, then its part stays as it was.
        """
        waiting: SimpleQueue[Item] = SimpleQueue()
        for item in items:
            waiting.put(item)
        done: SimpleQueue[tuple[Item, Outcome] | None] = SimpleQueue()
        left = threading.Event()

        def stop() -> bool:
            return left.is_set() or cancelled()

        def work(crew: Crew) -> None:
            try:
                while time.monotonic() < deadline and not stop():
                    item = waiting.get_nowait()
                    done.put((item, _tried(atlas, item, crew, deadline, stop)))
            except Empty:
                return
            finally:
                done.put(None)

        with ThreadPoolExecutor(len(self._crews)) as pool:
            futures = [pool.submit(work, crew) for crew in self._crews]
            try:
                yield from _until_none(done, len(futures))
            finally:
                left.set()  # a caller who goes away does not wait for the deadline
            for future in futures:
                future.result()


def _until_none(
    done: SimpleQueue[tuple[Item, Outcome] | None], running: int
) -> Iterator[tuple[Item, Outcome]]:
    while running:
        found = done.get()
        if found is None:
            running -= 1
        else:
            yield found


def _tried(atlas: Atlas, item: Item, crew: Crew, deadline: float, cancelled: Callable[[], bool]) -> Outcome:
    for _ in range(TRIES):
        try:
            return carry_out(atlas, item, crew, deadline=deadline, cancelled=cancelled)
        except SolverFailed:
            continue
    return Outcome(item.number)
