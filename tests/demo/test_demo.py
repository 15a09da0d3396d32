"""`haoyun demo` as a visitor starts it: all promises on one small demonstration, from first start to the second."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

TRUCKS = 10
PATIENCE_S = 150.0  # a busy machine is slow, not wrong
CHILDREN = ("broker", "ingest", "worker", "serve", "simulate")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


class Demo:
    """A running demonstration and every line that it printed."""

    def __init__(self, data: Path, port: int, broker_port: int) -> None:
        self.data = data
        self.lines: list[str] = []
        command = [sys.executable, "-m", "haoyun.platform.cli", "--data", str(data), "demo"]
        self.process = subprocess.Popen(
            [*command, "--port", str(port), "--trucks", str(TRUCKS)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "HAOYUN_BROKER_PORT": str(broker_port), "PYTHONUNBUFFERED": "1"},
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(line.rstrip("\n") for line in self.process.stdout)

    @property
    def url(self) -> str:
        line = self.until("the ready line", lambda: [one for one in self.lines if one.startswith("ready ")])[
            0
        ]
        return str(line.split()[1])

    def get(self, path: str, token: str | None = None, body: object = None) -> Any:
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                **({"Authorization": f"Bearer {token}"} if token else {}),
            },
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())

    def summary(self) -> dict[str, int]:
        try:
            return dict(self.get("/summary"))
        except OSError:
            return {}

    def sign_in(self, part: str) -> str:
        pattern = re.compile(rf"\s+{part}\s+(\S+)\s+(\S+)$")
        found = self.until("the sign-ins", lambda: [m for m in map(pattern.match, self.lines) if m])
        email, password = found[0].groups()
        return str(self.get("/tokens", body={"email": email, "password": password})["token"])

    def until(self, what: str, look: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + PATIENCE_S
        while not (found := look()):
            assert self.process.poll() is None, (what, self.lines)
            assert time.monotonic() < deadline, (what, self.lines, self.summary())
            time.sleep(0.5)
        return found

    def child(self, name: str) -> psutil.Process | None:
        for process in psutil.Process(self.process.pid).children():
            if name in process.cmdline():
                return process
        return None

    def stop(self) -> float:
        """Ctrl-C; returns the seconds until everything is gone."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        begun = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)
        took_s = time.monotonic() - begun
        assert not [process for process in family if process.is_running() and process.status() != "zombie"]
        return took_s


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Demo]]:
    running: list[Demo] = []

    def begin() -> Demo:
        running.append(Demo(tmp_path / "data", *_two_free_ports()))
        return running[-1]

    yield begin
    for demo in running:
        if demo.process.poll() is None:
            demo.process.kill()  # its children die with it
            demo.process.wait()


def _two_free_ports() -> tuple[int, int]:
    import socket

    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]), int(two.getsockname()[1])


def test_a_visitor_finds_what_is_promised_and_loses_nothing(start: Callable[[], Demo]) -> None:
    demo = start()
    demo.until("trucks on the road", lambda: demo.summary().get("vehicles_moving", 0) >= TRUCKS * 2 // 3)
    demo.until("open loads", lambda: demo.summary()["loads_open"] > 100)
    demo.until("a finished optimization", lambda: demo.summary()["jobs_finished"] >= 1)
    demo.until("milestones", lambda: demo.summary()["milestones_gps"] and demo.summary()["milestones_rfid"])
    operator = demo.sign_in("operator")
    _matches_have_reasons(demo, demo.sign_in("carrier"), operator)
    _an_order_has_one_timeline(demo, operator)
    _the_desks_are_not_empty(demo, demo.sign_in("shipper"), operator)

    for name in CHILDREN:
        _a_killed_child_comes_back(demo, name)

    demo.until("a delivery by its own evidence", lambda: demo.summary().get("consignments_delivered"))
    demo.until("a confirmed receipt", lambda: _states(demo, operator) & {"AWAITING_DOCUMENTS", "COMPLETED"})
    before, orders = demo.summary(), _orders(demo, operator)
    assert demo.stop() < 10

    again = start()
    token = again.sign_in("operator")
    assert orders.keys() <= _orders(again, token).keys()
    after = again.summary()
    for figure in ("fixes", "tag_reads", "consignments_delivered", "jobs_finished", "milestones_rfid"):
        assert after[figure] >= before[figure], figure
    fixes = after["fixes"]
    again.until("trucks that go on", lambda: again.summary()["fixes"] > fixes)
    assert len(again.get("/devices", token)["items"]) >= TRUCKS
    assert again.stop() < 10


def _matches_have_reasons(demo: Demo, carrier: str, operator: str) -> None:
    capacities = demo.get("/capacities?limit=50", operator)["items"]
    matches = [
        match
        for capacity in capacities
        for match in demo.get(f"/capacities/{capacity['id']}/matches", operator)["items"]
    ]
    assert matches and all(len(match["reasons"]) >= 3 for match in matches)


def _an_order_has_one_timeline(demo: Demo, operator: str) -> None:
    def both_sources() -> bool:
        for order_id in _orders(demo, operator):
            timeline = demo.get(f"/orders/{order_id}", operator)["timeline"]
            sources = {m["source"] for m in timeline if m["quality"] == "ACT"}
            if {"gps", "rfid"} <= sources:
                times = [m["occurred_at"] for m in timeline]
                assert times == sorted(times)
                return True
        return False

    demo.until("GPS and RFID milestones on one timeline", both_sources)


def _the_desks_are_not_empty(demo: Demo, shipper: str, operator: str) -> None:
    demo.until("drafts read from a message", lambda: len(demo.get("/drafts", shipper)["items"]) >= 2)
    queue = "/organizations?verification=PENDING"
    demo.until("a newcomer that waits for the operator", lambda: demo.get(queue, operator)["items"])
    demo.until("docks to book", lambda: demo.get("/warehouses", operator)["items"])
    demo.until("a global round", lambda: demo.get("/rounds", operator)["items"])


def _a_killed_child_comes_back(demo: Demo, name: str) -> None:
    child = demo.until(f"the child {name}", lambda: demo.child(name))
    child.kill()
    demo.until("a line about it", lambda: any(line.startswith(f"{name} was killed") for line in demo.lines))
    demo.until("its successor", lambda: (new := demo.child(name)) and new.pid != child.pid)


def _orders(demo: Demo, token: str) -> dict[str, str]:
    items = demo.get("/orders?limit=100", token)["items"]
    return {order["id"]: order["state"] for order in items}


def _states(demo: Demo, token: str) -> set[str]:
    try:
        return set(_orders(demo, token).values())
    except OSError:
        return set()
