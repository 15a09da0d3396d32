"""Words and forms of the pages around warehouses and docks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from flask_babel import LazyString, get_locale
from flask_babel import lazy_gettext as _l

from haoyun.platform.docks.booking import NEXT, Booking, BookingState
from haoyun.platform.docks.dock import Dock, DockDraft, OpenTo, Purpose
from haoyun.platform.docks.warehouse import Warehouse
from haoyun.platform.portal.formats import metres
from haoyun.platform.portal.i18n import gettext, language
from haoyun.platform.portal.labels import bodies_words
from haoyun.platform.portal.publish_words import WEEKDAYS

PURPOSES: Mapping[str, LazyString] = {"load": _l("Loading"), "unload": _l("Unloading")}
OPEN_TO: Mapping[str, LazyString] = {
    "own": _l("Own organization only"),
    "partners": _l("Own organization and partners"),
    "verified": _l("Every verified organization"),
}
# What the gate's buttons say, by the state that they lead to.
STEPS: Mapping[BookingState, LazyString] = {
    BookingState.ARRIVED: _l("Arrived"),
    BookingState.STARTED: _l("Started"),
    BookingState.FINISHED: _l("Finished"),
    BookingState.NO_SHOW: _l("Did not come"),
}


def gate_steps(booking: Booking, now: datetime) -> list[tuple[str, str]]:
    """(state, words) of the buttons that the gate has now; nobody is missed before the slot begins."""
    following = [state for state in STEPS if state in NEXT[booking.state]]
    if now < booking.slot.start and BookingState.NO_SHOW in following:
        following.remove(BookingState.NO_SHOW)
    return [(state.value, str(STEPS[state])) for state in following]


def takes(dock: DockDraft) -> str:
    """What a dock takes, in one line."""
    found = [bodies_words(dock.bodies)]
    if dock.purposes == {Purpose.LOAD}:
        found.append(gettext("loading only"))
    if dock.purposes == {Purpose.UNLOAD}:
        found.append(gettext("unloading only"))
    if dock.max_length_cm is not None:
        found.append(gettext("up to %(m)s long", m=metres(dock.max_length_cm)))
    if dock.max_height_cm is not None:
        found.append(gettext("up to %(m)s high", m=metres(dock.max_height_cm)))
    if dock.refrigerated:
        found.append(gettext("refrigerated"))
    if dock.hazardous:
        found.append(gettext("dangerous goods"))
    return " · ".join(found)


def local_time(instant: datetime, zone: ZoneInfo) -> str:
    """Weekday, day and clock as the warehouse's clock shows them."""
    pattern = "M月d日 EEE HH:mm" if language() == "zh" else "EEE d MMM HH:mm"
    return str(format_datetime(instant, pattern, tzinfo=zone, locale=get_locale()))


def local_clock(instant: datetime, zone: ZoneInfo) -> str:
    """Hours and minutes as the warehouse's clock shows them."""
    return instant.astimezone(zone).strftime("%H:%M")


def local_day(day: object) -> str:
    """A date with its weekday."""
    pattern = "y年M月d日 EEEE" if language() == "zh" else "EEEE d MMMM y"
    return str(format_date(day, pattern, locale=get_locale()))  # type: ignore[arg-type]


def hours_lines(warehouse: Warehouse) -> list[tuple[str, str]]:
    """(days, hours) with days of the same hours on one line: Mon–Fri 08:00–18:00."""
    found: list[tuple[list[str], str]] = []
    for word, day in zip(WEEKDAYS, warehouse.week, strict=True):
        hours = ", ".join(f"{_clock(s.start_min)}–{_clock(s.end_min)}" for s in day) or gettext("closed")
        if found and found[-1][1] == hours:
            found[-1][0].append(str(word))
        else:
            found.append(([str(word)], hours))
    return [(f"{days[0]}–{days[-1]}" if len(days) > 1 else days[0], hours) for days, hours in found]


def dock_facts(dock: Dock) -> str:
    """How a dock is booked, in one line."""
    return " · ".join(
        (
            gettext("slots of %(n)s min", n=dock.slot_min),
            str(OPEN_TO[dock.open_to.value]),
            gettext("%(n)s min ahead at the latest", n=dock.lead_min),
            gettext("%(n)s days ahead at most", n=dock.horizon_days),
        )
    )


def open_to_choices() -> list[tuple[str, str]]:
    """(value, words), the narrowest first."""
    return [(one.value, str(OPEN_TO[one.value])) for one in OpenTo]


def purpose_choices() -> list[tuple[str, str]]:
    """(value, words)."""
    return [(one.value, str(PURPOSES[one.value])) for one in Purpose]


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
