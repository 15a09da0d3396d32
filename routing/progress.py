"""What a search reports while it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """The best plan so far; `seconds` since the search began."""

    seconds: float
    cost: float
    vehicles: int
    unassigned: int
