"""Map matching on a city: length recovered, length that was not driven, fixes a second of one core; beside a peer.

    python tests/bench/maps_match.py [--map columbus|heidelberg] [--drives 60] [--seed 20] [--no-peers]
                                     [--headings] [--calibration]

Drives are made by tests/simulated_drives.py: fastest, shortest and habitual ways in equal parts, with noise that
is independent from fix to fix. Lengths are measured twice: on the stretches of edges actually driven
between the first and the last fix ("metres"), and by whole edges ("edges"), as others count.
Times are those of the processor, so that others on the machine count less.
Needs the extract in ../shared/data/maps (or HAOYUN_SHARED_DATA). Peers are installed into their own
environment in the temporary folder; what cannot be installed is skipped with the reason.
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
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from simulated_drives import KINDS, Drive, Drives, intervals_of, overlap, truth_intervals

from haoyun.maps.catalog import import_map
from haoyun.maps.edge_index import EdgeIndex
from haoyun.maps.matching.matched import Match
from haoyun.maps.matching.matcher import Matcher
from haoyun.maps.matching.trace import Trace
from haoyun.maps.network import RoadNetwork

INTERVALS_S = (1, 10, 30, 60)
SIGMAS_M = (5, 15, 30)
PEER = "ch-router"
M_PER_DEG = 6371008.8 * np.pi / 180
Way = list[tuple[int, float, float]]


@dataclass(frozen=True)
class Score:
    """Shares of the driven length: by metres and by whole edges."""

    recovered: float
    false: float
    recovered_edges: float
    false_edges: float


def main() -> None:
    arguments = parsed()
    network = city(arguments.map)
    index = EdgeIndex(network)
    drives_on = Drives(network, index)
    random = np.random.default_rng(arguments.seed)
    drives = [drives_on.drive(random, KINDS[i % len(KINDS)]) for i in range(arguments.drives)]
    km = sum(drive.along_m[-1] - drive.along_m[0] for drive in drives) / 1000
    size = f"{network.node_count:,} nodes, {network.edge_count:,} edges"
    print(f"{network.name}: {size}; {len(drives)} drives, {km:,.0f} km")
    print(
        f"{machine()}; Python {platform.python_version()}, numpy {version('numpy')}, numba {version('numba')}"
    )
    print(f"seed {arguments.seed}; {datetime.now(UTC):%Y-%m-%d}\n")
    warm_up(network, index, drives_on, drives[0])
    tasks = {
        (interval, sigma): [
            drives_on.fixes(d, interval, sigma, random, arguments.headings)[0] for d in drives
        ]
        for interval in INTERVALS_S
        for sigma in SIGMAS_M
    }
    print(f"{'':34}{'metres':>16}{'whole edges':>16}")
    print(
        f"{'':12}{'interval':>9}{'sigma':>6}{'fixes':>7}{'recov.':>8}{'false':>8}{'recov.':>8}{'false':>8}{'fixes/s':>10}"
    )
    for (interval, sigma), traces in tasks.items():
        matcher = Matcher(network, index=index)  # anew, so that no search is remembered from the row before
        begun = time.process_time()
        matches = [matcher.match(trace) for trace in traces]
        seconds = time.process_time() - begun
        ways = [way(match, network) for match in matches]
        row("Haoyun", interval, sigma, traces, score(network, drives, traces, ways), seconds)
        if arguments.calibration:
            calibration(drives, matches)
    if not arguments.no_peers:
        peer(network, drives, tasks)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--map", default="columbus")
    parser.add_argument("--drives", type=int, default=60)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--headings", action="store_true", help="fixes carry heading (8 degrees) and speed")
    parser.add_argument(
        "--calibration", action="store_true", help="how often edges of a confidence were driven"
    )
    return parser.parse_args()


def city(name: str) -> RoadNetwork:
    root = Path(__file__).resolve().parents[3]
    data = Path(os.environ.get("HAOYUN_SHARED_DATA", root / "shared" / "data"))
    source = data / "maps" / f"{name}.osm.pbf"
    if not source.is_file():
        sys.exit(f"the extract {source.name} is missing: set HAOYUN_SHARED_DATA to the folder with maps/")
    with tempfile.TemporaryDirectory() as folder:
        return import_map(source, name, Path(folder))


def machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{os.cpu_count()} x {names[0] if names else platform.processor()}"


def warm_up(network: RoadNetwork, index: EdgeIndex, drives_on: Drives, drive: Drive) -> None:
    begun = time.process_time()
    Matcher(network, index=index).match(drives_on.fixes(drive, 5, 5, np.random.default_rng(0))[0])
    print(
        f"first match in this process (compiling, or reading the compiled code): {time.process_time() - begun:.1f} s"
    )
    begun = time.process_time()
    anew = EdgeIndex(network)
    print(f"index built in {time.process_time() - begun:.3f} s", end=", ")
    random = np.random.default_rng(1)
    edge = random.integers(0, network.edge_count, 200_000)
    lat, lon = anew.positions(edge, random.random(len(edge)) * network.edge_length_m[edge])
    lat, lon = (
        lat + random.normal(0, 15, len(edge)) / M_PER_DEG,
        lon + random.normal(0, 15, len(edge)) / M_PER_DEG,
    )
    begun = time.process_time()
    anew.nearest(lat, lon)
    print(f"nearest edge of {len(edge) / (time.process_time() - begun):,.0f} positions/s\n")


def way(match: Match, network: RoadNetwork) -> Way:
    return [
        interval
        for part in match.parts
        for interval in intervals_of(part.edges, network.edge_length_m, part.from_m, part.to_m)
    ]


def score(network: RoadNetwork, drives: list[Drive], traces: list[Trace], ways: list[Way]) -> Score:
    length_m = network.edge_length_m
    metres, edges = np.zeros(3), np.zeros(3)
    for drive, trace, found in zip(drives, traces, ways, strict=True):
        truth = truth_intervals(drive, trace.time_s, length_m)
        metres += overlap(truth, found)
        edges += overlap(*([(e, 0.0, float(length_m[e])) for e, _, _ in rows] for rows in (truth, found)))
    return Score(*(100 * part / whole for whole, *parts in (metres, edges) for part in parts))


def row(
    who: str, interval: int, sigma: int, traces: list[Trace], got: Score, seconds: float, metres: bool = True
) -> None:
    """One line of the table; a peer that tells no offsets on edges is measured by whole edges only."""
    fixes = sum(len(trace) for trace in traces)
    by_metres = f"{got.recovered:8.2f}{got.false:8.2f}" if metres else f"{'-':>8}{'-':>8}"
    print(
        f"{who:12}{interval:7} s{sigma:4} m{fixes:7}{by_metres}"
        f"{got.recovered_edges:8.2f}{got.false_edges:8.2f}{fixes / seconds:10,.0f}",
        flush=True,
    )


def calibration(drives: list[Drive], matches: list[Match]) -> None:
    """Of the edges said to be driven with a confidence, how many were."""
    sure = np.concatenate([part.edge_confidence for match in matches for part in match.parts])
    right = np.concatenate(
        [
            np.isin(part.edges, drive.edges)
            for drive, match in zip(drives, matches, strict=True)
            for part in match.parts
        ]
    )
    bounds = [0.0, 0.5, 0.7, 0.9, 0.99, 1.01]
    text = []
    for low, high in pairwise(bounds):
        inside = (sure >= low) & (sure < high)
        if inside.any():
            text.append(f"{low:.2f}-{min(high, 1):.2f}: {100 * right[inside].mean():.1f} % of {inside.sum()}")
    print("    driven of the edges with confidence", "; ".join(text))


def peer(network: RoadNetwork, drives: list[Drive], tasks: dict[tuple[int, int], list[Trace]]) -> None:
    print("\nValhalla's meili: skipped, its wheels (pyvalhalla) begin at Python 3.12")
    python = peer_python()
    if python is None:
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tasks(folder, network, tasks)
        script = Path(__file__).with_name("maps_match_peer.py")
        done = subprocess.run([python, script, folder], capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{PEER}: skipped, it failed: {done.stderr.strip().splitlines()[-1][:200]}")
            return
        answer = json.loads((folder / "answers.json").read_text())
    print(
        f"{PEER} {answer['version']} FastMapMatch, one thread; its table of ways took {answer['built_s']:.1f} s"
    )
    for run in answer["runs"]:
        interval, sigma = map(int, run["name"].split("_"))
        traces = tasks[interval, sigma]
        ways = [[(e, a, b) for e, a, b in found] for found in run["ways"]]
        row(PEER, interval, sigma, traces, score(network, drives, traces, ways), run["seconds"], False)


def peer_python() -> Path | None:
    """The interpreter of an environment with the peer in it, made once."""
    home = Path(tempfile.gettempdir()) / "haoyun-bench-peers" / PEER
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
    install = [python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", PEER, "numpy"]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{PEER}: skipped, pip could not install it: {done.stderr.strip().splitlines()[-1][:200]}")
        return None
    return python


def write_tasks(folder: Path, network: RoadNetwork, tasks: dict[tuple[int, int], list[Trace]]) -> None:
    """Network and traces in metres on a plane, which is what the peer works on."""
    lat0, lon0 = float(network.node_lat.mean()), float(network.node_lon.mean())
    scale = M_PER_DEG * np.array([np.cos(np.radians(lat0)), 1.0])
    lines = [network.edge_line(e) for e in range(network.edge_count)]
    np.savez(
        folder / "network.npz",
        offsets=np.concatenate([[0], np.cumsum([len(line) for line in lines])]),
        points=(np.concatenate(lines)[:, ::-1] - [lon0, lat0]) * scale,
        tail=network.edge_tail,
        head=network.edge_head,
        speed=network.edge_speed_kmh / 3.6,
    )
    columns = {}
    for (interval, sigma), traces in tasks.items():
        rows = [
            np.column_stack(
                [
                    np.full(len(t), i),
                    (np.column_stack([t.lon, t.lat]) - [lon0, lat0]) * scale,
                    t.time_s - t.time_s[0],
                ]
            )
            for i, t in enumerate(traces)
        ]
        columns[f"{interval}_{sigma}"] = np.concatenate(rows)
    np.savez(folder / "traces.npz", **columns)


if __name__ == "__main__":
    main()
