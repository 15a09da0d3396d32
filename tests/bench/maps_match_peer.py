"""Matches traces with ch-router's FastMapMatch; run by maps_match.py in an environment that has it.

    python maps_match_peer.py FOLDER

FOLDER holds network.npz and traces.npz; writes answers.json. Imports nothing of Haoyun.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from ch_router import FastMapMatch, Network, Trajectory, TransitionMode

LONGEST_M = 3000.0  # between candidates: the reach of its table of ways


def main(folder: Path) -> None:
    data = np.load(folder / "network.npz")
    network = Network()
    bounds = data["offsets"]
    for e in range(len(bounds) - 1):
        line = [tuple(map(float, point)) for point in data["points"][bounds[e] : bounds[e + 1]]]
        network.add_edge(e, int(data["tail"][e]), int(data["head"][e]), line, float(data["speed"][e]))
    network.finalize()
    begun = time.process_time()
    matcher = FastMapMatch(
        network,
        TransitionMode.SHORTEST,
        max_distance_between_candidates=LONGEST_M,
        cache_dir=folder / "table",
    )
    built_s = time.process_time() - begun
    runs = []
    traces = np.load(folder / "traces.npz")
    for name in traces.files:
        rows, sigma_m = traces[name], float(name.split("_")[1])
        drives = [rows[rows[:, 0] == k][:, 1:] for k in np.unique(rows[:, 0])]
        trajectories = [
            Trajectory.from_xyt_tuples([tuple(map(float, row)) for row in drive]) for drive in drives
        ]
        options = {"candidate_search_radius": max(50.0, 4 * sigma_m), "gps_error": max(5.0, sigma_m)}
        begun = time.process_time()
        results = [matcher.match(trajectory, 8, **options) for trajectory in trajectories]
        seconds = time.process_time() - begun
        runs.append({"name": name, "seconds": seconds, "ways": [way(result) for result in results]})
    answer = {"version": version("ch-router"), "built_s": built_s, "runs": runs}
    (folder / "answers.json").write_text(json.dumps(answer))


def way(result: object) -> list[tuple[int, float, float]]:
    """(edge, from, to) for each stretch of an edge that was driven."""
    rows = []
    for part in result.subtrajectories:
        for segment in part.segments or []:
            for edge in segment.edges:
                offsets = [point.edge_offset for point in edge.points]
                if offsets:
                    rows.append((edge.edge_id, min(offsets), max(offsets)))
    return rows


if __name__ == "__main__":
    main(Path(sys.argv[1]))
