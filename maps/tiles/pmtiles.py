"""PMTiles, version 3: all tiles of a map in one file, found by a directory inside it.

Written from the specification (github.com/protomaps/PMTiles, spec/v3). Tiles are numbered along a Hilbert
curve; the directory holds runs of equal tiles; directories and tiles are gzip. A reader maps the file into
memory and unpacks one small directory, so that any number of processes share the same pages.
"""

from __future__ import annotations

import gzip
import json
import mmap
import os
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.errors import BadMapFile
from haoyun.maps.network import Bounds
from haoyun.maps.tiles.tilegrid import Tile

_HEADER = struct.Struct("<7sB11Q6B4iB2i")  # 127 bytes, little endian
_MAGIC, _VERSION = b"PMTiles", 3
_GZIP, _MVT = 2, 1
_ROOM = 16_384  # header and root directory fit in a client's first request
_LEAF_ENTRIES = 4096
_DEGREE = 10_000_000
_LEVEL = 6  # 9 makes the file 1 % smaller and takes twice as long


@dataclass(frozen=True, slots=True)
class TileInfo:
    """What the header of a file says."""

    bounds: Bounds
    min_zoom: int
    max_zoom: int
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Directory:
    first: NDArray[np.uint64]  # tile number each run begins with
    run: NDArray[np.uint64]  # tiles in the run; 0: the entry leads to a leaf directory
    offset: NDArray[np.uint64]
    length: NDArray[np.uint64]


def tile_number(tile: Tile) -> int:
    """The place of a tile in the file's order: all lower zooms, then a Hilbert curve over its own."""
    number = ((1 << 2 * tile.z) - 1) // 3
    x, y = tile.x, tile.y
    half = (1 << tile.z) >> 1
    while half:
        right, low = int(x & half > 0), int(y & half > 0)
        number += half * half * ((3 * right) ^ low)
        if not low:
            if right:
                x, y = half - 1 - x & half - 1, half - 1 - y & half - 1
            x, y = y, x
        half >>= 1
    return number


def write_pmtiles(
    path: Path, tiles: Iterable[tuple[Tile, bytes]], *, bounds: Bounds, metadata: Mapping[str, Any]
) -> int:
    """Write vector tiles (plain, not compressed; empty ones are left out) and return how many there were.

    The compressed tiles are kept in memory until all are there; the file appears complete or not at all.
    BadMapFile if it cannot be written.
    """
    packed = {tile: gzip.compress(data, _LEVEL, mtime=0) for tile, data in tiles if data}
    order = sorted((tile_number(tile), tile) for tile in packed)
    places: dict[bytes, int] = {}
    blobs: list[bytes] = []
    rows: list[tuple[int, int, int, int]] = []
    end = 0
    for number, tile in order:
        data = packed[tile]
        if data not in places:
            places[data] = end
            blobs.append(data)
            end += len(data)
        rows.append((number, 1, places[data], len(data)))
    root, leaves = _directories(_joined(rows))
    about = gzip.compress(json.dumps(metadata, ensure_ascii=False).encode(), _LEVEL, mtime=0)
    zooms = [tile.z for tile in packed] or [0]
    header = _header(
        (len(root), len(about), len(leaves), end), (len(order), len(rows), len(blobs)), zooms, bounds
    )
    _write_whole(path, [header, root, about, leaves, *blobs])
    return len(order)


def _write_whole(path: Path, parts: Iterable[bytes]) -> None:
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise BadMapFile(f"the tiles cannot be written to {path} ({error.strerror or error})") from error
    finally:
        beside.unlink(missing_ok=True)


