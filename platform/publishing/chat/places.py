"""Places in chat messages: the places of the map, and names of divisions that lead to them or must be asked about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from haoyun.maps.gazetteer.division_seats import read_seat_table
from haoyun.maps.gazetteer.divisions import short_name
from haoyun.maps.gazetteer.names import fold, is_han
from haoyun.maps.gazetteer.place import Place
from haoyun.maps.gazetteer.places import Gazetteer
from haoyun.maps.geodesy import haversine_m
from haoyun.platform.market.values import Site
from haoyun.platform.publishing.chat.found import Token
from haoyun.platform.publishing.chat.slate import Slate

_REACH_M = 100_000.0  # a county farther than this from every place of the map cannot be named by an offer
_MOST_ASKED = 4
_LONGEST = 12
_MOST_WORDS = 3
# Cities whose names are everyday words count only where a lane or a label says that a place is meant.
_WORDS = frozenset(("合作", "白银", "共和", "同仁", "东方", "大安", "集安", "日照"))
_NOT_A_PLACE = re.compile(r"路|街|大街|大道|道|巷|大厦|牌|港路|师傅|人|话|籍|商会|物流|专线")
_WORD = re.compile(r"[a-z][a-z'’]*")
# A city of the map whose name is as often a district of a larger one: 朝阳 is in Liaoning, Beijing and Changchun.
_SHARED = frozenset(("朝阳",))


@dataclass(frozen=True, slots=True)
class Named:
    """What a name can mean: one place of the map, or places of the map to ask about."""

    sites: tuple[Site, ...]
    divisions: tuple[str, ...]  # GB/T 2260 codes that bear the name, for names said one inside the other
    is_sure: bool  # it is the map's own name for one place
    is_wide: bool = False  # a province: no place by itself


@dataclass(frozen=True, slots=True)
class PlaceNames:
    """Every name that a message may use, for one map."""

    names: Mapping[str, Named]
    longest: int = _LONGEST

    @classmethod
    def of(cls, places: Iterable[Place]) -> PlaceNames:
        """The names of a map's places, and of China's divisions that lie close to them."""
        found = tuple(places)
        sites = {p.code: Site(p.code, p.name_zh, p.name_en, p.lat, p.lon) for p in found}
        divisions = read_seat_table() if any(p.division for p in found) else {}
        names = _division_names(divisions, tuple(sites.values()))
        for site in sites.values():
            name = site.name_zh
            namesake = names.get(name) if name in _SHARED else None
            asked = tuple(dict.fromkeys((site, *(namesake.sites if namesake else ()))))
            codes = tuple(dict.fromkeys((site.code, *(namesake.divisions if namesake else ()))))
            names[name] = Named(asked, codes, is_sure=len(asked) == 1)
            names[name + "市"] = Named((site,), (site.code,), is_sure=True)
        return cls({**names, **_latin(sites.values())})


def _division_names(
    divisions: Mapping[str, tuple[str, float, float]], sites: tuple[Site, ...]
) -> dict[str, Named]:
    """Names of China's divisions; none is sure, for an offer names places of the map."""
    bearers: dict[str, list[str]] = {}
    for code, (name, _, _) in sorted(divisions.items()):
        if len(short := short_name(name)) >= 2:
            bearers.setdefault(short, []).append(code)
    near = _nearest(divisions, sites)
    found: dict[str, Named] = {}
    for name, codes in bearers.items():
        wide = all(code.endswith("0000") for code in codes)
        asked = dict.fromkeys(near[code] for code in codes if code in near)
        named = Named(() if wide else tuple(asked)[:_MOST_ASKED], tuple(codes), is_sure=False, is_wide=wide)
        found |= {name + ending: named for ending in (("", "省") if wide else ("", "市", "县", "区"))}
    return found


def _nearest(divisions: Mapping[str, tuple[str, float, float]], sites: tuple[Site, ...]) -> dict[str, Site]:
    """The closest place of the map for each division that has one within reach."""
    if not divisions:
        return {}
    lat, lon = (np.array([row[i] for row in divisions.values()], dtype=np.float64)[:, None] for i in (1, 2))
    away = haversine_m(
        lat, lon, np.array([s.lat for s in sites])[None, :], np.array([s.lon for s in sites])[None, :]
    )
    first, metres = away.argmin(axis=1), away.min(axis=1)
    return {
        code: sites[int(i)]
        for code, i, m in zip(divisions, first, metres, strict=True)
        if float(m) <= _REACH_M
    }


