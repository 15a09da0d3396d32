"""The best match of each of some loads with the viewer's own vehicles, for lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.capacity import MATCHABLE
from haoyun.platform.market.match import Match
from haoyun.platform.market.matches_store import match_of
from haoyun.platform.market.tables import CAPACITY, MATCH


def best_matches(db: sa.Connection, viewer: Actor, load_ids: Iterable[str]) -> dict[str, Match]:
    """Match by load id; loads that none of the viewer's open vehicles fits are not in it."""
    query = _own(sa.select(MATCH), viewer).where(MATCH.c.load_id.in_(sorted(set(load_ids))))
    best: dict[str, Match] = {}
    for row in db.execute(query.order_by(MATCH.c.score.desc(), MATCH.c.capacity_id)):
        if row.load_id not in best:
            best[row.load_id] = match_of(row)
    return best


def has_matches(db: sa.Connection, viewer: Actor) -> bool:
    """Whether any load fits one of the viewer's open vehicles."""
    return db.execute(_own(sa.select(MATCH.c.load_id), viewer).limit(1)).first() is not None


def _own(query: sa.Select[Any], viewer: Actor) -> sa.Select[Any]:
    offered = CAPACITY.c.state.in_([state.value for state in MATCHABLE])
    return query.join(CAPACITY, CAPACITY.c.id == MATCH.c.capacity_id).where(
        CAPACITY.c.org_id == viewer.org_id, offered
    )
