"""One rule for every life cycle: a step is in its NEXT table, or it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from haoyun.platform.market.errors import ForbiddenMove

S = TypeVar("S", bound=StrEnum)


def check_move(thing: str, table: Mapping[S, frozenset[S]], before: S, after: S) -> None:
    """Raise ForbiddenMove unless `table` leads from `before` to `after`."""
    if after not in table[before]:
        raise ForbiddenMove("forbidden_move", thing=thing, before=before.value, after=after.value)


def is_final(table: Mapping[S, frozenset[S]], state: S) -> bool:
    """Whether no step leads on from this state."""
    return not table[state]
