"""The tile files of a map, by name: made beside the map's own file, opened for reading."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from haoyun.maps.catalog import BUILT_IN
from haoyun.maps.errors import BadMapFile
from haoyun.maps.network import RoadNetwork
from haoyun.maps.tiles.landscape import build_land_tiles
from haoyun.maps.tiles.pmtiles import TileFile
from haoyun.maps.tiles.tiles import LAND_SUFFIX, ROADS_SUFFIX, build_road_tiles
from haoyun.maps.tiles.tiling import Progress


@dataclass(frozen=True, slots=True)
class TileCounts:
    """How many tiles were written; land is None where no extract was given."""

    roads: int
    land: int | None


@dataclass(frozen=True, slots=True)
class TileSet:
    """The open tile files of a map; `land` is missing for maps made without an extract."""

    roads: TileFile
    land: TileFile | None

    def parts(self) -> dict[str, TileFile]:
        """The files that exist, by the name of their part, the lower one first."""
        return {**({"land": self.land} if self.land else {}), "roads": self.roads}


def tile_paths(name: str, folder: Path) -> tuple[Path, Path]:
    """Where the tiles of roads and of land of a map lie."""
    place = folder / "built-in" if name in BUILT_IN else folder
    return place / f"{name}{ROADS_SUFFIX}", place / f"{name}{LAND_SUFFIX}"


def build_tiles(
    network: RoadNetwork, folder: Path, source: Path | None = None, progress: Progress | None = None
) -> TileCounts:
    """Write the tiles of a map, replacing older ones; with its extract also what lies between the roads.

    Without `source` the tiles of land stay as they are. BadMapFile if the extract cannot be read.
    """
    roads, land = tile_paths(network.name, folder)
    count, share = None, 0.0
    if source is not None:  # first, because an extract may turn out to be unreadable
        share, bounds, credit = 0.5, network.bounds, network.attribution
        count = build_land_tiles(source, land, bounds, credit, _scaled(progress, 0.0, share))
    made = build_road_tiles(network, roads, _scaled(progress, share, 1.0), fingerprint(network))
    return TileCounts(made, count)


def drop_tiles(name: str, folder: Path) -> None:
    """Remove the tiles of a map, for instance because the map was imported anew without any."""
    for path in tile_paths(name, folder):
        path.unlink(missing_ok=True)


def open_tiles(name: str, folder: Path) -> TileSet | None:
    """The tile files of a map, None if it has no tiles of roads; BadMapFile if a file is damaged."""
    roads, land = tile_paths(name, folder)
    if not roads.is_file():
        return None
    return TileSet(TileFile(roads), TileFile(land) if land.is_file() else None)


def kept_tiles(network: RoadNetwork, folder: Path) -> TileSet | None:
    """`open_tiles`, made first for a built-in map whose tiles are missing or of another release."""
    if network.name in BUILT_IN:
        roads, _ = tile_paths(network.name, folder)
        if not _made_from(roads, fingerprint(network)):
            build_tiles(network, folder)
    return open_tiles(network.name, folder)


def fingerprint(network: RoadNetwork) -> str:
    """A digest of what is drawn of a network."""
    digest = hashlib.blake2b(digest_size=10)
    for column in (network.node_lat, network.node_lon, network.edge_tail, network.edge_head):
        digest.update(column.tobytes())
    digest.update("\n".join((*network.edge_class, *network.edge_ref, network.attribution)).encode())
    return digest.hexdigest()


def _made_from(path: Path, expected: str) -> bool:
    try:
        file = TileFile(path)
    except BadMapFile:
        return False
    made_from = file.info.metadata.get("made_from")
    file.close()
    return made_from == expected


def _scaled(progress: Progress | None, start: float, end: float) -> Progress | None:
    return None if progress is None else lambda share: progress(start + (end - start) * share)
