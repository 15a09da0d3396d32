"""Mapbox Vector Tiles, version 2.1: layers of features as one protocol buffer.

Written by hand from the specification (github.com/mapbox/vector-tile-spec, 2.1): the message is small, and
all coordinates of a layer are turned into their commands and bytes at once in numpy, which is what makes a
tile of a live layer cheap enough to encode at every request.

Geometries come in tile units: x right and y *down* from the tile's north-west corner, EXTENT across.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

EXTENT = 4096
Value = str | int | float | bool
IntArray = NDArray[np.int64]

_POINT, _LINE, _POLYGON = 1, 2, 3
_KINDS = {0: _POINT, 1: _LINE, 3: _POLYGON, 4: _POINT, 5: _LINE, 6: _POLYGON}  # shapely's type ids
_MOVE, _LINE_TO, _CLOSE = 1, 2, 7
_LEAST_POINTS = {_POINT: 1, _LINE: 2, _POLYGON: 3}


def encode_layer(name: str, geometries: Any, properties: Sequence[Mapping[str, Value | None]]) -> bytes:
    """One layer as the bytes of a tile; the concatenation of layers is a tile with all of them.

    `geometries`: an array of shapely points, lines and polygons (single or multi) in tile units. They are
    rounded to whole units; what shrinks to nothing is left out. `properties`: one mapping each; None values
    are left out. Returns b"" if nothing is left.
    """
    kept, kinds, streams = _geometry_bytes(geometries)
    if not kept:
        return b""
    keys: dict[str, int] = {}
    values: dict[tuple[type, Value], int] = {}
    body = [_text(1, name.encode())]
    for index, kind, stream in zip(kept, kinds, streams, strict=True):
        tags: list[int] = []
        for key, value in properties[index].items():
            if value is not None:
                tags += (
                    keys.setdefault(key, len(keys)),
                    values.setdefault((type(value), value), len(values)),
                )
        tag_field = _text(2, b"".join(map(_varint, tags))) if tags else b""
        body.append(_text(2, tag_field + _number(3, kind) + _text(4, stream)))
    body += [_text(3, key.encode()) for key in keys]
    body += [_text(4, _value(value)) for _, value in values]
    body += [_number(5, EXTENT), _number(15, 2)]
    return _text(3, b"".join(body))


def _geometry_bytes(geometries: Any) -> tuple[list[int], list[int], list[bytes]]:
    """Of what is not too small to see: the index, the kind and the bytes of its drawing commands."""
    import shapely  # noqa: PLC0415 - only where tiles are made

    shapes = np.asarray(geometries, dtype=object)
    type_ids = shapely.get_type_id(shapes)
    indexes: list[int] = []
    kinds: list[int] = []
    streams: list[bytes] = []
    for kind in (_POLYGON, _LINE, _POINT):
        mine = np.flatnonzero(np.isin(type_ids, [t for t, k in _KINDS.items() if k == kind]))
        if len(mine):
            points, part_size, part_owner = _rounded(*_parts(shapely, shapes[mine], kind), kind)
            if len(part_size):
                owners, found = _streams(points, part_size, part_owner, kind)
                indexes += mine[owners].tolist()
                kinds += [kind] * len(owners)
                streams += found
    return indexes, kinds, streams


def _parts(shapely: Any, shapes: Any, kind: int) -> tuple[NDArray[np.float64], IntArray, IntArray]:
    """Flat coordinates, the number of points of each part, and which geometry a part belongs to."""
    if kind == _POINT:  # all points of a multipoint are one part: one command moves to all of them
        points, owner = shapely.get_coordinates(shapes, return_index=True)
        used, size = np.unique(owner, return_counts=True)
        return points, size, used
    parts, owner = shapely.get_parts(shapes, return_index=True)
    if kind == _POLYGON:
        # The specification's outer rings run clockwise on the screen; y points down here, so they are
        # counter-clockwise to shapely, which thinks that it points up.
        rings, polygon = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
        return shapely.get_coordinates(rings), shapely.get_num_coordinates(rings), owner[polygon]
    return shapely.get_coordinates(parts), shapely.get_num_coordinates(parts), owner


def _rounded(
    points: NDArray[np.float64], size: IntArray, owner: IntArray, kind: int
) -> tuple[IntArray, IntArray, IntArray]:
    """Whole units; repeated points, the closing points of rings and parts without extent left out."""
    whole = np.rint(points).astype(np.int64)
    part = np.repeat(np.arange(len(size)), size)
    if kind != _POINT:
        first = np.concatenate([[True], part[1:] != part[:-1]])
        moved = np.concatenate([[True], (whole[1:] != whole[:-1]).any(axis=1)])
        keep = first | moved
        whole, part = whole[keep], part[keep]
    if kind == _POLYGON:  # a ring ends where it began; ClosePath says so
        last = np.concatenate([part[1:] != part[:-1], [True]])
        whole, part = whole[~last], part[~last]
    if not len(part):
        return whole, size[:0], owner[:0]
    size = np.bincount(part, minlength=len(size))
    good = size >= _LEAST_POINTS[kind]
    if kind == _POLYGON:
        good &= _has_area(whole, part, len(size))
    keep = good[part]
    return whole[keep], size[good], owner[good]


def _has_area(whole: IntArray, part: IntArray, parts: int) -> NDArray[np.bool_]:
    """Whether a ring covers anything after rounding (twice the area by the surveyor's formula)."""
    last = np.concatenate([part[1:] != part[:-1], [True]])
    following = np.arange(1, len(part) + 1)
    starts = np.flatnonzero(np.concatenate([[True], last[:-1]]))
    following[last] = starts
    x, y = whole[:, 0], whole[:, 1]
    cross = x * y[following] - x[following] * y
    return np.asarray(np.bincount(part, weights=cross, minlength=parts) != 0)


def _streams(points: IntArray, size: IntArray, owner: IntArray, kind: int) -> tuple[IntArray, list[bytes]]:
    """The commands of every feature (specification 4.3), all features at once."""
    start = np.concatenate([[0], np.cumsum(size)[:-1]])
    new_owner = np.concatenate([[True], owner[1:] != owner[:-1]])
    delta = np.diff(points, axis=0, prepend=points[:1] * 0)
    delta[start[new_owner]] = points[start[new_owner]]  # a feature's cursor begins at 0, 0
    zigzag = (delta << 1) ^ (delta >> 63)
    extra = {_POINT: 1, _LINE: 2, _POLYGON: 3}[kind]
    length = 2 * size + extra
    out_start = np.concatenate([[0], np.cumsum(length)[:-1]])
    out = np.zeros(int(length.sum()), dtype=np.uint64)
    out[out_start] = (size << 3 | _MOVE) if kind == _POINT else (1 << 3 | _MOVE)
    place = np.repeat(out_start - 2 * start, size) + 2 * np.arange(len(points)) + 1
    if kind != _POINT:
        first = np.zeros(len(points), dtype=bool)
        first[start] = True
        place[~first] += 1  # after the LineTo command
        out[out_start + 3] = (size - 1) << 3 | _LINE_TO
    if kind == _POLYGON:
        out[out_start + length - 1] = 1 << 3 | _CLOSE
    out[place], out[place + 1] = zigzag[:, 0], zigzag[:, 1]
    data, ends = _varints(out)
    cuts = ends[np.concatenate([out_start[1:], [len(out)]]) - 1]
    last_part = np.concatenate([new_owner[1:], [True]])
    stops = cuts[last_part].tolist()
    return owner[new_owner], [data[a:b] for a, b in zip([0, *stops[:-1]], stops, strict=True)]


def _varints(numbers: NDArray[np.uint64]) -> tuple[bytes, IntArray]:
    """Base-128 varints of unsigned numbers below 2**35, and where each one ends."""
    shifted = numbers[:, None] >> np.arange(0, 35, 7, dtype=np.uint64)
    width = 1 + (shifted[:, 1:] > 0).sum(axis=1)
    column = np.arange(5)
    more = (column < (width - 1)[:, None]) * np.uint64(128)
    return ((shifted & np.uint64(127)) | more).astype(np.uint8)[column < width[:, None]].tobytes(), np.cumsum(
        width
    )


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _number(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _text(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _value(value: Value) -> bytes:
    if isinstance(value, bool):
        return _number(7, int(value))
    if isinstance(value, str):
        return _text(1, value.encode())
    if isinstance(value, int):
        return _number(6, (value << 1) ^ (value >> 63))
    return _varint(3 << 3 | 1) + np.float64(value).tobytes()
