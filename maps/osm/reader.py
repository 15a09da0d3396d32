"""What an extract holds of roads, taken out in two passes: ways and restrictions, then the nodes they name.

The second pass asks for those nodes alone, so memory grows with the roads that are kept and not with the
file, and the order of the file does not matter. Ways are flat arrays; only restrictions, barriers and the
distinct legal situations are Python objects.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.errors import BadMapFile
from haoyun.maps.network import Bounds
from haoyun.maps.osm.figures import parse_duration_s
from haoyun.maps.osm.tags import DEFAULT_CLASSES, KEYS, directions, is_open, road_class, rules_of, with_links
from haoyun.maps.osm.turns import Restriction, restrictions_of
from haoyun.maps.rules import RuleBook
from haoyun.maps.speeds import way_speed_kmh

Progress = Callable[[str, float], None]  # what is being done, share of the whole import from 0 to 1

SUFFIXES = (".osm", ".osm.pbf", ".pbf", ".osm.bz2", ".osm.gz")
CLOSED = -1  # in place of a rules number: this direction is not driven
_BARRIER_KEYS = ("barrier", "maxheight", "maxwidth")
_BLOCK = 1 << 20  # nodes sifted at once
# Above this size nodes are picked by osmium's id set, which is fast and takes 4 MiB for every 33.5 million ids in
# which any is wanted: 1.6 GB for OpenStreetMap's own ids. Below it, or where ids are spread wider, all nodes are
# looked at from Python, at about a microsecond each.
_LARGE_FILE = 64_000_000
_ID_SET_MB = 1_700
_EVERY = 4096  # objects between two reports of progress
_WAYS_SHARE, _NODES_SHARE = 0.45, 0.85  # of the whole import, as measured on city extracts


@dataclass(slots=True)
class Ways:
    """The roads of an extract, one entry a way; `first[i]:first[i + 1]` are its node ids in `refs`."""

    way_id: Any = field(default_factory=lambda: array("q"))
    class_code: Any = field(default_factory=lambda: array("i"))
    ref_code: Any = field(default_factory=lambda: array("i"))
    rules_forward: Any = field(default_factory=lambda: array("i"))  # number in `rules` or CLOSED
    rules_backward: Any = field(default_factory=lambda: array("i"))
    speed_forward: Any = field(default_factory=lambda: array("d"))  # km/h
    speed_backward: Any = field(default_factory=lambda: array("d"))
    crossing_s: Any = field(default_factory=lambda: array("d"))  # a ferry's duration, 0 where there is none
    first: Any = field(default_factory=lambda: array("q", [0]))
    refs: Any = field(default_factory=lambda: array("q"))
    class_words: dict[str, int] = field(default_factory=dict)
    ref_words: dict[str, int] = field(default_factory=dict)
    rules: RuleBook = field(default_factory=RuleBook)
    unread: Counter[str] = field(default_factory=Counter)  # tags without meaning, and on how many ways
    _alike: dict[Any, tuple[Any, ...]] = field(default_factory=dict)

    def add(self, way_id: int, tags: dict[str, str], refs: list[int]) -> None:
        """Keep a way if it is a road that somebody may drive."""
        key = tuple((k, v) for k, v in tags.items() if k in KEYS)
        alike = self._alike.get(key)
        if alike is None:
            alike = self._alike[key] = self._read(tags)
        name, forward, backward, speed_forward, speed_backward, unread = alike
        self.unread.update(unread)
        if len(refs) < 2 or (forward == CLOSED and backward == CLOSED):
            return
        self.way_id.append(way_id)
        self.class_code.append(_number(self.class_words, name))
        self.ref_code.append(_number(self.ref_words, tags.get("ref") or tags.get("name", "")))
        self.rules_forward.append(forward)
        self.rules_backward.append(backward)
        self.speed_forward.append(speed_forward)
        self.speed_backward.append(speed_backward)
        self.crossing_s.append(self._crossing_s(tags) if name == "ferry" else 0.0)
        self.refs.extend(refs)
        self.first.append(len(self.refs))

    def _read(self, tags: dict[str, str]) -> tuple[str, int, int, float, float, tuple[str, ...]]:
        name = road_class(tags)
        if not name:
            return "", CLOSED, CLOSED, 0.0, 0.0, ()
        numbers = []
        unread: Counter[str] = Counter()
        for forward, runs in zip((True, False), directions(tags), strict=True):
            rules = rules_of(tags, forward, unread) if runs else None
            numbers.append(self.rules.number(rules) if rules and is_open(rules) else CLOSED)
        usual = {**tags, "highway": name}
        speeds = way_speed_kmh(usual), way_speed_kmh(usual, forward=False)
        return name, numbers[0], numbers[1], *speeds, tuple(unread)

    def _crossing_s(self, tags: dict[str, str]) -> float:
        try:
            return parse_duration_s(tags["duration"]) if "duration" in tags else 0.0
        except ValueError:
            self.unread[f"duration={tags['duration']}"] += 1
            return 0.0

    def freeze(self) -> None:
        """Turn the growing arrays into numpy ones."""
        for name in self.__slots__:
            column = getattr(self, name)
            if isinstance(column, array):
                setattr(self, name, np.frombuffer(column, dtype=np.dtype(column.typecode)) if column else
                        np.zeros(0, dtype=np.dtype(column.typecode)))  # fmt: skip
        self._alike.clear()


@dataclass(frozen=True, slots=True)
class Nodes:
    """The nodes that ways name and the file holds: ids in rising order, degrees, and what stands at them."""

    ids: NDArray[np.int64]
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    barriers: dict[int, dict[str, str]]  # node id -> tags, where something stands that may stop a truck


@dataclass(frozen=True, slots=True)
class Extract:
    """What was read of a file, before it is cut into edges."""

    name: str
    ways: Ways
    nodes: Nodes
    restrictions: list[Restriction]


def read_extract(
    path: Path,
    *,
    classes: tuple[str, ...] = DEFAULT_CLASSES,
    bbox: Bounds | None = None,
    progress: Progress | None = None,
) -> Extract:
    """The roads of `classes` (with their slip roads) in `bbox`, and what stands at their nodes.

    Raises BadMapFile, with one sentence, if the file is missing, empty, truncated, of another format or
    holds no such road.
    """
    check_file(path)
    report = progress or _say_nothing
    ways, restrictions = _read_ways(path, with_links(classes), report)
    if not len(ways.way_id):
        raise BadMapFile(f"{path.name} holds no drivable road of the classes {', '.join(classes)}")
    nodes = _read_nodes(path, np.unique(ways.refs), report)
    if not len(nodes.ids):
        raise BadMapFile(f"{path.name} holds roads but none of their nodes: it is truncated, or cut wrongly")
    return Extract(path.name, ways, _inside(nodes, bbox, path.name), restrictions)


def check_file(path: Path) -> None:
    """BadMapFile if the file is missing, empty or not named like an OpenStreetMap extract."""
    if not path.is_file():
        raise BadMapFile(f"there is no file {path.name}")
    if not path.name.endswith(SUFFIXES):
        raise BadMapFile(
            f"{path.name} is not an OpenStreetMap extract: its name must end in .osm or .osm.pbf (or .osm.gz, .osm.bz2)"
        )
    if path.stat().st_size == 0:
        raise BadMapFile(f"{path.name} is empty")


def _read_ways(path: Path, classes: frozenset[str], report: Progress) -> tuple[Ways, list[Restriction]]:
    import osmium  # noqa: PLC0415 - only where a map is imported

    kinds = osmium.osm
    roads = osmium.filter.TagFilter(*(("highway", name) for name in classes), ("route", "ferry"))
    turns = osmium.filter.TagFilter(("type", "restriction"))
    roads.enable_for(kinds.WAY)
    turns.enable_for(kinds.RELATION)
    source = osmium.FileProcessor(str(path), kinds.WAY | kinds.RELATION).with_filter(roads).with_filter(turns)
    ways, restrictions = Ways(), []
    guess = path.stat().st_size / 300  # bytes a road takes in a usual extract; only the bar depends on it
    with_ferries = "ferry" in classes
    for count, item in enumerate(_items(source, path)):
        if item.is_way():
            tags = dict(item.tags)
            if with_ferries or tags.get("route") != "ferry" or "highway" in tags:
                ways.add(item.id, tags, [node.ref for node in item.nodes])
        else:
            members = [(member.type, member.ref, member.role) for member in item.members]
            restrictions += restrictions_of(dict(item.tags), members)
        if count % _EVERY == 0:
            report(f"roads ({len(ways.way_id):,})", _WAYS_SHARE * count / (count + guess))
    ways.freeze()
    return ways, restrictions


def _read_nodes(path: Path, wanted: NDArray[np.int64], report: Progress) -> Nodes:
    import osmium  # noqa: PLC0415

    source = osmium.FileProcessor(str(path), osmium.osm.NODE)
    if path.stat().st_size > _LARGE_FILE and _id_set_mb(wanted) <= _ID_SET_MB:
        blocks = (wanted[start : start + _BLOCK].tolist() for start in range(0, len(wanted), _BLOCK))
        source = source.with_filter(osmium.filter.IdFilter(chain.from_iterable(blocks)))
    found = _Found(wanted)
    for count, node in enumerate(_items(source, path)):
        place = node.location
        if place.valid():
            found.add(node.id, place.x, place.y)
            if len(node.tags) and any(key in node.tags for key in _BARRIER_KEYS):
                found.barriers[node.id] = dict(node.tags)
        if count % _EVERY == 0:
            share = min(1.0, count / len(wanted))
            report(f"nodes ({count:,})", _WAYS_SHARE + (_NODES_SHARE - _WAYS_SHARE) * share)
    return found.nodes()


def _id_set_mb(wanted: NDArray[np.int64]) -> float:
    """Memory of osmium's set of these ids: blocks of 2 ** 25 bits, one for each range with an id in it."""
    return len(np.unique(wanted >> 25)) * (1 << 22) / 1e6


