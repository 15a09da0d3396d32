"""Stays in portals, kept between batches: they are continued, judged, and judged again when late reads come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from haoyun.rfid_ingest.clean.crossing import Crossing, SideSums
from haoyun.rfid_ingest.clean.portal import PASSED, RESIDENT_MS, Earlier, Outcome
from haoyun.rfid_ingest.reads_store import chunks
from haoyun.rfid_ingest.tables import CROSSING
from haoyun.tracking.tables import upsert

_SUMS = ("reads", "weight", "moment", "square", "weight2")


@dataclass(frozen=True, slots=True)
class KeptStay:
    """A stay with the antenna that saw it first, when its last read was received, and what became of it.

    `outcome` None waits for its verdict; `reported` is what event `event_seq` says of it.
    """

    crossing: Crossing
    reader_id: int
    antenna: int
    received_ms: int
    outcome: Outcome | None = None
    reported: Outcome | None = None
    event_seq: int | None = None


def stays_near(
    db: sa.Connection, epcs: Iterable[str], points: Iterable[str], first_ms: int, last_ms: int
) -> Mapping[tuple[str, str], list[KeptStay]]:
    """The stays of these tags at these portals that touch the time, by (EPC, point), the latest first."""
    found: defaultdict[tuple[str, str], list[KeptStay]] = defaultdict(list)
    for some in chunks(epcs):
        query = sa.select(CROSSING).where(
            CROSSING.c.epc_uri.in_(some),
            CROSSING.c.point.in_(set(points)),
            CROSSING.c.last_ms >= first_ms,
            CROSSING.c.first_ms <= last_ms,
        )
        for row in db.execute(query.order_by(CROSSING.c.last_ms.desc())):
            found[row.epc_uri, row.point].append(_stay(row))
    return found


def unjudged(db: sa.Connection) -> list[KeptStay]:
    """All stays that wait for a verdict."""
    return [_stay(row) for row in db.execute(sa.select(CROSSING).where(CROSSING.c.outcome.is_(None)))]


def judged_between(db: sa.Connection, point: str, first_ms: int, last_ms: int) -> list[KeptStay]:
    """The judged stays of a portal that touch the time: company for one that is judged later."""
    query = sa.select(CROSSING).where(
        CROSSING.c.point == point,
        CROSSING.c.outcome.is_not(None),
        CROSSING.c.last_ms >= first_ms,
        CROSSING.c.first_ms <= last_ms,
    )
    return [_stay(row) for row in db.execute(query)]


def earlier_stays(db: sa.Connection, crossings: Sequence[Crossing]) -> dict[str, list[Earlier]]:
    """What is known of these tags at their portal: stays before these that did not pass, by EPC."""
    found: defaultdict[str, list[Earlier]] = defaultdict(list)
    if not crossings:
        return found
    since = min(crossing.first_ms for crossing in crossings) - RESIDENT_MS
    until = max(crossing.first_ms for crossing in crossings)
    for epcs in chunks({crossing.epc for crossing in crossings}):
        query = sa.select(CROSSING.c.epc_uri, CROSSING.c.last_ms, CROSSING.c.peak_dbm).where(
            CROSSING.c.epc_uri.in_(epcs),
            CROSSING.c.point == crossings[0].point,
            CROSSING.c.outcome.not_in([outcome.value for outcome in PASSED]),
            CROSSING.c.last_ms.between(since, until),
        )
        for row in db.execute(query):
            found[row.epc_uri].append(Earlier(row.last_ms, row.peak_dbm))
    return found


def save_stays(db: sa.Connection, stays: Sequence[KeptStay]) -> None:
    """Write stays that are new or changed."""
    if not stays:
        return
    insert = upsert(db, CROSSING)
    keys = {column.name for column in CROSSING.primary_key}
    changed = {c.name: insert.excluded[c.name] for c in CROSSING.columns if c.name not in keys}
    db.execute(
        insert.on_conflict_do_update(index_elements=list(CROSSING.primary_key), set_=changed),
        [_row(stay) for stay in stays],
    )


def _row(stay: KeptStay) -> dict[str, Any]:
    crossing = stay.crossing
    return {
        "epc_uri": crossing.epc,
        "point": crossing.point,
        "started_ms": crossing.started_ms,
        "first_ms": crossing.first_ms,
        "last_ms": crossing.last_ms,
        "peak_dbm": crossing.peak_dbm,
        **{f"inner_{name}": getattr(crossing.inner, name) for name in _SUMS},
        **{f"outer_{name}": getattr(crossing.outer, name) for name in _SUMS},
        "reader_device_id": stay.reader_id,
        "antenna": stay.antenna,
        "received_ms": stay.received_ms,
        "outcome": stay.outcome and stay.outcome.value,
        "reported": stay.reported and stay.reported.value,
        "event_seq": stay.event_seq,
    }


def _stay(row: Any) -> KeptStay:
    sides = [SideSums(*(getattr(row, f"{side}_{name}") for name in _SUMS)) for side in ("inner", "outer")]
    return KeptStay(
        Crossing(
            row.epc_uri,
            row.point,
            row.started_ms,
            row.first_ms,
            row.last_ms,
            row.peak_dbm,
            sides[0],
            sides[1],
        ),
        row.reader_device_id,
        row.antenna,
        row.received_ms,
        Outcome(row.outcome) if row.outcome else None,
        Outcome(row.reported) if row.reported else None,
        row.event_seq,
    )
