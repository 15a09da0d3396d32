"""Releases: what a week or a month says, worked out once, protected, and left standing.

A week is released when it has settled, and once more FINAL_DAYS after its end if what came late may be told as a
whole; a month is released from its released weeks, once. Each is one transaction: killed in the middle, it is done
again and says the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from haoyun.platform.statistics import facts_store
from haoyun.platform.statistics.facts import Fact
from haoyun.platform.statistics.methods import (
    Reference,
    figure,
    level,
    reference_of,
    rounded,
    without_outliers,
    yuan_per_km,
)
from haoyun.platform.statistics.periods import month_name, week_name, weeks_of_month, year_of
from haoyun.platform.statistics.privacy import Node, Rule, band, protect, rest_of
from haoyun.platform.statistics.series import PRICES, SHAPES, Series, gather, level_of, pool_of
from haoyun.platform.statistics.tables import CELL, REFERENCE, RELEASE
from haoyun.tracking.instants import to_ms

FINAL_DAYS = 28
_TABLE_WEEKS = 52
_INDEX_COLUMNS: Mapping[str, None] = {"log_price": None, "reference_year": None, "log_link": None}


@dataclass(frozen=True, slots=True)
class _Period:
    """A week or a month: its name, and its weeks."""

    name: str
    weeks: tuple[int, ...]


def release_week(
    db: sa.Connection, series: Series, week: int, rule: Rule, now: datetime, final: bool
) -> bool:
    """Release a week, or release it anew where that tells of nobody; `final`: late facts are not awaited any more.

    Returns whether what is published changed.
    """
    period = _Period(week_name(week), (week,))
    measures = SHAPES[series].measures
    known = facts_store.facts_of(db, measures, [week])
    facts, reference = _clean(db, series, week, known, rule)
    nodes, members = gather(series, facts)
    published = published_areas(db, series, period.name)
    if published:
        if not final or not _may_revise(db, series, week, (known, facts), nodes, rule):
            _put_release(db, series, period, now, final, changed=False)
            return False
        chosen: set[str] = published
    else:
        chosen = protect(nodes, rule)
    left_out = {(f.measure, f.subject) for f in known} - {(f.measure, f.subject) for f in facts}
    facts_store.mark_released(db, measures, week, [f for f in known if (f.measure, f.subject) in left_out])
    _put_cells(db, series, period, _Cells(nodes, members, chosen), reference)
    _put_release(db, series, period, now, final, changed=True)
    return True


def release_month(db: sa.Connection, series: Series, week: int, rule: Rule, now: datetime) -> None:
    """Release the month that a week belongs to from its weeks as they are released.

    An area is withheld where its withheld weeks together would tell of somebody: month less weeks gives them.
    """
    weeks = weeks_of_month(week)
    period = _Period(month_name(week), weeks)
    facts = facts_store.released_facts(db, SHAPES[series].measures, weeks)
    reference = _reference(db, series, weeks[-1], rule)
    nodes, members = gather(series, facts)
    shown = {one: published_areas(db, series, week_name(one)) for one in weeks}
    barred = {
        key for key, facts in members.items() if not _weeks_may_be_taken_off(series, key, facts, shown, rule)
    }
    _put_cells(db, series, period, _Cells(nodes, members, protect(nodes, rule, barred)), reference)
    _put_release(db, series, period, now, final=True, changed=True)


def published_areas(db: sa.Connection, series: Series, period: str) -> set[str]:
    """The areas of a period that have a figure."""
    own = (CELL.c.series == series.value, CELL.c.period == period, CELL.c.value.is_not(None))
    return set(db.scalars(sa.select(CELL.c.area).where(*own)))


def _weeks_may_be_taken_off(
    series: Series, key: str, facts: Sequence[Fact], shown: Mapping[int, Collection[str]], rule: Rule
) -> bool:
    return rule.is_safe(pool_of(series, (fact for fact in facts if key not in shown[fact.week])))


def _may_revise(
    db: sa.Connection,
    series: Series,
    week: int,
    facts: tuple[Sequence[Fact], Sequence[Fact]],
    nodes: Mapping[str, Node],
    rule: Rule,
) -> bool:
    """Whether new less old tells of nobody: everything that changed is in areas that may be told anew, all of them."""
    known, kept = facts
    outliers = {(f.measure, f.subject) for f in known} - {(f.measure, f.subject) for f in kept}
    late = facts_store.late_facts(db, SHAPES[series].measures, week)
    changes, _ = gather(series, [f for f in late if (f.measure, f.subject) not in outliers])
    published = published_areas(db, series, week_name(week))
    told = {key for key in changes if key in published}
    if not told or not all(key in nodes and rule.may_publish(nodes[key].pool) for key in published):
        return False
    below: dict[str, list[Node]] = {}
    for key in published - {""}:
        below.setdefault(nodes[key].parent, []).append(nodes[key])
    standing = all(
        rule.is_safe(rest_of(nodes[parent].pool, (n.pool for n in kids)))
        for parent, kids in below.items()
        if parent
    )
    return standing and told == protect(changes, rule, barred=set(changes) - told)


@dataclass(frozen=True, slots=True)
class _Cells:
    nodes: Mapping[str, Node]
    members: Mapping[str, Sequence[Fact]]
    published: Collection[str]


def _put_cells(
    db: sa.Connection, series: Series, period: _Period, cells: _Cells, reference: Reference
) -> None:
    db.execute(sa.delete(CELL).where(CELL.c.series == series.value, CELL.c.period == period.name))
    links = _links(db, series, period, reference)
    rows = []
    for key, node in cells.nodes.items():
        row: dict[str, Any] = {
            "series": series.value, "area": key, "period": period.name, "level": level_of(key),
            "first_week": period.weeks[0], "value": None, **_INDEX_COLUMNS, "counted": 0, "contributors": 0,
        }  # fmt: skip
        if key in cells.published:
            row |= _said(series, key, cells.members[key], reference, links)
            row["counted"] = band(len(cells.members[key]))
            row["contributors"] = band(min(len(side) for side in node.pool.values()))
        rows.append(row)
    if rows:
        db.execute(sa.insert(CELL), rows)


def _said(
    series: Series, key: str, facts: Sequence[Fact], reference: Reference, links: Mapping[str, float]
) -> dict[str, Any]:
    if series not in PRICES:
        return {"value": rounded(series, figure(series, facts))}
    log_price = level(facts, reference)
    return {
        "value": yuan_per_km(log_price),
        "log_price": log_price,
        "reference_year": reference.year,
        "log_link": links.get(key),
    }


def _links(db: sa.Connection, series: Series, period: _Period, reference: Reference) -> Mapping[str, float]:
    """Of areas whose period before was worked out by another year's table: that period by this one."""
    if series not in PRICES:
        return {}
    weekly = len(period.weeks) == 1 and "W" in period.name
    form = CELL.c.period.like("%-W%") if weekly else CELL.c.period.not_like("%-W%")
    own = (CELL.c.series == series.value, CELL.c.value.is_not(None), form)
    latest = (
        sa.select(CELL.c.area, sa.func.max(CELL.c.first_week).label("first_week"))
        .where(*own, CELL.c.first_week < period.weeks[0])
        .group_by(CELL.c.area)
        .subquery()
    )
    same = sa.and_(CELL.c.area == latest.c.area, CELL.c.first_week == latest.c.first_week)
    query = sa.select(CELL.c.area, CELL.c.first_week).join(latest, same)
    by_week: dict[int, set[str]] = {}
    for row in db.execute(query.where(*own, CELL.c.reference_year != reference.year)):
        by_week.setdefault(row.first_week, set()).add(row.area)
    found: dict[str, float] = {}
    for week, areas in by_week.items():
        weeks = (week,) if weekly else weeks_of_month(week)
        _, members = gather(series, facts_store.released_facts(db, SHAPES[series].measures, weeks))
        found |= {area: level(members[area], reference) for area in areas if area in members}
    return found


