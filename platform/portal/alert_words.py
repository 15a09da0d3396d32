"""Alerts in the reader's words: what happened, and the figures that belong to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from haoyun.platform.alerts.rule import Alert
from haoyun.platform.portal.formats import duration, money, time_in_text, tonnes
from haoyun.platform.portal.i18n import gettext, language
from haoyun.platform.portal.publish_words import FLAGS

SUBJECTS: Mapping[str, LazyString] = {
    "geofence": _l("Fences"),
    "speeding": _l("Speeding"),
    "delay": _l("Delays"),
    "off_route": _l("Off the planned way"),
    "silence": _l("Silence and gaps"),
    "temperature": _l("Temperature and doors"),
    "hours": _l("Driving hours"),
    "exception": _l("Exceptions of shipments"),
    "papers": _l("Papers that expire"),
    "lane": _l("New offers on a saved lane"),
}

KINDS: Mapping[str, LazyString] = {
    "fence_entered": _l("Fence entered"),
    "fence_left": _l("Fence left"),
    "fence_dwelt": _l("Long stay in a fence"),
    "speeding": _l("Too fast"),
    "delayed": _l("Delayed"),
    "on_time_again": _l("On time again"),
    "off_route": _l("Off the planned way"),
    "back_on_route": _l("Back on the planned way"),
    "silent": _l("Nothing heard"),
    "heard_again": _l("Heard again"),
    "gap": _l("Silence while driving"),
    "jamming": _l("Position suspiciously lost"),
    "temperature_out": _l("Temperature out of range"),
    "temperature_back": _l("Temperature back in range"),
    "door_opened_en_route": _l("Door open while driving"),
    "break_due": _l("Break due soon"),
    "hours_breached": _l("Driving time exceeded"),
    "exception": _l("Exception"),
    "paper_expires": _l("A paper expires soon"),
    "lane_match": _l("A new offer on a saved lane"),
    "still_valid": _l("Is it still valid?"),
    "flagged": _l("An offer looks false"),
    "outbid": _l("You were underbid"),
    "auction_closed": _l("The auction has closed: choose a bid"),
    "auction_awarded": _l("Your auction was awarded"),
    "auction_won": _l("You won the auction: confirm the order"),
    "auction_lost": _l("The auction went to another carrier"),
    "auction_unsold": _l("The auction ended without an award"),
    "not_posted": _l("A repeat could not post its offer"),
    "dock_booked": _l("Dock booked"),
    "dock_rebooked": _l("Dock booking moved"),
    "dock_cancelled": _l("Dock booking cancelled"),
    "dock_no_show": _l("Booked vehicle did not come"),
}

EXCEPTION_KINDS: Mapping[str, LazyString] = {
    "missed_read": _l("a unit was not read"),
    "temperature": _l("temperature out of range"),
    "custody_gap": _l("custody is not known"),
    "short": _l("fewer units came out"),
    "damaged": _l("damaged"),
    "seal_broken": _l("seal broken"),
    "refused": _l("refused"),
    "other": _l("other"),
}


PAPERS: Mapping[str, LazyString] = {
    "insurance": _l("Insurance"),
    "inspection": _l("Vehicle inspection"),
    "transport-permit": _l("Road transport permit"),
    "driver-licence": _l("Driving licence"),
    "driver-qualification": _l("Qualification certificate"),
}

_WORDED: Mapping[str, Callable[[str], str]] = {
    "flag": lambda kind: str(FLAGS[kind]),
    "exception": lambda kind: str(EXCEPTION_KINDS.get(kind, kind)),
    "paper": lambda name: str(PAPERS.get(name, name)),
    "arrival": lambda at: gettext("expected %(time)s", time=time_in_text(datetime.fromisoformat(at))),
    "expires": lambda at: gettext("valid until %(day)s", day=time_in_text(datetime.fromisoformat(at))),
    "pickup": lambda at: time_in_text(datetime.fromisoformat(at)),
    "slot": lambda at: time_in_text(datetime.fromisoformat(at)),
    "ready": lambda at: time_in_text(datetime.fromisoformat(at)),
}


def words(alert: Alert) -> tuple[str, str]:
    """(what happened, its figures)."""
    title = str(KINDS.get(alert.kind.value, alert.kind.value))
    found = [_figure(name, value) for name, value in alert.data.items()]
    return title, " · ".join(one for one in found if one)


def _figure(name: str, value: str | float | bool) -> str:
    if name in ("name", "plate", "holder", "goods", "day", f"lane_{language()}"):
        return str(value)
    if name in _WORDED:
        return _WORDED[name](str(value))
    if isinstance(value, str | bool):
        return ""
    named = {
        "weight_kg": tonnes(value),
        "price_fen": money(round(value)),
        "speed_kmh": gettext("%(n)s km/h", n=round(value)),
        "limit_kmh": gettext("limit %(n)s km/h", n=round(value)),
        "delay_s": gettext("%(time)s late", time=duration(value)) if value > 0 else "",
        "stayed_s": gettext("stayed %(time)s", time=duration(value)),
        "away_s": gettext("away for %(time)s", time=duration(value)),
        "gap_s": gettext("silent for %(time)s", time=duration(value)),
        "driven_s": gettext("driven %(time)s", time=duration(value)),
        "left_s": gettext("%(time)s left", time=duration(value)),
        "beside_m": gettext("%(n)s m beside it", n=round(value)),
        "value_c": gettext("%(n)s °C", n=round(value, 1)),
        "worst_c": gettext("worst %(n)s °C", n=round(value, 1)),
    }
    return named.get(name, "")
