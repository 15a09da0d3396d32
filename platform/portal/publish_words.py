"""Words of the pages around publishing: fields, kinds of flags, days of the week."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from haoyun.platform.portal.i18n import gettext
from haoyun.platform.publishing.flags import Flag
from haoyun.platform.publishing.truth import FlagKind

FIELDS: Mapping[str, LazyString] = {
    "goods": _l("What is it"),
    "weight_kg": _l("Weight"),
    "volume_dm3": _l("Volume"),
    "ldm_cm": _l("Loading metres"),
    "max_piece_cm": _l("Longest piece"),
    "pallets": _l("Pallets"),
    "body": _l("Body"),
    "temperature_min_c": _l("Temperature"),
    "temperature_max_c": _l("Temperature"),
    "dg_class": _l("Dangerous goods class"),
    "origin": _l("From"),
    "destination": _l("To"),
    "pickup": _l("Pickup"),
    "delivery": _l("Delivery"),
    "ready": _l("Ready from"),
    "price_mode": _l("Price"),
    "price_fen": _l("Price"),
    "min_price_fen": _l("Lowest price"),
    "pay_days": _l("Pays within"),
    "radius_km": _l("Serves around"),
    "vehicle_id": _l("Vehicle"),
    "plate": _l("Plate"),
    "phone": _l("Telephone (is not published)"),
    "trucks": _l("Number of trucks"),
    "truck_cm": _l("Length of the truck"),
    "invited": _l("Partners"),
    "public_at": _l("Public from"),
    "expires_at": _l("Open until"),
    "note": _l("Note"),
    "mode": _l("Moves by"),
    "equipment": _l("Brings along"),
}

FLAGS: Mapping[str, LazyString] = {
    "duplicate": _l("Looks like a duplicate"),
    "resale": _l("Looks like a resale"),
    "ghost": _l("Looks like a ghost offer"),
    "price": _l("Price far off the lane"),
}

WEEKDAYS: tuple[LazyString, ...] = (
    _l("Mon"), _l("Tue"), _l("Wed"), _l("Thu"), _l("Fri"), _l("Sat"), _l("Sun"),
)  # fmt: skip


def weekday_choices() -> list[tuple[int, str]]:
    """(number, word) of each day, Monday first."""
    return [(i, str(word)) for i, word in enumerate(WEEKDAYS, start=1)]


def evidence(flag: Flag) -> str:
    """What a flag rests on, as a sentence."""
    e = flag.evidence
    match flag.kind:
        case FlagKind.DUPLICATE:
            return gettext("You have an open offer of the same goods, lane, weight and time.")
        case FlagKind.RESALE if e.get("won") == "yes":
            return gettext("The publisher carries the same goods by an order that it won.")
        case FlagKind.RESALE:
            return gettext("Another publisher offered the same goods, lane, weight and time before.")
        case FlagKind.GHOST:
            return gettext(
                "Closed %(closed)s times without a deal, renewed %(renewals)s times; %(quotes)s quotes unanswered.",
                closed=int(e.get("closed", 0)),
                renewals=int(e.get("renewals", 0)),
                quotes=int(e.get("quotes", 0)),
            )
        case FlagKind.PRICE:
            return gettext(
                "%(times)s times the median of %(n)s other prices on this lane.",
                times=e.get("times", "?"),
                n=int(e.get("prices", 0)),
            )
