"""One file for one network: a compressed .npz of plain arrays and a JSON header, never pickled objects."""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.errors import BadMapFile
from haoyun.maps.network import NodeName, RoadNetwork

FORMAT = "haoyun-map"
VERSION = 1  # raised whenever a reader of the old layout would misread the new one
SUFFIX = ".map.npz"

_ARRAYS = ("node_lat", "node_lon", "edge_tail", "edge_head", "edge_length_m", "edge_speed_kmh")
_WORDS = ("edge_ref", "edge_class")


def save(network: RoadNetwork, path: Path) -> None:
    """Write a network; the file appears complete or not at all."""
    header: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "name": network.name,
        "kind": network.kind,
        "attribution": network.attribution,
        "node_name": {str(i): asdict(name) for i, name in enumerate(network.node_name) if name},
    }
    columns: dict[str, NDArray[Any]] = {key: getattr(network, key) for key in _ARRAYS}
    for key in _WORDS:
        words, columns[key] = np.unique(np.array(getattr(network, key), dtype=str), return_inverse=True)
        header[key] = words.tolist()
    sizes = [0 if line is None else len(line) for line in network.edge_geometry]
    lines = [line for line in network.edge_geometry if line is not None]
    columns["geometry_size"] = np.array(sizes, dtype=np.int32)
    columns["geometry"] = np.concatenate(lines) if lines else np.zeros((0, 2))
    columns["header"] = np.frombuffer(json.dumps(header, ensure_ascii=False).encode(), dtype=np.uint8)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")  # two processes may write it at once
    with part.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **columns)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def load(path: Path) -> RoadNetwork:
    """Read a network; BadMapFile if the file is missing, truncated or anything but a map of this version."""
    try:
        with np.load(path, allow_pickle=False) as columns:
            data = {key: columns[key] for key in columns.files}
        header = json.loads(data["header"].tobytes())
    except FileNotFoundError as error:
        raise BadMapFile(f"there is no map file {path.name}") from error
    except (OSError, ValueError, KeyError, EOFError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
        raise BadMapFile(f"{path.name} is not a map file of this program, or it is truncated") from error
    if header.get("format") != FORMAT or header.get("version") != VERSION:
        found = header.get("version")
        raise BadMapFile(f"{path.name} has map format {found}, this program reads {VERSION}: import it again")
    try:
        return _network(header, data)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise BadMapFile(f"{path.name} is damaged: its columns do not fit each other") from error


def _network(header: dict[str, Any], data: dict[str, NDArray[Any]]) -> RoadNetwork:
    names = {int(i): NodeName(**name) for i, name in header["node_name"].items()}
    return RoadNetwork(
        name=header["name"],
        kind=header["kind"],
        attribution=header["attribution"],
        node_name=tuple(names.get(i) for i in range(len(data["node_lat"]))),
        edge_geometry=_lines(data["geometry"], data["geometry_size"]),
        node_lat=data["node_lat"],
        node_lon=data["node_lon"],
        edge_tail=data["edge_tail"],
        edge_head=data["edge_head"],
        edge_length_m=data["edge_length_m"],
        edge_speed_kmh=data["edge_speed_kmh"],
        edge_ref=tuple(header["edge_ref"][i] for i in data["edge_ref"]),
        edge_class=tuple(header["edge_class"][i] for i in data["edge_class"]),
    )


def _lines(points: NDArray[np.float64], sizes: NDArray[np.int32]) -> tuple[NDArray[np.float64] | None, ...]:
    ends = np.cumsum(sizes)
    return tuple(points[end - size : end] if size else None for size, end in zip(sizes, ends, strict=True))
