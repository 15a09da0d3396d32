"""The map that plans are made on, opened once in the worker's process."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from haoyun.maps.access import point_matrix, point_path
from haoyun.maps.catalog import open_map
from haoyun.maps.engine import Matrix, MatrixEngine
from haoyun.maps.errors import NoPath
from haoyun.maps.network import RoadNetwork
from haoyun.maps.node_engine import engine_for
from haoyun.platform.settings import Settings

Points = Sequence[tuple[float, float]]
MAX_LINE_POINTS = 400  # more than a screen can show of one route
_DECIMALS = 5  # about a metre


class Roads:
    """Matrices and drawn ways between positions on the installation's map."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def network(self) -> RoadNetwork:
        """The network, read at first use."""
        return open_map(self._settings.map, self._settings.maps_folder)

    @cached_property
    def _engine(self) -> MatrixEngine:
        return engine_for(self.network)

    def matrix(self, points: Points) -> Matrix:
        """Times and distances between all points."""
        return point_matrix(self.network, self._engine, list(points))

    def line(self, points: Points) -> list[list[float]]:
        """The way through the points as [lat, lon] pairs, thinned for drawing; straight without a road."""
        if len(points) < 2:
            return [[round(lat, _DECIMALS), round(lon, _DECIMALS)] for lat, lon in points]
        try:
            coordinates = point_path(self.network, self._engine, list(points)).coordinates.tolist()
        except NoPath:
            coordinates = [list(point) for point in points]
        step = max(1, len(coordinates) // MAX_LINE_POINTS)
        thinned = coordinates[::step] + ([coordinates[-1]] if (len(coordinates) - 1) % step else [])
        return [[round(lat, _DECIMALS), round(lon, _DECIMALS)] for lat, lon in thinned]
