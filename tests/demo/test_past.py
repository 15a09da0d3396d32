"""The demonstration's made-up past: it is over, of nobody who exists, and enough for charts."""

from __future__ import annotations

from datetime import UTC, datetime

from haoyun.platform.demo.past import WEEKS, past_weeks
from haoyun.platform.demo.world import World
from haoyun.platform.statistics.facts import Measure
from haoyun.platform.statistics.methods import is_sound
from haoyun.platform.statistics.periods import week_of
from haoyun.platform.statistics.privacy import Rule, protect
from haoyun.platform.statistics.series import SHAPES, Series, gather
from haoyun.tracking.instants import to_ms

NOW = datetime(2026, 5, 20, tzinfo=UTC)


def test_the_past_is_over_and_of_nobody_who_exists(world: World) -> None:
    weeks = list(past_weeks(world, NOW))
    assert len(weeks) == WEEKS
    facts = [fact for week in weeks for fact in week]
    assert max(fact.week for fact in facts) == week_of(to_ms(NOW)) - 1
    assert all(not org or org.startswith("past-") for fact in facts for org in (fact.shipper, fact.carrier))
    assert all(is_sound(fact) for fact in facts if fact.measure is Measure.PRICE)
    assert len({(fact.measure, fact.subject) for fact in facts}) == len(facts)


def test_every_week_has_a_figure_of_every_series(world: World) -> None:
    for week in past_weeks(world, NOW):
        for series in Series:
            nodes, _ = gather(series, [fact for fact in week if fact.measure in SHAPES[series].measures])
            assert "all" in protect(nodes, Rule()), (series, week[0].week)


def test_the_same_seed_has_the_same_past(world: World) -> None:
    assert list(past_weeks(world, NOW)) == list(past_weeks(world, NOW))
