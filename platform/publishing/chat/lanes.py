"""From where to where: lanes among the places of a message, by what stands between and before them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from haoyun.platform.publishing.chat.found import Token
from haoyun.platform.publishing.chat.slate import Slate

_VERB = r"直达|直发|发往|运往|运到|拉到|送到|送往|开往|前往|返回|回到|到达|装货?\s*[,，]?\s*到|发到|装到|至|到|去|发|往|回|飞|送|拉|走|装"
_ARROW = r"->|=>|-->|→|⇒|➡|»|>+|-{1,3}|—+|–+|~+|〉|›|\.{2,}|…+|bound for|(?<![a-z])to(?![a-z])|(?<![a-z])deliver(?:y)? to"
# Between origin and destination may stand the rest of an address: 苏州工业园区到成都.
BETWEEN = re.compile(
    rf"(?P<rest>[^\d,。;:\n→>~-]{{0,12}}?)\s*(?:{_VERB}|{_ARROW})\s*(?:{_ARROW})?\s*(?:四川省?)?"
)
_ORIGIN = re.compile(
    r"(?:起点|始发地?|出发地?|装货地?(?:点|址)?|提货地?(?:点|址)?|发货地?(?:点|址)?|装|提|从|自|人在|车在|现在在|在"
    r"|(?<![a-z])(?:from|origin|pick-?up(?: at| in| from)?|loading(?: at| in)?|in|at|ex))\s*[:]?\s*$"
)
_DESTINATION = re.compile(
    r"(?:终点|目的地|到达地|卸货地?(?:点|址)?|送货地?(?:点|址)?|收货地?(?:点|址)?|卸|返回|返|回|到|至|往|去"
    r"|(?<![a-z])(?:to|destination|deliver(?:y|ed)?(?: to| in| at)?|unloading(?: at| in)?|towards?|back to|return(?: to)?))\s*[:]?\s*(?:到|在|货|to)?\s*$"
)


@dataclass(frozen=True, slots=True)
class Lane:
    """Places of one offer; `start` and `end` are those of what names them."""

    origin: Token | None
    destination: Token | None
    start: int
    end: int


def lanes(slate: Slate, places: list[Token]) -> list[Lane]:
    """Every lane in the order of the message; single places that a label names are lanes with one end."""
    found: list[Lane] = []
    i = 0
    while i < len(places):
        first = places[i]
        second = places[i + 1] if i + 1 < len(places) else None
        if second is not None and _is_lane(slate, first, second):
            found.append(Lane(first, second, first.start, second.end))
            _take(slate, first.end, second.start)
            i += 2
            continue
        _add_single(slate, found, first)
        i += 1
    for lane in found:
        for place in (lane.origin, lane.destination):
            if place is not None:
                slate.take(place.start, place.end)
    return found


def _is_lane(slate: Slate, first: Token, second: Token) -> bool:
    gap = slate.plain[first.end : second.start]
    if "\n" in gap.strip(" ") or not slate.is_free(first.end, second.start):
        return False
    if not gap.strip():
        return first.value.is_plain and second.value.is_plain and bool(gap)
    match = BETWEEN.fullmatch(gap)
    return match is not None and (not match["rest"].strip() or first.value.is_plain)


def _take(slate: Slate, start: int, end: int) -> None:
    match = BETWEEN.fullmatch(slate.plain[start:end])
    if match is not None:
        slate.take(start + match.end("rest"), end)  # the rest of the address stays marked as not understood


def _add_single(slate: Slate, found: list[Lane], place: Token) -> None:
    """A place after a label: the origin of a new lane, or the destination of the one before."""
    before = slate.plain[max(0, place.start - 16) : place.start].rsplit("\n", 1)[-1]
    destination, origin = _DESTINATION.search(before), _ORIGIN.search(before)
    last = found[-1] if found else None
    if destination:
        slate.take(place.start - len(before) + destination.start(), place.start)
        if last is not None and last.destination is None:
            found[-1] = Lane(last.origin, place, last.start, place.end)
        elif last is None:
            found.append(Lane(None, place, place.start, place.end))
    elif origin or place.value.is_plain:
        if origin:
            slate.take(place.start - len(before) + origin.start(), place.start)
        if last is not None and last.origin is None:
            found[-1] = Lane(place, last.destination, min(last.start, place.start), place.end)
        elif last is None or (origin and last.destination is not None):
            found.append(Lane(place, None, place.start, place.end))
