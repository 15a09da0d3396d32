"""What a key may be used for. A key does never more than its scopes, and never more than its person may."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from haoyun.platform.accounts.errors import BadAccount


class Scope(StrEnum):
    """A part of the API that a key opens."""

    READ = "read"  # see what the person may see
    TRADE = "trade"  # loads, capacities, quotes, orders
    TRACK = "track"  # devices, positions, tags, reports from the floor
    PLAN = "plan"  # optimization jobs
    MANAGE = "manage"  # vehicles, drivers, people, keys, the organization


ALL = frozenset(Scope)


def scopes_of(text: str) -> frozenset[Scope]:
    """What `scopes_text` wrote; empty text means all: tokens that were issued before there were scopes."""
    return frozenset(Scope(one) for one in text.split(",")) if text else ALL


def scopes_text(scopes: Iterable[str]) -> str:
    """As the table keeps them: "" for all of them, else sorted and comma-separated."""
    wanted = frozenset(scopes)
    return "" if wanted == ALL else ",".join(sorted(wanted))


def check_scopes(scopes: Iterable[str], held: frozenset[str]) -> frozenset[Scope]:
    """The scopes of a new key, made by somebody who holds `held`. Raises BadAccount."""
    wanted = frozenset(scopes)
    known = ", ".join(Scope)
    if not wanted:
        raise BadAccount("scopes", "scopes_needed", known=known)
    if unknown := wanted - ALL:
        raise BadAccount("scopes", "unknown_value", value=min(unknown), known=known)
    if beyond := wanted - held:
        raise BadAccount("scopes", "scopes_beyond", value=min(beyond))
    return frozenset(Scope(one) for one in wanted)
