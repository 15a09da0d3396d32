"""The sign-ins of a demonstration, kept in <data>/demo/credentials.json, readable by its owner only."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from haoyun.platform.demo.client import Login

OPERATOR, SUPERVISOR = "operator", "supervisor"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who may sign in with what: the visitor's sign-ins by part, and every agent's.

    `tokens` are the agents' first bearer tokens, so that two dozen of them need not sign in at once;
    `org_ids` names each agent's organization.
    """

    visitors: dict[str, Login]
    agents: dict[str, Login]
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
        visitors, agents = _logins(value["visitors"]), _logins(value["agents"])
        return cls(visitors, agents, value["tokens"], value["org_ids"])


def _logins(value: dict[str, Any]) -> dict[str, Login]:
    return {key: Login(**one) for key, one in value.items()}
