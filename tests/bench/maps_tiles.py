"""Tiles: time to build, size, time to read and to encode; freestiler beside it where it is installed.

    python tests/bench/maps_tiles.py [--data FOLDER] [--peer PYTHON]

FOLDER holds columbus.osm.pbf and heidelberg.osm.pbf (default: the shared data). PYTHON is the interpreter of
an environment with freestiler, for the comparison; it gets the same lines with the same classes and zooms.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import shapely

from haoyun.maps import RoadNetwork, trunk_network
from haoyun.maps.catalog import import_map
from haoyun.maps.tiles.landscape import build_land_tiles
from haoyun.maps.tiles.pmtiles import TileFile
from haoyun.maps.tiles.tilegrid import Tile, from_unit, tile_at
from haoyun.maps.tiles.tiles import build_road_tiles, features_tile, road_layer, write_layers
from haoyun.maps.tiles.tiling import TileLayer

SEED = 20260101
SHARED = Path(os.environ.get("HAOYUN_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))

PEER = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import geopandas as gpd
from freestiler import freestile, freestile_layer
frame = gpd.read_file(sys.argv[1])
start = time.perf_counter()
layers = {
    f"roads_{zoom}": freestile_layer(part.drop(columns="zoom"), min_zoom=int(zoom), max_zoom=14)
    for zoom, part in frame.groupby("zoom")
}
freestile(layers, sys.argv[2], min_zoom=0, max_zoom=14, quiet=True)
print(json.dumps({"seconds": time.perf_counter() - start}))
"""


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--data", type=Path, default=SHARED / "maps")
    options.add_argument("--peer", type=Path)
    options.add_argument("--copies", type=int, default=16)
    chosen = options.parse_args()
    print(
        f"{datetime.now(UTC):%Y-%m-%d}  {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, shapely {version('shapely')}, numpy {version('numpy')}, seed {SEED}"
    )
    print(
        f"{'map':<12}{'part':<7}{'tiles':>7}{'build s':>9}{'MB':>7}{'read µs':>9}{'mean kB':>9}{'most kB':>9}"
    )
    with tempfile.TemporaryDirectory() as folder:
        networks = [trunk_network()]
        for name in ("columbus", "heidelberg"):
            source = chosen.data / f"{name}.osm.pbf"
            if source.is_file():
                networks.append(import_map(source, name, Path(folder)))
            else:
                print(f"{name}: {source} is not there, left out")
        for network in networks:
            path = Path(folder) / f"{network.name}.pmtiles"
            report(network, "roads", path, timed(lambda n=network, p=path: build_road_tiles(n, p)))
            source = chosen.data / f"{network.name}.osm.pbf"
            if source.is_file():
                seconds = timed(
                    lambda n=network, p=path, s=source: build_land_tiles(s, p, n.bounds, n.attribution)
                )
                report(network, "land", path, seconds)
            if chosen.peer and network.kind == "streets":
                peer(network, chosen.peer, Path(folder))
        if len(networks) > 1 and chosen.copies:
            large(networks[1], chosen.copies, Path(folder))
    live()


def large(network: RoadNetwork, copies: int, folder: Path) -> None:
    """How time and memory grow: the city laid side by side, as a province would be."""
    layer = road_layer(network)
    shift = (network.bounds.east - network.bounds.west) / 360
    shapes = [
        shapely.transform(layer.geometries, lambda points, i=i: points + np.array([shift * i, 0.0]))
        for i in range(copies)
    ]
    many = TileLayer(
        "roads", np.concatenate(shapes), np.tile(layer.min_zoom, copies), list(layer.properties) * copies
    )
    path = folder / "large.pmtiles"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = timed(lambda: write_layers(path, [many], network.bounds, "", 14))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{copies} times {network.name} side by side ({len(many.geometries):,} lines): {seconds:.1f} s, "
        f"{path.stat().st_size / 1e6:.1f} MB, peak memory {after:.0f} MB (before: {before:.0f} MB)"
    )