def _clean(
    db: sa.Connection, series: Series, week: int, facts: list[Fact], rule: Rule
) -> tuple[list[Fact], Reference]:
    reference = _reference(db, series, week, rule)
    return (without_outliers(facts, reference) if series in PRICES else facts), reference


def _reference(db: sa.Connection, series: Series, week: int, rule: Rule) -> Reference:
    """The table of the week's year; made and kept when the year's first week is released."""
    year = year_of(week)
    if series not in PRICES:
        return Reference(year, {})
    own = (REFERENCE.c.series == series.value, REFERENCE.c.year == year)
    rows = db.execute(sa.select(REFERENCE.c.kind, REFERENCE.c.log_factor).where(*own)).all()
    if rows:
        return Reference(year, {row.kind: row.log_factor for row in rows if row.kind != _MADE})
    weeks = range(week - _TABLE_WEEKS + 1, week + 1)
    made = reference_of(series, year, facts_store.facts_of(db, SHAPES[series].measures, weeks), rule)
    factors = {_MADE: 0.0, **made.factors}
    db.execute(
        sa.insert(REFERENCE),
        [{"series": series.value, "year": year, "kind": k, "log_factor": f} for k, f in factors.items()],
    )
    return made


_MADE = "-"  # a row that says that the table was made, though no class of it passed the rule


def _put_release(
    db: sa.Connection, series: Series, period: _Period, now: datetime, final: bool, changed: bool
) -> None:
    own = (RELEASE.c.series == series.value, RELEASE.c.period == period.name)
    before = db.execute(sa.select(RELEASE).where(*own)).first()
    values: dict[str, Any] = {"final": final}
    if before is None or changed:
        values |= {"version": 1 if before is None else before.version + 1, "released_ms": to_ms(now)}
    if before is None:
        key = {"series": series.value, "period": period.name, "first_week": period.weeks[0]}
        db.execute(sa.insert(RELEASE).values(**key, **values))
    else:
        db.execute(sa.update(RELEASE).where(*own).values(**values))
