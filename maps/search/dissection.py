"""Nested dissection of a road graph by inertial flow: which roads divide the map, from large parts to small.

The order decides how small the hierarchy is, never what it answers. Roads (links) are cut rather than
crossings, because on the turn-expanded graph a road is a node and the roads of a cut are its separator
(Buchhold, Wagner, Zeitz, Zuendorf, "Customizable Contraction Hierarchies with Turn Costs", ATMOS 2020). Cuts
are minimum cuts between the two ends of the part along four directions (Schild, Sommer, "On Balanced Separators
in Road Networks", SEA 2015).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
LongArray = NDArray[np.int64]

_END_SHARE = 0.3  # of the nodes at either end are held together; larger is more even, with longer cuts
_DIRECTIONS = ((1.0, 0.0), (0.0, 1.0), (0.7071, 0.7071), (0.7071, -0.7071))


def dissect(
    node_count: int, link_a: IntArray, link_b: IntArray, x: FloatArray, y: FloatArray
) -> tuple[LongArray, LongArray]:
    """(rank of each link, rank of each node): what is cut first has the highest rank.

    Links join nodes without direction, shape (k,); x, y are positions in any plane. Links of one cut follow
    each other. A node ranks just below the cut that it touches first, on the side with fewer such nodes.
    """
    from haoyun.maps.search.dissection_kernels import dissect_parts  # noqa: PLC0415 - imports numba

    first, link_of = _incidence(node_count, link_a, link_b)
    views = np.array([[dx * x + dy * y] for dx, dy in _DIRECTIONS]).reshape(len(_DIRECTIONS), node_count)
    link_rank, node_rank = dissect_parts(node_count, link_a, link_b, first, link_of, views, _END_SHARE)
    return link_rank, node_rank


def _incidence(node_count: int, link_a: IntArray, link_b: IntArray) -> tuple[LongArray, LongArray]:
    """CSR of the links at each node."""
    ends = np.concatenate([link_a, link_b])
    order = np.argsort(ends, kind="stable")
    first = np.zeros(node_count + 1, dtype=np.int64)
    np.cumsum(np.bincount(ends, minlength=node_count), out=first[1:])
    return first, order % len(link_a) if len(link_a) else order