def _latin(sites: Iterable[Site]) -> dict[str, Named]:
    """Suzhou is 苏州, but also 宿州, whose Latin name the map has to tell apart in brackets."""
    bearers: dict[str, list[Site]] = {}
    for site in sites:
        whole, base = fold(site.name_en), fold(site.name_en.partition("(")[0])
        for key in dict.fromkeys((base, whole)):
            bearers.setdefault(key, []).append(site)
    return {
        key: Named(tuple(found), tuple(s.code for s in found), is_sure=len(found) == 1)
        for key, found in bearers.items()
        if len(key) >= 3
    }


@dataclass(frozen=True, slots=True)
class Spot:
    """A place as a message names it."""

    sites: tuple[Site, ...]
    is_sure: bool  # decided: one place of the map, by its own name
    is_plain: bool = field(default=True)  # not an everyday word, so that it counts outside a lane too

    @property
    def site(self) -> Site | None:
        """The place, if the message decides."""
        return self.sites[0] if self.is_sure else None


def spots(slate: Slate, names: PlaceNames) -> list[Token]:
    """Places of a message in their order, names said one inside the other (四川成都双流) as one. Nothing is taken."""
    single = sorted([*_han(slate, names), *_words(slate, names)], key=lambda t: t.start)
    merged: list[Token] = []
    for token in single:
        last = merged[-1] if merged else None
        gap = slate.plain[last.end : token.start] if last else "x"
        inside = last and gap in ("", " ", "省", "市") and _inside(last.value, token.value)
        if last and inside:
            merged[-1] = Token("place", inside, last.start, token.end)
        else:
            merged.append(token)
    return [
        Token("place", _spot(t.value, slate.plain[t.start : t.end]), t.start, t.end)
        for t in merged
        if not t.value.is_wide
    ]


def _spot(named: Named, text: str) -> Spot:
    is_plain = named.is_sure and text not in _WORDS
    return Spot(named.sites, named.is_sure, is_plain)


def _inside(outer: Named, inner: Named) -> Named | None:
    """What two names mean when the second lies inside the first: 四川 成都, 成都 双流, 北京 朝阳."""
    for upper in outer.divisions:
        stem = upper[:2] if upper.endswith("0000") or upper[:2] in ("11", "12", "31", "50") else upper[:4]
        within = tuple(code for code in inner.divisions if code.startswith(stem) and code != upper)
        if not within:
            continue
        of_map = tuple(site for site in inner.sites if site.code in within)
        if of_map:
            return Named(of_map[:1], within, is_sure=True)
        if outer.is_sure:  # the district of a city of the map: the city is what an offer names
            return Named(outer.sites, within, is_sure=True)
        return Named(inner.sites, within, is_sure=False)
    return None


def _han(slate: Slate, names: PlaceNames) -> Iterator[Token]:
    text, i = slate.plain, 0
    while i < len(text):
        end = next(
            (
                i + n
                for n in range(min(names.longest, len(text) - i), 1, -1)
                if is_han(text[i : i + n]) and text[i : i + n] in names.names and slate.is_free(i, i + n)
            ),
            None,
        )
        if end is None or _NOT_A_PLACE.match(text, end):
            i += 1
            continue
        yield Token("place", names.names[text[i:end]], i, end)
        i = end


def _words(slate: Slate, names: PlaceNames) -> Iterator[Token]:
    found = [m for m in _WORD.finditer(slate.plain) if slate.is_free(*m.span())]
    i = 0
    while i < len(found):
        for n in range(min(_MOST_WORDS, len(found) - i), 0, -1):
            start, end = found[i].start(), found[i + n - 1].end()
            key = fold(slate.plain[start:end])
            if key in names.names and slate.plain[start:end].count(" ") == n - 1:
                yield Token("place", names.names[key], start, end)
                i += n
                break
        else:
            i += 1


@lru_cache(maxsize=4)
def names_of(gazetteer: Gazetteer) -> PlaceNames:
    """The names of a map's places, made once for a process."""
    return PlaceNames.of(gazetteer.list())
