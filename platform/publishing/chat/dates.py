"""Days and hours in chat messages: 明天, 周五, 28号, 11-28, 后天上午, tomorrow 8am; and what is to happen then."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from haoyun.platform.publishing.chat.found import Token
from haoyun.platform.publishing.chat.slate import Slate

_DAY = timedelta(days=1)
_LONG_AGO = timedelta(days=30)  # a date without a year that lies further back means the next year's


class Role(StrEnum):
    """What happens at a time."""

    PICKUP = "pickup"
    DELIVERY = "delivery"
    OPEN = "open"  # the message does not say


@dataclass(frozen=True, slots=True)
class When:
    """From `start` to `end`, local, and what happens then."""

    start: datetime
    end: datetime
    role: Role


_RELATIVE = {
    "大后天": (3, 3), "明后天": (1, 2), "明后两天": (1, 2), "今明两天": (0, 1), "后天": (2, 2), "后日": (2, 2),
    "明天": (1, 1), "明日": (1, 1), "明早": (1, 1), "明晚": (1, 1), "今天": (0, 0), "今日": (0, 0), "今晚": (0, 0),
    "当天": (0, 0), "day after tomorrow": (2, 2), "tomorrow": (1, 1), "tmr": (1, 1), "today": (0, 0), "tonight": (0, 0),
}  # fmt: skip
_SHORT = {"今": (0, 0), "明": (1, 1)}  # 明装
_WEEKDAYS = {c: i for i, c in enumerate("一二三四五六日")} | {"天": 6}
_ENGLISH = {name: i for i, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
_MONTHS = {
    name: i + 1
    for i, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split())  # noqa: SIM905
}
_NO_UNIT = r"(?!\d)(?!\s*(?:吨|t(?![a-z])|方|立|米|m(?![a-z])|度|°|c(?![a-z])|个|件|托|公斤|千克|kg|万|千|元|块|台|辆|车(?!装)|%))"
_DATE = "|".join(
    (
        rf"(?P<relative>{'|'.join(_RELATIVE)}|(?<![透声说])[今明](?=[装提卸](?![饰修])))",
        r"(?P<weeks>下下|下个?|本|这个?)?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天])",
        r"(?:(?P<next>next|this|on) )?(?P<english>mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday)?(?![a-z])",
        r"(?P<year>20\d\d)[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})[日号]?",
        r"(?P<month2>\d{1,2})月(?P<day2>\d{1,2})(?:(?:-|~|至|到)(?P<last2>\d{1,2}))?[日号]?",
        r"(?P<day3>\d{1,2})(?:[日号]?\s*(?:-|~|至|到)\s*(?P<last3>\d{1,2}))?[日号](?!线|楼|门|仓|库)",
        rf"(?<![\d.\-/])(?P<month4>1[0-2]|0?[1-9])[-/](?P<day4>3[01]|[12]\d|0?[1-9]){_NO_UNIT}(?![-/.])",
        r"(?<![\d.])(?P<month5>1[0-2]|0?[1-9])\.(?P<day5>3[01]|[12]\d|0?[1-9])(?=\s*(?:装|提|发|卸|到货|号|日))",
        rf"(?P<name>{'|'.join(_MONTHS)})[a-z]*\.? (?P<day6>\d{{1,2}})(?:st|nd|rd|th)?",
        rf"(?P<day7>\d{{1,2}})(?:st|nd|rd|th)? (?P<name7>{'|'.join(_MONTHS)})[a-z]*",
    )
)
_TIME = (
    r"(?:\s*(?P<part>凌晨|早上|早晨|上午|中午|下午|傍晚|晚上|早|晚|am|pm|morning|afternoon|evening)(?![a-z]))?"
    r"(?:\s*(?:at\s*)?(?P<hour>[01]?\d|2[0-4])(?::(?P<minute>[0-5]\d)|[点时](?P<half>半|[0-5]\d分?)?钟?|\s*(?P<ampm>am|pm)))?"
)
_PICKUP = r"(?:装车?货?|提货?|发货|发车|上货|走货?|出发|起运|可装|可提|有空|空车|能装|pick[- ]?up|load(?:ing)?|ready|collect(?:ion)?)"
_DELIVERY = r"(?:卸货?|到货|送到|送达|交货|送货|到达|抵达|要到|前到|前卸|到(?=\s*(?:$|[,。;!\n]|[¥￥]?\d{3,}))|deliver(?:y|ed)?|unload(?:ing)?|arriv(?:e|al))"
_BEFORE = r"(?P<before>(?:{}|{})(?:时间|日期|窗口|date|time)?\s*(?:on|by|是|:)?\s*)?"
_AFTER = (
    rf"(?P<after>\s*(?:之?前|内|左右)?\s*(?:可以?|能|就可以|就|来)?(?:{_PICKUP}|(?P<delivers>{_DELIVERY})))?"
)
_WHEN = re.compile(_BEFORE.format(_PICKUP, _DELIVERY) + f"(?:{_DATE})" + _TIME + _AFTER)
_NOW = re.compile(rf"(?:现在|马上|随时|即时|立即|right now|now|asap)\s*(?:可以?|能)?{_PICKUP}")
_JOIN = re.compile(r"\s*(?:-|~|至|到|to)\s*")
_PARTS = {
    "凌晨": (0, 6), "早上": (6, 12), "早晨": (6, 12), "早": (6, 12), "上午": (6, 12), "中午": (11, 14), "下午": (12, 18),
    "傍晚": (17, 20), "晚上": (18, 24), "晚": (18, 24), "am": (6, 12), "pm": (12, 18), "morning": (6, 12),
    "afternoon": (12, 18), "evening": (18, 24),
}  # fmt: skip
_INSIDE = {"明早": (6, 12), "明晚": (18, 24), "今晚": (18, 24), "tonight": (18, 24)}


def days(slate: Slate, local: datetime) -> Iterator[Token]:
    """Every day of a message as a When; `local` is now in local time. An hour
    begins the window, its part of the day or midnight ends it; today begins now.
    """
    for match in list(slate.find(_WHEN)):
        found = _days_of(match, local.date())
        if found is None:
            continue
        start, end = match.span()
        joined = _joined(slate, end)
        slate.take(start, end)
        yield Token("when", _when(match, *found, local), start, end)
        if joined:
            slate.take(*joined)
    for match in slate.find(_NOW):
        slate.take(*match.span())
        yield Token(
            "when", When(local, _midnight(local.date() + _DAY, local.tzinfo), Role.PICKUP), *match.span()
        )


def spans_of_days(tokens: list[Token], slate: Slate) -> list[Token]:
    """Two days with "to" between them are one window: 28号到30号."""
    merged: list[Token] = []
    for token in tokens:
        last = merged[-1] if merged else None
        gap = slate.plain[last.end : token.start] if last else ""
        if last is not None and _JOIN.fullmatch(gap) and last.value.role in (Role.OPEN, token.value.role):
            slate.take(last.start, token.end)
            both = When(last.value.start, token.value.end, token.value.role)
            merged[-1] = Token("when", both, last.start, token.end)
        else:
            merged.append(token)
    return merged


def _joined(slate: Slate, end: int) -> tuple[int, int] | None:
    """A "to" between this day and another."""
    gap = _JOIN.match(slate.plain, end)
    follows = gap and _WHEN.match(slate.plain, gap.end())
    return gap.span() if gap and gap.group(0).strip() and follows else None


def _when(m: re.Match[str], first: date, last: date, local: datetime) -> When:
    zone = local.tzinfo
    start, end = _midnight(first, zone), _midnight(last + _DAY, zone)
    part = _PARTS.get(m["part"] or "") or _INSIDE.get(m["relative"] or "")
    if part:
        start, end = _at(first, part[0], zone), _at(last, part[1], zone)
    if m["hour"]:
        hour = int(m["hour"])
        late = (m["ampm"] == "pm") or (part is not None and part[0] >= 12)
        hour += 12 if late and hour < 12 else 0
        half = 30 if m["half"] == "半" else int((m["half"] or "0").removesuffix("分"))
        start = _at(first, hour, zone) + timedelta(minutes=int(m["minute"] or half))
        end = max(end, start + timedelta(hours=1))
    role = _role(m)
    if role is Role.DELIVERY and m["hour"]:  # 18点前到: by then
        start, end = _midnight(first, zone), start
        end = max(end, start + timedelta(hours=1))
    return When(max(start, local) if end > local else start, end, role)


def _role(m: re.Match[str]) -> Role:
    said = m["after"] or m["before"]
    if not said:
        return Role.OPEN
    delivers = m["delivers"] if m["after"] else re.search(_DELIVERY, said)
    return Role.DELIVERY if delivers else Role.PICKUP


def _days_of(m: re.Match[str], today: date) -> tuple[date, date] | None:
    if m["relative"]:
        first, last = {**_RELATIVE, **_SHORT}[m["relative"]]
        return today + first * _DAY, today + last * _DAY
    if m["weekday"] or m["english"]:
        return _weekday(m, today)
    if m["year"]:
        return _single(int(m["year"]), int(m["month"]), int(m["day"]))
    if m["day3"]:
        return _of_month(today, int(m["day3"]), int(m["last3"] or m["day3"]))
    month = m["month2"] or m["month4"] or m["month5"]
    number = int(month) if month else _MONTHS[m["name"] or m["name7"]]
    day = int(m["day2"] or m["day4"] or m["day5"] or m["day6"] or m["day7"])
    return _of_year(today, number, day, int(m["last2"] or day))


def _weekday(m: re.Match[str], today: date) -> tuple[date, date]:
    wanted = _WEEKDAYS[m["weekday"]] if m["weekday"] else _ENGLISH[m["english"]]
    monday = today - today.weekday() * _DAY
    weeks = {"下下": 2, "下": 1, "下个": 1, "本": 0, "这": 0, "这个": 0}.get(m["weeks"] or "")
    weeks = 1 if m["next"] == "next" else weeks
    ahead = (wanted - today.weekday()) % 7
    found = today + ahead * _DAY if weeks is None else monday + (7 * weeks + wanted) * _DAY
    return found, found


def _single(year: int, month: int, day: int) -> tuple[date, date] | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found, found


def _of_month(today: date, day: int, last: int) -> tuple[date, date] | None:
    """This month's, or the next one's where it is over."""
    year, month = today.year, today.month
    if last < today.day:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return _pair(_single(year, month, day), _single(year, month, last))


def _of_year(today: date, month: int, day: int, last: int) -> tuple[date, date] | None:
    found = _pair(_single(today.year, month, day), _single(today.year, month, last))
    if found and today - found[1] > _LONG_AGO:
        return _pair(_single(today.year + 1, month, day), _single(today.year + 1, month, last))
    return found


def _pair(first: tuple[date, date] | None, last: tuple[date, date] | None) -> tuple[date, date] | None:
    return (first[0], last[0]) if first and last and first[0] <= last[0] else None


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _at(day: date, hour: int, zone: tzinfo | None) -> datetime:
    return _midnight(day, zone) + timedelta(hours=hour)
