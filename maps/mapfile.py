"""A network in a folder `NAME.map`: numpy arrays that are mapped into memory, and a JSON header.

    NAME.map/map.json            header: format, version, names, words, rules, and which arrays are in force
    NAME.map/arrays-GENERATION/  one .npy file for each array; extra arrays of others lie here too
    NAME.map/edges.parquet       the edges for GIS programs (haoyun.maps.geoparquet); not read by this program

Nothing is pickled. A new import writes a new generation of arrays and then replaces the header in one step,
so that a reader sees the old map or the new one, never a mixture, whatever breaks in between.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.columns import Lines, Words
from haoyun.maps.errors import BadMapFile
from haoyun.maps.network import NodeName, RoadNetwork
from haoyun.maps.rules import Condition, TurnBan, Vehicles
from haoyun.maps.rules_json import condition_from_json, condition_to_json, rules_from_json, rules_to_json

FORMAT = "haoyun-map"
VERSION = 2  # raised whenever a reader of the old layout would misread the new one
SUFFIX = ".map"
OLD_SUFFIX = ".map.npz"  # version 1 was a single file
HEADER = "map.json"
EDGES = "edges.parquet"

_ARRAYS = (
    "node_lat", "node_lon", "edge_tail", "edge_head", "edge_length_m", "edge_speed_kmh", "edge_way", "edge_rules",
)  # fmt: skip
_WORDS = ("edge_ref", "edge_class")
_ABANDONED_S = 6 * 3600  # no import takes that long
_EXTRA_NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,59}")

Writer = Callable[[Path], None]


def save(network: RoadNetwork, folder: Path, *, beside: dict[str, Writer] | None = None) -> None:
    """Write a network into a map's folder; it appears complete or not at all.

    `beside` names files that belong to it, with the function that writes each to a path it is given.
    """
    folder.mkdir(parents=True, exist_ok=True)
    replaced = _generation(folder)
    generation = uuid.uuid4().hex[:12]
    arrays = folder / f"arrays-{generation}"
    parts = {name: folder / f"{name}.{generation}.part" for name in (*(beside or {}), HEADER)}
    try:
        arrays.mkdir()
        header = _header(network, generation)
        for key, column in _columns(network, header).items():
            _write(arrays / f"{key}.npy", column)
        for name, write in (beside or {}).items():
            write(parts[name])
        _write_text(parts[HEADER], json.dumps(header, ensure_ascii=False))
        for name, part in parts.items():  # the header last: from then on the new arrays are in force
            part.replace(folder / name)
    finally:
        if _generation(folder) != generation:
            shutil.rmtree(arrays, ignore_errors=True)
        for part in parts.values():
            part.unlink(missing_ok=True)
        with suppress(OSError):
            folder.rmdir()  # only if nothing is in it
    if replaced:
        shutil.rmtree(folder / f"arrays-{replaced}", ignore_errors=True)
    _sweep(folder, generation)


def load(folder: Path) -> RoadNetwork:
    """Read a map's folder; BadMapFile if it is missing, truncated or anything but a map of this version."""
    header = read_header(folder)
    try:
        return _network(header, folder / f"arrays-{header['generation']}")
    except FileNotFoundError as error:
        if read_header(folder)["generation"] != header["generation"]:
            return load(folder)  # imported again while it was being read
        raise BadMapFile(
            f"{folder.name} is damaged: the array {Path(error.filename).name} is missing"
        ) from error
    except (KeyError, IndexError, TypeError, ValueError, EOFError, OSError, AttributeError) as error:
        raise BadMapFile(
            f"{folder.name} is damaged: its arrays are truncated or do not fit each other"
        ) from error


