"""H3 cells: areas of one size for counts, joins and rounding positions.

A cell is a uint64, its text form the usual 15 hexadecimal digits. Resolutions run from 0 to 15; the mean edge is
1.4 km at 7, 0.5 km at 8 and 0.2 km at 9.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from haoyun.maps.errors import BadCoordinate
from haoyun.maps.zones import MultiPolygonZone, PolygonZone

CellArray = NDArray[np.uint64]
FloatArray = NDArray[np.float64]


def cells_of(lat: ArrayLike, lon: ArrayLike, resolution: int) -> CellArray:
    """The cell of each position; shape (n,). Raises BadCoordinate for a position off the Earth."""
    y, x = np.broadcast_arrays(np.atleast_1d(np.asarray(lat, np.float64)), np.asarray(lon, np.float64))
    bad = ~((np.abs(y) <= 90) & (np.abs(x) <= 180))
    if bad.any():
        i = int(bad.argmax())
        raise BadCoordinate(f"({y.flat[i]:g}, {x.flat[i]:g}) is no latitude and longitude")
    to_cell = _h3().latlng_to_cell
    level = _resolution(resolution)
    values = (to_cell(a, b, level) for a, b in zip(y.ravel().tolist(), x.ravel().tolist(), strict=True))
    return np.fromiter(values, dtype=np.uint64, count=y.size)


def centres_of(cells: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """(lat, lon) of the middle of each cell."""
    to_position = _h3().cell_to_latlng
    found = np.array([to_position(c) for c in _ints(cells)], dtype=np.float64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def disk(cell: int, rings: int) -> CellArray:
    """The cell and all within so many steps of it: 1 + 3k(k + 1) cells, fewer around one of the 12 pentagons."""
    if rings < 0:
        raise ValueError(f"a disk has 0 or more rings, not {rings}")
    return np.array(sorted(_h3().grid_disk(_ints([cell])[0], rings)), dtype=np.uint64)


def steps_between(a: int, b: int) -> int:
    """How many cells one crosses from one to the other; both of one resolution and not a continent apart."""
    return int(_h3().grid_distance(*_ints([a, b])))


def parents_of(cells: ArrayLike, resolution: int) -> CellArray:
    """The coarser cell that each lies in (but for slivers at its edge, as H3 nests)."""
    to_parent = _h3().cell_to_parent
    level = _resolution(resolution)
    return np.array([to_parent(c, level) for c in _ints(cells)], dtype=np.uint64)


def count_by_cell(lat: ArrayLike, lon: ArrayLike, resolution: int) -> tuple[CellArray, NDArray[np.int64]]:
    """The cells that hold positions, ascending, and how many each holds."""
    cells, counts = np.unique(cells_of(lat, lon, resolution), return_counts=True)
    return cells, counts.astype(np.int64)


def rounded(lat: ArrayLike, lon: ArrayLike, resolution: int) -> tuple[FloatArray, FloatArray]:
    """Positions moved to the middle of their cell, for showing where somebody is without saying exactly where.

    Everybody in a cell gets the same position, and it does not tell where in the cell they are. It hides nothing
    if a cell holds one address only: choose the resolution for the density of what is shown.
    """
    return centres_of(cells_of(lat, lon, resolution))


def cells_in(zone: PolygonZone | MultiPolygonZone, resolution: int) -> CellArray:
    """The cells whose middle lies in a polygon, ascending."""
    h3 = _h3()
    parts = zone.parts if isinstance(zone, MultiPolygonZone) else (zone,)
    shapes = [h3.LatLngPoly(list(part.ring), *map(list, part.holes)) for part in parts]
    found = {cell for shape in shapes for cell in h3.h3shape_to_cells(shape, _resolution(resolution))}
    return np.array(sorted(found), dtype=np.uint64)


def cell_ring(cell: int) -> FloatArray:
    """The corners of a cell as (lat, lon) rows, not closed; longitudes run on across the 180th meridian."""
    corners = np.array(_h3().cell_to_boundary(_ints([cell])[0]), dtype=np.float64)
    corners[:, 1] = np.degrees(np.unwrap(np.radians(corners[:, 1])))
    return corners


def cells_geojson(
    cells: ArrayLike, values: Iterable[Any] | None = None, name: str = "value"
) -> dict[str, Any]:
    """A FeatureCollection of cells with their text form as id, and a value each under `name`."""
    ids = _ints(cells)
    given = list(values) if values is not None else None
    if given is not None and len(given) != len(ids):
        raise ValueError(f"there are {len(ids)} cells and {len(given)} values")
    features = []
    for i, cell in enumerate(ids):
        ring = [[float(lon), float(lat)] for lat, lon in cell_ring(cell)]
        properties = {} if given is None else {name: _plain(given[i])}
        geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        features.append(
            {"type": "Feature", "id": cell_text(cell), "geometry": geometry, "properties": properties}
        )
    return {"type": "FeatureCollection", "features": features}


def cell_text(cell: int) -> str:
    """The usual text form of a cell: 15 hexadecimal digits."""
    return str(_h3().int_to_str(_ints([cell])[0]))


def cell_of_text(text: str) -> int:
    """The cell of a text form. Raises ValueError if it is none."""
    h3 = _h3()
    try:
        cell = int(h3.str_to_int(text))
    except ValueError:
        raise ValueError(f"{text!r} is no H3 cell") from None
    return _ints([cell])[0]


def _ints(cells: ArrayLike) -> list[int]:
    """Cells as Python's own integers, which the library takes, each checked."""
    h3 = _h3()
    found = [int(cell) for cell in np.atleast_1d(np.asarray(cells, dtype=np.uint64)).tolist()]
    wrong = next((cell for cell in found if not h3.is_valid_cell(cell)), None)
    if wrong is not None:
        raise ValueError(f"{wrong:#x} is no H3 cell")
    return found


def _resolution(resolution: int) -> int:
    if not 0 <= resolution <= 15:
        raise ValueError(f"an H3 resolution is 0 to 15, not {resolution}")
    return resolution


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _h3() -> Any:
    import h3.api.basic_int as library  # noqa: PLC0415 - only where cells are asked for

    return library
