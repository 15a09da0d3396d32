"""Map matching: which edges of a network a vehicle drove, from its fixes, with confidence.

A hidden Markov model after P. Newson and J. Krumm, "Hidden Markov map matching through noise and sparseness",
ACM SIGSPATIAL 2009, with remembered bounded searches in place of the precomputed table of C. Yang and
G. Gidofalvi, "Fast map matching", IJGIS 32(3), 2018. What is added: searches over edges, so that turns and
u-turns have a price; dense fixes are smoothed and standing ones thinned out; headings; fixes that may be left
out as outliers; probabilities from a forward and backward pass.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from haoyun.maps.edge_index import EdgeIndex
from haoyun.maps.errors import BadTrace
from haoyun.maps.matching.core import MatchCore
from haoyun.maps.matching.matched import Match
from haoyun.maps.matching.settings import MatchSettings
from haoyun.maps.matching.trace import Trace
from haoyun.maps.matching.window import MatchWindow
from haoyun.maps.network import RoadNetwork

BoolArray = NDArray[np.bool_]


class Matcher:
    """Matches traces to one network; keeps the searches it made. Use one in each thread.

    `allowed` (edges,) leaves out the edges a vehicle may not use: they are never answered. One-way streets are
    only ever driven their way. `banned_turns` (k, 2), from edge to edge, are taken only where the fixes insist:
    drivers break such bans, and maps are wrong about them. One `index` may serve many matchers.
    """

    def __init__(
        self,
        network: RoadNetwork,
        *,
        index: EdgeIndex | None = None,
        allowed: BoolArray | None = None,
        banned_turns: ArrayLike | None = None,
        settings: MatchSettings | None = None,
    ) -> None:
        self._core = MatchCore(network, index, allowed, settings or MatchSettings(), banned_turns)

    def match(self, trace: Trace) -> Match:
        """The edges driven. BadTrace for a trace without fixes; parts and confidence say what is not known."""
        if not len(trace):
            raise BadTrace("a trace needs at least one fix")
        window = MatchWindow(self._core)
        window.push(trace, last=True)
        return window.settle(everything=True)

    def stream(self) -> MatchStream:
        """A matcher for one vehicle whose fixes arrive bit by bit."""
        return MatchStream(self._core)


class MatchStream:
    """Matching while fixes arrive: each answer holds the fixes that later ones can no longer change.

    Put together, the answers name the same edges and offsets as `Matcher.match` on the whole trace. Confidence
    knows only what had arrived when it was given. The answer to one push may hold no fix, or many.
    """

    def __init__(self, core: MatchCore) -> None:
        self._window = MatchWindow(core)
        self._ended = False

    def push(self, trace: Trace) -> Match:
        """Take fixes later than all before; the fixes settled by them, in order, since the last answer.

        A part that goes on from the last answer begins with the last fix of it: its way continues there.
        """
        self._check()
        self._window.push(trace, last=False)
        return self._window.settle(everything=False)

    def finish(self) -> Match:
        """The rest; the stream takes no more fixes."""
        self._check()
        self._ended = True
        self._window.end()
        return self._window.settle(everything=True)

    def _check(self) -> None:
        if self._ended:
            raise BadTrace("this stream is finished; begin a new one for more fixes")
