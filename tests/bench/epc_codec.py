"""How many tags a second the EPC codec reads, with epcpy in the same run: `python tests/bench/epc_codec.py`.

Random valid SGTIN-96 and SSCC-96 tags (seed 20260101), hex to pure identity URI, one process. The plain path is one
call for each tag; the batch path takes an array of hex texts. epcpy lives in an environment of its own
(`--peers FOLDER`, made if it is missing): an opponent, never a dependency. Wall time and CPU time are both printed,
since a shared machine stretches the first alone.
"""

from __future__ import annotations

import argparse
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from haoyun.rfid_ingest.epc import Epc, decode, encode, tag_uri_of, uri_of
from haoyun.rfid_ingest.epc.batch import uris_of_hex, warm_batch

SEED = 20260101
PEER = """
import sys, time
from epcpy import hex_to_tag_encodable
tags = open(sys.argv[1]).read().split()
for _ in range(3):
    wall, cpu = time.perf_counter(), time.process_time()
    for tag in tags:
        hex_to_tag_encodable(tag).epc_uri
    print(len(tags) / (time.perf_counter() - wall), len(tags) / (time.process_time() - cpu))
"""


def random_tags(count: int) -> list[str]:
    """Half SGTIN-96, half SSCC-96, every length of company prefix."""
    draw = random.Random(SEED)
    tags = []
    for number in range(count):
        digits = draw.randint(6, 12)
        prefix = f"{draw.randrange(10**digits):0{digits}d}"
        if number % 2:
            tags.append(
                encode(Epc("sscc-96", 2, (prefix, f"{draw.randrange(10 ** (17 - digits)):0{17 - digits}d}")))
            )
        else:
            item = f"{draw.randrange(10 ** (13 - digits)):0{13 - digits}d}"
            tags.append(encode(Epc("sgtin-96", 1, (prefix, item, str(draw.randrange(2**38))))))
    return tags


def best(work: Callable[[], object], count: int, runs: int = 5) -> tuple[float, float]:
    """Tags a second by wall time and by CPU time, the best of some runs."""
    rates = []
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        rates.append((count / (time.perf_counter() - wall), count / (time.process_time() - cpu)))
    return max(rate[0] for rate in rates), max(rate[1] for rate in rates)


def peer(folder: Path, tags: list[str]) -> tuple[float, float]:
    """epcpy's rates, in its own environment."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "epcpy"], check=True)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(tags))
        file.flush()
        run = subprocess.run([str(python), "-c", PEER, file.name], check=True, capture_output=True, text=True)
    rates = [tuple(map(float, line.split())) for line in run.stdout.splitlines()]
    return max(rate[0] for rate in rates), max(rate[1] for rate in rates)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--peers", type=Path, default=Path(tempfile.gettempdir()) / "epc-peers")
    arguments = parser.parse_args()
    tags = random_tags(arguments.count)
    array = np.array([tag.encode() for tag in tags] * 5)
    warm_batch()
    print(
        f"{datetime.now(UTC):%Y-%m-%d} Python {platform.python_version()} {platform.machine()}, "
        f"numpy {np.__version__}, seed {SEED}"
    )
    print(f"{'path':34} {'tags/s':>12} {'tags/s of CPU':>14}")
    for name, (wall, cpu) in {
        "plain: uri_of": best(lambda: [uri_of(tag) for tag in tags], len(tags)),
        "plain: tag_uri_of": best(lambda: [tag_uri_of(tag) for tag in tags], len(tags)),
        "decode(hex).uri, an Epc each": best(lambda: [decode(tag).uri for tag in tags], len(tags), 3),
        "batch: uris_of_hex": best(lambda: uris_of_hex(array), len(array)),
        "epcpy": peer(arguments.peers, tags[:20_000]),
    }.items():
        print(f"{name:34} {wall:12,.0f} {cpu:14,.0f}")


if __name__ == "__main__":
    main()
