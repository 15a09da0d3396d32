"""Where areas and lengths are measured: a Lambert equal-area projection around the data itself.

Degrees are no measure: at latitude 50 a degree of longitude is 71 km and one of latitude 111. The azimuthal
equal-area projection keeps areas exactly everywhere; lengths are exact at its centre and, over a province,
within a few per mille (over China, within some per cent at the rim).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

WGS84 = "EPSG:4326"

FloatArray = NDArray[np.float64]


def local_crs(lat: ArrayLike, lon: ArrayLike) -> str:
    """The equal-area projection in metres centred on the middle of the box around positions in degrees."""
    y, x = np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64)
    centre_lat, centre_lon = (y.min() + y.max()) / 2, (x.min() + x.max()) / 2
    return f"+proj=laea +lat_0={centre_lat:.4f} +lon_0={centre_lon:.4f} +datum=WGS84 +units=m +no_defs"


def frame_crs(frame: Any) -> str:
    """`local_crs` of a GeoDataFrame in EPSG:4326."""
    west, south, east, north = frame.total_bounds
    return local_crs([south, north], [west, east])


def project(lat: ArrayLike, lon: ArrayLike, crs: str) -> FloatArray:
    """(k, 2) x, y in metres of positions in degrees."""
    return np.column_stack(_transformer(crs).transform(np.asarray(lon), np.asarray(lat)))


def area_km2(geometries: Any) -> FloatArray:
    """Areas of a GeoSeries in EPSG:4326, in square kilometres, each in an equal-area projection."""
    west, south, east, north = geometries.total_bounds
    projected = geometries.to_crs(local_crs([south, north], [west, east]))
    return np.asarray(projected.area / 1e6, dtype=np.float64)


@lru_cache(maxsize=8)
def _transformer(crs: str) -> Any:
    from pyproj import Transformer  # noqa: PLC0415 - only where something is measured

    return Transformer.from_crs(WGS84, crs, always_xy=True)
