"""Numbers with units in chat messages: weight, volume, length, temperature, price, phone, and so on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from haoyun.platform.market.values import MAX_PRICE_FEN
from haoyun.platform.publishing.chat.found import Token
from haoyun.platform.publishing.chat.slate import Slate

Match = re.Match[str]
Reader = Callable[[Match], Any]
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_HAN_NUMBER = "[零一二两三四五六七八九十百千半]+"
NUMBER = rf"(?:(?<![\d.])(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?|{_HAN_NUMBER})"
_TO = r"\s*[-~至到]\s*"
# What trucks are long, so that 9.6高栏 needs no unit.
_LENGTHS = r"4\.2|5\.2|6\.2|6\.8|7\.6|7\.7|8\.2|8\.6|8\.7|9\.6|11\.7|12\.5|13\.75|13\.5|17\.5|13|15|16"
# Those that nothing else is written as: 冷藏车 9.6 0-4度.
_LENGTHS_ALONE = r"4\.2|6\.8|7\.6|9\.6|13\.75|17\.5"
_BODY_AHEAD = r"(?=\s*(?:高栏|高低板|平板|低板|厢|箱|飞翼|冷藏|栏板|爬梯|flatbed|box|reefer|curtain|stake))"
_NO_LETTER = "(?![a-z])"


def number(text: str) -> float:
    """28, 9.6, 二十八, 十三, 半: the number that a NUMBER says."""
    if text[0] in "0123456789":
        return float(text.replace(",", ""))
    if text == "半":
        return 0.5
    total, digit = 0.0, 0
    for character in text:
        if character in _TENS:
            total, digit = total + (digit or 1) * _TENS[character], 0
        elif character == "半":
            total += 0.5
        else:
            digit = _DIGITS[character]
    return total + digit


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _phone(m: Match) -> str:
    return re.sub(r"[^\d+]", "", m.group(0))


def _temperature(m: Match) -> tuple[int, int] | None:
    low = int(m["low"]) * (-1 if m["below"] else 1)
    high = low if m["high"] is None else int(m["high"]) * (-1 if m["below2"] else 1)
    if m["below"] in ("零下", "负") and m["high"] is not None and not m["below2"]:
        high = -high if high > -low else high  # 零下18到15度 is below zero throughout
    return (min(low, high), max(low, high)) if abs(low) <= 60 and abs(high) <= 60 else None


def _kilograms(m: Match) -> int | None:
    factor = {"吨": 1000, "t": 1000, "m": 1000, "公": 1, "千": 1, "k": 1, "斤": 0.5}[m["unit"][0]]
    return round((number(m["high"] or m["low"]) + (0.5 if m["half"] else 0)) * factor) or None


def _litres(m: Match) -> int | None:
    return round(number(m["high"] or m["low"]) * 1000) or None


def _centimetres(m: Match) -> int | None:
    metres = number(m["metres"]) + (number(m["tenth"]) / 10 if m["tenth"] else 0)
    return round(metres * 100) if 0.5 <= metres <= 50 else None


def _money_fen(m: Match) -> int | None:
    """1.2万, 1万2, 12000, 12k, 一万二."""
    unit = {"万": 10_000, "w": 10_000, "千": 1_000, "k": 1_000}.get(m["unit"] or "", 1)
    yuan = number(m["money"]) * unit
    if m["tail"]:
        yuan += number(m["tail"]) * unit / 10
    return round(yuan * 100) if 0 < yuan * 100 <= MAX_PRICE_FEN else None


_MONEY = rf"(?P<money>{NUMBER})\s*(?P<unit>万|千|w{_NO_LETTER}|k{_NO_LETTER})?(?P<tail>(?<=[万千w])[\d一二三四五六七八九](?!\d))?"
_YUAN = r"\s*(?:元|块钱?|圆|rmb|cny|yuan)"
_PRICE_WORD = (
    r"(?:最低价?|运费|总价|一口价|整车价|包车价?|价格|运价|总运费|出价|价|freight|rate|price|all[- ]in)"
    r"\s*(?:是|is)?\s*[:]?\s*[¥￥]?\s*"
)
_PER_TONNE = r"(?:每吨|一吨|吨价|单价每吨|per (?:ton(?:ne)?|t|mt))"
_PER_CUBIC = r"(?:每方|一方|每立方米?|per (?:cbm|m3))"
_TONNE = rf"(?:吨|t{_NO_LETTER}|ton(?:ne)?s?{_NO_LETTER}|mt{_NO_LETTER})"
_CUBIC = r"(?:方|立方米?|m3|cbm)"

# In this order: an earlier rule takes the characters. (name of the token, pattern, what it says)
_RULES: tuple[tuple[str, re.Pattern[str], Reader], ...] = (
    ("phone", _pattern(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"), _phone),
    ("phone", _pattern(r"(?<!\d)0\d{2,3}[- ]?\d{7,8}(?!\d)"), _phone),
    (
        "plate",
        _pattern(
            r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][a-z][ ·]?[a-z0-9]{5,6}(?![a-z0-9])"
        ),
        lambda m: m.group(0).upper().replace(" ", "").replace("·", ""),
    ),
    (
        "temperature",
        _pattern(
            rf"(?P<below>零下|负|(?<!\d)-)?\s*(?P<low>\d{{1,2}})\s*(?:度|°c?)?(?:\s*(?:~|到|至|-|to)\s*"
            rf"(?P<below2>零下|负|-)?\s*(?P<high>\d{{1,2}}))?\s*(?:摄氏度|度|°c|°|deg(?:rees)?{_NO_LETTER}| ?c{_NO_LETTER})"
        ),
        _temperature,
    ),
    (
        "dg_class",
        _pattern(r"(?P<dg>[1-9](?:\.[1-6])?)\s*类\s*(?:危险品|危险货物|危化品?|危品?)"),
        lambda m: m["dg"],
    ),
    (
        "dg_class",
        _pattern(r"(?:危险品|危险货物|危化品?|危货)\s*(?P<dg>[1-9](?:\.[1-6])?)\s*类"),
        lambda m: m["dg"],
    ),
    (
        "dg_class",
        _pattern(
            r"(?:dg|imo|adr|hazmat|dangerous goods)\s*(?:class|cl\.?)?\s*(?P<dg>[1-9](?:\.[1-6])?)(?!\d)"
        ),
        lambda m: m["dg"],
    ),
    (
        "pay_days",
        _pattern(
            r"(?:月结|账期|回单后?|货到后?|到货后?|签收后?|net|pay(?:s|ment)?(?: (?:in|within|after))?)\s*(?P<days>\d{1,3})"
            r"\s*(?:天|日|days?)?(?:内?(?:付款?|结清?|打款))?"
        ),
        lambda m: int(m["days"]),
    ),
    ("pay_days", _pattern(r"(?P<days>\d{1,3})\s*天\s*(?:账期|付款|结算|结)"), lambda m: int(m["days"])),
    ("pay_days", _pattern(r"现结|现付|现金结?|货到付款|到付|cash on delivery|cod(?![a-z])"), lambda _m: 0),
    (
        "radius_km",
        _pattern(r"(?:周边|附近|方圆|within)\s*(?P<km>\d{1,4})\s*(?:公里|km|千米)(?:\s*(?:内|以内))?"),
        lambda m: int(m["km"]),
    ),
    ("per_tonne", _pattern(rf"{_PER_TONNE}\s*[:]?\s*[¥￥]?{_MONEY}(?:{_YUAN})?"), _money_fen),
    ("per_tonne", _pattern(rf"[¥￥]?{_MONEY}(?:{_YUAN})?\s*(?:/|每|一|per )\s*{_TONNE}"), _money_fen),
    ("per_cubic", _pattern(rf"{_PER_CUBIC}\s*[:]?\s*[¥￥]?{_MONEY}(?:{_YUAN})?"), _money_fen),
    ("per_cubic", _pattern(rf"[¥￥]?{_MONEY}(?:{_YUAN})?\s*(?:/|每|一|per )\s*{_CUBIC}"), _money_fen),
    (
        "ask",
        _pattern(
            r"(?:价格?|运费|运价)?(?:面议|电议|面谈|电谈|详谈|详议|私聊|好说|议价)|negotiable|price (?:open|tbd)|best offer"
        ),
        lambda _m: True,
    ),
    ("price", _pattern(rf"{_PRICE_WORD}{_MONEY}(?:{_YUAN})?(?!\s*(?:吨|方|米|/))"), _money_fen),
    ("price", _pattern(rf"[¥￥]\s*{_MONEY}(?:{_YUAN})?"), _money_fen),
    ("price", _pattern(rf"(?:rmb|cny)\s*{_MONEY}"), _money_fen),
    ("price", _pattern(rf"{_MONEY}{_YUAN}(?:一车|包车|全包|每车|/车)?"), _money_fen),
    (
        "price",
        _pattern(
            rf"(?P<money>(?<![\d.])\d+(?:\.\d+)?|[一二两三四五六七八九十])\s*(?P<unit>万|千|w{_NO_LETTER}|k{_NO_LETTER})"
            rf"(?P<tail>(?<=[万千w])[\d一二三四五六七八九](?!\d))?(?!\s*(?:吨|方|公里|件|辆|克|瓦|米|只|个))"
        ),
        _money_fen,
    ),
    (
        "weight_kg",
        _pattern(
            rf"(?P<low>{NUMBER})(?:{_TO}(?P<high>{NUMBER}))?\s*(?P<unit>{_TONNE}|公斤|千克|kgs?{_NO_LETTER}|斤)(?P<half>半)?"
        ),
        _kilograms,
    ),
    (
        "volume_dm3",
        _pattern(
            rf"(?P<low>{NUMBER})(?:{_TO}(?P<high>{NUMBER}))?\s*(?:个)?(?:立方米?|方(?!向|便|面)|m3|cbm)"
        ),
        _litres,
    ),
    (
        "max_piece_cm",
        _pattern(
            rf"(?:单件|最长|件长|货长|单根|每根|longest(?: piece)?)\s*(?:长|约|最长)?\s*(?P<metres>{NUMBER})\s*(?:米|m{_NO_LETTER})(?P<tenth>\d(?!\d))?(?:长)?"
        ),
        _centimetres,
    ),
    (
        "max_piece_cm",
        _pattern(rf"(?<!车)长(?:度)?\s*(?P<metres>{NUMBER})\s*(?:米|m{_NO_LETTER})(?P<tenth>\d(?!\d))?的?"),
        _centimetres,
    ),
    (
        "truck_cm",
        _pattern(
            rf"(?<![宽高度\d.])(?:车长)?\s*(?P<metres>\d{{1,2}}(?:\.\d{{1,2}})?|[一二三四五六七八九十]+)\s*(?:米|m{_NO_LETTER})"
            rf"(?P<tenth>[\d一二三四五六七八九](?![\d.十百])(?!\s*(?:吨|t|方|立|个|台|车|托|辆)))?(?:的)?"
        ),
        _centimetres,
    ),
    ("truck_cm", _pattern(rf"(?<![\d.])(?P<metres>{_LENGTHS})(?P<tenth>(?!))?{_BODY_AHEAD}"), _centimetres),
    (
        "truck_cm",
        _pattern(rf"(?<![^\s,])(?P<metres>{_LENGTHS_ALONE})(?P<tenth>(?!))?(?![^\s,])"),
        _centimetres,
    ),
    (
        "pallets",
        _pattern(r"(?P<n>\d{1,3})\s*个?(?:托盘|托(?!车)|板(?!车)|pallets?|plts?)"),
        lambda m: int(m["n"]),
    ),
    (
        "trucks",
        _pattern(
            r"(?P<n>\d{1,2}|[一二两三四五六七八九十])\s*(?:台|辆|部)(?:车)?|(?P<n2>\d{1,2}|[二两三四五六七八九十])\s*车(?!长)"
        ),
        lambda m: int(number(m["n"] or m["n2"])),
    ),
    ("trucks", _pattern(r"(?P<n>\d{1,2})\s*trucks?"), lambda m: int(m["n"])),
)
# A bare number between separators is a price where nothing else in the offer is one.
_BARE = re.compile(
    r"(?<![^\s,。;:])(?P<money>[1-9]\d{2,5})(?P<unit>(?!))?(?P<tail>(?!))?"
    r"(?=$|[\s,。;!]|包车|全包|现[结付金]|到付|不?含税|带票|开票)"
)


def figures(slate: Slate) -> Iterator[Token]:
    """All numbers with units of a message."""
    for name, pattern, read in _RULES:
        for match in slate.find(pattern):
            value = read(match)
            if value is not None:
                yield _token(slate, name, value, match)


def bare_prices(slate: Slate) -> Iterator[Token]:
    """Numbers that stand alone, to be asked for last."""
    for match in slate.find(_BARE):
        value = _money_fen(match)
        if value is not None and value >= 30_000:
            yield _token(slate, "bare_price", value, match)


def _token(slate: Slate, name: str, value: Any, match: Match) -> Token:
    start, end = match.span()
    while slate.plain[start] == " ":
        start += 1
    slate.take(start, end)
    return Token(name, value, start, end)
