"""Replay of a trip: the driven way on the map, a slider over time, the speed as a graph. The data as JSON, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, jsonify, render_template

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.portal.alert_words import KINDS
from haoyun.platform.portal.journeys import driven_track
from haoyun.platform.portal.lanes import collection, lane_line, line, point, shown, thinned
from haoyun.platform.portal.page import page_group, signed_in
from haoyun.platform.services import services
from haoyun.platform.trading.order import Order
from haoyun.platform.trading.store import consignment_of, get_order
from haoyun.tracking.events_store import events_of_device
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.store import device_of_vehicle

MOST_POINTS = 1000  # of the graph and the slider
WIDTH, HEIGHT = 800, 120
blueprint = page_group("replay")


@dataclass(frozen=True, slots=True)
class SpeedGraph:
    """The speed over time as SVG: the points of its line, and the highest speed of the scale."""

    points: str
    top_kmh: int


@blueprint.get("/orders/<order_id>/replay")
@signed_in
def index(order_id: str, actor: Actor) -> str:
    """The page."""
    order, fixes = _track(order_id, actor)
    features = [line(lane_line(order.origin, order.destination), id="plan", kind="planned")]
    if len(fixes) > 1:
        features.append(line(thinned([(f.lat, f.lon) for f in fixes]), id="track", kind="gps", opacity=0.9))
        features.append(point(fixes[0].lat, fixes[0].lon, id="truck", size=9, kind="moving"))
    return render_template(
        "replay.html",
        order=order,
        features=collection(features),
        graph=speed_graph(fixes),
        steps=[_step(fix) for fix in fixes],
        events=_events(order, fixes),
        size=(WIDTH, HEIGHT),
    )


@blueprint.get("/orders/<order_id>/replay.json")
@signed_in
def data(order_id: str, actor: Actor) -> Response:
    """The same as numbers: time in epoch milliseconds, position in WGS-84, speed in km/h."""
    _, fixes = _track(order_id, actor)
    return jsonify(
        at=[round(f.fix_time.timestamp() * 1000) for f in fixes],
        lat=[round(f.lat, 6) for f in fixes],
        lon=[round(f.lon, 6) for f in fixes],
        kmh=[f.speed_kmh for f in fixes],
    )


def speed_graph(fixes: Sequence[PositionFix]) -> SpeedGraph | None:
    """The speed over the time of a trip; None for fewer than two fixes."""
    if len(fixes) < 2:
        return None
    start = fixes[0].fix_time
    span = max(1.0, (fixes[-1].fix_time - start).total_seconds())
    top = max(60, -(-max(round(f.speed_kmh or 0) for f in fixes) // 20) * 20)
    places = (
        f"{(f.fix_time - start).total_seconds() / span * WIDTH:.1f},{HEIGHT - (f.speed_kmh or 0) / top * HEIGHT:.1f}"
        for f in fixes
    )
    return SpeedGraph(" ".join(places), top)


def _track(order_id: str, actor: Actor) -> tuple[Order, list[PositionFix]]:
    found, now = services(), services().now()
    with found.read() as db:
        order = get_order(db, order_id, actor)
        consignment = consignment_of(db, order_id)
    fixes = [fix for fix in driven_track(found, order, consignment, now) if not fix.doubtful]
    step = -(-len(fixes) // MOST_POINTS) or 1
    return order, fixes[::step]


def _step(fix: PositionFix) -> list[Any]:
    return [round(fix.fix_time.timestamp() * 1000), *shown(fix.lat, fix.lon), round(fix.speed_kmh or 0)]


def _events(order: Order, fixes: Sequence[PositionFix]) -> list[tuple[Any, str]]:
    if not fixes or order.vehicle_id is None:
        return []
    with services().read_tracking() as db:
        device = device_of_vehicle(db, order.vehicle_id)
        events = events_of_device(db, device.id, fixes[0].fix_time, fixes[-1].fix_time, 100) if device else []
    return [(one, str(KINDS[one.event.kind.value])) for one in events if one.event.kind.value in KINDS]
