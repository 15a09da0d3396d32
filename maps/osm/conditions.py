"""Conditions of `:conditional` tags: `no @ (Mo-Fr 07:00-09:00 AND weight>7.5); destination @ (Sa,Su)`.

The grammar is the wiki's page "Conditional restrictions" with the part of opening_hours that road signs use:
weekdays, times, months and days of the year. Public and school holidays are not known and are left out.
Raises Unreadable for what has another meaning than time or vehicle, and Passing for weather and for dates
with a year, which are over or short-lived.
"""

from __future__ import annotations

import re
from functools import lru_cache

from haoyun.maps.osm.figures import parse_metres, parse_tonnes
from haoyun.maps.rules import EVERY_DAY, MINUTES_A_DAY, Condition, Measure, Threshold, TimeWindow

DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LAST_DAY = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MEASURES = {
    "weight": Measure.WEIGHT_T, "maxweight": Measure.WEIGHT_T, "weightrating": Measure.WEIGHT_T,
    "maxweightrating": Measure.WEIGHT_T, "weight_rating": Measure.WEIGHT_T,
    "axleload": Measure.AXLE_LOAD_T, "maxaxleload": Measure.AXLE_LOAD_T, "axles": Measure.AXLES,
    "height": Measure.HEIGHT_M, "maxheight": Measure.HEIGHT_M, "width": Measure.WIDTH_M,
    "maxwidth": Measure.WIDTH_M, "length": Measure.LENGTH_M, "maxlength": Measure.LENGTH_M,
}  # fmt: skip
_DESTINATION = frozenset({"destination", "delivery", "customers", "loading", "deliveries"})
_WEATHER = frozenset({"wet", "snow", "ice", "fog", "rain", "winter_road", "flood", "flooding"})

_DAY = "|".join(DAYS)
_MONTH = "|".join(MONTHS)
_DAYS_OF_WEEK = re.compile(rf"(?:(?:{_DAY}|ph|sh)(?:\s*-\s*(?:{_DAY}))?\s*,?\s*)+")
_DAY_RANGE = re.compile(rf"(ph|sh|{_DAY})(?:\s*-\s*({_DAY}))?")
_TIME_RANGE = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*-\s*(\d{1,2})(?::(\d{2}))?")
_TIMES = re.compile(
    r"\d{1,2}(?::\d{2})?\s*-\s*\d{1,2}(?::\d{2})?(?:\s*,\s*\d{1,2}(?::\d{2})?\s*-\s*\d{1,2}(?::\d{2})?)*"
)
_SEASON = re.compile(rf"({_MONTH})\s*(\d{{1,2}})?(?:\s*-\s*({_MONTH})?\s*(\d{{1,2}})?)?(?=\s|:|$)")
_THRESHOLD = re.compile(r"([a-z_]+)\s*(<=|>=|<|>|=|==)\s*(.+)")
_YEAR = re.compile(r"\b(?:19|20)\d{2}\b")


class Unreadable(ValueError):
    """A condition this grammar has no meaning for."""


class Passing(ValueError):
    """A condition on the weather or on dates of one year: not for a map that is kept."""


def split_clauses(text: str) -> list[tuple[str, str]]:
    """The (value, condition) pairs of a conditional tag in order; Unreadable where there is no `@`."""
    clauses: list[tuple[str, str]] = []
    depth, start = 0, 0
    for i, letter in enumerate(text + ";"):
        depth += (letter == "(") - (letter == ")")
        if letter == ";" and (depth <= 0 or i == len(text)):
            part = text[start:i].strip()
            start = i + 1
            if "@" in part:
                value, _, condition = part.partition("@")
                clauses.append((value.strip(), condition.strip()))
            elif part and clauses:  # `no @ Mo-Fr 06:00-20:00; Sa 06:00-12:00` without brackets
                clauses[-1] = (clauses[-1][0], f"{clauses[-1][1]}; {part}")
            elif part:
                raise Unreadable(f"no value and condition: {part!r}")
    return clauses


@lru_cache(maxsize=4096)
def parse_condition(text: str) -> Condition:
    """One condition, in brackets or not; Unreadable or Passing if it says something else."""
    inner = text.strip().removeprefix("(").removesuffix(")")
    windows: tuple[TimeWindow, ...] = ()
    thresholds: list[Threshold] = []
    destination_only = False
    for part in re.split(r"\s+and\s+", inner.strip().lower()):
        word = part.strip()
        if match := _THRESHOLD.fullmatch(word):
            thresholds.append(_threshold(match[1], match[2], match[3].strip()))
        elif word in _DESTINATION:
            destination_only = True
        elif word in _WEATHER:
            raise Passing(word)
        else:
            both = parse_windows(word)
            if windows and both:
                raise Unreadable(f"two times at once: {text!r}")
            windows = windows or both
    return Condition(windows, tuple(thresholds), destination_only)


