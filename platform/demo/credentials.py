"""The sign-ins of a demonstration, kept in <data>/demo/credentials.json, readable by its owner only."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import orjson

OPERATOR, SUPERVISOR = "operator", "supervisor"


@dataclass(frozen=True, slots=True)
class Login:
    """What a visitor signs in with."""

    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """The visitor's sign-ins by part; the bearer token and the organization of every agent."""

    visitors: dict[str, Login]
    tokens: dict[str, str]
    org_ids: dict[str, str]

    def save(self, path: Path) -> None:
        """Write the file, for its owner only."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(orjson.dumps(self, option=orjson.OPT_INDENT_2))

    @classmethod
    def load(cls, path: Path) -> Credentials:
        """What `save` wrote."""
        value = orjson.loads(path.read_bytes())
        visitors = {key: Login(**one) for key, one in value["visitors"].items()}
        return cls(visitors, value["tokens"], value["org_ids"])
