"""What a release says, worked out again by hand; late facts, a killed release, months, both databases."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import sqlalchemy as sa
from facts_by_hand import BEIJING, CHENGDU, SHANGHAI, WEEK, WUHAN, after_week, price, put, said

from haoyun.platform.database import Databases
from haoyun.platform.statistics import keeper
from haoyun.platform.statistics.facts import Fact, Measure
from haoyun.platform.statistics.facts_store import facts_of, open_weeks
from haoyun.platform.statistics.keeper import release_due
from haoyun.platform.statistics.privacy import Rule
from haoyun.platform.statistics.read import MONTH, history, latest_period, stamp_of
from haoyun.platform.statistics.series import Series
from haoyun.platform.statistics.tables import CELL, FACT, RELEASE

RULE = Rule(5, 0.4, 0.6)
LANE = "310000>510000"
PRICES = [500, 520, 540, 560, 580, 600, 620, 640]


def release(stores: Databases, week: int = WEEK, days: float = 3.5) -> int:
    return release_due(stores, RULE, 3, after_week(week, days))


def cells(stores: Databases) -> list[object]:
    with stores.platform.connect() as db:
        return [tuple(row) for row in db.execute(sa.select(CELL).order_by(*CELL.primary_key.columns))]


def test_a_lanes_price_is_the_mean_of_the_middle_half_of_the_logarithms(stores: Databases) -> None:
    with stores.platform.begin() as db:
        put(db, [price(i, fen) for i, fen in enumerate(PRICES)])
    assert release(stores) == 1
    middle = math.exp(sum(math.log(fen) for fen in (540, 560, 580, 600)) / 4)  # 569.6 fen
    with stores.platform.connect() as db:
        lane = said(db, Series.PRICE, "2026-W21")[LANE]
        assert lane.value == round(middle / 5) * 5 / 100 == 5.7
        assert (lane.counted, lane.contributors) == (5, 5)  # eight of each, told as "5 or more"
        assert history(db, Series.PRICE, LANE, "week")[0].index == 100.0


def test_a_price_is_told_for_an_order_of_average_kind(stores: Databases) -> None:
    """Reefers cost half as much again on every lane; a week of more reefers is no rise of prices."""
    dry, cold = "dry/20t/800km", "cold/20t/800km"
    with stores.platform.begin() as db:
        for week, reefers in ((WEEK, 6), (WEEK + 1, 10)):
            put(db, [price(i, 600, week=week, kind=dry) for i in range(16 - reefers)])
            put(db, [price(20 + i, 900, week=week, kind=cold) for i in range(reefers)])
    release(stores)
    release(stores, WEEK + 1)
    with stores.platform.connect() as db:
        first, second = history(db, Series.PRICE, LANE, "week")
        assert second.index == first.index == 100.0
        assert 6.0 < first.value < 9.0  # type: ignore[operator]


def test_an_index_is_chained_over_weeks_and_starts_where_all_lanes_stand(stores: Databases) -> None:
    other = (BEIJING, WUHAN)
    with stores.platform.begin() as db:
        put(db, [price(i, 500) for i in range(8)])
        put(db, [price(i, 550, week=WEEK + 1) for i in range(8)])
        put(db, [price(100 + i, 700, week=WEEK + 1, lane=other) for i in range(8)])
        put(
            db, [price(i, 605, week=WEEK + 3) for i in range(8)]
        )  # nothing in between: the chain goes over it
    for week in (WEEK, WEEK + 1, WEEK + 3):
        release(stores, week)
    with stores.platform.connect() as db:
        assert [f.index for f in history(db, Series.PRICE, LANE, "week")] == [100.0, 110.0, 121.0]
        whole = {f.period: f.index for f in history(db, Series.PRICE, "all", "week")}
        (late,) = history(db, Series.PRICE, "110000>420000", "week")
        assert late.index == whole[late.period]


def test_a_new_years_table_is_linked_not_jumped(stores: Databases) -> None:
    """The classes' factors of the new year differ; what did not change in price keeps its index."""
    turn = WEEK + 32  # 2026-W53; the week after is 2027-W01
    dry, cold = "dry/20t/800km", "cold/20t/800km"
    with stores.platform.begin() as db:
        put(db, [price(i, 600, week=turn) for i in range(8)])
        put(db, [price(20 + i, 600, week=turn, kind=cold) for i in range(8)])
    release(stores, turn)
    with stores.platform.begin() as db:
        put(db, [price(i, 600, week=turn + 1, kind=dry) for i in range(8)])
        put(db, [price(20 + i, 1200, week=turn + 1, kind=cold) for i in range(8)])
    release(stores, turn + 1)
    with stores.platform.connect() as db:
        rows = db.execute(sa.select(CELL).where(CELL.c.area == LANE).order_by(CELL.c.first_week)).all()
        assert [row.reference_year for row in rows if "W" in row.period] == [2026, 2027]
        assert rows[-1].log_link is not None
        last = history(db, Series.PRICE, LANE, "week")[-1]
        expected = 100 * math.exp(rows[-1].log_price - rows[-1].log_link)
        assert last.index == round(expected, 1)


