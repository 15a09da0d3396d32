"""Offers between forms and documents: a draft fills the form, and what a form says so far becomes a draft."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.load import PriceMode, Visibility
from haoyun.platform.market.values import Body, Equipment, Mode
from haoyun.platform.portal.auction_form import auction_document
from haoyun.platform.portal.fields import Reader
from haoyun.platform.portal.formats import place
from haoyun.platform.portal.i18n import zone
from haoyun.platform.portal.page import SCALES, Form
from haoyun.platform.publishing.chat.found import Kind
from haoyun.platform.publishing.document import Document
from haoyun.platform.services import services

_LOCAL = "%Y-%m-%dT%H:%M"
_TEXTS = {Kind.LOAD: ("goods", "dg_class", "note"), Kind.CAPACITY: ("vehicle_id", "note")}
_WHOLE = {
    Kind.LOAD: ("weight_kg", "pallets", "temperature_min_c", "temperature_max_c", "pay_days"),
    Kind.CAPACITY: ("weight_kg", "radius_km"),
}
_SCALED = {
    Kind.LOAD: ("volume_dm3", "ldm_cm", "max_piece_cm", "price_fen"),
    Kind.CAPACITY: ("cost_per_km_fen", "min_price_fen"),
}
_WINDOWS = {Kind.LOAD: ("pickup", "delivery"), Kind.CAPACITY: ("ready",)}


def document_of_form(kind: Kind, form: Form) -> dict[str, Any]:
    """What a form says so far; what cannot be read is noted in the form, and empty fields are left out."""
    read = Reader(form)
    found: dict[str, Any] = {name: form.text(name) for name in _TEXTS[kind]}
    found |= {name: read.whole(name) for name in _WHOLE[kind] if form.text(name)}
    found |= {name: read.scaled(name) for name in _SCALED[kind] if form.text(name)}
    for name in ("origin", "destination"):
        site = read.site(name, required=False)
        found[name] = site.code if site else ""
    for name in _WINDOWS[kind]:
        ends = {end: read.optional_instant(f"{name}_{end}") for end in ("start", "end")}
        found[name] = {end: at.isoformat() for end, at in ends.items() if at is not None}
    found["mode"] = form.text("mode") if form.text("mode") in set(Mode) else ""
    found["equipment"] = [one for one in form.picked("equipment") if one in set(Equipment)]
    if kind is Kind.LOAD:
        found |= _terms(read)
    return {name: value for name, value in found.items() if value not in ("", None, [], {})}


def _terms(read: Reader) -> dict[str, Any]:
    form = read.form
    public_at = read.optional_instant("public_at")
    mode = form.text("price_mode")
    return {
        "body": [one for one in form.picked("body") if one in set(Body)],
        "auction": auction_document(read) if mode == PriceMode.AUCTION.value else {},
        "price_mode": mode if mode in set(PriceMode) else "",
        "visibility": form.text("visibility") if form.text("visibility") in set(Visibility) else "",
        "public_at": public_at.isoformat() if public_at else "",
    }


def fill_form(form: Form, fields: Document) -> None:
    """Put a document into a form, in the units, places and local time that the form uses."""
    for name, value in fields.items():
        if name == "auction":
            fill_form(form, {f"auction_{key}": one for key, one in value.items() if one is not None})
        elif name in ("pickup", "delivery", "ready"):
            for end, at in value.items():
                form.values[f"{name}_{end}"] = _local(at)
        elif name in ("public_at", "expires_at", "auction_closes_at", "auction_latest_at"):
            form.values[name] = _local(value)
        elif name in ("origin", "destination"):
            form.values[name] = _place(value)
        elif isinstance(value, list):
            form.values[name] = ",".join(value)
        elif name in SCALES:
            form.values[name] = f"{value / SCALES[name]:g}" if value < 10**8 else str(value / SCALES[name])
        else:
            form.values[name] = str(value)


def _local(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(zone()).strftime(_LOCAL)


def _place(code: str) -> str:
    """The place's name; a code that is no longer on the map as it stands, so that the form says what is wrong."""
    try:
        return place(services().market.site(code))
    except FieldErrors:
        return code
