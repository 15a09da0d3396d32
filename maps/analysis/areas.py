"""What points are gathered in: hexagons, any polygons, or the nearest of some places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from haoyun.maps.analysis.projection import WGS84
from haoyun.maps.hexagons import cell_ring, cell_text, cells_of
from haoyun.maps.network import unit_vectors

if TYPE_CHECKING:
    import geopandas as gpd

    from haoyun.maps.gazetteer.places import Place

NOWHERE = -1  # of a point that lies in none of the areas


@dataclass(frozen=True, slots=True, eq=False)
class Areas:
    """Areas with their keys and names, and for each given point the area it lies in.

    `frame`: GeoDataFrame in EPSG:4326 with `key`, `name_zh`, `name_en`; `member`: row of each point, or NOWHERE.
    """

    frame: gpd.GeoDataFrame
    member: NDArray[np.int64]


def cell_areas(lat: ArrayLike, lon: ArrayLike, resolution: int) -> Areas:
    """The H3 hexagons of a resolution (0: 2,200 km across, 4: 45 km, 8: 1 km) that the points lie in.

    Every point lies in exactly one.
    """
    import geopandas as gpd  # noqa: PLC0415 - only where something is analysed
    import shapely  # noqa: PLC0415

    cells, member = np.unique(cells_of(lat, lon, resolution), return_inverse=True)
    keys = [cell_text(cell) for cell in cells.tolist()]
    frame = gpd.GeoDataFrame(
        {"key": keys, "name_zh": keys, "name_en": keys},
        geometry=[shapely.Polygon(cell_ring(cell)[:, ::-1]) for cell in cells.tolist()],
        crs=WGS84,
    )
    return Areas(frame, np.asarray(member, dtype=np.int64).ravel())


def polygon_areas(polygons: gpd.GeoDataFrame, lat: ArrayLike, lon: ArrayLike) -> Areas:
    """The given polygons (divisions, districts, sales areas; any CRS); a point in several belongs to the first.

    Names are taken from name_zh, name_en or name, keys from key, code or adcode, where there are such columns.
    """
    import geopandas as gpd  # noqa: PLC0415 - only where something is analysed
    import shapely  # noqa: PLC0415

    if polygons.crs is None:
        raise ValueError("the polygons say nothing about their coordinate system (CRS)")
    shapes = polygons.to_crs(WGS84).reset_index(drop=True)
    numbers = [str(i) for i in range(len(shapes))]
    key = _column(shapes, ("key", "code", "adcode"), numbers)
    plain = _column(shapes, ("name", "name_en", "name_zh"), key)
    frame = gpd.GeoDataFrame(
        {
            "key": key,
            "name_zh": _column(shapes, ("name_zh",), plain),
            "name_en": _column(shapes, ("name_en",), plain),
        },
        geometry=shapes.geometry,
        crs=WGS84,
    )
    points = shapely.points(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
    point, area = shapely.STRtree(shapes.geometry.to_numpy()).query(points, predicate="intersects")
    member = np.full(len(points), NOWHERE, dtype=np.int64)
    order = np.lexsort((-area, point))  # the lowest number is written last
    member[point[order]] = area[order]
    return Areas(frame, member)


def place_areas(places: Sequence[Place], lat: ArrayLike, lon: ArrayLike) -> Areas:
    """The nearest of some places (division seats, say) gathers a point: divisions without any border.

    Only places with points are kept; geometries are the places themselves, as points.
    """
    import geopandas as gpd  # noqa: PLC0415 - only where something is analysed
    from scipy.spatial import cKDTree  # noqa: PLC0415

    if not places:
        raise ValueError("there is no place to gather points at")
    tree = cKDTree(unit_vectors([place.lat for place in places], [place.lon for place in places]))
    _, nearest = tree.query(unit_vectors(lat, lon))
    used, member = np.unique(nearest, return_inverse=True)
    kept = [places[i] for i in used.tolist()]
    frame = gpd.GeoDataFrame(
        {
            "key": [place.code for place in kept],
            "name_zh": [place.name_zh for place in kept],
            "name_en": [place.name_en for place in kept],
        },
        geometry=gpd.points_from_xy([place.lon for place in kept], [place.lat for place in kept]),
        crs=WGS84,
    )
    return Areas(frame, np.asarray(member, dtype=np.int64).ravel())


def _column(frame: Any, names: Sequence[str], default: list[str]) -> list[str]:
    found = next((name for name in names if name in frame.columns), None)
    return default if found is None else [str(value) for value in frame[found]]
