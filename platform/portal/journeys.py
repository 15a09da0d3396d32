"""What order pages draw of a journey: the planned way, the driven one, milestones with their evidence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from haoyun.platform.api.following import Following
from haoyun.platform.portal.formats import duration, km, place, time_in_text
from haoyun.platform.portal.gate_words import place as gate_place
from haoyun.platform.portal.i18n import gettext
from haoyun.platform.portal.labels import MILESTONES, SOURCES
from haoyun.platform.portal.lanes import lane_line, line, point, thinned
from haoyun.platform.services import Services
from haoyun.platform.trading.consignment import Consignment
from haoyun.platform.trading.order import Order
from haoyun.rfid_ingest.snap import snapped
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.store import track
from haoyun.tracking.timeline import Milestone, Quality

_MOST_FIXES = 5000
_RULES = {
    "reported by hand": _l("reported by hand"),
    "left the fence": _l("left the fence"),
    "entered the fence": _l("entered the fence"),
    "first seen under way, outside the fence": _l("first seen under way, outside the fence"),
}
_BEFORE = timedelta(hours=2)  # of the track before the planned pickup


def driven_track(found: Services, order: Order, consignment: Consignment, now: datetime) -> list[PositionFix]:
    """The vehicle's fixes of this journey only: not where it was before, nor where it went afterwards."""
    if order.vehicle_id is None or consignment.journey_opened_at is None:
        return []
    end = consignment.delivered_at or consignment.journey_closed_at or now
    with found.read_tracking() as db:
        return track(db, order.vehicle_id, order.pickup.start - _BEFORE, end, _MOST_FIXES)


def map_features(order: Order, following: Following, fixes: list[PositionFix]) -> list[dict[str, Any]]:
    """The planned way dashed, the driven one on top, the milestones by source, the vehicle."""
    features = [line(lane_line(order.origin, order.destination), id="plan", kind="planned")]
    points = snapped(fixes, following.timeline)
    if len(fixes) > 1:
        driven = thinned([(point.lat, point.lon) for point in points])
        features.append(line(driven, id="track", kind="gps", opacity=0.9))
    for site in (order.origin, order.destination):
        features.append(point(site.lat, site.lon, size=7, kind="plan", label=place(site)))
    for one in following.timeline:
        if one.quality is Quality.ACTUAL and one.lat is not None and one.lon is not None:
            label = f"{MILESTONES[one.code.value]} · {SOURCES[one.source.value]}"
            features.append(point(one.lat, one.lon, size=5, kind=one.source.value, label=label))
    if following.position:
        state = following.position.state
        features.append(point(state.lat, state.lon, size=9, kind="moving", label=gettext("The truck")))
    return features


def proof(milestone: Milestone) -> str:
    """What an observation rests on, in words."""
    words = [gate_place(milestone.place)]
    if milestone.quality is Quality.ESTIMATED:
        words += _estimate(milestone.evidence)
    else:
        words += [_proof(key, value) for key, value in milestone.evidence.items()]
    return " · ".join(word for word in words if word)


def _estimate(evidence: Mapping[str, str | float]) -> list[str]:
    """What an estimated arrival rests on (tracking.estimates_store): the way left, the span, the rests in it."""
    words = []
    if "remaining_m" in evidence:
        words.append(gettext("%(km)s to go", km=km(float(evidence["remaining_m"]))))
    if "early" in evidence and "late" in evidence:
        early, late = (time_in_text(datetime.fromisoformat(str(evidence[end]))) for end in ("early", "late"))
        words.append(gettext("%(early)s to %(late)s in eight of ten cases", early=early, late=late))
    if evidence.get("rest_s"):
        words.append(gettext("with rests of %(time)s", time=duration(float(evidence["rest_s"]))))
    return words


def _proof(key: str, value: str | float) -> str:
    named = {
        "epc": gettext("tag %(value)s", value=value),
        "reader": gettext("reader %(value)s", value=value),
        "event": gettext("event %(value)s", value=_short(value)),
        "rule": str(_RULES.get(str(value), value)),
        "distance_m": gettext("%(value)s m from the site", value=_short(value)),
        "radius_m": gettext("fence of %(value)s m", value=_short(value)),
    }
    return named.get(key, f"{key.replace('_', ' ')} {_short(value)}")


def _short(value: str | float) -> str:
    return (
        f"{value:,.0f}"
        if isinstance(value, int | float)
        else (value if len(value) <= 40 else f"…{value[-24:]}")
    )
