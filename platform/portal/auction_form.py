"""The part of a load's form that says how it is auctioned, both ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haoyun.platform.market.auction import AuctionTerms, Award, Unsold
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.portal.fields import Reader

# What the form proposes, in its own words.
PROPOSED: Mapping[str, str] = {
    "auction_soft_close_min": "5",
    "auction_award": Award.LOWEST.value,
    "auction_decide_min": "120",
    "auction_unsold": Unsold.ASK.value,
}


def read_auction(read: Reader) -> AuctionTerms | None:
    """The terms as typed, or None with what is wrong noted in the form."""
    form = read.form
    closes_at = read.needed_instant("auction_closes_at")
    latest_at = read.optional_instant("auction_latest_at")
    values: dict[str, Any] = {
        "soft_close_min": read.whole("auction_soft_close_min"),
        "ceiling_fen": read.scaled("auction_ceiling_fen") if form.text("auction_ceiling_fen") else None,
        "step_fen": read.scaled("auction_step_fen"),
        "award": Award.PUBLISHER if form.text("auction_award") == Award.PUBLISHER.value else Award.LOWEST,
        "unsold": Unsold.EXPIRE if form.text("auction_unsold") == Unsold.EXPIRE.value else Unsold.ASK,
    }
    if form.text("auction_decide_min"):
        values["decide_min"] = read.whole("auction_decide_min")
    if closes_at is None:
        return None
    try:
        return AuctionTerms(closes_at=closes_at, latest_at=latest_at, **values)
    except FieldErrors as error:
        form.refuse(error.under("auction"))
        return None


def auction_document(read: Reader) -> dict[str, Any]:
    """What the form says so far, as a document has it; empty where it says no closing time."""
    form = read.form
    if not form.text("auction_closes_at"):
        return {}
    instants = {name: read.optional_instant(f"auction_{name}") for name in ("closes_at", "latest_at")}
    found: dict[str, Any] = {name: at.isoformat() for name, at in instants.items() if at is not None}
    for name in ("soft_close_min", "decide_min"):
        if form.text(f"auction_{name}"):
            found[name] = read.whole(f"auction_{name}")
    for name in ("ceiling_fen", "step_fen"):
        if form.text(f"auction_{name}"):
            found[name] = read.scaled(f"auction_{name}")
    if form.text("auction_award") in set(Award):
        found["award"] = form.text("auction_award")
    if form.text("auction_unsold") in set(Unsold):
        found["unsold"] = form.text("auction_unsold")
    return found
