"""The agents' HTTP client against a small server of our own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from haoyun.platform.demo.client import Api
from haoyun.platform.demo.errors import ApiRefused, ApiUnreachable


class Portal(ThreadingHTTPServer):
    """Knows one token."""

    daemon_threads = True
    valid = "first"
    hang_up = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Portal

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        if self.headers.get("Authorization") not in (None, f"Bearer {self.server.valid}"):
            self._send(401, {"title": "Unauthorized"})
        elif self.path.endswith("/loads"):
            self._send(422, {"detail": "not so", "errors": {"weight_kg": "must be above 0"}})
        else:
            self._send(200, {"key": self.headers.get("Idempotency-Key")})
        if self.server.hang_up:
            self.close_connection = True

    def _send(self, status: int, value: object) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def portal() -> Iterator[Portal]:
    server = Portal()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def api_of(portal: Portal, token: str = "first") -> Api:
    return Api(f"http://127.0.0.1:{portal.server_port}", {"me": token})


def test_a_request_carries_the_token_of_who_acts_and_its_key(portal: Portal) -> None:
    assert api_of(portal).post("/quotes/1/accept", who="me", key="k1") == {"key": "k1"}
    with pytest.raises(ApiRefused, match="401"):
        api_of(portal, "expired").get("/orders", "me")


def test_a_problem_names_its_fields(portal: Portal) -> None:
    with pytest.raises(ApiRefused, match="422 not so weight_kg: must be above 0") as caught:
        api_of(portal).post("/loads", {"weight_kg": 0}, who="me")
    assert caught.value.status == 422 and set(caught.value.errors) == {"weight_kg"}


def test_a_line_that_the_platform_closed_is_opened_again(portal: Portal) -> None:
    portal.hang_up = True
    api = api_of(portal)
    for _ in range(3):
        assert api.get("/summary") == {"key": None}


def test_a_platform_that_is_away_is_said_to_be_so(free_port: int) -> None:
    with pytest.raises(ApiUnreachable, match="does not answer"):
        Api(f"http://127.0.0.1:{free_port}", {}).get("/summary")
