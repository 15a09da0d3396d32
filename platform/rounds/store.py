"""Rounds in the database: what was proposed, to whom, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.capacity import MATCHABLE
from haoyun.platform.market.errors import NotFound
from haoyun.platform.market.load import LoadState
from haoyun.platform.market.paging import keyset, marker, page_size
from haoyun.platform.market.tables import CAPACITY, LOAD
from haoyun.platform.market.values import Page
from haoyun.platform.rounds.figures import Figures
from haoyun.platform.rounds.proposal import KEEP, Line, LineState, Round
from haoyun.platform.rounds.tables import LINE, ROUND
from haoyun.tracking.instants import from_ms, to_ms
from haoyun.tracking.tables import insert_new

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class OwnSums:
    """What a round proposes to one organization."""

    lines: int
    trucks: int
    empty_m: float
    contribution_fen: int
    share_fen: int


def keep_round(db: sa.Connection, found: Round, lines: Sequence[Line]) -> bool:
    """Store a round, and let the lines of older ones lapse. False, and nothing stored, if its job has one already."""
    figures = {
        "before": found.before.as_dict(),
        "after": found.after.as_dict(),
        "bound_fen": found.bound_fen,
        "open_loads": found.open_loads,
        "open_trucks": found.open_trucks,
    }
    row = {
        "id": found.id,
        "job_id": found.job_id,
        "created_ms": to_ms(found.created_at),
        "expires_ms": to_ms(found.expires_at),
        "figures": orjson.dumps(figures).decode(),
    }
    if not insert_new(db, ROUND, row):
        return False
    _forget_old(db, found.created_at)
    older = (LINE.c.state == LineState.PROPOSED.value, LINE.c.round_id != found.id)
    db.execute(sa.update(LINE).where(*older).values(state=LineState.LAPSED.value))
    for start in range(0, len(lines), _CHUNK):
        db.execute(sa.insert(LINE), [_row(line) for line in lines[start : start + _CHUNK]])
    return True


def _forget_old(db: sa.Connection, now: datetime) -> None:
    """Thousands of lines an hour would fill the disk; what was quoted stays."""
    old = sa.select(ROUND.c.id).where(ROUND.c.created_ms < to_ms(now - KEEP))
    db.execute(sa.delete(LINE).where(LINE.c.state == LineState.LAPSED.value, LINE.c.round_id.in_(old)))


def any_proposed(db: sa.Connection) -> bool:
    """Whether there is a line that could lapse, without writing."""
    proposed = sa.select(LINE.c.id).where(LINE.c.state == LineState.PROPOSED.value)
    return db.execute(proposed.limit(1)).first() is not None


def lapse(db: sa.Connection, now: datetime) -> int:
    """Let lines lapse whose time is over or whose offers changed. Returns how many."""
    over = sa.select(ROUND.c.id).where(ROUND.c.expires_ms <= to_ms(now))
    same_load = sa.select(LOAD.c.id).where(
        LOAD.c.id == LINE.c.load_id,
        LOAD.c.state == LoadState.OPEN.value,
        LOAD.c.terms == LINE.c.terms,
        LOAD.c.expires_ms > to_ms(now),
    )
    open_truck = sa.select(CAPACITY.c.id).where(
        CAPACITY.c.id == LINE.c.capacity_id, CAPACITY.c.state.in_([state.value for state in MATCHABLE])
    )
    # The truck of a later position is offered anew once it is free: its first offer may be full by then.
    gone = sa.or_(
        LINE.c.round_id.in_(over),
        ~same_load.exists(),
        sa.and_(LINE.c.position == 0, ~open_truck.exists()),
    )
    lapsed = sa.update(LINE).where(LINE.c.state == LineState.PROPOSED.value, gone)
    return db.execute(lapsed.values(state=LineState.LAPSED.value)).rowcount


def find_round_of_job(db: sa.Connection, job_id: str) -> Round | None:
    """The round that a job made, whoever asks: for the system's own work."""
    row = db.execute(sa.select(ROUND).where(ROUND.c.job_id == job_id)).one_or_none()
    return _round(row) if row else None


def get_round(db: sa.Connection, round_id: str, viewer: Actor) -> Round:
    """A round that has something for the viewer. Raises NotFound."""
    row = db.execute(sa.select(ROUND).where(ROUND.c.id == round_id, _concerns(viewer))).one_or_none()
    if row is None:
        raise NotFound
    return _round(row)


def list_rounds(
    db: sa.Connection, viewer: Actor, *, limit: int = 50, after: str | None = None
) -> Page[Round]:
    """Rounds that have something for the viewer, the newest first. Raises FieldErrors for `after`."""
    query = keyset(
        sa.select(ROUND).where(_concerns(viewer)), ROUND.c.created_ms, ROUND.c.id,
        descending=True, limit=limit, after=after,
    )  # fmt: skip
    rows = list(db.execute(query))
    return Page(tuple(_round(row) for row in rows[: page_size(limit)]), marker(rows, limit))