def test_a_mistyped_price_does_not_enter(stores: Databases) -> None:
    with stores.platform.begin() as db:
        put(db, [price(i, fen) for i, fen in enumerate(PRICES)])
        put(db, [price(9, 19_000)])
    release(stores)
    with stores.platform.connect() as db:
        assert said(db, Series.PRICE, "2026-W21")[LANE].value == 5.7
        out = db.scalar(sa.select(FACT.c.released_value).where(FACT.c.subject == f"o{WEEK}-9"))
        assert out is None


def test_a_lane_of_few_is_withheld_and_says_so(stores: Databases) -> None:
    with stores.platform.begin() as db:
        put(db, [price(i, 600) for i in range(8)])
        put(db, [price(50 + i, 600, lane=(BEIJING, WUHAN)) for i in range(4)])
        put(db, [price(60 + i, 600, lane=(WUHAN, BEIJING)) for i in range(4)])
    release(stores)
    with stores.platform.connect() as db:
        found = said(db, Series.PRICE, "2026-W21")
    assert found[LANE].value is not None
    for few in ("110000>420000", "420000>110000"):
        assert (found[few].value, found[few].counted, found[few].contributors) == (None, 0, 0)


def test_a_week_is_not_told_before_it_has_settled(stores: Databases) -> None:
    with stores.platform.begin() as db:
        put(db, [price(i, 600) for i in range(8)])
    assert release(stores, days=2.9) == 0
    with stores.platform.connect() as db:
        assert open_weeks(db) == [("price", WEEK)]
    assert release(stores, days=3.1) == 1
    with stores.platform.connect() as db:
        assert open_weeks(db) == []


def test_what_comes_late_is_told_after_four_weeks_if_it_is_of_many(stores: Databases) -> None:
    with stores.platform.begin() as db:
        put(db, [price(i, 500) for i in range(8)])
    release(stores)
    with stores.platform.begin() as db:
        put(db, [price(20 + i, 800) for i in range(8)])
    release(stores, days=10)
    with stores.platform.connect() as db:
        assert said(db, Series.PRICE, "2026-W21")[LANE].value == 5.0
    assert release(stores, days=28.1) >= 1
    with stores.platform.connect() as db:
        lane = said(db, Series.PRICE, "2026-W21")[LANE]
        assert lane.value == pytest.approx(math.sqrt(500 * 800) / 100, abs=0.025)
        assert lane.counted == 10


@pytest.mark.parametrize("late", ["one more", "one changed", "one gone"])
def test_new_less_old_never_tells_of_one(stores: Databases, late: str) -> None:
    with stores.platform.begin() as db:
        put(db, [price(i, fen) for i, fen in enumerate(PRICES)])
    release(stores)
    before = cells(stores)
    with stores.platform.begin() as db:
        one = {"one more": price(30, 900), "one changed": price(0, 900)}.get(late)
        if one:
            put(db, [one])
        else:
            keeper.facts_store.put_facts(db, list(Measure), {f"o{WEEK}-0"}, [])
    release(stores, days=28.1)
    weeks = [row for row in cells(stores) if "W" in row[2]]  # type: ignore[index]
    assert weeks == [row for row in before if "W" in row[2]]  # type: ignore[index]
    with stores.platform.connect() as db:
        assert db.scalar(sa.select(RELEASE.c.final).where(RELEASE.c.period == "2026-W21")) is True


