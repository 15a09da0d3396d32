"""Observed speeds: what matched drives say about each edge in each hour of the week.

For each edge and hour there is a histogram of the speeds driven, nothing else: histograms of different days add
up, in any order, to the same whole, and a median of them is not moved by a few wild values. `learned.py` turns
them into a speed for every edge.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.errors import BadMapFile, MapError
from haoyun.maps.learning.traversals import Traversals
from haoyun.maps.network import RoadNetwork

FloatArray = NDArray[np.float64]
LongArray = NDArray[np.int64]

HOURS = 168
SLOWEST_KMH, FASTEST_KMH, BINS = 2.0, 160.0, 64  # a bin spans 7 %
_LOG_STEP = float(np.log(FASTEST_KMH / SLOWEST_KMH)) / BINS
FORMAT, VERSION = "haoyun-speeds", 1
SUFFIX = ".speeds.npz"


@dataclass(frozen=True, slots=True, eq=False)
class EdgeSpeeds:
    """Histograms of speeds by edge and hour of the week (0 = Monday 00:00 to 01:00 in `zone`).

    `key` is edge * 168 + hour, rising; `count` (rows, BINS) says how often a speed fell into each of the bins,
    which are equally wide in the logarithm from 2 to 160 km/h.
    """

    network_key: str  # of the network whose edge numbers are used
    edges: int
    zone: str  # IANA name of the time zone that the hours are told in
    key: LongArray
    count: NDArray[np.uint32]

    def __post_init__(self) -> None:
        if self.count.shape != (len(self.key), BINS):
            raise ValueError(f"every edge and hour needs a histogram of {BINS} bins")
        if len(self.key) and not (np.all(np.diff(self.key) > 0) and self.key[0] >= 0):
            raise ValueError("edges and hours must rise and appear once")
        if len(self.key) and self.key[-1] >= self.edges * HOURS:
            raise ValueError(f"an edge lies outside 0..{self.edges - 1}")

    @property
    def edge(self) -> LongArray:
        """The edge of each row."""
        return self.key // HOURS

    @property
    def hour(self) -> LongArray:
        """The hour of the week of each row."""
        return self.key % HOURS

    @property
    def observations(self) -> LongArray:
        """How many drives each row counts."""
        return np.asarray(self.count.sum(axis=1, dtype=np.int64))

    def median_kmh(self) -> FloatArray:
        """The median of each row, interpolated within its bin (in the logarithm)."""
        return kmh_of_bin(_median_bin(self.count))

    def merge(self, other: EdgeSpeeds) -> EdgeSpeeds:
        """Both together; in any order and grouping the same. MapError for another network or time zone."""
        if (self.network_key, self.zone) != (other.network_key, other.zone):
            raise MapError("observed speeds of another network or time zone cannot be added")
        key, row = np.unique(np.concatenate([self.key, other.key]), return_inverse=True)
        count = np.zeros((len(key), BINS), dtype=np.uint32)
        count[row[: len(self.key)]] += self.count
        count[row[len(self.key) :]] += other.count
        return EdgeSpeeds(self.network_key, self.edges, self.zone, key, count)

    def save(self, path: Path) -> None:
        """Write to one file (numpy archive with a JSON header); it appears complete or not at all."""
        header = {
            "format": FORMAT, "version": VERSION, "network": self.network_key, "edges": self.edges,
            "zone": self.zone,
        }  # fmt: skip
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        with part.open("wb") as file:
            np.savez_compressed(
                file, allow_pickle=False, key=self.key, count=self.count,
                header=np.frombuffer(json.dumps(header).encode(), dtype=np.uint8),
            )  # fmt: skip
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> EdgeSpeeds:
        """Read what `save` wrote; BadMapFile if it is anything else."""
        try:
            with np.load(path, allow_pickle=False) as columns:
                data: dict[str, NDArray[Any]] = {name: columns[name] for name in columns.files}
            header = json.loads(data["header"].tobytes())
            if (header["format"], header["version"]) != (FORMAT, VERSION):
                raise BadMapFile(f"{path.name} holds no observed speeds of version {VERSION}")
            return cls(header["network"], header["edges"], header["zone"], data["key"], data["count"])
        except FileNotFoundError as error:
            raise BadMapFile(f"there is no file {path.name}") from error
        except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
            raise BadMapFile(f"{path.name} holds no observed speeds, or it is truncated") from error


def observe(network: RoadNetwork, zone: str, drives: Iterable[Traversals]) -> EdgeSpeeds:
    """Histograms of the traversals of any number of drives. ValueError names an unknown time zone."""
    found = list(drives)
    edge = np.concatenate([np.zeros(0, dtype=np.int64), *(drive.edge for drive in found)])
    at_s = np.concatenate([np.zeros(0), *(drive.entered_s for drive in found)])
    speed_kmh = np.concatenate([np.zeros(0), *(drive.speed_kmh for drive in found)])
    key, row = np.unique(edge * HOURS + hour_of_week(at_s, zone), return_inverse=True)
    count = np.zeros((len(key), BINS), dtype=np.uint32)
    np.add.at(count, (row, bin_of(speed_kmh)), 1)
    return EdgeSpeeds(network_key(network), network.edge_count, zone, key, count)


def bin_of(speed_kmh: FloatArray) -> LongArray:
    """The bins of speeds, 0 to BINS - 1; slower and faster ones fall into the outermost."""
    step = np.floor((np.log(np.maximum(speed_kmh, 1e-9)) - np.log(SLOWEST_KMH)) / _LOG_STEP)
    return np.asarray(np.clip(step, 0, BINS - 1), dtype=np.int64)


def kmh_of_bin(place: FloatArray) -> FloatArray:
    """The speeds at places on the scale of bins, fractions included."""
    return np.asarray(SLOWEST_KMH * np.exp(_LOG_STEP * place))


def hour_of_week(time_s: FloatArray, zone: str) -> LongArray:
    """0 (Monday 00:00 to 01:00, local time) to 167, of Unix times; ValueError for an unknown time zone."""
    from datetime import UTC, datetime  # noqa: PLC0415 - only this function needs a calendar
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415

    try:
        local = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{zone!r} is not the name of a time zone, such as 'Asia/Shanghai'") from error
    # Clocks change on quarters of an hour at the finest, so one look-up serves each quarter.
    quarter, back = np.unique(np.floor_divide(time_s, 900).astype(np.int64), return_inverse=True)
    hours = np.zeros(len(quarter), dtype=np.int64)
    for i, q in enumerate(quarter.tolist()):
        moment = datetime.fromtimestamp(q * 900, UTC).astimezone(local)
        hours[i] = moment.weekday() * 24 + moment.hour
    return hours[back]


def network_key(network: RoadNetwork) -> str:
    """A short mark of a network's edges: the same as long as edge numbers mean the same roads."""
    digest = hashlib.sha256(np.ascontiguousarray(network.edge_tail).tobytes())
    digest.update(np.ascontiguousarray(network.edge_head).tobytes())
    digest.update(np.round(network.edge_length_m, 1).tobytes())
    return digest.hexdigest()[:16]


def _median_bin(count: NDArray[np.uint32]) -> FloatArray:
    """Place of the median of each row on the scale of bins, as a fraction."""
    total = np.cumsum(count, axis=1, dtype=np.float64)
    if not len(total):
        return np.zeros(0)
    half = total[:, -1:] / 2
    at = (total < half).sum(axis=1)
    row = np.arange(len(count))
    before = total[row, at] - count[row, at]
    return np.asarray(at + (half[:, 0] - before) / np.maximum(count[row, at], 1))
