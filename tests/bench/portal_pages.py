"""A portal of its own process with an order under way, and how long its pages take: used by tests/bench/live.py."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlencode

import numpy as np

from haoyun.platform.accounts.organizations import create_organization
from haoyun.platform.accounts.tokens import issue_token
from haoyun.platform.accounts.users import create_user
from haoyun.platform.database import Databases

PASSWORD = "correct horse battery"
LOADS = 120
PAUSE_S = 0.1  # between two pages, as a few people would leave


class Portal:
    """`haoyun serve` on a data folder; `close` ends it."""

    def __init__(self, data: Path, databases: Databases, port: int) -> None:
        self.port = port
        tokens = {name: _person(databases, name) for name in ("shipper", "carrier")}
        environment = {**os.environ, "HAOYUN_DATA": str(data)}
        command = [
            sys.executable,
            "-m",
            "haoyun.platform.cli",
            "--data",
            str(data),
            "serve",
            "--port",
            str(port),
        ]
        self._process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        self._wait()
        self.pages = ("/", "/loads", f"/orders/{self._trade(tokens)}")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    def watch(self, seconds: float) -> Watch:
        """Begin to ask the pages in turn for so long, from a process of its own."""
        return Watch(self.port, self.pages, seconds)

    def _wait(self) -> None:
        for _ in range(600):
            time.sleep(0.1)
            try:
                _ask(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5), "GET", "/login")
            except OSError:
                continue
            return
        raise SystemExit("haoyun serve did not start")

    def _trade(self, tokens: dict[str, str]) -> str:
        """A market of loads, and one of them an order; its id."""

        def post(name: str, path: str, body: object = None) -> dict[str, str]:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            headers = {"Authorization": f"Bearer {tokens[name]}", "Content-Type": "application/json"}
            status, text = _ask(connection, "POST", f"/api/v1{path}", json.dumps(body), headers)
            if status >= 300:
                raise SystemExit(f"{path}: {status} {text[:300]}")
            return dict(json.loads(text))

        truck = {
            "plate": "浙B12345", "body": "box", "payload_kg": 8000, "volume_dm3": 80_000, "length_cm": 1360
        }  # fmt: skip
        vehicle = post("carrier", "/vehicles", truck)["id"]
        post("carrier", "/devices", {"name": "truck-0001", "kind": "tracker", "vehicle_id": vehicle})
        load = {
            "goods": "bearings", "weight_kg": 8000, "origin": "Ningbo", "destination": "Shanghai",
            "pickup": _window(1, 12), "delivery": _window(5, 40),
        }  # fmt: skip
        loads = [post("shipper", "/loads", load)["id"] for _ in range(LOADS)]
        offer = {"vehicle_id": vehicle, "origin": "Ningbo", "ready": _window(0, 20), "radius_km": 300}
        capacity = post("carrier", "/capacities", offer)["id"]
        price = {"load_id": loads[0], "capacity_id": capacity, "price_fen": 300_000}
        order = post("shipper", f"/quotes/{post('carrier', '/quotes', price)['id']}/accept")["id"]
        post("carrier", f"/orders/{order}/confirm", {"vehicle_id": vehicle})
        return order


class Watch:
    """Pages asked for by another process; `times` waits for its end."""

    def __init__(self, port: int, pages: tuple[str, ...], seconds: float) -> None:
        self._end, theirs = multiprocessing.Pipe(duplex=False)
        self._process = multiprocessing.Process(target=_look, args=(port, pages, seconds, theirs))
        self._process.start()

    def times(self) -> np.ndarray:
        """Milliseconds of each page that was asked for."""
        found = np.array(self._end.recv())
        self._process.join()
        return found * 1000


def _look(port: int, pages: tuple[str, ...], seconds: float, end: Connection) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    cookie = _sign_in(connection)
    for page in pages:  # once unseen: caches and templates
        status, text = _ask(connection, "GET", page, headers={"Cookie": cookie})
        if status != 200:
            raise SystemExit(f"{page}: {status} {text[:300]}")
    times: list[float] = []
    until = time.perf_counter() + seconds
    while (began := time.perf_counter()) < until:
        _ask(connection, "GET", pages[len(times) % len(pages)], headers={"Cookie": cookie})
        times.append(time.perf_counter() - began)
        time.sleep(PAUSE_S)
    end.send(times)


def _sign_in(connection: http.client.HTTPConnection) -> str:
    connection.request("GET", "/login")
    answer = connection.getresponse()
    cookie = _cookies(answer)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.read().decode())
    if found is None:
        raise SystemExit("the page of signing in has no token")
    form = {"email": "shipper@example.com", "password": PASSWORD, "csrf_token": found.group(1)}
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/login", urlencode(form), headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 302:
        raise SystemExit(f"signing in was answered by {answer.status}")
    return _cookies(answer)


def _cookies(answer: http.client.HTTPResponse) -> str:
    return "; ".join(one.split(";", 1)[0] for one in answer.headers.get_all("Set-Cookie") or [])


def _ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: str | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, str]:
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def _person(databases: Databases, name: str) -> str:
    """Somebody who owns an organization of this kind; the token to call the API with."""
    now = datetime.now(UTC)
    with databases.platform.begin() as db:
        home = create_organization(
            db, name=f"{name}公司", name_en=f"{name} Ltd", kinds={name}, now=now, company_prefix="9521234"
        )
        user = create_user(
            db, email=f"{name}@example.com", password=PASSWORD, org_id=home.id, display_name=name,
            roles={"owner"}, now=now,
        )  # fmt: skip
        return issue_token(db, user.id, now).token


def _window(start_h: float, end_h: float) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        name: (now + timedelta(hours=hours)).isoformat()
        for name, hours in (("start", start_h), ("end", end_h))
    }
