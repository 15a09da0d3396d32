"""How a job is to be searched: what its sender may choose."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from haoyun.platform.planning import MAX_THREADS, MAX_TIME_LIMIT_S

DEFAULT_TIME_LIMIT_S = 5.0
OBJECTIVES = ("distance", "vehicles", "cost", "profit")


@dataclass(frozen=True, slots=True)
class Options:
    """Objective (None: the problem's own), seconds, searches side by side, seed, rule on driver hours."""

    objective: str | None = None
    time_limit_s: float = DEFAULT_TIME_LIMIT_S
    threads: int = 1
    seed: int = 0
    hours: str | None = None

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Options:
        """The options in a job's payload, within what this machine has."""
        return cls(
            objective=payload.get("objective"),
            time_limit_s=min(MAX_TIME_LIMIT_S, float(payload.get("time_limit_s", DEFAULT_TIME_LIMIT_S))),
            threads=max(1, min(int(payload.get("threads", 1)), MAX_THREADS, os.cpu_count() or 1)),
            seed=int(payload.get("seed", 0)),
            hours=payload.get("hours"),
        )
