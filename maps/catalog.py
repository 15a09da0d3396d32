"""Which maps there are, by name: the built-in ones and those imported into a folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from haoyun.maps.errors import BadMapFile, UnknownMap
from haoyun.maps.mapfile import SUFFIX
from haoyun.maps.network import RoadNetwork
from haoyun.maps.osm.build import build_network
from haoyun.maps.streets import coquimbo_network
from haoyun.maps.trunk import trunk_network

BUILT_IN: dict[str, Callable[[], RoadNetwork]] = {"trunk": trunk_network, "coquimbo": coquimbo_network}
SLOW_TO_BUILD = frozenset({"coquimbo"})  # seconds, against 0.05 s from a file; each process opens its map
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def list_maps(folder: Path) -> list[str]:
    """Names of the built-in maps, then of the imported ones in `folder`, sorted."""
    imported = sorted(path.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}"))
    return [*BUILT_IN, *(name for name in imported if name not in BUILT_IN)]


def open_map(name: str, folder: Path) -> RoadNetwork:
    """The network of that name. UnknownMap lists what exists; BadMapFile if an imported file is damaged."""
    if name in BUILT_IN:
        return _kept(name, folder) if name in SLOW_TO_BUILD else BUILT_IN[name]()
    if name not in list_maps(folder):
        raise UnknownMap(f"there is no map {name!r}; there are: {', '.join(list_maps(folder))}")
    return RoadNetwork.load(folder / f"{name}{SUFFIX}")


def import_map(source: Path, name: str, folder: Path) -> RoadNetwork:
    """Read an OpenStreetMap extract and keep it in `folder` under `name`, replacing an older import.

    Raises BadMapFile for a name that is taken or not of the form a-z, 0-9, '-', and for a bad source.
    """
    if not _NAME.fullmatch(name) or name in BUILT_IN:
        raise BadMapFile(f"a map's name is 1 to 40 of a-z, 0-9 and '-', and not a built-in one; not {name!r}")
    network = build_network(source, name=name)[0]
    folder.mkdir(parents=True, exist_ok=True)
    network.save(folder / f"{name}{SUFFIX}")
    return network


def engine_folder(name: str, folder: Path) -> Path:
    """Where the engine keeps what it worked out for a map (`haoyun.maps.road_graph`)."""
    return folder / "built-in" if name in BUILT_IN else folder


def _kept(name: str, folder: Path) -> RoadNetwork:
    """A built-in network from the file of an earlier call; built and kept where there is none to read."""
    path = folder / "built-in" / f"{name}{SUFFIX}"
    try:
        return RoadNetwork.load(path)
    except BadMapFile:
        network = BUILT_IN[name]()  # never kept yet, or by a release with another format
    with suppress(OSError):  # a folder that cannot be written costs time, not the map
        path.parent.mkdir(parents=True, exist_ok=True)
        network.save(path)
    return network
