"""Which maps there are, by name: the built-in ones and those imported into a folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from haoyun.maps import mapfile
from haoyun.maps.errors import BadMapFile, UnknownMap
from haoyun.maps.mapfile import EDGES, HEADER, OLD_SUFFIX, SUFFIX
from haoyun.maps.network import Bounds, RoadNetwork
from haoyun.maps.osm.build import ImportReport, build_network
from haoyun.maps.osm.reader import Progress
from haoyun.maps.osm.tags import DEFAULT_CLASSES
from haoyun.maps.streets import coquimbo_network
from haoyun.maps.trunk import trunk_network

BUILT_IN: dict[str, Callable[[], RoadNetwork]] = {"trunk": trunk_network, "coquimbo": coquimbo_network}
SLOW_TO_BUILD = frozenset({"coquimbo"})  # seconds, against 0.05 s from a file; each process opens its map
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def list_maps(folder: Path) -> list[str]:
    """Names of the built-in maps, then of the imported ones in `folder`, sorted."""
    imported = sorted(path.parent.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}/{HEADER}"))
    return [*BUILT_IN, *(name for name in imported if name not in BUILT_IN)]


def map_folder(name: str, folder: Path) -> Path:
    """Where a map lies that was imported into `folder`, or where a slow built-in one is kept."""
    return (folder / "built-in" if name in BUILT_IN else folder) / f"{name}{SUFFIX}"


def open_map(name: str, folder: Path) -> RoadNetwork:
    """The network of that name. UnknownMap lists what exists; BadMapFile if an imported one is damaged or old."""
    if name in BUILT_IN:
        return _kept(name, folder) if name in SLOW_TO_BUILD else BUILT_IN[name]()
    if not _NAME.fullmatch(name) or not _is_there(name, folder):
        raise UnknownMap(f"there is no map {name!r}; there are: {', '.join(list_maps(folder))}")
    return RoadNetwork.load(map_folder(name, folder))


def import_map(
    source: Path,
    name: str,
    folder: Path,
    *,
    classes: tuple[str, ...] = DEFAULT_CLASSES,
    bbox: Bounds | None = None,
    progress: Progress | None = None,
    on_report: Callable[[ImportReport], None] | None = None,
) -> RoadNetwork:
    """Read an OpenStreetMap extract and keep it in `folder` under `name`, replacing an older import.

    `classes` bring their slip roads along; `bbox` keeps what lies inside. `on_report` is told what was left
    out. Raises BadMapFile for a name that is taken or not of the form a-z, 0-9, '-', and for a bad source.
    """
    check_map_name(name)
    network, report = build_network(source, name=name, classes=classes, bbox=bbox, progress=progress)
    if progress:
        progress("writing", 0.9)
    keep_map(network, folder)
    if progress:
        progress("done", 1.0)
    if on_report:
        on_report(report)
    return network


def import_place(
    place: str,
    name: str,
    folder: Path,
    *,
    classes: tuple[str, ...] = DEFAULT_CLASSES,
    progress: Progress | None = None,
) -> RoadNetwork:
    """Download the roads of a place by its name and keep them in `folder` under `name`.

    Raises what `haoyun.maps.osm.download.download_place` raises, and BadMapFile for a bad name.
    """
    from haoyun.maps.osm.download import download_place  # noqa: PLC0415 - the way few take

    check_map_name(name)
    network = download_place(place, name=name, classes=classes, progress=progress)
    keep_map(network, folder)
    return network


def check_map_name(name: str) -> None:
    """BadMapFile for a name that a map cannot have."""
    if not _NAME.fullmatch(name) or name in BUILT_IN:
        raise BadMapFile(f"a map's name is 1 to 40 of a-z, 0-9 and '-', and not a built-in one; not {name!r}")


def keep_map(network: RoadNetwork, folder: Path) -> None:
    """Store a network in `folder` under its name, with its edges as GeoParquet; an older one is replaced."""
    from haoyun.maps.geoparquet import write_edges  # noqa: PLC0415 - only where a map is imported

    place = map_folder(network.name, folder)
    try:
        mapfile.save(network, place, beside={EDGES: lambda path: write_edges(network, path)})
    except OSError as error:
        raise BadMapFile(f"the map cannot be written to {place}: {error.strerror or error}") from error
    place.with_name(f"{network.name}{OLD_SUFFIX}").unlink(missing_ok=True)


def _is_there(name: str, folder: Path) -> bool:
    return name in list_maps(folder) or (folder / f"{name}{OLD_SUFFIX}").is_file()


def _kept(name: str, folder: Path) -> RoadNetwork:
    """A built-in network from the file of an earlier call; built and kept where there is none to read."""
    place = map_folder(name, folder)
    try:
        return RoadNetwork.load(place)
    except BadMapFile:
        network = BUILT_IN[name]()  # never kept yet, or by a release with another format
    with suppress(OSError):  # a folder that cannot be written costs time, not the map
        network.save(place)
        place.with_name(f"{name}{OLD_SUFFIX}").unlink(missing_ok=True)
    return network
