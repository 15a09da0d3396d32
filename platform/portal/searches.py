"""What search forms share: typed fields become a wish, and the wish is said again in chips that take it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from flask import request, url_for

from haoyun.maps.gazetteer.divisions import PROVINCE_EN, PROVINCE_ZH
from haoyun.platform.market.areas import division_prefix, divisions_of
from haoyun.platform.market.context import MarketContext
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.values import Body, Page
from haoyun.platform.market.wishes import DETOUR_KM
from haoyun.platform.portal.i18n import gettext, language, zone
from haoyun.platform.portal.labels import BODIES
from haoyun.platform.portal.page import Form

RADIUS_KM = 50.0  # around a place that is named without a radius
COUNTED = 1000  # beyond, a list says "more than"
_MOST = 1e9
# A form's field -> the field of a wish that it sets.
_PLACES = {
    "origin": "origin",
    "destination": "destination",
    "from_division": "origin_division",
    "to_division": "destination_division",
    "bbox": "bbox",
    "way_from": "way_from",
    "way_to": "way_to",
    "q": "q",
}
_SHARED = ("radius", "detour", "body", "sort", "mine", "after")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Chip:
    """An active filter in words, the fields that set it, and the address of the search without it."""

    label: str
    fields: tuple[str, ...]
    without: str


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one search form beside the places: form name -> (wish's name, how many of its units one is)."""

    numbers: Mapping[str, tuple[str, int]]
    days: Mapping[str, str]

    def names(self) -> frozenset[str]:
        """What an address of a search may say; anything else in a query is not ours to repeat."""
        return frozenset({*_PLACES, *_SHARED, *self.numbers, *self.days})

    def behind(self, shown: frozenset[str]) -> frozenset[str]:
        """The fields of the form that are not among these."""
        return self.names() - shown - {"bbox", "mine", "after"}

    def wish_names(self) -> dict[str, str]:
        """Form name by wish's name, for errors."""
        both = {**_PLACES, **self.days, "radius": "radius_km", "detour": "detour_km"}
        both |= {name: wished for name, (wished, _) in self.numbers.items()}
        return {wished: name for name, wished in both.items()}


def read_wish(form: Form, fields: Fields, make: Callable[..., T], default_sort: StrEnum) -> T:
    """The wish of a form; what cannot be read is noted at its field and does not limit."""
    values: dict[str, Any] = {wished: form.text(name) for name, wished in _PLACES.items() if form.text(name)}
    radius_km = _number(form, "radius", 3000)
    values["radius_km"] = RADIUS_KM if radius_km is None else radius_km
    detour_km = _number(form, "detour", 500)
    values["detour_km"] = DETOUR_KM if detour_km is None else detour_km
    for name, (wished, scale) in fields.numbers.items():
        number = _number(form, name, _MOST)
        values[wished] = None if number is None else round(number * scale)
    for name, wished in fields.days.items():
        values[wished] = _day(form, name, ends=name.endswith("_to"))
    if form.text("body"):
        values["body"] = Body(form.text("body")) if form.text("body") in set(Body) else None
        if values["body"] is None:
            _wrong(form, "body", gettext("Please choose one of the list"))
    sort = form.text("sort")
    kinds: type[StrEnum] = type(default_sort)
    values["sort"] = kinds(sort) if sort in set(kinds) else default_sort
    return make(**values, mine=form.text("mine") == "1")


def refuse(form: Form, error: FieldErrors, fields: Fields) -> None:
    """Take over what a search refused, under the names of the form."""
    names = fields.wish_names()
    form.refuse(FieldErrors({names.get(name, name): rule for name, rule in error.errors.items()}))


def chips(endpoint: str, form: Form, fields: Fields, words: Mapping[str, Callable[[str], str]]) -> list[Chip]:
    """The active filters in the order of the form; `words` says the numbers and days that forms differ in."""
    radius = form.text("radius") or f"{RADIUS_KM:g}"
    said: list[tuple[tuple[str, ...], str]] = []
    if form.text("origin"):
        said.append(
            (("origin",), gettext("From %(place)s · %(km)s km", place=form.text("origin"), km=radius))
        )
    if form.text("destination"):
        said.append(
            (("destination",), gettext("To %(place)s · %(km)s km", place=form.text("destination"), km=radius))
        )
    if form.text("from_division"):
        said.append(
            (("from_division",), gettext("From %(place)s", place=division_name(form.text("from_division"))))
        )
    if form.text("to_division"):
        said.append(
            (("to_division",), gettext("To %(place)s", place=division_name(form.text("to_division"))))
        )
    if form.text("way_from") or form.text("way_to"):
        way = {"start": form.text("way_from"), "end": form.text("way_to")}
        detour = form.text("detour") or f"{DETOUR_KM:g}"
        label = gettext("On the way %(start)s → %(end)s · +%(km)s km", km=detour, **way)
        said.append((("way_from", "way_to", "detour"), label))
    if form.text("bbox"):
        said.append((("bbox",), gettext("In the map window")))
    if form.text("body") in set(Body):
        said.append((("body",), str(BODIES[form.text("body")])))
    if form.text("q"):
        said.append((("q",), f"“{form.text('q')}”"))
    for name in (*fields.numbers, *fields.days):
        if form.text(name):
            said.append(((name,), words[name](form.text(name))))
    return [Chip(label, names, address(endpoint, fields, (*names, "after"))) for names, label in said]


def next_page(endpoint: str, fields: Fields, page: Page[Any]) -> str | None:
    """The address of the page after this one."""
    return None if page.next is None else address(endpoint, fields, after=page.next)


def address(endpoint: str, fields: Fields, drop: tuple[str, ...] = (), **more: str) -> str:
    """This search at an endpoint, without some of its fields."""
    kept = {name: value for name, value in request.args.items() if value and name in fields.names()}
    values: dict[str, Any] = {name: value for name, value in (kept | more).items() if name not in drop}
    return url_for(endpoint, **values)


def division_choices(market: MarketContext) -> list[tuple[str, str]]:
    """Any province, then each that has places on the map; only "any" on maps without divisions."""
    return [("", gettext("Any"))] + [(code, division_name(code)) for code in divisions_of(market.gazetteer)]


def division_name(code: str) -> str:
    """A province's name in the reader's language; the code for anything else."""
    names = PROVINCE_ZH if language() == "zh" else PROVINCE_EN
    prefix = division_prefix(code)
    return names.get(f"{prefix}0000", code) if len(prefix) == 2 else code


def body_choices() -> list[tuple[str, str]]:
    """Any body, then each."""
    return [("", gettext("Any"))] + [(body.value, str(BODIES[body.value])) for body in Body]


def _number(form: Form, name: str, most: float) -> float | None:
    typed = form.text(name).replace(",", "").replace("，", "")
    if not typed:
        return None
    try:
        value = float(typed)
    except ValueError:
        value = -1
    if 0 <= value <= most:
        return value
    _wrong(form, name, gettext("Please enter a number from 0 to %(most)s", most=f"{most:,.0f}"))
    return None


def _day(form: Form, name: str, *, ends: bool) -> datetime | None:
    """The beginning of the day in local time, or its last millisecond."""
    typed = form.text(name)
    if not typed:
        return None
    try:
        begin = datetime.strptime(typed, "%Y-%m-%d").replace(tzinfo=zone())
        return begin + timedelta(days=1, milliseconds=-1) if ends else begin
    except (ValueError, OverflowError):
        _wrong(form, name, gettext("Please enter a date such as 2026-05-12"))
        return None


def _wrong(form: Form, name: str, words: str) -> None:
    form.errors.setdefault(name, words)
