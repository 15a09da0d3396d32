"""The worker's round over statistics: take facts in, release what has settled, forget what is of no more use."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
import structlog

from haoyun.platform.database import Databases, reading
from haoyun.platform.emissions.factors import read_factors
from haoyun.platform.market.context import MarketContext
from haoyun.platform.settings import Settings
from haoyun.platform.statistics import facts_store
from haoyun.platform.statistics.facts import Measure
from haoyun.platform.statistics.follow import (
    Sources,
    follow_market,
    follow_milestones,
    follow_orders,
    note_first_matches,
)
from haoyun.platform.statistics.known_orders import RoadM
from haoyun.platform.statistics.periods import is_over, month_name, week_name, week_of, weeks_of_month
from haoyun.platform.statistics.privacy import Rule
from haoyun.platform.statistics.release import FINAL_DAYS, release_month, release_week
from haoyun.platform.statistics.series import Series
from haoyun.platform.statistics.tables import RELEASE
from haoyun.platform.trading.cursors import cursor
from haoyun.tracking.instants import to_ms

EVERY, MATCHES_EVERY, FORGET_EVERY = timedelta(seconds=10), timedelta(minutes=1), timedelta(hours=1)
PRICE_WEEKS, OTHER_WEEKS = 60, 20  # how long facts are kept: prices for the next year's reference table
_LOOK_BACK = 60  # weeks in which a month may still wait for its release
_PAUSE_S = 0.02  # between batches, so that others get at the database
_PRICES = (Measure.PRICE, Measure.ASK)

log = structlog.get_logger(__name__)


class StatisticsKeeper:
    """Called by the worker every second; a round runs in a thread of its own, one at a time."""

    def __init__(self, sources: Sources, rule: Rule, settle_days: int) -> None:
        self._sources, self._rule, self._settle_days = sources, rule, settle_days
        self._due: dict[timedelta, datetime] = {}
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="statistics")
        self._round: Future[None] | None = None

    def __call__(self, databases: Databases, now: datetime) -> None:
        """Begin a round when it is due and the last one has ended. Raises what the last one raised."""
        if self._round is not None and self._round.done():
            done, self._round = self._round, None
            done.result()
        if self._round is None and self._is_due(EVERY, now):
            self._round = self._pool.submit(self._keep, databases, now)

    def wait(self) -> None:
        """Wait for the round that runs."""
        if self._round is not None:
            self._round.result()

    def _keep(self, databases: Databases, now: datetime) -> None:
        try:
            take_in(databases, self._sources, now)
            if self._is_due(MATCHES_EVERY, now):
                note_first_matches(databases, now)
            released = release_due(databases, self._rule, self._settle_days, now)
            if self._is_due(FORGET_EVERY, now):
                forget(databases, now)
        except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
            log.warning("statistics wait for the database", error=str(error.orig))
            return
        if released:
            log.info("statistics released", periods=released)

    def _is_due(self, every: timedelta, now: datetime) -> bool:
        if every in self._due and now < self._due[every]:
            return False
        self._due[every] = now + every
        return True


def statistics_keeper(settings: Settings, market: MarketContext) -> StatisticsKeeper:
    """The keeper of an installation. Raises BadFactors."""
    sources = Sources(roads_of(market), read_factors(settings.emission_factors))
    return StatisticsKeeper(sources, rule_of(settings), settings.statistics_settle_days)


def rule_of(settings: Settings) -> Rule:
    """What an installation demands of a public figure; two organizations may make up half as much again as one."""
    share = settings.statistics_share
    return Rule(settings.statistics_contributors, share, min(0.9, 1.5 * share))


def roads_of(market: MarketContext) -> RoadM:
    """Metres by road between two places of the map; inf where none leads, or a place is not on it any more."""
    places = {place.code: i for i, place in enumerate(market.gazetteer.list())}
    distance_m = market.matrix.distance_m

    def road_m(start: str, end: str) -> float:
        if start not in places or end not in places:
            return float("inf")
        return float(distance_m[places[start], places[end]])

    return road_m


def take_in(databases: Databases, sources: Sources, now: datetime) -> int:
    """Read everything that happened since the last time, batch by batch. Returns how many events that were."""
    steps: tuple[Callable[[], int], ...] = (
        partial(follow_orders, databases, sources),
        partial(follow_milestones, databases, sources),
        partial(follow_market, databases, now),
    )
    total = 0
    for step in steps:
        while read := step():
            total += read
            time.sleep(_PAUSE_S)
    return total


def release_due(databases: Databases, rule: Rule, settle_days: int, now: datetime) -> int:
    """Release the weeks and months that have settled. Returns how many periods were released or changed."""
    now_ms = to_ms(now)
    with reading(databases.platform).connect() as db:
        waiting = [pair for pair in facts_store.open_weeks(db) if is_over(pair[1], now_ms, settle_days)]
    weeks = sum(_release_week(databases, Series(series), week, rule, now) for series, week in waiting)
    return weeks + _release_months(databases, rule, settle_days, now)


def _release_week(databases: Databases, series: Series, week: int, rule: Rule, now: datetime) -> int:
    final = is_over(week, to_ms(now), FINAL_DAYS)
    own = (RELEASE.c.series == series.value, RELEASE.c.period == week_name(week))
    with databases.platform.begin() as db:
        cursor(db, "statistics.release")  # one at a time, whoever else keeps statistics
        before = db.execute(sa.select(RELEASE).where(*own)).first()
        if before is not None and not before.final and not final:
            return 0  # what came late waits for the last release
        changed = (before is None or not before.final) and release_week(db, series, week, rule, now, final)
        facts_store.close_week(db, series.value, week)
    return int(changed)


def _release_months(databases: Databases, rule: Rule, settle_days: int, now: datetime) -> int:
    now_ms, released = to_ms(now), 0
    with reading(databases.platform).connect() as db:
        recent = RELEASE.c.first_week >= week_of(now_ms) - _LOOK_BACK
        rows = db.execute(
            sa.select(RELEASE.c.series, RELEASE.c.period, RELEASE.c.first_week).where(recent)
        ).all()
        waiting = set(facts_store.open_weeks(db))
    done = {(row.series, row.period) for row in rows}
    months = {(row.series, month_name(row.first_week)): row.first_week for row in rows if "W" in row.period}
    for (series, month), week in sorted(months.items()):
        weeks = weeks_of_month(week)
        unreleased = any((series, w) in waiting and (series, week_name(w)) not in done for w in weeks)
        if (series, month) in done or unreleased or not is_over(weeks[-1], now_ms, settle_days):
            continue
        with databases.platform.begin() as db:
            cursor(db, "statistics.release")
            own = (RELEASE.c.series == series, RELEASE.c.period == month)
            if db.execute(sa.select(RELEASE.c.period).where(*own)).first() is None:
                release_month(db, Series(series), week, rule, now)
                released += 1
    return released


def forget(databases: Databases, now: datetime) -> int:
    """Delete the facts of weeks that are final and that no reference table needs. Returns how many."""
    week = week_of(to_ms(now))
    others = [measure for measure in Measure if measure not in _PRICES]
    with databases.platform.begin() as db:
        old_prices = facts_store.forget_facts(db, _PRICES, week - PRICE_WEEKS)
        return old_prices + facts_store.forget_facts(db, others, week - OTHER_WEEKS)
