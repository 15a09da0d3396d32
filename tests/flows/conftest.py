"""The installation that the flow tests talk to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from installation import Installation, add_user, run_haoyun


def _unused_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A platform with a shipper, two carriers and an operator."""
    data = tmp_path_factory.mktemp("installation") / "data"
    run_haoyun(data, "db", "upgrade")
    add_user(data, "shipper@example.org", "dispatcher", "East Cold Chain", "shipper")
    add_user(data, "carrier@example.org", "dispatcher", "Yangtze Haulage", "carrier")
    add_user(data, "rival@example.org", "dispatcher", "Rival Haulage", "carrier")
    add_user(data, "operator@example.org", "operator", "Port of Test", "operator")
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "haoyun.platform.cli",
            "--data",
            str(data),
            "up",
            "--port",
            str(_unused_port()),
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "HAOYUN_BROKER_PORT": str(_unused_port()), "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    base = ""
    for line in process.stdout:
        if line.startswith("ready "):
            base = line.split()[1]
            break
    assert base, "haoyun up ended before it was ready"
    yield Installation(base, data, process)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) is not None