def read_header(folder: Path) -> dict[str, Any]:
    """The header of a map's folder; BadMapFile if there is none of this version."""
    if folder.name.endswith(OLD_SUFFIX) or (_old_file(folder).is_file() and not (folder / HEADER).is_file()):
        raise BadMapFile(
            f"{_old_file(folder).name} has map format 1, this program reads {VERSION}: import it again"
        )
    try:
        header: Any = json.loads((folder / HEADER).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BadMapFile(f"there is no map {folder.name}") from error
    except (OSError, ValueError) as error:
        raise BadMapFile(
            f"{folder.name} is not a map of this program, or its {HEADER} is truncated"
        ) from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise BadMapFile(f"{folder.name} is not a map of this program")
    if header.get("version") != VERSION:
        found = header.get("version")
        raise BadMapFile(
            f"{folder.name} has map format {found}, this program reads {VERSION}: import it again"
        )
    if not re.fullmatch(r"[0-9a-f]{12}", str(header.get("generation"))):
        raise BadMapFile(f"{folder.name} is damaged: its {HEADER} names no arrays")
    return header


def save_array(folder: Path, name: str, array: NDArray[Any]) -> None:
    """Keep an array of one's own with a map. It is gone once the map is imported again.

    `name` is a-z, 0-9 and '_'. Raises ValueError for another name and BadMapFile where there is no map.
    """
    path = _extra(folder, name)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")  # two processes may keep it at once
    try:
        _write(part, np.ascontiguousarray(array))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def load_array(folder: Path, name: str) -> NDArray[Any] | None:
    """An array that `save_array` kept with this import of the map, read-only; None if there is none or it is torn."""
    try:
        return _read(_extra(folder, name))
    except (OSError, ValueError, EOFError):
        return None


def _generation(folder: Path) -> str:
    """Which arrays are in force, "" where there is no map that this program reads."""
    try:
        return str(read_header(folder)["generation"])
    except BadMapFile:
        return ""


def _extra(folder: Path, name: str) -> Path:
    if not _EXTRA_NAME.fullmatch(name):
        raise ValueError(f"an array's name is 1 to 60 of a-z, 0-9 and '_', not {name!r}")
    return folder / f"arrays-{read_header(folder)['generation']}" / f"extra_{name}.npy"


def _old_file(folder: Path) -> Path:
    return folder.with_name(f"{folder.name.removesuffix(OLD_SUFFIX).removesuffix(SUFFIX)}{OLD_SUFFIX}")


def _header(network: RoadNetwork, generation: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "generation": generation,
        "name": network.name,
        "kind": network.kind,
        "attribution": network.attribution,
        "nodes": network.node_count,
        "edges": network.edge_count,
        "node_name": {str(i): asdict(name) for i, name in enumerate(network.node_name) if name},
        "rules": [rules_to_json(rules) for rules in network.rules],
    }


def _columns(network: RoadNetwork, header: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """Every array by its file's name; words and conditions go into the header."""
    columns: dict[str, NDArray[Any]] = {key: getattr(network, key) for key in _ARRAYS}
    for key in _WORDS:
        words = Words.of(getattr(network, key))
        header[key], columns[key] = list(words.table), words.codes
    columns["line_points"], columns["line_offsets"] = network.lines.points, network.lines.offsets
    bans = network.turn_bans
    chains = [(ban.from_edge, *ban.via_edges, ban.to_edge) for ban in bans]
    whens = {ban.when: None for ban in bans}
    number = {when: i for i, when in enumerate(whens)}
    header["ban_when"] = [condition_to_json(when) for when in whens]
    header["ban_vehicles"] = list(Vehicles)
    columns["ban_edges"] = np.array([edge for chain in chains for edge in chain], dtype=np.int32)
    columns["ban_offsets"] = np.cumsum([0, *map(len, chains)], dtype=np.int64)
    columns["ban_when"] = np.array([number[ban.when] for ban in bans], dtype=np.int32)
    columns["ban_vehicles"] = np.array([list(Vehicles).index(ban.vehicles) for ban in bans], dtype=np.int8)
    return columns


def _network(header: dict[str, Any], arrays: Path) -> RoadNetwork:
    names = {int(i): NodeName(**name) for i, name in header["node_name"].items()}
    columns: dict[str, Any] = {key: _read(arrays / f"{key}.npy") for key in _ARRAYS}
    for key in _WORDS:
        columns[key] = Words(tuple(header[key]), _read(arrays / f"{key}.npy"))
    nodes = len(columns["node_lat"])
    return RoadNetwork(
        name=header["name"],
        kind=header["kind"],
        attribution=header["attribution"],
        node_name=tuple(names.get(i) for i in range(nodes)) if names else (None,) * nodes,
        edge_geometry=Lines(_read(arrays / "line_points.npy"), _read(arrays / "line_offsets.npy")),
        rules=tuple(rules_from_json(plain) for plain in header["rules"]),
        turn_bans=tuple(_bans(header, arrays)),
        **columns,
    )


def _bans(header: dict[str, Any], arrays: Path) -> Sequence[TurnBan]:
    whens: list[Condition] = [condition_from_json(plain) for plain in header["ban_when"]]
    vehicles = [Vehicles(word) for word in header["ban_vehicles"]]
    edges, offsets = _read(arrays / "ban_edges.npy").tolist(), _read(arrays / "ban_offsets.npy").tolist()
    kinds = zip(
        _read(arrays / "ban_vehicles.npy").tolist(), _read(arrays / "ban_when.npy").tolist(), strict=True
    )
    bans = []
    for start, end, (kind, when) in zip(offsets[:-1], offsets[1:], kinds, strict=True):
        first, *via, last = edges[start:end]
        bans.append(TurnBan(first, tuple(via), last, vehicles[kind], whens[when]))
    return bans


def _read(path: Path) -> NDArray[Any]:
    """An array, mapped into memory: a national map is not read before it is used."""
    empty = path.stat().st_size <= 128  # the header alone; nothing cannot be mapped
    return np.asarray(np.load(path, mmap_mode=None if empty else "r", allow_pickle=False))


def _write(path: Path, array: NDArray[Any]) -> None:
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())


def _write_text(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sweep(folder: Path, generation: str) -> None:
    """Remove what an import that was killed left. A young folder may be another import at work: it stays."""
    old = time.time() - _ABANDONED_S
    for left in (*folder.glob("arrays-*"), *folder.glob("*.part")):
        with suppress(OSError):
            if left.name != f"arrays-{generation}" and left.stat().st_mtime < old:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
