"""Offers as plain documents: what drafts, repeats, files and messages hold before an offer is made of it.

A document is a JSON object with the field names of loads and capacities, any of them missing: places by code or
name, windows as {"start", "end"} and instants in ISO 8601, money in fen. `load_draft` and `capacity_draft` make the
market's values of it and name every field that is missing or wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from haoyun.platform.market.auction import AuctionTerms, Award, Unsold
from haoyun.platform.market.capacity import CapacityDraft
from haoyun.platform.market.errors import FieldErrors, FieldRule
from haoyun.platform.market.load import Load, LoadDraft, PriceMode, Visibility
from haoyun.platform.market.values import Body, Equipment, Mode, Site, Window, window
from haoyun.platform.publishing.chat.found import Kind, Parsed

Document = Mapping[str, Any]
FindSite = Callable[[str, str], Site]  # (code or name, field); raises FieldErrors for the field
E = TypeVar("E", bound=StrEnum)
EXAMPLE_PLACE = "苏州 Suzhou"
LOAD_FIELDS = (
    "goods", "weight_kg", "volume_dm3", "ldm_cm", "max_piece_cm", "pallets", "body", "temperature_min_c",
    "temperature_max_c", "dg_class", "origin", "destination", "pickup", "delivery", "price_mode", "price_fen",
    "visibility", "invited", "public_at", "pay_days", "expires_at", "note", "mode", "equipment", "auction",
)  # fmt: skip
CAPACITY_FIELDS = (
    "vehicle_id", "origin", "destination", "ready", "radius_km", "weight_kg", "volume_dm3", "ldm_cm",
    "cost_per_km_fen", "min_price_fen", "note", "mode", "equipment",
)  # fmt: skip
FIELDS: Mapping[Kind, tuple[str, ...]] = {Kind.LOAD: LOAD_FIELDS, Kind.CAPACITY: CAPACITY_FIELDS}


@dataclass(slots=True)
class _Reader:
    """Reads a document's values; what is missing or wrong is noted at its field."""

    document: Document
    find_site: FindSite
    errors: dict[str, FieldRule] = field(default_factory=dict)

    def given(self, name: str, needed: bool = False) -> Any:
        value = self.document.get(name)
        if value in (None, ""):
            if needed:
                self.errors.setdefault(name, ("needed", {}))
            return None
        return value

    def text(self, name: str, needed: bool = False) -> str:
        value = self.given(name, needed)
        return "" if value is None else str(value).strip()

    def whole(self, name: str, needed: bool = False) -> int | None:
        value = self.given(name, needed)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        self.errors.setdefault(name, ("whole_number", {"example": 12}))
        return None

    def one_of(self, name: str, kind: type[E], default: E) -> E:
        value = self.text(name)
        if not value or value in set(kind):
            return kind(value) if value else default
        self.errors.setdefault(name, ("one_of", {"choices": ", ".join(kind)}))
        return default

    def several(self, name: str, kind: type[E]) -> frozenset[E]:
        value = self.given(name)
        given = (
            value if isinstance(value, list | tuple | frozenset | set) else [] if value is None else [value]
        )
        if all(one in set(kind) for one in given):
            return frozenset(kind(one) for one in given)
        self.errors.setdefault(name, ("one_of", {"choices": ", ".join(kind)}))
        return frozenset()

    def ids(self, name: str) -> frozenset[str]:
        value = self.given(name)
        return frozenset(str(one) for one in value) if isinstance(value, list | tuple) else frozenset()

    def site(self, name: str, needed: bool = False) -> Site | None:
        wanted = self.text(name, needed)
        if not wanted:
            return None
        try:
            return self.find_site(wanted, name)
        except FieldErrors:
            shown = {"code": wanted[:60], "example": EXAMPLE_PLACE}
            self.errors.setdefault(name, ("site_unknown", shown))
            return None

    def instant(self, name: str, value: Any) -> datetime | None:
        if value in (None, ""):
            return None
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            found = None
        if found is None or found.tzinfo is None:
            self.errors.setdefault(name, ("an_instant", {"example": "2026-03-02T08:00:00+08:00"}))
            return None
        return found

    def window(self, name: str) -> Window | None:
        value = self.given(name, needed=True)
        if value is None:
            return None
        ends = value if isinstance(value, Mapping) else {}
        start, end = (self.instant(f"{name}.{e}", ends.get(e)) for e in ("start", "end"))
        for end_name, instant in (("start", start), ("end", end)):
            if instant is None:
                self.errors.setdefault(f"{name}.{end_name}", ("needed", {}))
        if start is None or end is None:
            return None
        try:
            return window(name, start, end)
        except FieldErrors as error:
            self.errors |= {key: rule for key, rule in error.errors.items() if key not in self.errors}
            return None

    def auction(self) -> AuctionTerms | None:
        given = self.given("auction")
        if not isinstance(given, Mapping):
            return None
        inner = _Reader(given, self.find_site)
        whole = ("soft_close_min", "ceiling_fen", "step_fen", "decide_min")
        values: dict[str, Any] = {name: inner.whole(name) for name in whole if given.get(name) is not None}
        values["closes_at"] = inner.instant("closes_at", inner.given("closes_at", needed=True))
        values["latest_at"] = inner.instant("latest_at", given.get("latest_at"))
        values["award"] = inner.one_of("award", Award, Award.LOWEST)
        values["unsold"] = inner.one_of("unsold", Unsold, Unsold.ASK)
        try:
            inner.done()
            return AuctionTerms(**values)
        except FieldErrors as error:
            self.errors |= error.under("auction").errors
            return None

    def done(self) -> None:
        if self.errors:
            raise FieldErrors(self.errors)


