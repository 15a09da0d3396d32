"""Emissions reckoned again by hand, and what must hold for every transport."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.platform.emissions.factors import FACTORS, BadFactors, Factors, read_factors
from haoyun.platform.emissions.shipment import DataQuality, Transport, emission_of

TABLE = Factors()
PLAIN = Transport(weight_kg=10_000, feasible_m=200_000, payload_kg=30_000)


def test_with_nothing_known_everything_is_a_default() -> None:
    """10 t over 200 km on a truck of 30 t: 18 t on board, 210 km driven, 17 % of all kilometres empty."""
    found = emission_of(PLAIN, TABLE)
    litres = 2.10 * (24 + 0.6 * 15) + 2.10 * 0.17 / 0.83 * 24
    assert found.quality is DataQuality.DEFAULT and found.known == ()
    assert found.tonne_km == 2000
    assert found.wtw_g == pytest.approx(litres * 3.90 * 0.832 * 1000 * 10 / 18)
    assert found.ttw_g == pytest.approx(litres * 3.21 * 0.832 * 1000 * 10 / 18)
    assert found.empty_share == pytest.approx(0.17)


def test_what_the_device_saw_makes_it_modelled() -> None:
    """Alone on board, 220 km driven after 55 empty ones."""
    found = emission_of(replace(PLAIN, on_board_kg=10_000, driven_m=220_000, empty_m=55_000), TABLE)
    litres = 2.20 * (24 + 15 / 3) + 0.55 * 24
    assert found.quality is DataQuality.MODELLED and found.known == ("load", "way", "empty_way")
    assert found.wtw_g == pytest.approx(litres * 3.90 * 0.832 * 1000)
    assert found.tonne_km == 2000  # the activity is that of the shortest feasible way all the same


def test_measured_fuel_is_primary_data_whatever_the_model_says() -> None:
    found = emission_of(replace(PLAIN, on_board_kg=10_000, fuel_l=80, cooled=True), TABLE)
    assert found.quality is DataQuality.PRIMARY
    assert found.wtw_g == pytest.approx(80 * 3.90 * 0.832 * 1000)  # the cooling's fuel is among the measured


def test_cooled_goods_bear_the_uplift() -> None:
    dry, cold = emission_of(PLAIN, TABLE), emission_of(replace(PLAIN, cooled=True), TABLE)
    assert cold.wtw_g == pytest.approx(1.12 * dry.wtw_g)


def test_a_way_that_a_device_cannot_have_driven_is_not_believed() -> None:
    for metres in (100_000, 500_000):
        assert emission_of(replace(PLAIN, driven_m=metres), TABLE) == emission_of(PLAIN, TABLE)


weights = st.integers(1, 30_000)
transports = st.builds(
    Transport,
    weight_kg=weights,
    feasible_m=st.floats(1_000, 5_000_000),
    payload_kg=st.none() | st.integers(500, 40_000),
    on_board_kg=st.none() | weights,
    driven_m=st.none() | st.floats(0, 6_000_000),
    empty_m=st.none() | st.floats(0, 2_000_000),
    cooled=st.booleans(),
    fuel_l=st.none() | st.floats(1, 3_000),
)


@given(transports)
def test_the_parts_are_the_whole(transport: Transport) -> None:
    found = emission_of(transport, TABLE)
    assert sum(found.parts.values()) == pytest.approx(found.wtw_g)
    assert 0 < found.ttw_g < found.wtw_g
    assert 0 <= found.empty_share <= 1 and 0 < found.load_share <= 1


@given(st.lists(st.integers(100, 5_000), min_size=1, max_size=6), st.floats(1, 500))
def test_those_on_board_share_all_of_the_fuel_and_no_more(loads: list[int], litres: float) -> None:
    total = sum(loads)
    shares = [
        emission_of(replace(PLAIN, weight_kg=kg, on_board_kg=total, fuel_l=litres), TABLE).wtw_g
        for kg in loads
    ]
    assert sum(shares) == pytest.approx(litres * TABLE.wtw_g_per_l)


def test_an_operators_table_lies_over_the_built_in_one(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("name,value,source\nempty_share,0.3,own survey\nbiodiesel_share,1,\n", "utf-8")
    own = read_factors(path)
    assert own["empty_share"] == 0.3 and own.table["empty_share"].source == "own survey"
    assert own.wtw_g_per_l == pytest.approx(3.80 * 0.832 * 1000)
    assert own["load_factor"] == FACTORS["load_factor"].value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,value\nempty_shore,0.3\n", "line 2: 'empty_shore' is no factor; known are "),
        ("name,value\nempty_share,much\n", "line 2: value of empty_share must be a number"),
        ("name,value\nempty_share,-1\n", "line 2: value of empty_share must be from 0 to 1000000"),
    ],
)
def test_a_wrong_table_names_its_line_and_what_is_right(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(BadFactors, match=said):
        read_factors(path)
    with pytest.raises(BadFactors, match="cannot be read"):
        read_factors(tmp_path / "none.csv")


def test_every_factor_names_its_unit_and_source() -> None:
    assert all(one.unit and one.source for one in FACTORS.values())
