"""The road engine on real extracts: speed, exactness, live changes, first answers, and the law.

    python tests/bench/maps_engine.py [--json FILE] [--only columbus,first,law]

Peers are measured where they are installed, for example with

    pip install --target /tmp/peers igraph pyroutingkit routingkit-cch; PYTHONPATH=/tmp/peers python ...

They work on the same turn-expanded graph with the same weights in milliseconds, from edge to edge: without
snapping, offsets and distances, which the engine's own times include. Needs ../shared/data/maps.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from osm_law import Law, Truck, faults_of, read_law
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from haoyun.maps.errors import NoPath, NoRoadNear
from haoyun.maps.osm.build import build_network
from haoyun.maps.roads.live import edges_of_ways
from haoyun.maps.roads.profiles import VehicleProfile, get_profile
from haoyun.maps.roads.road_engine import LatLon, RoadEngine
from haoyun.maps.roads.road_graph import RoadGraph
from haoyun.maps.roads.trips import goals_of, same_edge, starts_of
from haoyun.maps.search.weights import NO_WAY
from haoyun.maps.warm import warm_up

SEED = 20261126
DATA = Path(os.environ.get("HAOYUN_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data")) / "maps"
SIZES = (100, 500, 1000, 2000)
Figures = dict[str, Any]


def points_on(graph: RoadGraph, count: int, rng: np.random.Generator) -> list[LatLon]:
    """Positions spread evenly over the edges."""
    edge = rng.integers(0, graph.network.edge_count, count)
    lat, lon = graph.index.positions(edge, rng.random(count) * graph.network.edge_length_m[edge])
    return list(zip(lat.tolist(), lon.tolist(), strict=True))


def timed(work: Callable[[], Any], times: int = 1) -> float:
    """The least seconds of several runs."""
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


# ---- Columbus: matrices, exactness, live changes ----


def columbus() -> Figures:
    graph = RoadGraph(build_network(DATA / "columbus.osm.pbf", name="columbus")[0])
    began = time.perf_counter()
    arcs = graph.hierarchy.arc_count
    print(f"hierarchy of {graph.states.count:,} states, {len(graph.states.tail):,} turns: {arcs:,} arcs, "
          f"{time.perf_counter() - began:.2f} s")  # fmt: skip
    engine = RoadEngine(graph, get_profile("truck-40t"))
    engine.metric()
    customize_s = timed(lambda: graph.search(engine.metric().weight), 5)
    print(f"customize all weights: {customize_s * 1000:.1f} ms")
    rng = np.random.default_rng(SEED)
    rows: Figures = {}
    for size in SIZES:
        points = points_on(graph, size, rng)
        engine.point_matrix(points[:50])
        rows[str(size)] = {"haoyun": timed(lambda points=points: engine.point_matrix(points), 3)}
        rows[str(size)] |= peers(engine, rng, size)
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    print("\nsquare matrix, seconds (haoyun: duration and distance, snapping included)")
    print("       N " + " ".join(f"{name:>15}" for name in names))
    for size, row in rows.items():
        print(f"{size:>8} " + " ".join(f"{row[name]:15.3f}" if name in row else f"{'':15}" for name in names))
    return {"arcs": arcs, "customize_s": customize_s, "matrix_s": rows,
            "exactness": exactness(engine, rng), "live": live(engine, rng)}  # fmt: skip


def peers(engine: RoadEngine, rng: np.random.Generator, size: int) -> dict[str, float]:
    """Seconds of others for the same number of edges, durations alone."""
    states, metric = engine.graph.states, engine.metric()
    open_ = metric.weight < NO_WAY
    tail, head = states.tail[open_], states.head[open_]
    weight_ms = (metric.weight[open_] >> 32).astype(np.int64)
    at = rng.integers(0, engine.network.edge_count, size)
    to = rng.integers(0, engine.network.edge_count, size)
    found: dict[str, float] = {}
    graph = csr_array((np.maximum(weight_ms, 1), (tail, head)), shape=(states.count, states.count))
    if size <= 1000:
        found["scipy"] = timed(
            lambda: [dijkstra(graph, indices=at[i : i + 64])[:, to] for i in range(0, size, 64)]
        )
    lat, lon = _middles(engine)
    if importlib.util.find_spec("pyroutingkit"):
        import pyroutingkit

        cch = pyroutingkit.CCH()
        cch.build_topology(tail.astype(np.uint32), head.astype(np.uint32), lat, lon, node_count=states.count)
        cch.customize_weights(weight_ms.astype(np.uint32))
        found["pyroutingkit"] = timed(
            lambda: cch.distances_many_to_many(at.astype(np.uint32), to.astype(np.uint32)), 2
        )
    if importlib.util.find_spec("routingkit_cch"):
        import routingkit_cch

        ends = (tail.tolist(), head.tolist())
        order = routingkit_cch.compute_order_inertial(states.count, *ends, lat.tolist(), lon.tolist())
        hierarchy = routingkit_cch.CCH(order, *ends, False)
        search = routingkit_cch.CCHOneToMany(
            routingkit_cch.CCHMetric(hierarchy, weight_ms.tolist()), to.tolist()
        )
        found["routingkit_cch"] = timed(lambda: [search.distances_from(a) for a in at.tolist()], 2)
    if importlib.util.find_spec("igraph") and size <= 500:
        import igraph

        other = igraph.Graph(n=states.count, edges=np.column_stack([tail, head]), directed=True)
        sources, targets = np.unique(at).tolist(), np.unique(to).tolist()
        found["igraph"] = timed(lambda: other.distances(sources, targets, weights=weight_ms.tolist()))
    return found


def _middles(engine: RoadEngine) -> tuple[np.ndarray, np.ndarray]:
    network, edge = engine.network, engine.graph.states.edge
    ends = [network.edge_tail[edge], network.edge_head[edge]]
    return (
        np.mean(network.node_lat[ends], axis=0).astype(np.float32),
        np.mean(network.node_lon[ends], axis=0).astype(np.float32),
    )


def exactness(engine: RoadEngine, rng: np.random.Generator) -> Figures:
    """20,000 cells against Dijkstra on the turn-expanded graph with unrounded seconds."""
    graph, metric, states = engine.graph, engine.metric(), engine.graph.states
    sources, targets = points_on(graph, 100, rng), points_on(graph, 200, rng)
    answered = engine.point_matrix(sources, targets).duration_s
    length_m, speed_kmh = engine.network.edge_length_m, metric.speed_kmh
    edge_s = length_m / (speed_kmh / 3.6)
    turn_s = engine.profile.turns.seconds(states.angle_deg, states.is_junction, states.is_u_turn)
    open_ = metric.weight < NO_WAY
    weight_s = (edge_s[states.edge[states.head]] + turn_s)[open_]
    n = states.count
    here, there = engine.snap(sources), engine.snap(targets)
    starts, goals = starts_of(graph, metric, here), goals_of(graph, metric, there)
    own = n + np.repeat(np.arange(len(sources)), np.diff(starts.first))
    tail, head = np.concatenate([states.tail[open_], own]), np.concatenate([states.head[open_], starts.node])
    seconds = np.maximum(np.concatenate([weight_s, (starts.cost >> 32) / 1000]), 1e-9)
    order = np.lexsort(
        (seconds, head, tail)
    )  # of several arcs between two states the least; csr would add them
    tail, head, seconds = tail[order], head[order], seconds[order]
    least = np.append(True, (np.diff(tail) != 0) | (np.diff(head) != 0))
    size = n + len(sources)
    links = csr_array((seconds[least], (tail[least], head[least])), shape=(size, size))
    labels = dijkstra(links, indices=np.arange(n, n + len(sources)))
    exact = np.full(answered.shape, np.inf)
    for j in range(len(targets)):
        at = slice(goals.first[j], goals.first[j + 1])
        # The packed cost is minus what lies behind the target: its upper half, rounded up to a millisecond.
        behind_s = -goals.cost[at] / (1 << 32) / 1000
        exact[:, j] = np.min(labels[:, goals.node[at]] - behind_s, axis=1, initial=np.inf)
    i, j, _, weight = same_edge(graph, metric, here, there)
    np.minimum.at(exact, (i, j), (weight >> 32) / 1000)
    both = np.isfinite(exact) & np.isfinite(answered)
    figures = {
        "cells": int(exact.size),
        "unlike_reachable": int((np.isfinite(exact) != np.isfinite(answered)).sum()),
        "largest_error_s": float(np.abs(exact - answered)[both].max()),
    }
    print(f"\nexactness: {figures['cells']:,} cells, largest error {figures['largest_error_s']:.4f} s, "
          f"{figures['unlike_reachable']} differ in whether there is a way")  # fmt: skip
    return figures


def live(engine: RoadEngine, rng: np.random.Generator) -> Figures:
    """Closing a whole way, from the call to the next answer; and reopening."""
    a, b = points_on(engine.graph, 2, rng)
    engine.close_edges([0])
    engine.route(a, b)
    engine.reopen_edges([0])
    engine.route(a, b)
    seconds, plain = [], []
    for _ in range(60):
        way = int(engine.network.edge_way[rng.integers(0, engine.network.edge_count)])
        edges = edges_of_ways(engine.network, [way])
        for change in (engine.close_edges, engine.reopen_edges):
            began = time.perf_counter()
            change(edges)
            engine.route(a, b)
            seconds.append(time.perf_counter() - began)
        plain.append(timed(lambda: engine.route(a, b)))
    figures = {"median_ms": statistics.median(seconds) * 1000, "p95_ms": float(np.quantile(seconds, 0.95)) * 1000,
               "most_ms": max(seconds) * 1000, "route_ms": statistics.median(plain) * 1000}  # fmt: skip
    print(f"close or reopen a way until the next route is answered: median {figures['median_ms']:.2f} ms, "
          f"95 % {figures['p95_ms']:.2f}, most {figures['most_ms']:.2f} "
          f"(a route alone {figures['route_ms']:.2f})")  # fmt: skip
    return figures


# ---- first answers, each in a process of its own ----

FIRST = """
import sys, time
began = time.perf_counter()
from pathlib import Path
from haoyun.maps.catalog import import_map, map_folder, open_map
from haoyun.maps.node_engine import engine_for
from haoyun.maps.roads.profiles import get_profile
folder = Path(sys.argv[2])
imported = time.perf_counter()
network = import_map(Path(sys.argv[1]), "columbus", folder) if sys.argv[1] else open_map("columbus", folder)
engine = engine_for(network, get_profile("truck-40t"), keep_in=map_folder("columbus", folder))
engine.route((39.96, -83.00), (40.0, -82.98))
now = time.perf_counter()
# Not ru_maxrss: that one remembers the process that this one was forked from.
status = Path("/proc/self/status").read_text().splitlines()
peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
print(imported - began, now - imported, now - began, peak)
"""


def first() -> Figures:
    """From the extract and from the cache to the first route, imports of Python included."""
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, source in (("from .pbf", str(DATA / "columbus.osm.pbf")), ("from cache", "")):
            runs = []
            for _ in range(3):
                command = [sys.executable, "-c", FIRST, source, folder]
                run = subprocess.run(command, capture_output=True, text=True, check=True)
                runs.append([float(word) for word in run.stdout.split()])
            imports_s, work_s, whole_s, peak_mb = min(runs, key=lambda run: run[2])
            figures[name] = {"imports_s": imports_s, "work_s": work_s, "whole_s": whole_s, "peak_mb": peak_mb}
            print(f"first answer {name}: {whole_s:.2f} s (imports {imports_s:.2f}, work {work_s:.2f}), "
                  f"peak {peak_mb:.0f} MB")  # fmt: skip
        with tempfile.TemporaryDirectory() as cache:
            command = [sys.executable, "-c", "from haoyun.maps.warm import warm_up; print(warm_up())"]
            run = subprocess.run(
                command,
                capture_output=True,
                text=True,
                check=True,
                env={**os.environ, "NUMBA_CACHE_DIR": cache},
            )
            figures["compile_s"] = float(run.stdout)
            print(f"compiling, once for an installation: {figures['compile_s']:.1f} s")
    return figures


# ---- Heidelberg: the law ----


def law() -> Figures:
    """2,000 random truck routes, judged by a second reading of the extract."""
    path = DATA / "heidelberg.osm.pbf"
    book = read_law(path)
    graph = RoadGraph(build_network(path, name="heidelberg")[0])
    rng = np.random.default_rng(SEED)
    figures: Figures = {"restrictions": len(book.restrictions)}
    print(f"\nHeidelberg, {len(book.restrictions)} turn restrictions that bind trucks")
    for name in ("truck-18t", "truck-40t"):
        profile = replace(get_profile(name), hazmat="3")
        judged, kinds = judge(RoadEngine(graph, profile), book, truck_of(profile), 1000, rng)
        figures[name] = dict(judged)
        print(f"{name} with dangerous goods: {judged['routes']} routes, {judged['km']:,} km, "
              f"{judged['illegal']} illegal; not answered: {judged['NoRoadNear']} too far from an allowed "
              f"road, {judged['NoPath']} without a way")  # fmt: skip
        for fault, count in kinds.most_common(10):
            print(f"  {count} x {fault}")
    # The judge has to find what is there: a car's routes, and those of a network without its bans.
    truck = truck_of(profile)
    lawless = RoadGraph(replace(graph.network, turn_bans=()))
    for name, engine in (("a car's routes", RoadEngine(graph, get_profile("car"))),
                         ("routes without turn bans", RoadEngine(lawless, profile))):  # fmt: skip
        judged, _ = judge(engine, book, truck, 300, rng)
        figures[name] = dict(judged)
        print(f"control: of 300 {name} the judge finds {judged['illegal']} illegal for the last truck")
    if book.unread:
        print(f"tags that the second reading could not read: {dict(book.unread)}")
    return figures


def truck_of(profile: VehicleProfile) -> Truck:
    return Truck(profile.height_m, profile.width_m, profile.length_m, profile.gross_weight_t,
                 profile.axle_load_t, hazmat=profile.hazmat is not None)  # fmt: skip


def judge(
    engine: RoadEngine, book: Law, truck: Truck, count: int, rng: np.random.Generator
) -> tuple[Counter[str], Counter[str]]:
    """(routes, kilometres, illegal ones and errors; faults) of random routes."""
    judged, kinds, metres = Counter[str](), Counter[str](), 0.0
    while judged["routes"] < count:
        a, b = points_on(engine.graph, 2, rng)
        try:
            route = engine.route(a, b)
        except (NoPath, NoRoadNear) as error:
            judged[type(error).__name__] += 1
            continue
        judged["routes"] += 1
        metres += route.distance_m
        line = [(float(lat), float(lon)) for lat, lon in route.coordinates]
        faults = faults_of(book, truck, line, list(route.osm_way_ids)) if route.distance_m > 1 else []
        judged["illegal"] += bool(faults)
        kinds.update(faults)
    judged["km"] = round(metres / 1000)
    return judged, kinds


PARTS: dict[str, Callable[[], Figures]] = {"columbus": columbus, "first": first, "law": law}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    options = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"there is no {DATA}; HAOYUN_SHARED_DATA names the folder of the shared data")
    versions = {name: importlib.metadata.version(name) for name in ("numpy", "scipy", "numba")}
    said = {
        "date": datetime.now(UTC).isoformat(timespec="minutes"), "seed": SEED, "machine": platform.machine(),
        "processor": _processor(), "cores": os.cpu_count(), "python": platform.python_version(), **versions,
    }  # fmt: skip
    print(", ".join(f"{key} {value}" for key, value in said.items()))
    print(f"loading the compiled code: {warm_up():.2f} s")
    figures: Figures = {"said": said}
    for name in options.only.split(","):
        figures[name] = PARTS[name]()
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


if __name__ == "__main__":
    main()
