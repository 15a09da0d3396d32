"""Reading what was released: histories with the chained index, periods, and how fresh a series is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from haoyun.platform.statistics.areas import EVERYWHERE
from haoyun.platform.statistics.series import PRICES, Series
from haoyun.platform.statistics.tables import CELL, RELEASE
from haoyun.tracking.instants import from_ms

WEEK, MONTH = "week", "month"
BASE = 100.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One published (or withheld: `value` None) figure. `counted` and `contributors` are lower ends of classes."""

    series: Series
    area: str
    level: str
    period: str
    first_week: int
    value: float | None
    index: float | None
    counted: int
    contributors: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """How fresh a series is: when it was released last, and a number that changes with every release."""

    released_at: datetime
    number: int


def history(db: sa.Connection, series: Series, area: str, every: str, limit: int = 156) -> list[Figure]:
    """The last `limit` figures of an area, the oldest first; the index is chained from its first."""
    return list(_chained(_cells(db, series, every, CELL.c.area == area), _wholes(db, series, every)))[-limit:]


def of_period(db: sa.Connection, series: Series, period: str, level: str | None = None) -> list[Figure]:
    """Every area's figure of a period, those with a figure first; the index is not worked out."""
    own = [CELL.c.series == series.value, CELL.c.period == period]
    if level is not None:
        own.append(CELL.c.level == level)
    rows = db.execute(sa.select(CELL).where(*own).order_by(CELL.c.value.is_(None), CELL.c.area))
    return [_figure(row, None) for row in rows]


def latest_period(db: sa.Connection, series: Series, every: str = WEEK) -> str | None:
    """The newest released period that has any figure, None before the first."""
    own = (CELL.c.series == series.value, CELL.c.area == EVERYWHERE, CELL.c.value.is_not(None), _is(every))
    query = sa.select(CELL.c.period).where(*own).order_by(CELL.c.first_week.desc()).limit(1)
    return db.scalar(query)


def areas_of(db: sa.Connection, series: Series, levels: Sequence[str]) -> list[str]:
    """The areas that ever had a figure, level by level in the given order."""
    own = (CELL.c.series == series.value, CELL.c.level.in_(levels), CELL.c.value.is_not(None))
    rows = db.execute(sa.select(CELL.c.level, CELL.c.area).where(*own).distinct())
    return [row.area for row in sorted(rows, key=lambda row: (levels.index(row.level), row.area))]


def everything(db: sa.Connection, series: Series, every: str) -> Iterator[Figure]:
    """All figures of a series by area and time, for the whole file."""
    yield from _chained(_cells(db, series, every, sa.true()), _wholes(db, series, every))


def stamp_of(db: sa.Connection, series: Iterable[Series]) -> Stamp | None:
    """How fresh some series are, None before their first release."""
    own = RELEASE.c.series.in_([one.value for one in series])
    query = sa.select(
        sa.func.max(RELEASE.c.released_ms), sa.func.sum(RELEASE.c.version), sa.func.count()
    ).where(own)
    released_ms, versions, count = db.execute(query).one()
    return None if released_ms is None else Stamp(from_ms(released_ms), int(versions) * 10_000 + int(count))


def _cells(db: sa.Connection, series: Series, every: str, which: sa.ColumnElement[bool]) -> Iterable[Any]:
    own = (CELL.c.series == series.value, _is(every), which)
    return db.execute(sa.select(CELL).where(*own).order_by(CELL.c.area, CELL.c.first_week))


def _is(every: str) -> sa.ColumnElement[bool]:
    weekly = CELL.c.period.like("%-W%")
    return weekly if every == WEEK else ~weekly


def _wholes(db: sa.Connection, series: Series, every: str) -> Mapping[str, float]:
    """The index of all lanes together by period: where a lane's own index begins."""
    if series not in PRICES:
        return {}
    found = _chained(_cells(db, series, every, CELL.c.area == EVERYWHERE), {})
    return {figure.period: figure.index for figure in found if figure.index is not None}


def _chained(rows: Iterable[Any], wholes: Mapping[str, float]) -> Iterator[Figure]:
    for area, cells in groupby(rows, key=lambda row: row.area):
        index, before = 0.0, None
        for row in cells:
            if row.log_price is None:
                yield _figure(row, None)
                continue
            if before is None:
                index = BASE if area == EVERYWHERE else wholes.get(row.period, BASE)
            else:
                link = row.log_link if before.reference_year != row.reference_year else None
                index *= math.exp(row.log_price - (before.log_price if link is None else link))
            before = row
            yield _figure(row, index)


def _figure(row: Any, index: float | None) -> Figure:
    return Figure(
        Series(row.series),
        row.area,
        row.level,
        row.period,
        row.first_week,
        row.value,
        None if index is None else round(index, 1),
        row.counted,
        row.contributors,
    )
