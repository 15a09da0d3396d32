"""Names of time zones: those of the IANA database, and nothing else however it is spelt."""

from __future__ import annotations

from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.platform.zones import is_zone


@pytest.mark.parametrize("name", ["Asia/Shanghai", "America/Argentina/Ushuaia", "UTC", "Etc/GMT-8"])
def test_zones_of_the_database_are_known(name: str) -> None:
    assert is_zone(name)


@pytest.mark.parametrize(
    "name", ["", "Asia", "Asia/Nowhere", "../etc/passwd", "/etc/localtime", "a\0b", "亚洲/上海", "\ud800"]
)
def test_nothing_else_is(name: str) -> None:
    assert not is_zone(name)


@given(st.text(max_size=64))
def test_any_text_is_answered(text: str) -> None:
    assert not is_zone(text) or text in available_timezones()
