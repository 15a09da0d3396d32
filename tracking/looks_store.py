"""Estimates kept beside what became of them, and the spreads that they taught (spread.py).

A look holds a journey, an instant and a number of seconds, no position. What became of it is not stored: it is the
standing arrival by positions of the journey, so that a late fix which moves an arrival moves what is learned as well.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import sqlalchemy as sa

from haoyun.tracking.eta import Eta
from haoyun.tracking.instants import to_ms
from haoyun.tracking.meaning_tables import LOOK, SPREAD
from haoyun.tracking.spread import Spread, rung
from haoyun.tracking.tables import MILESTONE, upsert
from haoyun.tracking.timeline import MilestoneCode, Quality, Source

KEPT = timedelta(days=90)  # as the trips that taught travel times: roads and fleets change
MOST_LOOKS = 20_000

Spreads = dict[bool, Spread]  # of estimates by learned travel times (True), and by the speed of the plan


def keep_look(db: sa.Connection, journey_id: str, eta: Eta) -> None:
    """Keep an estimate for its rung of remaining time; the first of a rung stays. None is kept near the end."""
    step = rung(eta.plain_s)
    if step is None:
        return
    row = {
        "journey_id": journey_id, "rung": step, "at_ms": to_ms(eta.position_at), "plain_s": eta.plain_s,
        "learned": eta.learned,
    }  # fmt: skip
    db.execute(upsert(db, LOOK).values(row).on_conflict_do_nothing())


def find_spreads(db: sa.Connection) -> Spreads:
    """The spreads as they were learned last; assumed ones where nothing was."""
    found = {False: Spread.unlearned(), True: Spread.unlearned()}
    for row in db.execute(sa.select(SPREAD.c.learned, SPREAD.c.ratio)):
        found[bool(row.learned)] = Spread.from_json(row.ratio) or found[bool(row.learned)]
    return found


def learn_spreads(db: sa.Connection, now: datetime) -> dict[bool, tuple[Spread, int]]:
    """What the newest looks of journeys that arrived teach, and how many they are. Reads only.

    By travel times (learned, or the plan's speed): the two are not off in the same way.
    """
    return {learned: _learn(db, learned, now) for learned in (False, True)}


def put_spreads(db: sa.Connection, found: dict[bool, tuple[Spread, int]], now: datetime) -> None:
    """Keep what `learn_spreads` found, and forget looks that are too old to teach."""
    for learned, (spread, looks) in found.items():
        row = {"learned": learned, "learned_ms": to_ms(now), "looks": looks, "ratio": spread.to_json()}
        insert = upsert(db, SPREAD).values(row)
        values = {name: insert.excluded[name] for name in ("learned_ms", "looks", "ratio")}
        db.execute(insert.on_conflict_do_update(index_elements=["learned"], set_=values))
    db.execute(LOOK.delete().where(LOOK.c.at_ms < to_ms(now - KEPT)))


def _learn(db: sa.Connection, learned: bool, now: datetime) -> tuple[Spread, int]:
    arrived = sa.and_(
        MILESTONE.c.journey_id == LOOK.c.journey_id,
        MILESTONE.c.code == MilestoneCode.ARRI.value,
        MILESTONE.c.quality == Quality.ACTUAL.value,
        MILESTONE.c.source == Source.GPS.value,
        MILESTONE.c.occurrence == "",
        MILESTONE.c.withdrawn_ms.is_(None),
    )
    query = (
        sa.select(LOOK.c.plain_s, (MILESTONE.c.occurred_ms - LOOK.c.at_ms) / 1000.0)
        .join(MILESTONE, arrived)
        .where(LOOK.c.learned.is_(learned), LOOK.c.at_ms >= to_ms(now - KEPT))
        .order_by(LOOK.c.at_ms.desc())
        .limit(MOST_LOOKS)
    )
    rows = np.array([tuple(map(float, row)) for row in db.execute(query)], dtype=np.float64).reshape(-1, 2)
    return Spread.learn(rows[:, 0], rows[:, 1]), len(rows)