def test_a_release_that_is_killed_in_the_middle_ends_the_same(
    stores: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stores.platform.begin() as db:
        put(db, [price(i, fen) for i, fen in enumerate(PRICES)])

    class Killed(Exception):
        pass

    def kill(*_args: object, **_named: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(keeper.facts_store, "close_week", kill)  # after everything was written
        release(stores)
    assert cells(stores) == []
    release(stores)
    once = cells(stores)
    assert once
    release(stores)
    assert cells(stores) == once


def test_the_same_facts_again_open_no_week(stores: Databases) -> None:
    with stores.platform.begin() as db:
        put(db, [price(i, fen) for i, fen in enumerate(PRICES)])
    release(stores)
    with stores.platform.begin() as db:
        put(db, [price(i, fen) for i, fen in enumerate(PRICES)])
        assert open_weeks(db) == []


def test_a_month_is_told_from_its_weeks_once_they_are_all_over(stores: Databases) -> None:
    last = WEEK + 1  # 2026-W22, the last week of May
    with stores.platform.begin() as db:
        put(db, [price(i, 500) for i in range(8)])
        put(db, [price(i, 700, week=last) for i in range(8)])
    release(stores)
    with stores.platform.connect() as db:
        assert latest_period(db, Series.PRICE, MONTH) is None
    release(stores, last)
    with stores.platform.connect() as db:
        month = said(db, Series.PRICE, "2026-05")[LANE]
        assert month.value == pytest.approx(math.sqrt(500 * 700) / 100, abs=0.025)
        assert month.counted == 10


def test_a_month_is_withheld_where_it_would_tell_of_its_withheld_week(stores: Databases) -> None:
    last = WEEK + 1
    with stores.platform.begin() as db:
        put(db, [price(i, 500) for i in range(8)])
        put(db, [price(i, 700, week=last) for i in range(2)])  # two organizations: their week is withheld
    release(stores)
    release(stores, last)
    with stores.platform.connect() as db:
        assert said(db, Series.PRICE, "2026-W22")[LANE].value is None
        assert said(db, Series.PRICE, "2026-05")[LANE].value is None


def posted(measure: Measure, number: int, cell: str) -> Fact:
    org = ("", f"c{number}") if measure is Measure.TRUCK else (f"s{number}", "")
    return Fact(measure, f"{measure}-{number}", WEEK, cell, "", *org, 1.0)


def test_the_ratio_is_loads_for_a_truck_in_divisions_and_cells(stores: Databases) -> None:
    with stores.platform.begin() as db:
        put(db, [posted(Measure.LOAD, i, SHANGHAI) for i in range(18)])
        put(db, [posted(Measure.TRUCK, i, SHANGHAI) for i in range(6)])
        put(db, [posted(Measure.LOAD, 50 + i, CHENGDU) for i in range(6)])
        put(db, [posted(Measure.TRUCK, 50 + i, CHENGDU) for i in range(12)])
    release(stores)
    with stores.platform.connect() as db:
        found = said(db, Series.RATIO, "2026-W21")
    assert {key: found[key].value for key in ("all", "310000", SHANGHAI, "510000", CHENGDU)} == {
        "all": 1.35, "310000": 3.0, SHANGHAI: 3.0, "510000": 0.5, CHENGDU: 0.5,
    }  # fmt: skip


def test_empty_running_is_weighted_by_kilometres(stores: Databases) -> None:
    def way(number: int, empty: float, all_km: float) -> Fact:
        return Fact(Measure.EMPTY, f"e{number}", WEEK, SHANGHAI, "", "", f"c{number}", empty, all_km)

    with stores.platform.begin() as db:
        put(db, [way(i, 100, 1000) for i in range(5)] + [way(5, 500, 1000)])
    release(stores)
    with stores.platform.connect() as db:
        assert said(db, Series.EMPTY, "2026-W21")["310000"].value == 17.0  # 1,000 of 6,000 km


def test_times_and_shares(stores: Databases) -> None:
    def one(measure: Measure, number: int, value: float) -> Fact:
        carrier = f"c{number}" if measure is Measure.PICKUP_ON_TIME else ""
        return Fact(measure, f"{measure}{number}", WEEK, WUHAN, "", f"s{number}", carrier, value)

    hours = [0.1, 0.2, 1.0, 2.0, 3.0, 4.0, 40.0, 90.0]
    with stores.platform.begin() as db:
        put(db, [one(Measure.COVER_TIME, i, h) for i, h in enumerate(hours)])
        put(db, [one(Measure.PICKUP_ON_TIME, i, float(i < 6)) for i in range(8)])
    release(stores)
    with stores.platform.connect() as db:
        assert said(db, Series.COVER_TIME, "2026-W21")["420000"].value == 2.5
        assert said(db, Series.PICKUP_ON_TIME, "2026-W21")["420000"].value == 75.0


def test_a_series_stamp_changes_with_every_release(stores: Databases) -> None:
    with stores.platform.begin() as db:
        assert stamp_of(db, [Series.PRICE]) is None
        put(db, [price(i, 600) for i in range(8)])
    release(stores)
    with stores.platform.connect() as db:
        first = stamp_of(db, [Series.PRICE])
    with stores.platform.begin() as db:
        put(db, [price(i, 600, week=WEEK + 1) for i in range(8)])
    release(stores, WEEK + 1)
    with stores.platform.connect() as db:
        second = stamp_of(db, [Series.PRICE])
    assert first and second and second.number != first.number and second.released_at > first.released_at


def test_facts_that_nothing_needs_any_more_are_forgotten_and_figures_stay(stores: Databases) -> None:
    with stores.platform.begin() as db:
        put(db, [price(i, 600) for i in range(8)])
        put(db, [posted(Measure.LOAD, i, SHANGHAI) for i in range(8)])
    release(stores)
    said_before = cells(stores)
    assert keeper.forget(stores, after_week(WEEK + 21)) == 8  # prices still make next year's table
    assert keeper.forget(stores, after_week(WEEK + 61)) == 8
    assert cells(stores) == said_before
    with stores.platform.connect() as db:
        assert facts_of(db, list(Measure), [WEEK]) == []


def test_a_fact_that_changes_its_week_is_gone_from_the_old_one(stores: Databases) -> None:
    with stores.platform.begin() as db:
        put(db, [price(1, 600)])
        moved = replace(price(1, 600), week=WEEK + 1)
        keeper.facts_store.put_facts(db, list(Measure), {moved.subject}, [moved])
        assert facts_of(db, [Measure.PRICE], [WEEK]) == []
        assert len(facts_of(db, [Measure.PRICE], [WEEK + 1])) == 1
        assert open_weeks(db) == [("price", WEEK), ("price", WEEK + 1)]
