"""From an address to its administrative division: 浙江省宁波市北仑区明州路88号 -> 330206 and 明州路88号.

The text is read from the left, one division after another, each inside the one before it; levels may be missing
and endings left out (宁波北仑). Every reading is followed, and those that explain most of the text win: if more
than one division is left (朝阳区 is in Beijing and in Changchun), all are given. Latin addresses are read part by
part, from the small to the large (Beilun, Ningbo, Zhejiang) or the other way round.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from haoyun.maps.gazetteer.divisions import TOWNSHIP_LEVEL
from haoyun.maps.gazetteer.names import fold, has_han, simplified
from haoyun.maps.gazetteer.place import Place
from haoyun.maps.gazetteer.place_book import PlaceBook
from haoyun.maps.gazetteer.place_file import FULL, SPOKEN, as_json

_LONGEST_NAME = 20  # 积石山保安族东乡族撒拉族自治县 has 15 characters
_LONGEST_TEXT = 300
_MOST_PARTS = 12  # of a Latin address; the readings of more would multiply
_LEAD = 24  # characters before the address that are looked past: a recipient, a postal code
# A short name followed by one of these is the name of a street or building: 南京路, 鼓楼大街, 北京站.
_NOT_A_DIVISION = tuple("路 街 大街 大道 道 巷 弄 胡同 桥 站 广场 公园 大厦 村 门 机场 港".split())  # noqa: SIM905
_COUNTRY = re.compile(r"^(中华人民共和国|中国)")
_SEPARATORS = " \t\r\n,，、;；-—·/|"
_GENERIC = frozenset(
    "district county city province prefecture autonomous region municipality sheng shi qu xian china prc "  # noqa: SIM905
    "peoples republic of p r cn".split()
)
_POSTCODE = re.compile(r"\b\d{6}\b")
# how: see place_file; the numbers of FULL, SPOKEN and LATIN.
_NAMED = (
    "SELECT n.key, n.code, n.how, d.level FROM division_name n JOIN division d USING (code) "
    "WHERE n.key IN (SELECT value FROM json_each(?)) AND n.how < 2"
)
_NAMED_LATIN = "SELECT code FROM division_name WHERE key IN (SELECT value FROM json_each(?)) AND how = 2"
_CHAIN = (
    "SELECT code, name, name_en, level, lat, lon, precision_m, former, parent FROM division WHERE code = ?"
)


@dataclass(frozen=True, slots=True)
class AddressDivision:
    """One division of an address; the position is that of its seat, None for townships that are not placed."""

    code: str
    name: str
    name_en: str
    level: int
    lat: float | None
    lon: float | None
    precision_m: float | None
    former: bool = False  # abolished, but still written: 重庆市渝北区


@dataclass(frozen=True, slots=True)
class Address:
    """One reading. `chain` goes from the province down; `rest` is what the divisions do not explain."""

    chain: tuple[AddressDivision, ...]
    rest: str
    read: int  # characters (or Latin parts) that the divisions explain
    exact: int  # how many of the names were written in full

    @property
    def division(self) -> AddressDivision:
        """The smallest division that was named."""
        return self.chain[-1]

    @property
    def code(self) -> str:
        """Its GB/T 2260 code: six digits, nine for a township."""
        return self.chain[-1].code

    @property
    def position(self) -> tuple[float, float, float]:
        """(lat, lon, precision_m) of the smallest division whose place is known."""
        for division in reversed(self.chain):
            if division.lat is not None and division.lon is not None and division.precision_m is not None:
                return division.lat, division.lon, division.precision_m
        raise AssertionError("a province has a position")


@dataclass(frozen=True, slots=True)
class _Reading:
    """A state while reading: what was named last, how far, how many names in full."""

    code: str
    at: int
    exact: int
    steps: int


def parse_address(book: PlaceBook, text: str) -> list[Address]:
    """Every best reading of an address, the most important division first; [] if it names no division of China.

    More than one means that the text does not decide.
    """
    plain = simplified(unicodedata.normalize("NFKC", text).strip())[:_LONGEST_TEXT]
    found = _chinese(book, plain) if has_han(plain) else _latin(book, plain)
    return sorted(found, key=lambda a: (-a.exact, -a.read, len(a.chain), a.code))


def _chinese(book: PlaceBook, text: str) -> list[Address]:
    text = _COUNTRY.sub("", text.lstrip(_SEPARATORS))
    for lead in range(min(_LEAD, len(text)) + 1):
        if lead and text[lead - 1 : lead + 1].isdecimal():
            continue
        readings = _follow(book, text, lead)
        if lead:  # after other words only full names count, and two of them: 王小明 宁波市北仑区
            readings = [r for r in readings if r.exact >= 2 or (r.exact and text[lead - 1] in _SEPARATORS)]
        if readings:
            before = text[:lead].strip(_SEPARATORS)
            return [_address(book, r, before, text[r.at :]) for r in _best(readings)]
    return []


def _follow(book: PlaceBook, text: str, start: int) -> list[_Reading]:
    """All readings of the text from `start`, also those that stop early."""
    done: list[_Reading] = []
    open_ones = [_Reading("", start, 0, 0)]
    while open_ones:
        following = [n for reading in open_ones for n in _next(book, text, reading)]
        done += following
        open_ones = list(dict.fromkeys(following))
    return done


def _next(book: PlaceBook, text: str, reading: _Reading) -> list[_Reading]:
    at = reading.at
    while at < len(text) and text[at] in _SEPARATORS:
        at += 1
    starts = [text[at : at + n] for n in range(2, min(_LONGEST_NAME, len(text) - at) + 1)]
    if not starts:
        return []
    found = []
    for key, code, how, level in book.rows(_NAMED, (as_json(starts),)):
        end = at + len(key)
        if how == SPOKEN and text[end:].startswith(_NOT_A_DIVISION):
            continue
        if level == TOWNSHIP_LEVEL and not reading.code:
            continue  # 38,000 townships; one alone says nothing
        if reading.code and not _inside(book, code, reading.code):
            continue
        found.append(_Reading(code, end, reading.exact + (how == FULL), reading.steps + 1))
    return found


def _inside(book: PlaceBook, code: str, upper: str) -> bool:
    """Whether `code` lies within `upper`, or is it again (北京市北京市朝阳区)."""
    return upper in _chain_codes(book, code)


def _chain_codes(book: PlaceBook, code: str) -> list[str]:
    """Codes from the province down to `code`."""
    codes = [code]
    while parent := (book.row("SELECT parent FROM division WHERE code = ?", (codes[-1],)) or ("",))[0]:
        codes.append(parent)
    return codes[::-1]


def _best(readings: Sequence[_Reading]) -> list[_Reading]:
    """Those that explain most of the text; among them those that name most in full; one a code."""
    furthest = max(r.at for r in readings)
    last = [r for r in readings if r.at == furthest]
    exact = max(r.exact for r in last)
    return list({r.code: r for r in last if r.exact == exact}.values())


def _latin(book: PlaceBook, text: str) -> list[Address]:
    parts = [p.strip() for p in re.split(r"[,;\n]", _POSTCODE.sub("", text)) if p.strip()][:_MOST_PARTS]
    named = [(i, codes) for i, part in enumerate(parts) if (codes := _codes_of_part(book, part))]
    if not named:
        return []
    results: dict[str, Address] = {}
    for order in (named[::-1], named):
        for chain, used in _latin_chains(book, order):
            rest = ", ".join(p for i, p in enumerate(parts) if i not in used and not _is_generic(p))
            address = Address(divisions_of(book, chain), rest, len(used), 0)
            if chain not in results or results[chain].read < address.read:
                results[chain] = address
    most = max(a.read for a in results.values())
    return [a for a in results.values() if a.read == most]


def _latin_chains(
    book: PlaceBook, named: Sequence[tuple[int, list[str]]]
) -> list[tuple[str, frozenset[int]]]:
    """(smallest code, parts used) of all readings of the parts from the large to the small."""
    states: list[tuple[str, frozenset[int]]] = [("", frozenset())]
    for i, codes in named:
        more = [
            (code, used | {i})
            for upper, used in states
            for code in codes
            if not upper or (code != upper and _inside(book, code, upper))
        ]
        states += more
    states = [s for s in states if s[0]]
    most = max(len(used) for _, used in states)
    return [s for s in states if len(s[1]) == most]


def _codes_of_part(book: PlaceBook, part: str) -> list[str]:
    """Codes of divisions named by a part, without its generic words; [] for a street with a number."""
    if any(c.isdigit() for c in part):
        return []
    kept = [w for w in re.split(r"[\s.]+", part) if fold(w) and fold(w) not in _GENERIC]
    keys = {fold("".join(kept)), fold(part)} - {""}
    return [code for (code,) in book.rows(_NAMED_LATIN, (as_json(sorted(keys)),))]


def _is_generic(part: str) -> bool:
    return all(fold(w) in _GENERIC for w in re.split(r"[\s.']+", part) if w)


def _address(book: PlaceBook, reading: _Reading, before: str, after: str) -> Address:
    rest = " ".join(t for t in (before, after.strip(_SEPARATORS)) if t)
    return Address(divisions_of(book, reading.code), rest, reading.at, reading.exact)


def places_named(book: PlaceBook, text: str) -> list[Place]:
    """The counties, prefectures or provinces that an address names, as places; townships as their county."""
    codes = {d.code: None for a in parse_address(book, text) for d in a.chain[-1:] if not d.former}
    upper = dict.fromkeys(code[:6] for code in codes)
    return [book.get(code) for code in upper]


def divisions_of(book: PlaceBook, code: str) -> tuple[AddressDivision, ...]:
    """The divisions from the province down to `code`; () for a code that is none."""
    chain: list[AddressDivision] = []
    while code:
        row = book.row(_CHAIN, (code,))
        if row is None:
            return ()
        own, name, name_en, level, lat, lon, precision_m, former, code = row
        chain.append(AddressDivision(own, name, name_en, level, lat, lon, precision_m, bool(former)))
    return tuple(reversed(chain))
