"""Speeds driven as small marks: what one drive taught, in six bytes an edge, and the observations of many drives.

A drive's marks can be kept beside it and taken back with it; a histogram that many drives were added to cannot say
which of them taught what. Summed up, marks say exactly what `observed.EdgeSpeeds` of the same drives say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.errors import MapError
from haoyun.maps.learning.observed import BINS, HOURS, bin_of, hour_of_week, kmh_of_bin
from haoyun.maps.learning.traversals import Traversals

FloatArray = NDArray[np.float64]
LongArray = NDArray[np.int64]

_BYTES = 6  # edge (4), hour of the week (1), bin of the speed (1)


def marks_of(drive: Traversals, zone: str) -> bytes:
    """What a drive taught: edges, hours of the week in `zone`, bins of speed. ValueError for an unknown zone."""
    hour = hour_of_week(drive.entered_s, zone)
    return (
        drive.edge.astype("<i4").tobytes()
        + hour.astype(np.uint8).tobytes()
        + bin_of(drive.speed_kmh).astype(np.uint8).tobytes()
    )


@dataclass(frozen=True, slots=True, eq=False)
class MarkedSpeeds:
    """Observations of the edges of a network by hour of the week; for `LearnedSpeeds`.

    `key` is edge * 168 + hour, rising; beside each how many drives it counts and the median speed in km/h.
    """

    network_key: str
    edges: int
    key: LongArray
    observations: LongArray
    medians: FloatArray

    @property
    def edge(self) -> LongArray:
        """The edge of each row."""
        return self.key // HOURS

    @property
    def hour(self) -> LongArray:
        """The hour of the week of each row."""
        return self.key % HOURS

    def median_kmh(self) -> FloatArray:
        """The median of each row."""
        return self.medians


def sum_up(network_key: str, edges: int, drives: Iterable[bytes]) -> MarkedSpeeds:
    """The observations of drives, in any order the same. MapError for marks that cannot be of this network."""
    edge, hour, speed = _columns(drives)
    if len(edge) and not (
        edge.min() >= 0 and edge.max() < edges and hour.max() < HOURS and speed.max() < BINS
    ):
        raise MapError("marks of speeds name edges, hours or speeds that there are not")
    pair, count = np.unique((edge * HOURS + hour) * BINS + speed, return_counts=True)
    key, first, row = np.unique(pair // BINS, return_index=True, return_inverse=True)
    running = np.cumsum(count)
    total = np.bincount(row, weights=count, minlength=len(key)).astype(np.int64)
    before_row = (running[first] - count[first])[row] if len(key) else running
    within = running - before_row
    # The first bin at which half of the row is reached: written last, because of the reversed order.
    reached = np.flatnonzero(within >= total[row] / 2)[::-1]
    at = np.zeros(len(key), dtype=np.int64)
    at[row[reached]] = reached
    share = (total / 2 - (within[at] - count[at])) / count[at] if len(key) else np.zeros(0)
    return MarkedSpeeds(network_key, edges, key, total, kmh_of_bin(pair[at] % BINS + share))


def _columns(drives: Iterable[bytes]) -> tuple[LongArray, LongArray, LongArray]:
    parts: tuple[list[LongArray], list[LongArray], list[LongArray]] = ([], [], [])
    for marks in drives:
        n, odd = divmod(len(marks), _BYTES)
        if odd:
            raise MapError("marks of speeds are cut off")
        parts[0].append(np.frombuffer(marks, "<i4", n).astype(np.int64))
        parts[1].append(np.frombuffer(marks, np.uint8, n, 4 * n).astype(np.int64))
        parts[2].append(np.frombuffer(marks, np.uint8, n, 5 * n).astype(np.int64))
    empty = np.zeros(0, dtype=np.int64)
    edge, hour, speed = (np.concatenate([empty, *found]) for found in parts)
    return edge, hour, speed