def lines_of_round(
    db: sa.Connection, round_id: str, viewer: Actor, *, limit: int = 50, after: str | None = None
) -> Page[Line]:
    """The viewer's lines of a round by truck and position (all, for operator and supervisor).

    Raises NotFound, FieldErrors for `after`.
    """
    get_round(db, round_id, viewer)
    order = LINE.c.truck * 1000 + LINE.c.position
    query = sa.select(LINE).where(LINE.c.round_id == round_id, _own(viewer))
    rows = list(db.execute(keyset(query, order, LINE.c.id, descending=False, limit=limit, after=after)))
    return Page(tuple(line_of(row) for row in rows[: page_size(limit)]), marker(rows, limit))


def own_sums(db: sa.Connection, round_id: str, viewer: Actor) -> OwnSums:
    """What a round that the viewer was shown proposes to the viewer; lines of one position count once."""
    ours = (LINE.c.round_id == round_id, _own(viewer))
    ships = sa.true() if viewer.sees_all else LINE.c.shipper_org == viewer.org_id
    carries = sa.true() if viewer.sees_all else LINE.c.carrier_org == viewer.org_id
    lines, trucks, share_fen = db.execute(
        sa.select(
            sa.func.count(),
            sa.func.count(LINE.c.truck.distinct()),
            sa.func.sum(sa.case((ships, LINE.c.expected_fen - LINE.c.price_fen), else_=0)),
        ).where(*ours)
    ).one()
    legs = (
        sa.select(
            sa.func.max(LINE.c.empty_m).label("empty_m"), sa.func.max(LINE.c.contribution_fen).label("fen")
        )
        .where(*ours, carries)
        .group_by(LINE.c.truck, LINE.c.position)
        .subquery()
    )
    empty_m, contribution = db.execute(sa.select(sa.func.sum(legs.c.empty_m), sa.func.sum(legs.c.fen))).one()
    return OwnSums(lines, trucks, float(empty_m or 0), int(contribution or 0), int(share_fen or 0))


def get_line(db: sa.Connection, round_id: str, line_id: str, viewer: Actor) -> Line:
    """A line of one of the viewer's offers. Raises NotFound."""
    query = sa.select(LINE).where(LINE.c.id == line_id, LINE.c.round_id == round_id, _own(viewer))
    row = db.execute(query).one_or_none()
    if row is None:
        raise NotFound
    return line_of(row)


def lines_at(db: sa.Connection, line: Line, position: int) -> list[Line]:
    """The lines of the same truck at a position: for the system's own work."""
    same = (LINE.c.round_id == line.round_id, LINE.c.truck == line.truck, LINE.c.position == position)
    return [line_of(row) for row in db.execute(sa.select(LINE).where(*same).order_by(LINE.c.id))]


def mark_quoted(db: sa.Connection, line: Line, quote_id: str, org_id: str, capacity_id: str) -> bool:
    """Note the quote that a line became; False if somebody was faster or it lapsed."""
    changed = db.execute(
        sa.update(LINE)
        .where(LINE.c.id == line.id, LINE.c.state == LineState.PROPOSED.value)
        .values(state=LineState.QUOTED.value, quote_id=quote_id, quoted_by=org_id, capacity_id=capacity_id)
    )
    return changed.rowcount == 1


def _own(viewer: Actor) -> sa.ColumnElement[bool]:
    if viewer.sees_all:
        return sa.true()
    return sa.or_(LINE.c.shipper_org == viewer.org_id, LINE.c.carrier_org == viewer.org_id)


def _concerns(viewer: Actor) -> sa.ColumnElement[bool]:
    if viewer.sees_all:
        return sa.true()
    return sa.select(LINE.c.id).where(LINE.c.round_id == ROUND.c.id, _own(viewer)).exists()


_PLAIN = (
    *("id", "round_id", "truck", "position", "load_id", "terms", "capacity_id", "shipper_org", "carrier_org"),
    *("empty_m", "loaded_m", "contribution_fen", "expected_fen", "price_fen", "quote_id", "quoted_by"),
)


def _row(line: Line) -> dict[str, Any]:
    return {
        **{name: getattr(line, name) for name in _PLAIN},
        "pickup_ms": to_ms(line.pickup_at),
        "delivery_ms": to_ms(line.delivery_at),
        "free_ms": to_ms(line.free_at),
        "pool": orjson.dumps(line.pool).decode() if line.pool is not None else None,
        "state": line.state.value,
    }


def line_of(row: Any) -> Line:
    """The line of a row of rnd_line."""
    return Line(
        **{name: getattr(row, name) for name in _PLAIN},
        pickup_at=from_ms(row.pickup_ms),
        delivery_at=from_ms(row.delivery_ms),
        free_at=from_ms(row.free_ms),
        pool=orjson.loads(row.pool) if row.pool else None,
        state=LineState(row.state),
    )


def _round(row: Any) -> Round:
    figures = orjson.loads(row.figures)
    return Round(
        id=row.id,
        job_id=row.job_id,
        created_at=from_ms(row.created_ms),
        expires_at=from_ms(row.expires_ms),
        before=Figures.of_dict(figures["before"]),
        after=Figures.of_dict(figures["after"]),
        bound_fen=figures["bound_fen"],
        open_loads=figures["open_loads"],
        open_trucks=figures["open_trucks"],
    )
