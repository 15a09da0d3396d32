"""The auction on a load's page: how it stands, refreshed by itself, and the form that bids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.market.errors import Conflict, FieldErrors, NotAllowed
from haoyun.platform.portal.i18n import gettext, language
from haoyun.platform.portal.page import names_of, page_group, said, signed_in, typed_fen
from haoyun.platform.services import services
from haoyun.platform.trading.store import place_bid, standing_of

STATES: Mapping[str, tuple[LazyString, str]] = {
    "RUNNING": (_l("open for bids"), "good"),
    "DECIDING": (_l("closed, the publisher chooses"), "warn"),
    "AWARDED": (_l("awarded"), "info"),
    "UNSOLD": (_l("ended without an award"), "dull"),
    "VOID": (_l("given up with its load"), "dull"),
}

blueprint = page_group("auctions")


@blueprint.get("/loads/<load_id>/auction")
@signed_in
def now(load_id: str, actor: Actor) -> str:
    """How the auction stands, as a part of the load's page."""
    with services().read() as db:
        return render_template("auction_now.html", **standing_detail(db, load_id, actor))


@blueprint.post("/loads/<load_id>/bids")
@signed_in
def bid(load_id: str, actor: Actor) -> Response:
    """A price of the signed-in carrier for one of its trucks."""
    found, at = services(), services().now()
    context, capacity_id = found.market.snapshot(at), request.form.get("capacity_id", "")
    try:
        with found.write() as db:
            place_bid(db, actor, load_id, capacity_id, typed_fen("price"), at, context)
        flash(gettext("Your bid counts. It is binding until the auction is over."), "success")
    except FieldErrors as error:
        flash(" · ".join(error.messages(language()).values()), "error")
    except (Conflict, NotAllowed) as error:
        flash(said(error), "error")
    return redirect(url_for("loads.show", load_id=load_id, _anchor="auction"))


def standing_detail(db: sa.Connection, load_id: str, actor: Actor) -> dict[str, Any]:
    """What the part of the page needs. Raises NotFound for a load that was never auctioned."""
    at = services().now()
    stands = standing_of(db, load_id, actor, at)
    auction = stands.auction
    ends_at = auction.decide_until if auction.state == "DECIDING" else auction.ends_at
    left_s = 0 if ends_at is None else max(0, round((ends_at - at).total_seconds()))
    is_under_way = auction.state in ("RUNNING", "DECIDING")
    words, tone = STATES[auction.state.value]
    return {
        "stands": stands,
        "auction": auction,
        "auction_words": words,
        "auction_tone": tone,
        "auction_left_s": left_s if is_under_way else 0,
        "is_auction_under_way": is_under_way,
        "may_choose": auction.is_decided_by_publisher(at) and actor.may_trade,
        "bidder_names": names_of(db, {one.carrier_org for one in stands.bids}),
    }
