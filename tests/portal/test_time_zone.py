"""Times on pages are those of the installation's zone, shown and typed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask

from haoyun.platform.portal.fields import Reader
from haoyun.platform.portal.formats import offset, short_time
from haoyun.platform.portal.i18n import init_i18n, zone_name
from haoyun.platform.portal.page import Form
from haoyun.platform.settings import Settings

SUMMER, WINTER = datetime(2026, 7, 1, 10, 30, tzinfo=UTC), datetime(2026, 11, 26, 10, 30, tzinfo=UTC)


def app_of(zone: str) -> Flask:
    app = Flask("pages")
    init_i18n(app, Settings(time_zone=zone))
    return app


@pytest.mark.parametrize(
    ("zone", "instant", "shown", "from_utc"),
    [
        ("Asia/Shanghai", WINTER, "26 Nov 18:30", "+08:00"),
        ("Europe/Berlin", WINTER, "26 Nov 11:30", "+01:00"),
        ("Europe/Berlin", SUMMER, "1 Jul 12:30", "+02:00"),
        ("America/New_York", SUMMER, "1 Jul 06:30", "-04:00"),
    ],
)
def test_an_instant_is_shown_in_the_zone_of_the_installation(zone, instant, shown, from_utc) -> None:
    with app_of(zone).test_request_context("/?lang=en"):
        assert shown in short_time(instant)
        assert offset(instant) == from_utc


@pytest.mark.parametrize(("zone", "hour"), [("Asia/Shanghai", 2), ("Europe/Berlin", 8)])
def test_a_typed_time_is_one_of_the_zone(zone, hour) -> None:
    with app_of(zone).test_request_context("/"):
        form = Form({"at": "2026-07-01T10:30"})
        assert Reader(form).optional_instant("at") == datetime(2026, 7, 1, hour, 30, tzinfo=UTC)


def test_the_zone_has_a_name_in_both_languages() -> None:
    for language, name in (("zh", "中国时间"), ("en", "China Time")):
        with app_of("Asia/Shanghai").test_request_context(f"/?lang={language}"):
            assert zone_name() == name
