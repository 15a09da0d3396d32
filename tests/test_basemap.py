"""A base map that the operator chooses is complete, credited, and of a known datum."""

from __future__ import annotations

from typing import Any

import pytest

from haoyun.platform.basemap import BaseMap
from haoyun.platform.settings import Settings, SettingsError

GOOD = {"map_raster_url": "https://t.example.cn/{z}/{x}/{y}.png", "map_attribution": "© Example"}


def test_the_default_is_our_own_map() -> None:
    base = Settings().base_map
    assert (base.is_foreign, base.origins) == (False, ())


def test_hosts_come_from_the_addresses_and_the_list() -> None:
    base = BaseMap(
        raster_url="https://t.example.cn:8443/{z}/{x}/{y}.png", attribution="©", hosts=("https://a.cn",)
    )
    assert base.origins == ("https://t.example.cn:8443", "https://a.cn")
    assert BaseMap(style_url="/assets/style.json", attribution="©").origins == ()


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"map_attribution": " "}, "needs HAOYUN_MAP_ATTRIBUTION"),
        ({"map_raster_url": "https://t.example.cn/tiles.png"}, "template with {z}, {x} and {y}"),
        ({"map_raster_url": "http://t.example.cn/{z}/{x}/{y}.png"}, "begins with https://"),
        ({"map_raster_url": "https://t.cn/{z}/{x}/{y}.png; script-src *"}, "no blanks"),
        ({"map_style_url": "https://a.cn/style.json"}, "not both"),
        ({"map_hosts": "tiles.example.com"}, "origins like https://"),
        ({"map_hosts": "https://a.cn; script-src *"}, "origins like https://"),
        ({"map_crs": "cgcs"}, "HAOYUN_MAP_CRS"),
        ({"map_crs": "bd09"}, "is in wgs84 or gcj02"),
    ],
)
def test_half_a_base_map_is_refused_with_its_rule(changes: dict[str, Any], rule: str) -> None:
    with pytest.raises(SettingsError, match=rule.replace("{", "{").replace("*", r"\*")):
        Settings.load(**{**GOOD, **changes})


def test_our_own_map_has_no_other_datum() -> None:
    with pytest.raises(SettingsError, match="WGS-84"):
        Settings.load(map_crs="gcj02")
