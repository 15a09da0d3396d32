"""A round in a world of tests: what a worker would propose now."""

from __future__ import annotations

from typing import Any

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.ids import new_id
from haoyun.platform.market.store import open_offers
from haoyun.platform.rounds.job import make_round
from haoyun.platform.rounds.store import keep_round, lines_of_round
from haoyun.platform.services import Services

ANYBODY = Actor("tests", "tests", frozenset({"operator"}), frozenset({"operator"}))


def propose(services: Services) -> tuple[str, list[Any]]:
    """Make and store a round over all open offers: its id and its lines."""
    now = services.now()
    with services.write() as db:
        found, lines = make_round(open_offers(db, now), services.market.snapshot(now), new_id("job"), now)
        keep_round(db, found, lines)
        return found.id, list(lines_of_round(db, found.id, ANYBODY, limit=200).items)
