"""Facts in the database: written only where they differ, so that doing it again changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from haoyun.platform.statistics.facts import Fact, Measure
from haoyun.platform.statistics.series import SERIES_OF
from haoyun.platform.statistics.tables import FACT, OPEN_WEEK
from haoyun.tracking.tables import insert_new, upsert

_KEY = ("measure", "subject", "week")
_SAID = ("cell", "to_cell", "shipper", "carrier", "value", "weight", "kind")


def put_facts(
    db: sa.Connection, measures: Collection[Measure], subject_ids: Collection[str], facts: Iterable[Fact]
) -> int:
    """Make these be all the facts of these subjects for these measures.

    A fact that is not among them any more stays as *gone*: its week has to be told. Returns how many changed.
    """
    wanted = {(fact.measure.value, fact.subject, fact.week): fact for fact in facts}
    known = {tuple(getattr(row, name) for name in _KEY): row for row in _rows_of(db, measures, subject_ids)}
    changed = [fact for key, fact in wanted.items() if key not in known or not _same(known[key], fact)]
    gone = [row for key, row in known.items() if key not in wanted and not row.gone]
    if changed:
        insert = upsert(db, FACT)
        fresh = {name: insert.excluded[name] for name in (*_SAID, "gone")}
        statement = insert.on_conflict_do_update(index_elements=list(_KEY), set_=fresh)
        db.execute(statement, [_row(fact) for fact in changed])
    for row in gone:
        same = [FACT.c[name] == getattr(row, name) for name in _KEY]
        db.execute(sa.update(FACT).where(*same).values(gone=True))
    _open_weeks(db, {(f.measure, f.week) for f in changed} | {(Measure(r.measure), r.week) for r in gone})
    return len(changed) + len(gone)


def facts_of(db: sa.Connection, measures: Sequence[Measure], weeks: Collection[int]) -> list[Fact]:
    """The facts of some weeks as they are known now."""
    return [_fact(row) for row in _rows(db, measures, weeks, ~FACT.c.gone)]


def released_facts(db: sa.Connection, measures: Sequence[Measure], weeks: Collection[int]) -> list[Fact]:
    """The facts of some weeks as they stand in the released weeks."""
    found = _rows(db, measures, weeks, FACT.c.released_value.is_not(None))
    return [_fact(row, row.released_value, row.released_weight) for row in found]


def late_facts(db: sa.Connection, measures: Sequence[Measure], week: int) -> list[Fact]:
    """What differs from the released week: came late, changed, or is gone."""
    differs = sa.or_(
        sa.and_(FACT.c.gone, FACT.c.released_value.is_not(None)),
        sa.and_(
            ~FACT.c.gone,
            sa.or_(
                FACT.c.released_value.is_(None),
                FACT.c.released_value != FACT.c.value,
                FACT.c.released_weight != FACT.c.weight,
            ),
        ),
    )
    return [_fact(row) for row in _rows(db, measures, [week], differs)]


def mark_released(
    db: sa.Connection, measures: Sequence[Measure], week: int, left_out: Iterable[Fact]
) -> None:
    """Remember the facts of a week as they are now; what was left out (outliers) is not in it."""
    own = (FACT.c.measure.in_([m.value for m in measures]), FACT.c.week == week)
    now = {"released_value": FACT.c.value, "released_weight": FACT.c.weight}
    nothing = {"released_value": None, "released_weight": None}
    db.execute(sa.update(FACT).where(*own, ~FACT.c.gone).values(now))
    db.execute(sa.update(FACT).where(*own, FACT.c.gone).values(nothing))
    for fact in left_out:
        same = (FACT.c.measure == fact.measure.value, FACT.c.subject == fact.subject, FACT.c.week == week)
        db.execute(sa.update(FACT).where(*same).values(nothing))


def forget_facts(db: sa.Connection, measures: Sequence[Measure], before_week: int) -> int:
    """Delete facts whose weeks are final and of no more use. Returns how many."""
    old = (FACT.c.measure.in_([m.value for m in measures]), FACT.c.week < before_week)
    return db.execute(sa.delete(FACT).where(*old)).rowcount


def open_weeks(db: sa.Connection) -> list[tuple[str, int]]:
    """(series, week) that wait to be released or released anew, the oldest first."""
    query = sa.select(OPEN_WEEK.c.series, OPEN_WEEK.c.week).order_by(OPEN_WEEK.c.week, OPEN_WEEK.c.series)
    return [(row.series, row.week) for row in db.execute(query)]


def close_week(db: sa.Connection, series: str, week: int) -> None:
    """It is done."""
    db.execute(sa.delete(OPEN_WEEK).where(OPEN_WEEK.c.series == series, OPEN_WEEK.c.week == week))


def _open_weeks(db: sa.Connection, touched: set[tuple[Measure, int]]) -> None:
    for series, week in sorted({(SERIES_OF[measure].value, week) for measure, week in touched}):
        insert_new(db, OPEN_WEEK, {"series": series, "week": week})


def _rows_of(db: sa.Connection, measures: Collection[Measure], subject_ids: Collection[str]) -> Iterable[Any]:
    if not subject_ids:
        return []
    own = (FACT.c.measure.in_([m.value for m in measures]), FACT.c.subject.in_(subject_ids))
    return db.execute(sa.select(FACT).where(*own))  # the key begins with both: a short range each


def _rows(
    db: sa.Connection, measures: Sequence[Measure], weeks: Collection[int], which: sa.ColumnElement[bool]
) -> Iterable[Any]:
    own = (FACT.c.measure.in_([m.value for m in measures]), FACT.c.week.in_(weeks), which)
    return db.execute(sa.select(FACT).where(*own).order_by(FACT.c.measure, FACT.c.week, FACT.c.subject))


def _same(row: Any, fact: Fact) -> bool:
    return not row.gone and all(getattr(row, name) == getattr(fact, name) for name in _SAID)


def _row(fact: Fact) -> dict[str, Any]:
    said = {name: getattr(fact, name) for name in (*_KEY, *_SAID)}
    return {**said, "measure": fact.measure.value, "gone": False}


def _fact(row: Any, value: float | None = None, weight: float | None = None) -> Fact:
    return Fact(
        Measure(row.measure),
        row.subject,
        row.week,
        row.cell,
        row.to_cell,
        row.shipper,
        row.carrier,
        row.value if value is None else value,
        row.weight if weight is None else weight,
        row.kind,
    )