def parse_windows(text: str) -> tuple[TimeWindow, ...]:
    """Opening hours as windows of the week; () for 24/7. Raises Unreadable or Passing."""
    text = text.strip().lower()
    if _YEAR.search(text):
        raise Passing(text)
    if text in ("24/7", "always", "24h"):
        return ()
    windows: list[TimeWindow] = []
    only_holidays = False
    for rule in re.split(r";|\|\|", _split_days(text)):
        found = _rule(rule.strip())
        only_holidays |= found is None
        windows += found or ()
    if not windows:
        raise (Passing if only_holidays else Unreadable)(text)
    return tuple(windows)


def _split_days(text: str) -> str:
    """A comma before a weekday that follows a time starts another rule: `Mo-Fr 7-9, Sa 8-9`."""
    return re.sub(rf"(\d)\s*,\s*(?=(?:{_DAY}|ph|sh)\b)", r"\1;", text)


def _rule(text: str) -> list[TimeWindow] | None:
    """The windows of one rule; None for a rule on holidays only."""
    season, days = None, EVERY_DAY
    if match := _SEASON.match(text):
        season, text = _season(match), text[match.end() :].strip(" :,")
    if match := _DAYS_OF_WEEK.match(text):
        days, text = _days(match[0]), text[match.end() :].strip(" :,")
    if text in ("off", "closed") or (days == 0 and not season):
        return None
    if not text:
        spans = [(0, MINUTES_A_DAY)] if season or days != EVERY_DAY else []
    elif _TIMES.fullmatch(text):
        spans = [_span(match) for match in _TIME_RANGE.finditer(text)]
    else:
        raise Unreadable(text)
    return [TimeWindow(days, start, end, season) for start, end in spans]


def _days(text: str) -> int:
    mask = 0
    for first, last in _DAY_RANGE.findall(text):
        if first in ("ph", "sh"):
            continue
        a = DAYS.index(first)
        b = DAYS.index(last) if last else a
        for day in range(a, (b if b >= a else b + 7) + 1):
            mask |= 1 << day % 7
    return mask


def _season(match: re.Match[str]) -> tuple[int, int]:
    first, first_day, last, last_day = match.groups()
    a = MONTHS.index(first) + 1
    b = MONTHS.index(last) + 1 if last else a
    ends_early = last is None and last_day is None and first_day is not None  # a single day: `Dec 24`
    end_day = int(first_day) if ends_early else int(last_day or _LAST_DAY[b - 1])
    return a * 100 + int(first_day or 1), b * 100 + end_day


def _span(match: re.Match[str]) -> tuple[int, int]:
    start = int(match[1]) * 60 + int(match[2] or 0)
    end = int(match[3]) * 60 + int(match[4] or 0)
    minutes = max(int(match[2] or 0), int(match[4] or 0))
    if minutes > 59 or start > MINUTES_A_DAY or end > 2 * MINUTES_A_DAY:
        raise Unreadable(match[0])
    start %= MINUTES_A_DAY
    if end <= start:
        end += MINUTES_A_DAY
    if end > start + MINUTES_A_DAY:
        raise Unreadable(match[0])
    return start, end


def _threshold(word: str, sign: str, figure: str) -> Threshold:
    measure = _MEASURES.get(word)
    if measure is None:
        raise Unreadable(f"{word}{sign}{figure}")
    try:
        value = _measured(measure, figure)
    except ValueError as error:
        raise Unreadable(f"{word}{sign}{figure}") from error
    if sign in (">", ">="):
        return Threshold(measure, above=value, includes_above=sign == ">=")
    if sign in ("<", "<="):
        return Threshold(measure, up_to=value, includes_up_to=sign == "<=", includes_above=True)
    return Threshold(measure, above=value, up_to=value, includes_above=True)


def _measured(measure: Measure, figure: str) -> float:
    if measure is Measure.AXLES:
        return float(int(figure))
    parse = parse_tonnes if measure in (Measure.WEIGHT_T, Measure.AXLE_LOAD_T) else parse_metres
    value = parse(figure)
    if value is None:
        raise ValueError(figure)
    return value
