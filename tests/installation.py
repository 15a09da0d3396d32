"""A whole installation as a user runs it: `haoyun up` in processes of its own, spoken to over HTTP.

Helpers for tests that need one; the fixtures stand in flows/conftest.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GENEROUS_S = 120.0  # a busy machine is slow, not wrong
PASSWORD = "a-long-enough-password"


@dataclass
class Answer:
    """Status and JSON body of one HTTP answer."""

    status: int
    body: Any


@dataclass
class Caller:
    """Somebody who calls the API."""

    base: str
    token: str | None = None

    def __call__(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        request = urllib.request.Request(
            f"{self.base}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Accept-Language": "en", **headers},
        )
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return Answer(answer.status, json.loads(answer.read() or b"null"))
        except urllib.error.HTTPError as error:
            return Answer(error.code, json.loads(error.read() or b"null"))

    def ok(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """The body of an answer that must be a success."""
        answer = self(method, path, body, **headers)
        assert 200 <= answer.status < 300, (method, path, answer)
        return answer.body


@dataclass
class Installation:
    """A running platform."""

    base: str
    data: Path
    process: subprocess.Popen[str]

    def caller(self, email: str | None = None) -> Caller:
        """Somebody signed in with this address, or nobody."""
        caller = Caller(self.base)
        if email:
            answer = caller.ok("POST", "/api/v1/tokens", {"email": email, "password": PASSWORD})
            caller.token = answer["token"]
        return caller


def wait_for(what: str, look: Callable[[], Any], seconds: float = GENEROUS_S) -> Any:
    """The first true thing that `look` returns, or a failure that names what was waited for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.25)
    raise AssertionError(f"{what} did not happen within {seconds:g} s")


def run_haoyun(data: Path, *words: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "haoyun.platform.cli", "--data", str(data), *words], check=True, timeout=120
    )


def add_user(data: Path, email: str, role: str, organization: str, kind: str) -> None:
    """A person of a new or known organization."""
    run_haoyun(
        data, "user", "add", "--email", email, "--role", role, "--organization", organization, "--kind", kind,
        "--password", PASSWORD, "--language", "en",
    )  # fmt: skip
