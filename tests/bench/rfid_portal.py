"""How many tags a portal judges right, with baselines: `python tests/bench/rfid_portal.py [--data FOLDER]`.

The data is a synthetic dock door with four antennas (../shared/data/rfid/portal_reads.csv) whose truth names each
tag's way; besides it, worlds of rfid_ingest/simulate_portal.py with seeds 0 to 9. "Right" counts all tags: in, out, or
neither (turned back, walked by, static). "Strays" is the share of the tags that did neither and were taken for a pass.
The truth is read for counting alone; the truth's pallet list is not read at all.
"""

from __future__ import annotations

import argparse
import csv
import platform
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from haoyun.rfid_ingest.clean.crossing import Crossing, Side
from haoyun.rfid_ingest.clean.portal import PASSED, judge
from haoyun.rfid_ingest.clean.portal_history import judge_in_order
from haoyun.rfid_ingest.clean.stays import SideRead, stays
from haoyun.rfid_ingest.simulate_portal import Kind, PortalSim, Scene

Guess = Callable[[Sequence[SideRead]], Mapping[str, str]]
START = datetime(2026, 1, 1, tzinfo=UTC)


def ours(reads: Sequence[SideRead]) -> Mapping[str, str]:
    """The room's own rules, with company and with what was here before."""
    return _passes((v.crossing.epc, v.outcome) for v in judge_in_order(stays(reads, "gate")))


def alone(reads: Sequence[SideRead]) -> Mapping[str, str]:
    """The same rules, each stay judged alone: no company, no history."""
    return _passes((c.epc, judge([c])[0].outcome) for c in stays(reads, "gate"))


def first_and_last(reads: Sequence[SideRead]) -> Mapping[str, str]:
    """The usual rule: the side of the first read and the side of the last."""
    sides: dict[str, list[Side]] = defaultdict(list)
    for epc, side, _, _ in reads:
        sides[epc].append(side)
    ends = {epc: (seen[0], seen[-1]) for epc, seen in sides.items()}
    ways = {(Side.OUTER, Side.INNER): "in", (Side.INNER, Side.OUTER): "out"}
    return {epc: ways[pair] for epc, pair in ends.items() if pair in ways}


def centroid_sign(reads: Sequence[SideRead]) -> Mapping[str, str]:
    """The sign of the side centroids' distance: every tag that both sides saw is a pass."""
    whole: dict[str, Crossing] = {}
    for epc, side, at_ms, rssi in reads:
        whole[epc] = whole.get(epc, Crossing.opened(epc, "gate", at_ms)).with_read(side, at_ms, rssi)
    return {epc: "in" if c.shift > 0 else "out" for epc, c in whole.items() if c.both_sides}


def _passes(outcomes: object) -> dict[str, str]:
    return {epc: outcome.value for epc, outcome in outcomes if outcome in PASSED}  # type: ignore[attr-defined]


def count(truth: Mapping[str, str], got: Mapping[str, str]) -> Counter[str]:
    """Tags, right ones, strays and those taken for a pass."""
    found: Counter[str] = Counter()
    for epc, kind in truth.items():
        want = kind if kind in ("in", "out") else None
        found["tags"] += 1
        found["right"] += got.get(epc) == want
        found["strays"] += want is None
        found["accepted"] += want is None and epc in got
    return found


def file_world(folder: Path) -> tuple[dict[str, str], list[SideRead]]:
    """The shared data: truth by EPC, reads in time order."""
    with (folder / "portal_truth.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    epcs = {row["tag"]: row["epc"] for row in rows}
    with (folder / "portal_reads.csv").open(encoding="utf-8") as file:
        reads = [
            (
                epcs[row["tag"]],
                Side.INNER if int(row["antenna"]) <= 2 else Side.OUTER,
                int(row["t_ms"]),
                int(row["rssi_cdbm"]) / 100,
            )
            for row in csv.DictReader(file)
        ]
    return {row["epc"]: row["kind"] for row in rows}, reads


def simulated_world(seed: int) -> tuple[dict[str, str], list[SideRead]]:
    """Twelve loads and strays one after the other, often two at once, and six tags that stand nearby."""
    draw = Random(seed)
    scenes, at_s, number = [], 10.0, 0
    for _ in range(12):
        kind = draw.choice([Kind.IN, Kind.OUT, Kind.IN, Kind.OUT, Kind.TURNBACK, Kind.WALKBY])
        epcs = tuple(f"{seed:04X}{number + n:020X}" for n in range(draw.randint(1, 20)))
        number += len(epcs)
        scenes.append(
            Scene(kind, epcs, at_s, draw.uniform(0.5, 1.8), draw.uniform(-0.5, 0.5), draw.random() < 0.5)
        )
        at_s += draw.uniform(1, 20)
    scenes.append(
        Scene(Kind.STATIC, tuple(f"{seed:04X}{9_000 + n:020X}" for n in range(6)), 0, aside_m=1, inside=False)
    )
    sim = PortalSim(seed, half_door_m=draw.choice([0.6, 0.9, 1.3]))
    reads = [
        (
            read.epc_hex,
            Side.INNER if read.antenna <= 2 else Side.OUTER,
            (read.read_at - START) // timedelta(milliseconds=1),
            read.rssi_dbm,
        )
        for read in sim.reads(scenes, START, at_s + 10)
    ]
    return {epc: scene.kind.value for scene in scenes for epc in scene.epc_hexes}, reads


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/rfid"))
    parser.add_argument("--seeds", type=int, default=10)
    arguments = parser.parse_args()
    worlds = {f"simulated, {arguments.seeds} seeds": [simulated_world(n) for n in range(arguments.seeds)]}
    if arguments.data.is_dir():
        worlds = {"portal_reads.csv": [file_world(arguments.data)], **worlds}
    print(f"{datetime.now(UTC):%Y-%m-%d} Python {platform.python_version()} {platform.machine()}")
    print(f"{'data':22} {'rule':30} {'tags':>6} {'right':>7} {'strays taken':>13} {'reads/s of CPU':>15}")
    rules: tuple[tuple[str, Guess], ...] = (
        ("first and last antenna", first_and_last),
        ("sign of the side centroids", centroid_sign),
        ("ours, each tag alone", alone),
        ("ours", ours),
    )
    for world, runs in worlds.items():
        for name, guess in rules:
            total: Counter[str] = Counter()
            began = time.process_time()
            for truth, reads in runs:
                total += count(truth, guess(reads))
            spent = time.process_time() - began
            rate = sum(len(reads) for _, reads in runs) / spent
            print(
                f"{world:22} {name:30} {total['tags']:6} {total['right'] / total['tags']:7.4f} "
                f"{total['accepted'] / total['strays']:13.4f} {rate:15,.0f}"
            )


if __name__ == "__main__":
    main()
