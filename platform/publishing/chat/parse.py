"""From a chat message to offers: 苏州到成都 13米高栏 28吨 钢卷 明天装 1.2万.

Rules read the message one after another, each what no earlier one took. A field has a value only where a part of
the message says it; what no rule read is given back as such. Nothing is looked up but the names of places.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from haoyun.platform.market.load import PriceMode
from haoyun.platform.market.values import Body
from haoyun.platform.publishing.chat import lexicon
from haoyun.platform.publishing.chat.dates import Role, days, spans_of_days
from haoyun.platform.publishing.chat.figures import bare_prices, figures
from haoyun.platform.publishing.chat.found import Finding, Kind, Parsed, Question, Token
from haoyun.platform.publishing.chat.lanes import Lane, lanes
from haoyun.platform.publishing.chat.places import PlaceNames, Spot, spots
from haoyun.platform.publishing.chat.slate import Slate, Span, slate_of

MAX_MESSAGE_CHARS = 4000
MAX_OFFERS = 20
_SEGMENT = re.compile(r"[\n;。]")
_FOR_ALL = re.compile(r"都|均|全部|以上|全是|all ")
_GOODS_RUN = re.compile(r"[\u3400-\u9fff]{2,8}|[a-z]{4,15}(?: [a-z]{3,15})?")
_ENUMERATOR = re.compile(r"(?:^|(?<=[\n;。]))\s*(?:\d{1,2}\s*[.、)]|[①-⑳]|[(]\d{1,2}[)])(?!\d)")


@dataclass(slots=True)
class _Offer:
    """One offer while it is put together, with the part of the message that is about it."""

    start: int
    end: int
    lane: Lane | None
    tokens: list[Token] = field(default_factory=list)


def parse_message(text: str, names: PlaceNames, local: datetime) -> list[Parsed]:
    """The offers of a message, in its order; one without a lane if it names none.

    `local` is now in the local time of who wrote it: it decides what tomorrow is. Raises ValueError for a text beyond
    MAX_MESSAGE_CHARS.
    """
    if len(text) > MAX_MESSAGE_CHARS:
        raise ValueError(f"a message has at most {MAX_MESSAGE_CHARS} characters")
    slate = slate_of(text)
    for match in list(_ENUMERATOR.finditer(slate.plain)):
        slate.take(*match.span())
    tokens = [*spans_of_days(sorted(days_and_phones(slate, local), key=lambda t: t.start), slate)]
    tokens += figures(slate)
    found = lanes(slate, spots(slate, names))
    offers = _offers(slate, found)[:MAX_OFFERS]
    tokens += [*_bodies(slate), *_goods(slate)]
    _fill(slate, lexicon.FILLER)
    tokens += bare_prices(slate)
    _allot(slate, offers, tokens)
    offers = _without_headlines(slate, offers)
    for offer in offers:
        _last_goods(slate, offer)
    kinds = _kinds(slate, offers)
    return [_parsed(slate, offer, kind) for offer, kind in zip(offers, kinds, strict=True)]


def days_and_phones(slate: Slate, local: datetime) -> Iterable[Token]:
    """Days before other numbers, but a telephone number is no date."""
    guarded = [
        m.span() for m in re.finditer(r"(?<!\d)1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)|\d{6,}", slate.plain)
    ]
    before = bytes(slate.taken)
    for span in guarded:
        slate.take(*span)
    found = list(days(slate, local))
    for start, end in guarded:
        slate.taken[start:end] = before[start:end]
    return [t for t in found if t.name == "when"]


def _bodies(slate: Slate) -> list[Token]:
    found = []
    for match in list(slate.find(lexicon.BODY)):
        if lexicon.is_whole_word(slate.plain, *match.span()):
            slate.take(*match.span())
            unwanted = lexicon.NOT_WANTED.match(slate.plain, match.end())
            if unwanted:
                slate.take(*unwanted.span())
                continue
            found.append(Token("body", Body(str(match.lastgroup)), *match.span()))
    return found


def _goods(slate: Slate) -> list[Token]:
    """Goods by their label or by the words for them; 百货、配件 is one value."""
    found: list[Token] = []
    for match in list(slate.find(lexicon.LABELLED_GOODS)):
        start, end = match.span("goods")
        slate.take(*match.span())
        found.append(Token("goods", None, start, end))
    for match in list(slate.find(lexicon.GOODS)):
        start, end = match.span()
        last = found[-1] if found else None
        slate.take(start, end)
        if (
            last is not None
            and lexicon.GOODS_GAP.fullmatch(slate.plain[last.end : start])
            and last.end <= start
        ):
            slate.take(last.end, start)
            found[-1] = Token("goods", None, last.start, end)
        else:
            found.append(Token("goods", None, start, end))
    return found


def _fill(slate: Slate, pattern: re.Pattern[str]) -> None:
    for match in list(slate.find(pattern)):
        if lexicon.is_whole_word(slate.plain, *match.span()):
            slate.take(*match.span())


def _offers(slate: Slate, found: list[Lane]) -> list[_Offer]:
    """A part of the message for each lane: from the start of its line or, within a line, from the lane itself."""
    if not found:
        return [_Offer(0, len(slate.plain), None)]
    cuts = [m.end() for m in _SEGMENT.finditer(slate.plain)]
    starts = []
    for i, lane in enumerate(found):
        line = max((cut for cut in cuts if cut <= lane.start), default=0)
        before = found[i - 1].end if i else -1
        starts.append(line if line > before else lane.start)
    ends = [*starts[1:], len(slate.plain)]
    return [_Offer(a, b, lane) for a, b, lane in zip(starts, ends, found, strict=True)]


def _allot(slate: Slate, offers: list[_Offer], tokens: list[Token]) -> None:
    """Each token to the offer whose part it stands in; what stands before the first or says "all" to every one."""
    closing = max((m.end() for m in _SEGMENT.finditer(slate.plain.rstrip())), default=0)
    closing = closing if offers[-1].lane is not None and closing > offers[-1].lane.end else len(slate.plain)
    phones = [token for token in tokens if token.name == "phone"]
    is_shared = _FOR_ALL.search(slate.plain[closing:]) is not None
    for token in tokens:
        of_all = (
            token.start < offers[0].start
            or (token.start >= closing and (is_shared or token.name == "phone"))
            or (
                token.name == "phone" and len(phones) == 1  # who writes one number is called on it for all
            )
        )
        for offer in offers:
            if of_all or offer.start <= token.start < offer.end:
                own = any(t.name == token.name for t in offer.tokens)
                if not (of_all and own):
                    offer.tokens.append(token)


def _without_headlines(slate: Slate, offers: list[_Offer]) -> list[_Offer]:
    """A lane that stands alone above the same lane with its offer is a headline, and no offer of its own."""
    kept: list[_Offer] = []
    for offer, following in zip(offers, [*offers[1:], None], strict=True):
        own = any(offer.start <= token.start < offer.end for token in offer.tokens)
        if following is None or own or _lane_words(slate, offer) != _lane_words(slate, following):
            kept.append(offer)
    return kept


def _lane_words(slate: Slate, offer: _Offer) -> tuple[str, ...]:
    ends = (offer.lane.origin, offer.lane.destination) if offer.lane is not None else ()
    return tuple(slate.plain[end.start : end.end] for end in ends if end is not None)


def _last_goods(slate: Slate, offer: _Offer) -> None:
    """Where no word for goods is known, the only words that are left beside a weight are the goods."""
    named = {t.name for t in offer.tokens}
    if "goods" in named or not {"weight_kg", "volume_dm3"} & named or offer.lane is None:
        return
    left = [m for m in slate.find(_GOODS_RUN) if offer.start <= m.start() < offer.end]
    runs = [m for m in left if m.start() >= offer.lane.end]
    if len(left) == 1 and len(runs) == 1 and _stands_alone(slate, *runs[0].span()):
        slate.take(*runs[0].span())
        offer.tokens.append(Token("goods", None, *runs[0].span()))


def _stands_alone(slate: Slate, start: int, end: int) -> bool:
    """Between separators or understood words, not a piece torn from a longer word."""
    before = slate.plain[start - 1] if start else " "
    after = slate.plain[end] if end < len(slate.plain) else " "
    return (not before.isalnum() or bool(slate.taken[start - 1])) and (
        not after.isalnum() or bool(slate.taken[end])
    )


def _parsed(slate: Slate, offer: _Offer, kind: Kind) -> Parsed:
    fields: dict[str, Finding] = {}
    questions: list[Question] = []
    if offer.lane is not None:
        for name, place in (("origin", offer.lane.origin), ("destination", offer.lane.destination)):
            if place is not None:
                _place(slate, name, place, fields, questions)
    _plain_fields(slate, offer, fields)
    _bodies_of(slate, offer, fields)
    _times(slate, offer, kind, fields)
    if kind is Kind.LOAD:
        _price(slate, offer, fields)
    else:
        _lowest_price(slate, offer, fields)
    start = 0 if offer.start and slate.plain[: offer.start].strip() == "" else offer.start
    return Parsed(kind, fields, tuple(questions), tuple(slate.unread(start, offer.end)))


def _kinds(slate: Slate, offers: list[_Offer]) -> list[Kind]:
    """An offer's own word for it, or its line's; else the last word before it, or one in lines after all lanes.

    A word on a later offer's line says nothing of those before: 有车 in the third line makes no truck of the first.
    """
    said = [_kind(slate.plain[offer.start : offer.end]) for offer in offers]
    for i in reversed(range(len(offers) - 1)):
        if not _SEGMENT.search(slate.plain, offers[i].start, offers[i + 1].start):
            said[i] = said[i] or said[i + 1]
    last_lane = offers[-1].lane
    below = _SEGMENT.search(slate.plain, last_lane.end) if last_lane is not None else None
    closing = _kind(slate.plain[below.end() :]) if below is not None else None
    last, kinds = _kind(slate.plain[: offers[0].start]), list[Kind]()
    for own in said:
        last = own or last
        kinds.append(last or closing or Kind.LOAD)
    return kinds


def _kind(text: str) -> Kind | None:
    if lexicon.IS_LOAD.search(text) and not lexicon.HAS_TRUCK.search(text):
        return Kind.LOAD
    return Kind.CAPACITY if lexicon.IS_CAPACITY.search(text) else None


def _place(
    slate: Slate, name: str, token: Token, fields: dict[str, Finding], questions: list[Question]
) -> None:
    spot, span = token.value, slate.source(token.start, token.end)
    assert isinstance(spot, Spot)
    if spot.site is not None:
        fields[name] = Finding(spot.site, (span,))
    else:
        questions.append(Question(name, span, spot.sites))


_SIMPLE = (
    "weight_kg", "volume_dm3", "pallets", "max_piece_cm", "dg_class", "pay_days", "phone", "plate", "trucks", "radius_km",
    "truck_cm",
)  # fmt: skip


def _plain_fields(slate: Slate, offer: _Offer, fields: dict[str, Finding]) -> None:
    for token in sorted(offer.tokens, key=lambda t: t.start):
        span = slate.source(token.start, token.end)
        if token.name in _SIMPLE:
            fields.setdefault(token.name, Finding(token.value, (span,)))
        elif token.name == "goods":
            fields.setdefault("goods", Finding(slate.original[span[0] : span[1]], (span,)))
        elif token.name == "temperature":
            low, high = token.value
            fields.setdefault("temperature_min_c", Finding(low, (span,)))
            fields.setdefault("temperature_max_c", Finding(high, (span,)))


def _bodies_of(slate: Slate, offer: _Offer, fields: dict[str, Finding]) -> None:
    tokens = [t for t in offer.tokens if t.name == "body"]
    if tokens:
        spans = tuple(slate.source(t.start, t.end) for t in tokens)
        fields["body"] = Finding(frozenset(t.value for t in tokens), spans)


def _times(slate: Slate, offer: _Offer, kind: Kind, fields: dict[str, Finding]) -> None:
    """A time that says nothing of what happens then is the pickup, unless one that does is there."""
    first = "pickup" if kind is Kind.LOAD else "ready"
    whens = [t for t in offer.tokens if t.name == "when"]
    names = {Role.PICKUP: first, Role.DELIVERY: "delivery" if kind is Kind.LOAD else ""}
    for token in sorted(whens, key=lambda t: t.value.role is Role.OPEN):
        name = names.get(token.value.role, first)
        span = slate.source(token.start, token.end)
        if name and name not in fields:
            fields[name] = Finding((token.value.start, token.value.end), (span,))


def _price(slate: Slate, offer: _Offer, fields: dict[str, Finding]) -> None:
    """The whole price, as said, or by the tonne or cubic metre where the amount is said too."""
    for name, amount, unit in (
        ("price", None, 1),
        ("per_tonne", "weight_kg", 1000),
        ("per_cubic", "volume_dm3", 1000),
        ("bare_price", None, 1),
    ):
        token = next((t for t in offer.tokens if t.name == name), None)
        if token is None or (amount is not None and amount not in fields):
            continue
        spans: tuple[Span, ...] = (slate.source(token.start, token.end),)
        value: Any = token.value
        if amount is not None:
            value, spans = round(value * fields[amount].value / unit), spans + fields[amount].spans
        fields["price_mode"] = Finding(PriceMode.FIXED, spans)
        fields["price_fen"] = Finding(value, spans)
        return
    asked = next((t for t in offer.tokens if t.name == "ask"), None)
    if asked is not None:
        fields["price_mode"] = Finding(PriceMode.ASK, (slate.source(asked.start, asked.end),))


def _lowest_price(slate: Slate, offer: _Offer, fields: dict[str, Finding]) -> None:
    token = next((t for t in offer.tokens if t.name in ("price", "bare_price")), None)
    if token is not None:
        fields["min_price_fen"] = Finding(token.value, (slate.source(token.start, token.end),))
