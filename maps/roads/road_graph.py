"""RoadGraph: what all profiles of a network share - its turns, their hierarchy and the index of its edges."""

from __future__ import annotations

import hashlib
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.network import RoadNetwork
from haoyun.maps.roads.turns import expand, road_links
from haoyun.maps.search.dissection import dissect
from haoyun.maps.search.hierarchy import Hierarchy
from haoyun.maps.search.search import PlainSearch, Search

if TYPE_CHECKING:
    from haoyun.maps.edge_index import EdgeIndex

LongArray = NDArray[np.int64]

KEPT = "hierarchy.npz"


class RoadGraph:
    """The turn-expanded graph of a network, ready to be given weights; shared by engines and threads.

    `keep_in` is the map's folder, where the hierarchy is kept between processes (None: built each time, 0.3 s for a
    city). With `plain` every search is Dijkstra from scipy: for checking, and where nothing may be compiled.
    """

    def __init__(self, network: RoadNetwork, *, keep_in: Path | None = None, plain: bool = False) -> None:
        self.network = network
        self.plain = plain
        self.states = expand(network)
        self._keep_in = keep_in
        self._hierarchy: Hierarchy | None = None
        self._index: EdgeIndex | None = None
        self._lock = threading.Lock()

    @property
    def hierarchy(self) -> Hierarchy:
        """The hierarchy of the turns, from the folder or built now."""
        with self._lock:
            if self._hierarchy is None:
                self._hierarchy = self._kept_hierarchy()
            return self._hierarchy

    @property
    def index(self) -> EdgeIndex:
        """The index of the edges by position."""
        from haoyun.maps.edge_index import EdgeIndex  # noqa: PLC0415 - imports numba

        with self._lock:
            if self._index is None:
                self._index = EdgeIndex(self.network)
            return self._index

    def search(self, weight: LongArray, before: tuple[Search, LongArray] | None = None) -> Search:
        """A search with a weight for each turn; `before` is one that differs only for the turns listed."""
        from haoyun.maps.search.hierarchy import Customized  # noqa: PLC0415 - for the narrowing below

        if self.plain:
            return PlainSearch(self.states.count, self.states.tail, self.states.head, weight)
        if before is not None and isinstance(before[0], Customized):
            return before[0].changed(weight, before[1])
        return self.hierarchy.customized(weight)

    def _kept_hierarchy(self) -> Hierarchy:
        if self._keep_in is None:
            return self._built_hierarchy()
        path, mark = self._keep_in / KEPT, _fingerprint(self)
        kept = Hierarchy.load(path, mark)
        if kept is None:
            kept = self._built_hierarchy()
            with suppress(OSError):  # a folder that cannot be written costs time, not the answer
                path.parent.mkdir(parents=True, exist_ok=True)
                kept.save(path, mark)
        return kept

    def _built_hierarchy(self) -> Hierarchy:
        link, a, b = road_links(self.network)
        lat, lon = self.network.node_lat, self.network.node_lon
        squeeze = float(np.cos(np.radians(lat.mean())))
        link_rank, _ = dissect(self.network.node_count, a, b, lon * squeeze, lat)
        order = np.lexsort((np.arange(self.states.count), link_rank[link[self.states.edge]]))
        rank = np.empty(self.states.count, dtype=np.int64)
        rank[order] = np.arange(self.states.count)
        return Hierarchy.build(rank, self.states.tail, self.states.head)


def _fingerprint(graph: RoadGraph) -> str:
    """Changes whenever the turns do."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(graph.states.tail.tobytes())
    digest.update(graph.states.head.tobytes())
    return digest.hexdigest()
