"""Importing OpenStreetMap extracts: time, peak memory, time to the first answer, and how both grow.

    python tests/bench/maps_import.py [--copies 8,32]

Every figure is of a process of its own, from its start to its end (imports of Python packages included). For
the growth, an extract is written several times side by side into one file, with ids of its own and joined by
roads: what a larger file of the same kind of country would be. Needs ../shared/data.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

DATA = Path(os.environ.get("HAOYUN_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data")) / "maps"
PACKAGES = ("osmium", "numpy", "scipy", "pyarrow", "shapely")
ALL = "motorway,trunk,primary,secondary,tertiary,unclassified,residential,living_street,road,ferry"
BACKBONE = ("motorway", "trunk", "primary")
LIMIT_MB = 8 * 1024
ID_SET_MB = 1600  # osmium's set of wanted node ids in a large file: one bit for each id up to 13e9

IMPORT = """
import json, sys
from pathlib import Path
from haoyun.maps.osm.build import build_network
from haoyun.maps.catalog import keep_map
network, _ = build_network(Path(sys.argv[1]), name="bench", classes=tuple(sys.argv[3].split(",")))
keep_map(network, Path(sys.argv[2]))
print(json.dumps([network.node_count, network.edge_count]))
"""
ANSWER = """
import json, sys
from pathlib import Path
from haoyun.maps.access import point_path
from haoyun.maps.engine import ScipyEngine
from haoyun.maps.catalog import import_map, open_map
folder, source = Path(sys.argv[1]), sys.argv[2]
network = import_map(Path(source), "first", folder) if source else open_map("first", folder)
a, b = network.position(0), network.position(network.node_count // 2)
print(json.dumps([round(point_path(network, ScipyEngine(network), [a, b]).distance_m)]))
"""
LOAD = """
import json, sys, time
from pathlib import Path
from haoyun.maps.catalog import open_map
start = time.perf_counter()
network = open_map("first", Path(sys.argv[1]))
print(json.dumps([time.perf_counter() - start]))
"""


def run(*arguments: str) -> tuple[list[Any], float, float]:
    """(what a process printed as JSON, its seconds, its peak resident MB)."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status != 0:
        sys.exit(f"a benchmark process failed: {arguments[:2]}")
    lines = output.decode().splitlines()
    return (json.loads(lines[-1]) if arguments[0] == "-c" else lines), seconds, usage.ru_maxrss / 1024


def commands(folder: Path) -> None:
    print("\nhaoyun map import: the whole command")
    print(f"{'extract':12} {'seconds':>8} {'peak MB':>8}")
    for name in ("columbus", "heidelberg"):
        words = ("--data", str(folder), "map", "import", str(DATA / f"{name}.osm.pbf"), "--name", name)
        _, seconds, peak = run("-m", "haoyun.platform.cli", *words)
        print(f"{name:12} {seconds:8.2f} {peak:8.0f}")


def first_answer(folder: Path) -> None:
    print("\nColumbus, to the first route (scipy's Dijkstra): a new process each")
    _, cold_s, cold_mb = run("-c", ANSWER, str(folder), str(DATA / "columbus.osm.pbf"))
    _, warm_s, warm_mb = run("-c", ANSWER, str(folder), "")
    loads = sorted(run("-c", LOAD, str(folder))[0][0] for _ in range(5))
    print(f"from the .pbf  {cold_s:6.2f} s  peak {cold_mb:4.0f} MB")
    print(f"from the cache {warm_s:6.2f} s  peak {warm_mb:4.0f} MB")
    print(f"opening the map alone, inside a running process: {loads[2] * 1000:.0f} ms (median of 5)")


def growth(folder: Path, copies: list[int]) -> None:
    print("\nGrowth: Columbus side by side, all default classes, import and writing of the cache")
    print(f"{'copies':>6} {'file MB':>8} {'nodes':>10} {'edges':>10} {'seconds':>8} {'peak MB':>8}")
    measured = []
    for count in copies:
        path = side_by_side(DATA / "columbus.osm.pbf", count, folder / f"x{count}.osm.pbf")
        (nodes, edges), seconds, peak = run("-c", IMPORT, str(path), str(folder), ALL)
        measured.append((edges, peak, seconds))
        print(
            f"{count:6} {path.stat().st_size / 1e6:8.1f} {nodes:10,} {edges:10,} {seconds:8.1f} {peak:8.0f}"
        )
        path.unlink()
    (few, low_mb, low_s), (many, high_mb, high_s) = measured[0], measured[-1]
    mb_per_million = (high_mb - low_mb) / (many - few) * 1e6
    s_per_million = (high_s - low_s) / (many - few) * 1e6
    room = (LIMIT_MB - ID_SET_MB - low_mb) / mb_per_million
    print(
        f"slope between the first and the last: {mb_per_million:.0f} MB and {s_per_million:.0f} s for a million edges"
    )
    print(
        f"so 8 GiB, less {ID_SET_MB} MB for the id set of files above 64 MB, hold about {room:.0f} million edges"
    )


def backbone(folder: Path) -> None:
    print(f"\nThe share of --classes {','.join(BACKBONE)}")
    for name in ("columbus", "heidelberg"):
        source = str(DATA / f"{name}.osm.pbf")
        (_, every), *_ = run("-c", IMPORT, source, str(folder), ALL)
        (_, some), *_ = run("-c", IMPORT, source, str(folder), ",".join(BACKBONE))
        print(f"{name:12} {some:8,} of {every:8,} edges: {100 * some / every:.0f} %")
    print(
        "Extrapolation assumes that edges have as many points and rules as Columbus's, and that the file's own"
        "\nobjects stream through: only kept ways, their nodes and restrictions are held."
    )


def side_by_side(source: Path, count: int, target: Path) -> Path:
    """`count` shifted copies of an extract in one file, each joined to the next by three roads."""
    import osmium

    from haoyun.maps.osm.build import build_network

    network, _ = build_network(source, name="one")
    joints = [network.position(i * network.node_count // 4) for i in (1, 2, 3)]
    nodes, ways, relations = [], [], []
    joined: list[int] = []
    for item in osmium.FileProcessor(str(source)):
        if item.is_node():
            nodes.append((item.id, item.lon, item.lat, dict(item.tags)))
            if (item.lat, item.lon) in joints:
                joined.append(item.id)
        elif item.is_way():
            ways.append((item.id, [node.ref for node in item.nodes], dict(item.tags)))
        else:
            relations.append((item.id, [(m.type, m.ref, m.role) for m in item.members], dict(item.tags)))
    new = osmium.osm.mutable
    far = max(node[0] for node in nodes) + 1
    with osmium.SimpleWriter(str(target), overwrite=True) as writer:
        for copy in range(count):
            east, north = copy % 16 * 0.5, copy // 16 * 0.3
            for number, lon, lat, tags in nodes:
                writer.add_node(
                    new.Node(id=copy * far + number, location=(lon + east, lat - north), tags=tags)
                )
        for copy in range(count):
            for number, refs, tags in ways:
                writer.add_way(
                    new.Way(id=copy * far + number, nodes=[copy * far + ref for ref in refs], tags=tags)
                )
        links = [(a * far + node, b * far + node) for a, b in pairwise(range(count)) for node in joined]
        for i, ends in enumerate(links):
            writer.add_way(new.Way(id=count * far + i, nodes=list(ends), tags={"highway": "trunk"}))
        for copy in range(count):
            for number, members, tags in relations:
                moved = [(kind, copy * far + ref, role) for kind, ref, role in members]
                writer.add_relation(new.Relation(id=copy * far + number, members=moved, tags=tags))
    return target


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--copies", default="1,8,32", help="how many copies side by side, comma-separated")
    copies = [int(word) for word in parser.parse_args().copies.split(",")]
    if not DATA.is_dir():
        sys.exit("this benchmark needs ../shared/data/maps")
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}, {packages}"
    )
    with tempfile.TemporaryDirectory() as folder:
        commands(Path(folder))
        first_answer(Path(folder))
        growth(Path(folder), copies)
        backbone(Path(folder))


if __name__ == "__main__":
    main()
