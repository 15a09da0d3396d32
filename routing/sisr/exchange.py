"""What searches side by side tell one another: the best plan so far, and at the end the routes to recombine.

Annealing alone, searches end in different valleys and all but one of them worked for nothing. From time to time each
that is behind goes on from the best plan of all, at its own temperature (the interacting chains of Lee and Lee,
IEEE Transactions on Parallel and Distributed Systems 7(10), 1996).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from haoyun.routing.problem import Tours
from haoyun.routing.sisr.search import Pool, Search


@dataclass(frozen=True, slots=True)
class Standing:
    """The best plan of a search: its tours, fixed stops left out, and its place in the order of plans."""

    worth: tuple[float, ...]
    tours: Tours


class Exchange:
    """One search's ear and voice among the others."""

    def __init__(
        self,
        heard: SimpleQueue[Pool | Standing],
        tell_all: Callable[[Standing], None],
        hand_over: Callable[[Pool], None] | None,
    ) -> None:
        """`heard`: what the others say. `hand_over`: gives routes to the search that recombines; None: to this one."""
        self.recombines = hand_over is None
        self._heard = heard
        self._tell_all = tell_all
        self._hand_over = hand_over
        self._pools: list[Pool] = []
        self._best: Standing | None = None  # of the others, since the last look
        self._told: tuple[float, ...] | None = None

    def hand_over(self, search: Search) -> None:
        """Give the routes of this search to the one that recombines."""
        assert self._hand_over is not None
        self._hand_over(search.pool())

    def handed_over(self) -> list[Pool]:
        """The routes that the others have given to this search so far."""
        self._listen()
        return self._pools

    def keep_up(self, search: Search) -> bool:
        """Tell the others if this search has found a better plan; go on from theirs if it is better, and say so."""
        self._listen()
        best, self._best = self._best, None  # each is gone on from once
        if best is not None and best.worth < search.worth:
            search.adopt(best.tours)
            self._told = search.worth
            return True
        if self._told is None or search.worth < self._told:
            self._told = search.worth
            self._tell_all(Standing(search.worth, search.tours()))
        return False

    def _listen(self) -> None:
        while True:
            try:
                news = self._heard.get_nowait()
            except Empty:
                return
            if not isinstance(news, Standing):
                self._pools.append(news)
            elif self._best is None or news.worth < self._best.worth:
                self._best = news
