"""How values look on a page, in the reader's language. All are Jinja filters; None shows as a dash."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal
from flask import Flask
from markupsafe import Markup

from haoyun.platform.portal.i18n import gettext, language, locale_name, zone
from haoyun.platform.services import services
from haoyun.tracking.instants import from_ms

DASH = "–"


def init_formats(app: Flask) -> None:
    """Put the filters on the app's templates."""
    for function in _FILTERS:
        app.jinja_env.filters[function.__name__] = function


def money(fen: int | None) -> str:
    """Whole yuan, the fen only where there are any."""
    if fen is None:
        return DASH
    digits = "#,##0" if fen % 100 == 0 else "#,##0.00"
    return ("-" if fen < 0 else "") + "¥" + _decimal(abs(fen) / 100, digits, locale_name())


def whole_yuan(fen: int | None) -> str:
    """An estimate: rounded to yuan, with its sign."""
    if fen is None:
        return DASH
    yuan = round(fen / 100)
    return f"{'+' if yuan > 0 else '-' if yuan < 0 else ''}¥{abs(yuan):,}"


def per_km(fen: int | None, distance_m: float | None) -> str:
    """Price of a kilometre."""
    if not fen or not distance_m:
        return DASH
    return f"¥{fen * 10 / distance_m:,.2f}/km"


def km(distance_m: float | None, digits: int = 0) -> str:
    """Kilometres of a distance in metres."""
    return DASH if distance_m is None else f"{distance_m / 1000:,.{digits}f} km"


def tonnes(weight_kg: float | None) -> str:
    """Tonnes from one tonne on, kilograms below."""
    if weight_kg is None:
        return DASH
    if weight_kg < 1000:
        return f"{weight_kg:,.0f} kg"
    return gettext("%(n)s t", n=f"{weight_kg / 1000:,.1f}")


def cubic(volume_dm3: float | None) -> str:
    """Cubic metres of a volume in cubic decimetres."""
    return DASH if volume_dm3 is None else f"{volume_dm3 / 1000:,.1f} m³"


def metres(length_cm: float | None) -> str:
    """Metres of a length in centimetres."""
    return DASH if length_cm is None else f"{length_cm / 100:,.1f} m"


def short_time(instant: datetime | None) -> str | Markup:
    """Day and clock as a <time> element."""
    return DASH if instant is None else _time(instant, _day_and_clock())


def time_in_text(instant: datetime) -> str:
    """Day and clock within a sentence."""
    return in_zone(instant, _day_and_clock())


def in_zone(instant: datetime, pattern: str) -> str:
    """By one of Babel's patterns, by the clocks of the pages' zone."""
    return _written(instant, pattern, zone(), locale_name())


def _day_and_clock() -> str:
    return "MM-dd HH:mm" if language() == "zh" else "d MMM HH:mm"


def day(instant: datetime | None) -> str:
    """Month and day."""
    return DASH if instant is None else in_zone(instant, "M月d日" if language() == "zh" else "d MMM")


def clock(instant: datetime | None) -> str | Markup:
    """Hours and minutes as a <time> element."""
    return DASH if instant is None else _time(instant, "HH:mm")


def moment(milliseconds: int) -> str | Markup:
    """Hours and minutes of epoch milliseconds as a <time> element."""
    return clock(from_ms(milliseconds))


def offset(instant: datetime) -> str:
    """How far the pages' zone is from UTC then, such as +08:00."""
    return in_zone(instant, "xxx")


def ago(instant: datetime | None, now: datetime) -> str:
    """ "3 minutes ago", rounded."""
    if instant is None:
        return DASH
    return format_timedelta(
        min(instant - now, timedelta(0)), add_direction=True, locale=locale_name(), threshold=1.2
    )


def duration(seconds: float | None) -> str:
    """Hours and minutes."""
    if seconds is None:
        return DASH
    minutes = round(abs(seconds) / 60)
    if minutes < 60:
        return gettext("%(n)s min", n=minutes)
    return gettext("%(h)s h %(m)s min", h=minutes // 60, m=f"{minutes % 60:02d}")


def count(number: float | None) -> str:
    """A number with its thousands set apart."""
    return DASH if number is None else _decimal(number, None, locale_name())


def percent(fraction: float | None) -> str:
    """Whole per cent of a fraction from 0 to 1."""
    return DASH if fraction is None else f"{fraction * 100:.0f}%"


def place(site: object) -> str:
    """The name of a site or place in the reader's language, in the other one where it has no such name."""
    if site is None:
        return DASH
    zh, en = str(getattr(site, "name_zh", "")), str(getattr(site, "name_en", ""))
    return (zh or en) if language() == "zh" else (en or zh)


def local_place(name: str) -> str:
    """A place as an observation names it, in the reader's language where the map knows it."""
    found = services().market.gazetteer.find(name) if name else None
    return place(found) if found else name


def _time(instant: datetime, pattern: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(instant.isoformat(), in_zone(instant, pattern))


# The same instants and amounts come again, on one page and on the next; a pattern is some 50 microseconds of work.
@lru_cache(maxsize=8192)
def _written(instant: datetime, pattern: str, zone: ZoneInfo, locale: str) -> str:
    return str(format_datetime(instant, pattern, tzinfo=zone, locale=locale))


@lru_cache(maxsize=8192)
def _decimal(number: float, pattern: str | None, locale: str) -> str:
    return str(format_decimal(number, pattern, locale=locale))


_FILTERS = (
    money,
    whole_yuan,
    per_km,
    km,
    tonnes,
    cubic,
    metres,
    short_time,
    time_in_text,
    day,
    clock,
    moment,
    offset,
    ago,
    duration,
    count,
    place,
    local_place,
    percent,
)
