"""Learned speeds: a speed for every edge at an hour of the week, from what was observed and what was not.

Three steps, each in the logarithm of observed over free-flow speed, each drawn back to the one before where
there are few observations (n of them count n / (n + prior)):
1. what an hour does to a class of road (the rush hour slows residential streets less than trunk roads),
2. what sets an edge apart from its class over the whole week,
3. what was observed on the edge in that hour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.errors import MapError
from haoyun.maps.learning.marks import MarkedSpeeds
from haoyun.maps.learning.observed import HOURS, EdgeSpeeds, network_key
from haoyun.maps.network import RoadNetwork

FloatArray = NDArray[np.float64]
LongArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LearnSettings:
    """How much is believed of how little."""

    least: int = 3  # observations of an edge in an hour, below which its own value is not used
    prior_hour: float = 4.0  # observations that the guess from class and edge is worth
    prior_edge: float = 6.0
    prior_class: float = 20.0
    slowest_kmh: float = 3.0
    most_over_free: float = 1.5  # times the free-flow speed of the network

    def __post_init__(self) -> None:
        # Not zero: nothing observed of nothing believed would be no number.
        if self.least < 1 or min(self.prior_hour, self.prior_edge, self.prior_class) <= 0:
            raise ValueError("at least one observation, and priors above zero")
        if not (self.slowest_kmh > 0 and self.most_over_free >= 1):
            raise ValueError("the slowest speed is above zero and the fastest not below free flow")


class LearnedSpeeds:
    """Speeds of all edges for each hour of the week. MapError if the observations are of another network."""

    def __init__(
        self,
        network: RoadNetwork,
        observed: EdgeSpeeds | MarkedSpeeds,
        settings: LearnSettings | None = None,
    ) -> None:
        if observed.network_key != network_key(network):
            raise MapError("the observed speeds are those of another network, or of an older import of it")
        self._settings = settings or LearnSettings()
        self._free_kmh = network.edge_speed_kmh
        names, self._class = np.unique(np.array(list(network.edge_class), dtype=str), return_inverse=True)
        self._observed = observed
        n = observed.observations
        over = np.log(observed.median_kmh() / self._free_kmh[observed.edge])
        self._of_class = self._class_levels(over, n, len(names))
        self._of_edge = self._edge_levels(over, n)
        self._over, self._n, self._key = over, n, observed.edge * HOURS + observed.hour

    def speeds_along(self, edges: LongArray) -> FloatArray:
        """km/h of some edges (k,) in every hour of the week, (k, 168): as `speeds_at` says them, for a way."""
        s = self._settings
        over = self._of_class[self._class[edges]] + self._of_edge[edges, None]
        wanted = edges[:, None] * HOURS + np.arange(HOURS)
        if len(self._key):
            row = np.minimum(np.searchsorted(self._key, wanted), len(self._key) - 1)
            own = (self._key[row] == wanted) & (self._n[row] >= s.least)
            trust = np.where(own, self._n[row] / (self._n[row] + s.prior_hour), 0.0)
            over = trust * self._over[row] + (1 - trust) * over
        return self._limited(over, self._free_kmh[edges, None])

    def speeds_at(self, hour_of_week: int) -> FloatArray:
        """km/h of every edge (edges,) in an hour of the week, 0 = Monday 00:00 to 01:00 local time."""
        if not 0 <= hour_of_week < HOURS:
            raise ValueError(f"an hour of the week is 0..{HOURS - 1}, not {hour_of_week}")
        s = self._settings
        over = self._of_class[self._class, hour_of_week] + self._of_edge
        rows = np.flatnonzero((self._observed.hour == hour_of_week) & (self._n >= s.least))
        edge = self._observed.edge[rows]
        trust = self._n[rows] / (self._n[rows] + s.prior_hour)
        over[edge] = trust * self._over[rows] + (1 - trust) * over[edge]
        return self._limited(over, self._free_kmh)

    def _limited(self, over: FloatArray, free_kmh: FloatArray) -> FloatArray:
        s = self._settings
        least, most = np.minimum(s.slowest_kmh, free_kmh), free_kmh * s.most_over_free
        return np.asarray(np.clip(free_kmh * np.exp(over), least, most))

    def durations_at(self, network: RoadNetwork, hour_of_week: int) -> FloatArray:
        """Seconds for every edge in an hour of the week."""
        return network.edge_length_m / (self.speeds_at(hour_of_week) / 3.6)

    def _class_levels(self, over: FloatArray, n: LongArray, classes: int) -> FloatArray:
        """(classes, 168): the class's level over the week, moved by the hour where enough was seen."""
        of_class = self._class[self._observed.edge]
        week, seen = _weighted_medians(over, n, of_class, classes)
        week = week * seen / (seen + self._settings.prior_class)
        cell = of_class * HOURS + self._observed.hour
        hour, seen = _weighted_medians(over, n, cell, classes * HOURS)
        base = np.repeat(week, HOURS)
        trust = seen / (seen + self._settings.prior_class)
        return (trust * hour + (1 - trust) * base).reshape(classes, HOURS)

    def _edge_levels(self, over: FloatArray, n: LongArray) -> FloatArray:
        edge = self._observed.edge
        beyond = over - self._of_class[self._class[edge], self._observed.hour]
        level, seen = _weighted_medians(beyond, n, edge, self._observed.edges)
        return level * seen / (seen + self._settings.prior_edge)


def _weighted_medians(
    value: FloatArray, weight: LongArray, group: LongArray, groups: int
) -> tuple[FloatArray, FloatArray]:
    """(median, sum of weights) of each group; 0 where it is empty."""
    order = np.lexsort((value, group))
    value, weight, group = value[order], weight[order].astype(np.float64), group[order]
    total = np.bincount(group, weights=weight, minlength=groups)
    running = np.cumsum(weight)
    before = (np.cumsum(total) - total)[group]
    median = np.zeros(groups)
    # The first value at which half of the group's weight is reached: written last, because of the reversed order.
    reached = np.flatnonzero(running - before >= total[group] / 2)[::-1]
    median[group[reached]] = value[reached]
    return median, np.asarray(total, dtype=np.float64)