class _Found:
    """Wanted nodes, sifted from all nodes in blocks so that memory does not grow with the file."""

    def __init__(self, wanted: NDArray[np.int64]) -> None:
        self.barriers: dict[int, dict[str, str]] = {}
        self._wanted = wanted
        self._sifted: list[tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]] = []
        self._start_block()

    def _start_block(self) -> None:
        self._ids, self._x, self._y = array("q"), array("i"), array("i")

    def add(self, node: int, x: int, y: int) -> None:
        self._ids.append(node)
        self._x.append(x)
        self._y.append(y)
        if len(self._ids) == _BLOCK:
            self._sift()

    def _sift(self) -> None:
        ids = np.array(self._ids, dtype=np.int64)
        keep = self._is_wanted(ids)
        x, y = np.array(self._x, dtype=np.int32), np.array(self._y, dtype=np.int32)
        self._sifted.append((ids[keep], x[keep], y[keep]))
        self._start_block()

    def _is_wanted(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        at = np.searchsorted(self._wanted, ids)
        at[at == len(self._wanted)] = 0
        return np.asarray(self._wanted[at] == ids)

    def nodes(self) -> Nodes:
        self._sift()
        ids, x, y = (np.concatenate(parts) for parts in zip(*self._sifted, strict=True))
        ids, order = np.unique(ids, return_index=True)  # by id; a node that a file holds twice counts once
        standing = np.fromiter(self.barriers, dtype=np.int64, count=len(self.barriers))
        on_road = set(standing[self._is_wanted(standing)].tolist())
        barriers = {node: tags for node, tags in self.barriers.items() if node in on_road}
        return Nodes(ids, y[order] / 1e7, x[order] / 1e7, barriers)


def _items(source: Any, path: Path) -> Iterator[Any]:
    try:
        yield from source
    except (RuntimeError, OSError, ValueError, OverflowError, IndexError) as error:  # what osmium raises
        raise BadMapFile(
            f"{path.name} cannot be read: truncated, or not OpenStreetMap data ({error})"
        ) from error


def _inside(nodes: Nodes, bbox: Bounds | None, name: str) -> Nodes:
    if bbox is None:
        return nodes
    kept = (nodes.lat >= bbox.south) & (nodes.lat <= bbox.north)
    kept &= (nodes.lon >= bbox.west) & (nodes.lon <= bbox.east)
    if not kept.any():
        raise BadMapFile(
            f"the box {bbox.south:g},{bbox.west:g},{bbox.north:g},{bbox.east:g} holds no road of {name}, whose roads "
            f"lie in {nodes.lat.min():.4f},{nodes.lon.min():.4f},{nodes.lat.max():.4f},{nodes.lon.max():.4f}"
        )
    return Nodes(nodes.ids[kept], nodes.lat[kept], nodes.lon[kept], nodes.barriers)


def _number(words: dict[str, int], word: str) -> int:
    return words.setdefault(word, len(words))


def _say_nothing(step: str, share: float) -> None:
    """For callers who want no progress."""