class TileFile:
    """An open file of tiles: `read(tile)` takes the same memory for all readers of one machine."""

    def __init__(self, path: Path) -> None:
        """Open and check; BadMapFile if it is missing, truncated or anything else than PMTiles of this kind."""
        try:
            with path.open("rb") as file:
                self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except FileNotFoundError:
            raise BadMapFile(f"there is no tile file {path.name}") from None
        except (OSError, ValueError) as error:  # an empty file cannot be mapped
            raise BadMapFile(f"{path.name} is not a tile file of this program ({error})") from error
        try:
            self._open()
        except (struct.error, ValueError, IndexError, KeyError, OSError, EOFError, zlib.error) as error:
            self._data.close()
            raise BadMapFile(
                f"{path.name} is not a PMTiles file with vector tiles, or it is truncated"
            ) from error
        self._leaf = lru_cache(maxsize=64)(self._directory)

    def _open(self) -> None:
        (
            magic, version, root_at, root_size, about_at, about_size, leaves_at, leaves_size, self._tiles_at,
            tiles_size, _, _, _, _, inner, outer, kind, low, high, west, south, east, north, _, _, _,
        ) = _HEADER.unpack(self._data[: _HEADER.size])  # fmt: skip
        if (magic, version, inner, outer, kind) != (_MAGIC, _VERSION, _GZIP, _GZIP, _MVT):
            raise ValueError("another format, version or compression")
        if self._tiles_at + tiles_size > len(self._data) or leaves_at + leaves_size > len(self._data):
            raise ValueError("truncated")
        self._leaves_at = leaves_at
        self._root = self._directory(root_at, root_size)
        about = json.loads(gzip.decompress(self._data[about_at : about_at + about_size]))
        south_d, west_d, north_d, east_d = (value / _DEGREE for value in (south, west, north, east))
        self.info = TileInfo(Bounds(south_d, west_d, north_d, east_d), low, high, about)

    def read(self, tile: Tile) -> bytes | None:
        """The gzip bytes of a tile, or None where there is nothing to draw."""
        number, directory = tile_number(tile), self._root
        for _ in range(4):  # the specification's greatest depth
            i = int(np.searchsorted(directory.first, np.uint64(number), side="right")) - 1
            if i < 0:
                return None
            offset, length = int(directory.offset[i]), int(directory.length[i])
            if directory.run[i] == 0:
                directory = self._leaf(self._leaves_at + offset, length)
            elif number < int(directory.first[i]) + int(directory.run[i]):
                return self._data[self._tiles_at + offset : self._tiles_at + offset + length]
            else:
                return None
        return None

    def close(self) -> None:
        """Let go of the file."""
        self._data.close()

    def _directory(self, offset: int, size: int) -> _Directory:
        numbers = _read_varints(gzip.decompress(self._data[offset : offset + size]))
        count = int(numbers[0])
        step, run, length, place = (numbers[1 + i * count : 1 + (i + 1) * count] for i in range(4))
        if len(place) != count:
            raise ValueError("a directory is truncated")
        at = place.astype(np.int64) - 1
        for i in np.flatnonzero(at < 0).tolist():  # 0: right behind the entry before
            at[i] = at[i - 1] + int(length[i - 1])
        return _Directory(np.cumsum(step, dtype=np.uint64), run, at.astype(np.uint64), length)


def _joined(rows: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Neighbours with the same content become one run."""
    out: list[tuple[int, int, int, int]] = []
    for number, run, offset, length in rows:
        if out and out[-1][2] == offset and out[-1][0] + out[-1][1] == number:
            out[-1] = (out[-1][0], out[-1][1] + run, offset, length)
        else:
            out.append((number, run, offset, length))
    return out


def _directories(rows: list[tuple[int, int, int, int]]) -> tuple[bytes, bytes]:
    """(root, leaves): one directory if it fits beside the header, else a root that leads to leaves."""
    root = _pack(rows)
    size = _LEAF_ENTRIES
    leaves = b""
    while len(root) > _ROOM - _HEADER.size:
        entries, parts, end = [], [], 0
        for i in range(0, len(rows), size):
            part = _pack(rows[i : i + size])
            entries.append((rows[i][0], 0, end, len(part)))
            parts.append(part)
            end += len(part)
        root, leaves, size = _pack(entries), b"".join(parts), size * 2
    return root, leaves


def _pack(rows: list[tuple[int, int, int, int]]) -> bytes:
    numbers = [len(rows)]
    numbers += [row[0] - (rows[i - 1][0] if i else 0) for i, row in enumerate(rows)]
    numbers += [row[1] for row in rows]
    numbers += [row[3] for row in rows]
    for i, (_, _, offset, _) in enumerate(rows):
        follows = i > 0 and offset == rows[i - 1][2] + rows[i - 1][3]
        numbers.append(0 if follows else offset + 1)
    out = bytearray()
    for number in numbers:
        rest = number
        while rest > 127:
            out.append(rest & 127 | 128)
            rest >>= 7
        out.append(rest)
    return gzip.compress(bytes(out), 9, mtime=0)


def _read_varints(data: bytes) -> NDArray[np.uint64]:
    octets = np.frombuffer(data, dtype=np.uint8)
    last = octets < 128
    if len(octets) == 0 or not last[-1]:
        raise ValueError("a number is cut off")
    starts = np.concatenate([[0], np.flatnonzero(last)[:-1] + 1])
    place = np.arange(len(octets)) - np.repeat(starts, np.diff(np.append(starts, len(octets))))
    shifted = (octets & 127).astype(np.uint64) << (7 * place).astype(np.uint64)
    return np.asarray(np.add.reduceat(shifted, starts), dtype=np.uint64)


def _header(
    sizes: tuple[int, int, int, int], counts: tuple[int, int, int], zooms: list[int], bounds: Bounds
) -> bytes:
    places = []
    at = _HEADER.size
    for size in sizes:
        places += [at, size]
        at += size
    box = [bounds.west, bounds.south, bounds.east, bounds.north]
    middle = [(bounds.west + bounds.east) / 2, (bounds.south + bounds.north) / 2]
    low, high = min(zooms), max(zooms)
    return _HEADER.pack(
        _MAGIC, _VERSION, *places, *counts, 1, _GZIP, _GZIP, _MVT, low, high,
        *(round(value * _DEGREE) for value in box), (low + high) // 2,
        *(round(value * _DEGREE) for value in middle),
    )  # fmt: skip
