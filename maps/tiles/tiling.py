"""Cutting layers of geometries into vector tiles, from the whole world down to the greatest zoom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.tiles.mvt import EXTENT, Value, encode_layer
from haoyun.maps.tiles.tilegrid import Tile

BUFFER = 64  # units beyond the edge that are drawn too, so that wide lines meet across tiles
_TOLERANCE = 4.0  # units of a tile: half a pixel of the usual 512
_TOLERANCE_LAST = 1.0  # the last zoom is also drawn enlarged
_SMALLEST_AREA = 256.0  # square units (2 x 2 pixels) below which an area is left out, but for the last zoom

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True, eq=False)
class TileLayer:
    """Geometries in the unit square of `tilegrid`, each with the zoom it appears at and what is known of it."""

    name: str
    geometries: NDArray[Any]  # shapely, shape (n,)
    min_zoom: NDArray[np.int64]  # shape (n,)
    properties: Sequence[Mapping[str, Value | None]]

    def __post_init__(self) -> None:
        if not len(self.geometries) == len(self.min_zoom) == len(self.properties):
            raise ValueError("every geometry of a tile layer needs a zoom and properties")


@dataclass(slots=True)
class _Piece:
    """What of a layer lies in a tile: cut geometries, and their numbers in the layer."""

    layer: TileLayer
    shapes: NDArray[Any]
    number: NDArray[np.int64]


def cut_tiles(
    layers: Sequence[TileLayer], max_zoom: int, progress: Progress | None = None
) -> Iterator[tuple[Tile, bytes]]:
    """Every tile with something in it, zoom 0 to `max_zoom`, plain (not compressed).

    A feature is in all tiles that it touches from its zoom on. Geometries are simplified to half a pixel,
    areas smaller than two pixels square appear at a later zoom. `progress` gets a growing share of 1.
    """
    pieces = [_Piece(layer, layer.geometries, np.arange(len(layer.geometries))) for layer in layers]
    todo = [(Tile(0, 0, 0), [piece for piece in pieces if len(piece.shapes)], 1.0)]
    done = 0.0
    while todo:
        tile, held, share = todo.pop()
        data = encode_tile(tile, held, last=tile.z == max_zoom)
        if data:
            yield tile, data
        if tile.z == max_zoom or not held:
            done += share
            if progress is not None:
                progress(min(done, 1.0))
            continue
        below = [(child, _cut(held, child)) for child in tile.children]
        count = sum(len(piece.shapes) for _, part in below for piece in part) or 1
        for child, part in below:
            todo.append((child, part, share * sum(len(piece.shapes) for piece in part) / count))


def encode_tile(tile: Tile, pieces: Sequence[_Piece], *, last: bool) -> bytes:
    """The layers of one tile; b"" if nothing of them is shown at its zoom."""
    import shapely  # noqa: PLC0415 - only where tiles are made

    out = []
    for piece in pieces:
        shown = piece.layer.min_zoom[piece.number] <= tile.z
        if not shown.any():
            continue
        shapes, number = _in_units(shapely, piece.shapes[shown], tile), piece.number[shown]
        if not last:
            dimension = shapely.get_dimensions(shapes)
            seen = (dimension < 2) | (shapely.area(shapes) >= _SMALLEST_AREA)
            shapes, number = shapes[seen], number[seen]
        shapes = shapely.simplify(shapes, _TOLERANCE_LAST if last else _TOLERANCE, preserve_topology=False)
        out.append(encode_layer(piece.layer.name, shapes, [piece.layer.properties[i] for i in number]))
    return b"".join(out)


def _in_units(shapely: Any, shapes: NDArray[Any], tile: Tile) -> NDArray[Any]:
    scale, corner = float(EXTENT << tile.z), np.array([tile.x, tile.y]) * EXTENT
    moved: NDArray[Any] = shapely.transform(shapes, lambda points: points * scale - corner)
    return moved


def _cut(pieces: Sequence[_Piece], tile: Tile) -> list[_Piece]:
    """What of the pieces lies in a tile and its margin; whole where it does not cross the margin's edge."""
    import shapely  # noqa: PLC0415 - only where tiles are made

    size, margin = 1 / (1 << tile.z), BUFFER / (EXTENT << tile.z)
    west, north = tile.x * size - margin, tile.y * size - margin
    east, south = west + size + 2 * margin, north + size + 2 * margin
    out = []
    for piece in pieces:
        box = shapely.bounds(piece.shapes)
        touch = (box[:, 0] <= east) & (box[:, 2] >= west) & (box[:, 1] <= south) & (box[:, 3] >= north)
        if not touch.any():
            continue
        shapes, number, box = piece.shapes[touch], piece.number[touch], box[touch]
        crossing = (box[:, 0] < west) | (box[:, 2] > east) | (box[:, 1] < north) | (box[:, 3] > south)
        if crossing.any():
            shapes = shapes.copy()
            shapes[crossing] = shapely.clip_by_rect(shapes[crossing], west, north, east, south)
            there = ~shapely.is_empty(shapes)
            shapes, number = shapes[there], number[there]
        if len(shapes):
            out.append(_Piece(piece.layer, shapes, number))
    return out