def timed(work: object) -> float:
    start = time.perf_counter()
    assert callable(work)
    work()
    return time.perf_counter() - start


def report(network: RoadNetwork, part: str, path: Path, seconds: float) -> None:
    """One row: the file, and 2,000 reads of random tiles of it."""
    file, chance = TileFile(path), np.random.default_rng(SEED)
    box = network.bounds
    z = chance.integers(file.info.min_zoom, file.info.max_zoom + 1, 2000).tolist()
    lat, lon = chance.uniform(box.south, box.north, 2000), chance.uniform(box.west, box.east, 2000)
    asked = [tile_at(a, b, c) for a, b, c in zip(lat.tolist(), lon.tolist(), z, strict=True)]
    start = time.perf_counter()
    found = [file.read(tile) for tile in asked]
    read_us = (time.perf_counter() - start) / len(asked) * 1e6
    sizes = [len(data) for data in found if data] or [0]
    print(
        f"{network.name:<12}{part:<7}{count(file):>7}{seconds:>9.2f}{path.stat().st_size / 1e6:>7.2f}"
        f"{read_us:>9.0f}{np.mean(sizes) / 1000:>9.1f}{max(sizes) / 1000:>9.1f}"
    )


def count(file: TileFile) -> int:
    """All tiles of a file, by looking for each in the box."""
    box, found = file.info.bounds, 0
    for z in range(file.info.min_zoom, file.info.max_zoom + 1):
        low, high = tile_at(box.north, box.west, z), tile_at(box.south, box.east, z)
        found += sum(
            file.read(Tile(z, x, y)) is not None
            for x in range(low.x, high.x + 1)
            for y in range(low.y, high.y + 1)
        )
    return found


def peer(network: RoadNetwork, python: Path, folder: Path) -> None:
    """The same lines through freestiler; it has no zoom of a feature, so each zoom is a layer of its own."""
    layer, source, out = road_layer(network), folder / "lines.geojson", folder / "peer.pmtiles"
    features = []
    for line, zoom, known in zip(layer.geometries, layer.min_zoom, layer.properties, strict=True):
        x, y = np.asarray(line.coords).T
        lat, lon = from_unit(x, y)
        geometry = {"type": "LineString", "coordinates": np.column_stack([lon, lat]).tolist()}
        features.append({"type": "Feature", "geometry": geometry, "properties": {**known, "zoom": int(zoom)}})
    source.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    run = subprocess.run(
        [str(python), "-c", PEER, str(source), str(out)], capture_output=True, text=True, check=False
    )
    if run.returncode:
        print(f"{network.name}: freestiler failed: {run.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return
    seconds = json.loads(run.stdout.splitlines()[-1])["seconds"]
    print(f"{network.name:<12}{'peer':<7}{'':>7}{seconds:>9.2f}{out.stat().st_size / 1e6:>7.2f}   freestiler")


def live() -> None:
    """Encoding a live layer at every request."""
    chance = np.random.default_rng(SEED)
    for n in (100, 1000, 5000):
        points = zip(
            chance.uniform(121, 122, n).tolist(), chance.uniform(30.5, 31.5, n).tolist(), strict=True
        )
        vehicles = [
            {
                "geometry": {"type": "Point", "coordinates": [lon, lat]},
                "properties": {"id": f"veh_{i}", "kind": "moving", "speed": 60 + i % 30},
            }
            for i, (lon, lat) in enumerate(points)
        ]
        tile = tile_at(31.0, 121.5, 7)
        data = features_tile("vehicles", vehicles, tile)
        seconds = min(timed(lambda v=vehicles, t=tile: features_tile("vehicles", v, t)) for _ in range(5))
        packed = len(gzip.compress(data))
        print(f"live layer of {n:>5} vehicles: {seconds * 1000:.1f} ms, {packed / 1000:.1f} kB gzip")


if __name__ == "__main__":
    main()
