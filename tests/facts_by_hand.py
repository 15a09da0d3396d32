"""Small markets for the tests of releases."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from haoyun.platform.statistics.areas import cell_at
from haoyun.platform.statistics.facts import Fact, Measure
from haoyun.platform.statistics.facts_store import put_facts
from haoyun.platform.statistics.periods import week_of, week_start_ms
from haoyun.platform.statistics.read import Figure, of_period
from haoyun.platform.statistics.series import Series
from haoyun.tracking.instants import from_ms, to_ms

SHANGHAI, CHENGDU, WUHAN, BEIJING = (
    cell_at(31.23, 121.47),
    cell_at(30.66, 104.06),
    cell_at(30.59, 114.30),
    cell_at(39.9, 116.4),
)
WEEK = week_of(to_ms(datetime(2026, 5, 20, tzinfo=UTC)))  # 2026-W21, the third of its month
KIND = "dry/20t/800km"


def after_week(week: int = WEEK, days: float = 3.5) -> datetime:
    """So many days after a week's end."""
    return from_ms(week_start_ms(week + 1)) + timedelta(days=days)


def price(
    number: int, fen: float, *, week: int = WEEK, lane: tuple[str, str] = (SHANGHAI, CHENGDU),
    orgs: tuple[int, int] | None = None, kind: str = KIND,
) -> Fact:  # fmt: skip
    """Order number `number` for so many fen a kilometre, between its own two organizations unless others are named."""
    a, b = orgs or (number, number)
    return Fact(Measure.PRICE, f"o{week}-{number}", week, *lane, f"s{a}", f"c{b}", fen, 1.0, kind)


def put(db: sa.Connection, facts: Iterable[Fact]) -> None:
    """Store facts as the followers do."""
    facts = list(facts)
    put_facts(db, list(Measure), {fact.subject for fact in facts}, facts)


def said(db: sa.Connection, series: Series, period: str) -> dict[str, Figure]:
    """The figures of a period by area."""
    return {figure.area: figure for figure in of_period(db, series, period)}
