"""Sentences for what is odd about evidence: findings of a journey, gaps in its custody."""

from __future__ import annotations

from collections.abc import Mapping

from haoyun.platform.portal.alert_words import EXCEPTION_KINDS
from haoyun.platform.portal.formats import duration, local_place
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.warehouse.custody import Gap, GapKind
from haoyun.rfid_ingest.findings import Finding, Kind
from haoyun.tracking.exceptions import ExceptionKind, ShipmentException


def finding_words(finding: Finding) -> str:
    """A finding as a sentence."""
    return _missed_read(finding.detail) if finding.kind is Kind.MISSED_READ else _out_of_range(finding.detail)


def exception_title(exception: ShipmentException) -> str:
    """What is wrong, in two or three words."""
    words = str(EXCEPTION_KINDS[exception.kind.value])
    return words[:1].upper() + words[1:]


def exception_words(exception: ShipmentException) -> str:
    """What is known of it, as a sentence; what has no sentence shows its subject."""
    evidence = exception.evidence
    if exception.kind is ExceptionKind.MISSED_READ and "code" in evidence:
        return _missed_read(evidence)
    if exception.kind is ExceptionKind.TEMPERATURE and "worst_c" in evidence:
        return _out_of_range(evidence)
    return exception.subject


def _missed_read(detail: Mapping[str, str | float]) -> str:
    place = local_place(str(detail.get("place", "")))
    if detail.get("code") == "GTOT":
        return gettext("GPS saw the truck leave %(place)s, but its gate read no pallet.", place=place)
    return gettext("GPS saw the truck reach %(place)s, but its gate read no pallet.", place=place)


def _out_of_range(detail: Mapping[str, str | float]) -> str:
    return gettext(
        "%(worst)s °C, %(by)s °C outside the range %(range)s, for %(time)s.",
        worst=f"{float(detail['worst_c']):g}",
        by=f"{float(detail['out_by_c']):g}",
        range=temperature_range(detail.get("low_c"), detail.get("high_c")),
        time=duration(float(detail["minutes"]) * 60),
    )


def temperature_range(low: object, high: object) -> str:
    """A range of temperatures, open where a bound is None."""
    if low is None:
        return f"≤ {high:g} °C" if isinstance(high, int | float) else "–"
    if not isinstance(high, int | float):
        return f"≥ {low:g} °C" if isinstance(low, int | float) else "–"
    return f"{low:g}…{high:g} °C"


def gap_words(gap: Gap) -> str:
    """Why custody is not proven."""
    place, time = local_place(gap.place), duration((gap.end - gap.start).total_seconds())
    words = {
        GapKind.MISSED_READ: lambda: gettext(
            "The gate at %(place)s read nothing of what passed it.", place=place
        ),
        GapKind.SILENCE: lambda: gettext(
            "No sign of life for %(time)s: no position, no read, no report.", time=time
        ),
        GapKind.ONLY_GPS: lambda: gettext(
            "The hand-over rests on the truck's position alone: no read, no signature."
        ),
        GapKind.NO_LOADING: lambda: gettext("It was delivered, but nobody saw it being taken over."),
        GapKind.NO_DELIVERY: lambda: gettext("The order is closed, but nobody saw the delivery."),
    }
    return words[gap.kind]()
