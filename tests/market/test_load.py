"""Loads check themselves and follow their life cycle."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.platform.market.errors import FieldErrors, ForbiddenMove
from haoyun.platform.market.load import NEXT, Load, LoadState, PriceMode, Visibility, move, terms_of
from haoyun.platform.market.testing import NOW, B, hours, load_draft
from haoyun.platform.market.values import Window, window
from haoyun.platform.market.words import RULES, WHY_NOT


def a_load(state: LoadState = LoadState.OPEN, **changes: object) -> Load:
    terms = {**terms_of(load_draft(**changes)), "expires_at": NOW + timedelta(hours=8)}
    system = {
        "state": state,
        "version": 1,
        "terms": 1,
        "distance_m": 2e5,
        "duration_s": 14400.0,
        "posted_at": NOW,
    }
    return Load(**terms, id="load_1", org_id="org-shipper", **system)


@pytest.mark.parametrize(
    ("field", "changes", "rule"),
    [
        ("goods", {"goods": " "}, "text_length"),
        ("weight_kg", {"weight_kg": 0}, "between"),
        ("weight_kg", {"weight_kg": 100_001}, "between"),
        ("ldm_cm", {"ldm_cm": -1}, "between"),
        ("temperature_min_c", {"temperature_min_c": 2}, "temperature_pair"),
        ("temperature_min_c", {"temperature_min_c": 8, "temperature_max_c": 2}, "temperature_pair"),
        ("dg_class", {"dg_class": "10"}, "dg_class"),
        ("destination", {"destination": B}, "same_place"),
        ("delivery", {"delivery": hours(-9, 0)}, "delivery_before_pickup"),
        ("price_fen", {"price_mode": PriceMode.FIXED}, "price_needed"),
        ("price_fen", {"price_mode": PriceMode.FIXED, "price_fen": 0}, "price_needed"),
        ("price_fen", {"price_fen": 100}, "price_unasked"),
        ("currency", {"currency": "USD"}, "currency"),
        ("invited", {"visibility": Visibility.PARTNERS}, "invited_needed"),
        ("invited", {"visibility": Visibility.DIRECT, "invited": frozenset("ab")}, "invited_one"),
        ("invited", {"invited": frozenset("a")}, "invited_unasked"),
        ("expires_at", {"expires_at": NOW.replace(tzinfo=None)}, "naive"),
    ],
)
def test_a_broken_field_is_named_with_its_rule(field: str, changes: dict[str, object], rule: str) -> None:
    with pytest.raises(FieldErrors) as caught:
        load_draft(**changes)
    assert {name: key for name, (key, _) in caught.value.errors.items()} == {field: rule}


def test_all_broken_fields_are_told_at_once_in_both_languages() -> None:
    with pytest.raises(FieldErrors) as caught:
        load_draft(weight_kg=0, pay_days=999)
    assert caught.value.messages() == {
        "weight_kg": "must be between 1 and 100000",
        "pay_days": "must be between 0 and 180",
    }
    assert "之间" in caught.value.messages("zh")["weight_kg"]


def test_a_window_ends_after_it_begins_and_is_named_by_its_field() -> None:
    with pytest.raises(FieldErrors) as caught:
        window("pickup", NOW, NOW)
    assert caught.value.errors == {"pickup.end": ("window_order", {})}
    with pytest.raises(FieldErrors):
        Window(NOW.replace(tzinfo=None), NOW)


def test_every_sentence_exists_in_both_languages_with_the_same_parameters() -> None:
    for english, chinese in {**RULES, **WHY_NOT}.values():
        names = {part.split("}")[0] for part in english.split("{")[1:]}
        assert names == {part.split("}")[0] for part in chinese.split("{")[1:]}, english


@given(st.lists(st.sampled_from(list(LoadState)), max_size=12))
def test_a_load_only_takes_steps_of_its_table(wanted: list[LoadState]) -> None:
    load = a_load(LoadState.DRAFT)
    for state in wanted:
        if state in NEXT[load.state]:
            after = move(load, state)
            assert (after.state, after.version) == (state, load.version + 1)
            assert after == replace(load, state=state, version=after.version)
            load = after
        else:
            with pytest.raises(ForbiddenMove):
                move(load, state)


def test_only_invited_organizations_see_a_direct_load() -> None:
    load = a_load(visibility=Visibility.DIRECT, invited=frozenset({"org-carrier"}))
    assert load.sees("org-carrier") and load.sees("org-shipper")
    assert not load.sees("org-carrier-2") and not load.sees("")
