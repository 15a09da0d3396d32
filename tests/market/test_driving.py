"""Legal driving times of China and of the EU, in one go and in parts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.maps.network import Bounds
from haoyun.platform.market.context import law_of_map
from haoyun.platform.market.driving import (
    CHINA_LAW,
    EU_LAW,
    NO_LAW,
    RESTED,
    DrivingLaw,
    Wheel,
    drive,
    legal_duration_s,
    legal_durations_s,
    stand,
)

H, MIN = 3600, 60
LAWS = [CHINA_LAW, EU_LAW, NO_LAW]


@pytest.mark.parametrize(
    ("law", "driving_s", "pauses_s"),
    [
        (CHINA_LAW, 4 * H, 0),
        (CHINA_LAW, 4 * H + 1, 20 * MIN),
        (CHINA_LAW, 12 * H, 40 * MIN),
        (EU_LAW, 4.5 * H, 0),
        (EU_LAW, 9 * H, 45 * MIN),
        (EU_LAW, 9 * H + 1, 45 * MIN + 11 * H),
        (EU_LAW, 18 * H, 2 * 45 * MIN + 11 * H),
        (NO_LAW, 100 * H, 0),
    ],
)
def test_a_limit_that_is_reached_asks_for_nothing_and_what_goes_beyond_for_a_pause(
    law: DrivingLaw, driving_s: float, pauses_s: float
) -> None:
    assert legal_duration_s(driving_s, law) == driving_s + pauses_s
    assert drive(law, RESTED, driving_s)[0] == driving_s + pauses_s


@given(st.lists(st.integers(0, 40 * H), max_size=6), st.sampled_from(LAWS))
def test_a_way_in_parts_takes_as_long_as_the_whole(parts: list[int], law: DrivingLaw) -> None:
    wheel, elapsed = RESTED, 0.0
    for part in parts:
        took, wheel = drive(law, wheel, part)
        elapsed += took
    assert elapsed == legal_duration_s(sum(parts), law) == drive(law, RESTED, sum(parts))[0]
    assert wheel.since_pause_s <= law.drive_s


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=8), st.sampled_from(LAWS))
def test_many_ways_at_once_take_as_long_as_each(ways: list[float], law: DrivingLaw) -> None:
    ways.append(float("inf"))
    together = legal_durations_s(np.array(ways), law)
    assert together.tolist() == pytest.approx([drive(law, RESTED, way)[0] for way in ways])


def test_standing_long_enough_is_a_pause_and_very_long_a_rest() -> None:
    tired = Wheel(4 * H, 8 * H)
    assert stand(EU_LAW, tired, 30 * MIN) == tired
    assert stand(EU_LAW, tired, 45 * MIN) == Wheel(0, 8 * H)
    assert stand(EU_LAW, tired, 11 * H) == RESTED
    assert stand(CHINA_LAW, tired, 30 * MIN) == Wheel(0, 8 * H)


class _Map:
    def __init__(self, *bounds: float) -> None:
        self.bounds = Bounds(*bounds)


def test_the_law_is_the_maps_unless_the_installation_names_one() -> None:
    germany, china, chile = _Map(47, 6, 55, 15), _Map(18, 75, 53, 135), _Map(-30.5, -71.5, -29.5, -71)
    assert law_of_map("auto", germany) is EU_LAW  # type: ignore[arg-type]
    assert law_of_map("auto", china) is law_of_map("auto", chile) is CHINA_LAW  # type: ignore[arg-type]
    assert law_of_map("eu_561", china) is EU_LAW  # type: ignore[arg-type]