def load_draft(document: Document, find_site: FindSite, partners: Collection[str] = ()) -> LoadDraft:
    """The load that a document says. `partners` see an offer to partners that names nobody. Raises FieldErrors."""
    read = _Reader(document, find_site)
    values: dict[str, Any] = {
        "goods": read.text("goods", needed=True),
        "weight_kg": read.whole("weight_kg", needed=True),
        "mode": read.one_of("mode", Mode, Mode.ROAD),
        "body": read.several("body", Body),
        "equipment": read.several("equipment", Equipment),
        "temperature_min_c": read.whole("temperature_min_c"),
        "temperature_max_c": read.whole("temperature_max_c"),
        "dg_class": read.text("dg_class") or None,
        "origin": read.site("origin", needed=True),
        "destination": read.site("destination", needed=True),
        "pickup": read.window("pickup"),
        "delivery": read.window("delivery"),
        "price_fen": read.whole("price_fen"),
        "visibility": read.one_of("visibility", Visibility, Visibility.PUBLIC),
        "invited": read.ids("invited"),
        "public_at": read.instant("public_at", document.get("public_at")),
        "expires_at": read.instant("expires_at", document.get("expires_at")),
        "note": read.text("note"),
    }
    default = PriceMode.ASK if values["price_fen"] is None else PriceMode.FIXED
    values["price_mode"] = read.one_of("price_mode", PriceMode, default)
    if values["price_mode"] is PriceMode.AUCTION:
        values["auction"] = read.auction()
    for name, nothing in (
        ("volume_dm3", 0),
        ("ldm_cm", 0),
        ("max_piece_cm", 0),
        ("pallets", 0),
        ("pay_days", 30),
    ):
        found = read.whole(name)
        values[name] = nothing if found is None else found
    if values["visibility"] is Visibility.PARTNERS and not values["invited"]:
        values["invited"] = frozenset(partners)
        if not partners:
            read.errors.setdefault("invited", ("no_partners", {}))
    read.done()
    return LoadDraft(**values)


def capacity_draft(document: Document, find_site: FindSite) -> CapacityDraft:
    """The capacity that a document says. Raises FieldErrors."""
    read = _Reader(document, find_site)
    values: dict[str, Any] = {
        "vehicle_id": read.text("vehicle_id", needed=True),
        "origin": read.site("origin", needed=True),
        "destination": read.site("destination"),
        "ready": read.window("ready"),
        "note": read.text("note"),
        "mode": read.one_of("mode", Mode, Mode.ROAD),
        "equipment": read.several("equipment", Equipment),
    }
    for name in ("weight_kg", "volume_dm3", "ldm_cm", "min_price_fen", "radius_km", "cost_per_km_fen"):
        found = read.whole(name)
        if found is not None:
            values[name] = found
    read.done()
    return CapacityDraft(**values)


def plain(value: Any) -> Any:
    """A value as a document keeps it."""
    if isinstance(value, Site):
        return value.code
    if isinstance(value, Window):
        return plain((value.start, value.end))
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset | set):
        return sorted(plain(one) for one in value)
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(one, datetime) for one in value):
        return {"start": value[0].isoformat(), "end": value[1].isoformat()}
    return value.value if isinstance(value, StrEnum) else value


def document_of_load(load: LoadDraft | Load) -> dict[str, Any]:
    """A load as a document."""
    document = {name: plain(getattr(load, name)) for name in LOAD_FIELDS}
    terms = load.auction
    if terms is not None:
        document["auction"] = {one.name: plain(getattr(terms, one.name)) for one in fields(terms)}
    return document


def pattern_of_load(load: LoadDraft | Load) -> dict[str, Any]:
    """A load to be posted again at another time: an auction's instants are over then, so that it asks for quotes."""
    document = document_of_load(load)
    if load.price_mode is PriceMode.AUCTION:
        document |= {"auction": None, "price_mode": PriceMode.ASK.value}
    return document


def document_of_message(parsed: Parsed, message: str) -> dict[str, Any]:
    """The fields of one offer of a message. The length of truck it asks for has no field: it stands in the note.

    A telephone number is left out: what is published is read by everybody.
    """
    known = FIELDS[parsed.kind]
    document = {name: plain(value) for name, value in parsed.values.items() if name in known}
    truck = parsed.fields.get("truck_cm")
    if truck is not None and parsed.kind is Kind.LOAD:
        document["note"] = " ".join(message[start:end] for start, end in truck.spans)
    return document
