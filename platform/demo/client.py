"""The public API as the demonstration's agents use it: one kept-alive connection, bearer tokens, plain JSON."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from haoyun.platform.demo.errors import ApiRefused, ApiUnreachable

PREFIX = "/api/v1"
TIMEOUT_S = 30.0


class Api:
    """Speaks for any of the agents in `tokens`. For one thread."""

    def __init__(self, url: str, tokens: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._tokens = tokens
        self._line: http.client.HTTPConnection | None = None

    def get(self, path: str, who: str | None = None) -> Any:
        """The answer to a GET. Raises ApiRefused, ApiUnreachable."""
        return self._ask(who, "GET", path, None, {})

    def post(self, path: str, body: object = None, *, who: str, key: str | None = None) -> Any:
        """The answer to a POST; `key` makes a repetition harmless. Raises ApiRefused, ApiUnreachable."""
        return self._ask(who, "POST", path, body, {"Idempotency-Key": key} if key else {})

    def put(self, path: str, body: object, *, who: str) -> Any:
        """The answer to a PUT. Raises ApiRefused, ApiUnreachable."""
        return self._ask(who, "PUT", path, body, {})

    def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _ask(self, who: str | None, method: str, path: str, body: object, headers: dict[str, str]) -> Any:
        content = None if body is None else orjson.dumps(body)
        headers = {**headers, "Accept-Language": "en", "Content-Type": "application/json"}
        if who is not None:
            headers["Authorization"] = f"Bearer {self._tokens[who]}"
        status, answer = self._exchange(method, PREFIX + path, content, headers)
        value = _parsed(answer)
        if status >= 400:
            problem = value if isinstance(value, dict) else {}
            detail = problem.get("detail") or problem.get("title") or f"{method} {path} was refused"
            raise ApiRefused(status, str(detail), problem.get("errors"))
        return value

    def _exchange(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        kept_alive = self._line is not None
        try:
            return self._once(method, path, content, headers)
        except (http.client.HTTPException, OSError) as error:
            self.close()
            if not kept_alive:
                raise ApiUnreachable(f"the platform does not answer: {error}") from error
        try:  # the platform may have closed a line that was idle
            return self._once(method, path, content, headers)
        except (http.client.HTTPException, OSError) as error:
            self.close()
            raise ApiUnreachable(f"the platform does not answer: {error}") from error

    def _once(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        if self._line is None:
            self._line = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_S)
        self._line.request(method, path, content, headers)
        answer = self._line.getresponse()
        return answer.status, answer.read()


def _parsed(answer: bytes) -> Any:
    try:
        return orjson.loads(answer) if answer else None
    except orjson.JSONDecodeError:
        return None
