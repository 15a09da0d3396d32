"""What kill -9 costs: `python tests/bench/ingest_kills.py [--worker 50] [--broker 10] [--url POSTGRESQL]`.

Eight devices report at QoS 1 through the embedded broker into `haoyun ingest`; the intake and the broker (NATS) are
killed with SIGKILL in random order at random moments, each time after it did some work again. At every kill all
messages that were acked to their devices by then are looked for in the database. At the end every message must be
there, once. Printed: lost (acked, not stored), missing (sent, not stored), duplicates.
"""

from __future__ import annotations

import argparse
import platform
import socket
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from kills import Feed


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worker", type=int, default=50)
    parser.add_argument("--broker", type=int, default=10)
    parser.add_argument("--url")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    print(
        f"{datetime.now(UTC):%Y-%m-%d} Python {platform.python_version()} {platform.machine()}, seed {arguments.seed}, "
        f"{'PostgreSQL' if arguments.url else 'SQLite'}"
    )
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        Feed(Path(folder), port, url=arguments.url, seed=arguments.seed) as feed,
    ):
        found = feed.run(arguments.worker, arguments.broker, lambda line: print(line, flush=True))
    print(f"{found.worker_kills} kills of the intake, {found.broker_kills} of the broker, ", end="")
    print(
        f"{time.monotonic() - began:.0f} s: "
        f"{found.sent} sent, {found.stored} stored, {found.lost} acked and lost, {found.missing} missing, "
        f"{found.duplicates} duplicates"
    )


if __name__ == "__main__":
    main()
