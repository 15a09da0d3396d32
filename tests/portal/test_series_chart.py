"""The drawing of a series: round marks, and gaps where a figure is withheld or missing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from haoyun.platform.portal.series_chart import HEIGHT, LEFT, RIGHT, TOP, WIDTH, round_marks, series_chart
from haoyun.platform.statistics.periods import week_name
from haoyun.platform.statistics.read import Figure
from haoyun.platform.statistics.series import Series


def figures(values: dict[int, float | None]) -> list[Figure]:
    return [
        Figure(Series.RATIO, "all", "all", week_name(week), week, value, None, 5, 5)
        for week, value in values.items()
    ]


def test_a_line_breaks_where_a_week_is_withheld_or_missing() -> None:
    chart = series_chart([("main", figures({1: 1.0, 2: 2.0, 3: None, 4: 1.5, 5: 1.2, 9: 3.0}))])
    assert chart is not None
    (line,) = chart.lines
    assert [len(points.split()) for points in line.stretches] == [2, 2]
    assert len(line.dots) == 1 and line.dots[0][0] == WIDTH - RIGHT


def test_months_are_neighbours_though_they_have_four_or_five_weeks() -> None:
    chart = series_chart([("main", figures({0: 1.0, 4: 2.0, 9: 3.0, 13: 2.0}))])
    assert chart is not None and len(chart.lines[0].stretches) == 1


def test_nothing_is_drawn_of_nothing() -> None:
    assert series_chart([("main", figures({1: None}))]) is None
    assert series_chart([("main", [])]) is None


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_marks_are_round_and_hold_every_value(low: float, span: float) -> None:
    marks = round_marks(low, low + span, 4)
    slack = 1e-6 * max(1.0, abs(low), span)
    assert marks[0] <= low + slack and marks[-1] >= low + span - slack
    assert 2 <= len(marks) <= 8 and marks == sorted(set(marks))


@given(st.dictionaries(st.integers(0, 200), st.none() | st.floats(0, 1000), min_size=1, max_size=40))
def test_every_point_lies_on_the_sheet(values: dict[int, float | None]) -> None:
    chart = series_chart([("main", figures(dict(sorted(values.items()))))])
    if chart is None:
        return
    line = chart.lines[0]
    points = [tuple(map(float, p.split(","))) for part in line.stretches for p in part.split()]
    for x, y in [*points, *line.dots]:
        assert LEFT <= x <= WIDTH - RIGHT and TOP <= y <= HEIGHT
    assert len(points) + len(line.dots) == sum(value is not None for value in values.values())
