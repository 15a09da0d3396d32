"""Figures on signs: every way of writing them that the wiki names, and refusal of the rest."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.maps.osm.figures import (
    STRICTNESS,
    parse_access,
    parse_duration_s,
    parse_metres,
    parse_speed_kmh,
    parse_tonnes,
    stricter,
)
from haoyun.maps.rules import Access


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("4.2", 4.2), ("4.2 m", 4.2), ("4,2m", 4.2), ("420 cm", 4.2), ("13'6\"", 4.1148), ("13 ft 6 in", 4.1148),
        ("13'", 3.9624), ("13 ft", 3.9624), ("162\"", 4.1148), ("3.8;4.0", 3.8), ("none", None), ("default", None),
        ("no_sign", None), ("unsigned", None), ("none;4.1", 4.1), ("below_default", 3.8),
    ],
)  # fmt: skip
def test_heights_are_read_in_metres_feet_and_inches(text: str, metres: float | None) -> None:
    assert parse_metres(text) == (None if metres is None else pytest.approx(metres, abs=1e-6))


@pytest.mark.parametrize(
    ("text", "tonnes"),
    [
        ("7.5", 7.5), ("7.5 t", 7.5), ("7500 kg", 7.5), ("7,5t", 7.5), ("8 st", 7.2575), ("16000 lbs", 7.2575),
        ("5 lt", 5.0802), ("none", None), ("unsigned", None), ("20;3.5", 3.5),
    ],
)  # fmt: skip
def test_weights_are_read_in_tonnes_kilograms_pounds_and_short_tons(text: str, tonnes: float | None) -> None:
    assert parse_tonnes(text) == (None if tonnes is None else pytest.approx(tonnes, abs=1e-4))


@pytest.mark.parametrize("text", ["low", "4.2.1", "-3", "0", "4 furlongs", "12:30", "9999", "4.2 t"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a figure"):
        parse_metres(text)


@pytest.mark.parametrize("text", ["3500", "heavy", "0 t", "7.5 m", "100"])
def test_what_is_no_weight_is_refused_and_a_forgotten_unit_is_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a figure|believable unit"):
        parse_tonnes(text)


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("60", 60), ("60 km/h", 60), ("35 mph", 56.327), ("10 knots", 18.52), ("none", None), ("signals", None),
        ("walk", 7), ("DE:urban", 50), ("DE:motorway", None), ("FR:zone30", 30), ("DE:zone:30", 30), ("50;80", 50),
    ],
)  # fmt: skip
def test_speeds_are_read_in_three_units_and_by_zone(text: str, kmh: float | None) -> None:
    assert parse_speed_kmh(text) == (None if kmh is None else pytest.approx(kmh, abs=0.001))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("45", 2700), ("01:30", 5400), ("1:30:30", 5430), ("PT1H30M", 5400), ("PT20M", 1200)],
)
def test_a_ferrys_duration_is_minutes_a_clock_or_iso(text: str, seconds: float) -> None:
    assert parse_duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "0", "00:00", "PT", "1,5 h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration_s(text)


@pytest.mark.parametrize(
    ("text", "access"),
    [
        ("yes", Access.YES), ("permissive", Access.YES), ("designated", Access.DESIGNATED),
        ("delivery", Access.DESTINATION), ("customers", Access.DESTINATION), ("agricultural", Access.NO),
        ("agricultural;destination", Access.DESTINATION), ("private", Access.PRIVATE), ("no", Access.NO),
        ("something new", Access.PRIVATE),
    ],
)  # fmt: skip
def test_access_words_fall_into_five_answers_and_an_unknown_one_opens_nothing(
    text: str, access: Access
) -> None:
    assert parse_access(text) == access


@given(st.floats(0.1, 99, allow_nan=False).map(lambda figure: round(figure, 2)))
def test_a_figure_in_another_unit_is_the_same_figure(figure: float) -> None:
    assert parse_metres(f"{figure}") == pytest.approx(figure)
    assert parse_metres(f"{figure} m") == parse_metres(f"{figure}")
    assert parse_metres(f"{figure * 100:.4f} cm") == pytest.approx(figure, abs=1e-5)
    assert parse_tonnes(f"{figure * 1000:.4f} kg") == pytest.approx(figure, abs=1e-5)
    assert parse_tonnes(str(figure).replace(".", ",")) == parse_tonnes(str(figure))


@given(st.integers(1, 40), st.integers(0, 11))
def test_feet_and_inches_rise_with_every_inch(feet: int, inches: int) -> None:
    here = parse_metres(f"{feet}'{inches}\"")
    assert here is not None
    assert here == pytest.approx(feet * 0.3048 + inches * 0.0254)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    for parse in (parse_metres, parse_tonnes, parse_speed_kmh, parse_duration_s):
        try:
            figure = parse(text)
        except ValueError:
            continue
        assert figure is None or figure > 0
    assert parse_access(text) in Access


@given(st.sampled_from(Access), st.sampled_from(Access))
def test_the_stricter_of_two_accesses_lets_nobody_in_whom_one_keeps_out(a: Access, b: Access) -> None:
    both = stricter(a, b)
    assert both in (a, b)
    assert both.is_through == (a.is_through and b.is_through)
    assert STRICTNESS.index(both) >= min(STRICTNESS.index(a), STRICTNESS.index(b))


def test_strictness_lists_every_access_once_from_open_to_closed() -> None:
    assert sorted(STRICTNESS) == sorted(Access)
    assert all(a.is_through >= b.is_through for a, b in pairwise(STRICTNESS))
