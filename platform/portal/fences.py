"""Fences of the organization: drawn on the map, by numbers, or out of a GeoJSON file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from haoyun.maps.crs import Crs, to_wgs84
from haoyun.maps.geodesy import destination
from haoyun.platform.accounts.actor import Actor
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_trade
from haoyun.platform.portal.fields import Reader
from haoyun.platform.portal.i18n import gettext, language, zone
from haoyun.platform.portal.lanes import collection, shown
from haoyun.platform.portal.page import Form, page_group, signed_in
from haoyun.platform.portal.publish_words import weekday_choices
from haoyun.platform.services import services
from haoyun.tracking.calendars import EVERY_DAY, Calendar
from haoyun.tracking.context_store import add_fence, end_fence, fences_of
from haoyun.tracking.errors import BadFence, UnknownFence
from haoyun.tracking.fence_import import ImportedShape, read_geojson
from haoyun.tracking.geofences import Circle, Corridor, Geofence, Polygon
from haoyun.tracking.instants import to_ms
from haoyun.tracking.steps.ground import Point

blueprint = page_group("fences")
_OF_HOURS = ("weekdays", "hours", "zone")
_ROUND = range(0, 361, 10)  # degrees; how a circle is drawn


@blueprint.get("/fences")
@signed_in
def index(actor: Actor) -> str:
    """The fences that are watched, on the map and as a list."""
    return _page(actor, Form())


@blueprint.post("/fences")
@signed_in
def add(actor: Actor) -> str | tuple[str, int] | Response:
    """Watch a fence, or all those of a file."""
    must_trade(actor)
    form, found = Form.of_request(), services()
    read = Reader(form)
    limits = read.optional_number("dwell_min"), read.optional_number("speed_limit_kmh")
    try:
        shapes = _shapes(form, read)
        if form.errors:
            return _page(actor, form), 422
        hours = _hours(form)
        made = [
            replace(_fence(form, one, number, len(shapes), limits), calendar=hours)
            for number, one in enumerate(shapes, start=1)
        ]
        with found.write_tracking() as db:  # all of a file, or none
            for fence in made:
                add_fence(db, actor.org_id, fence)
    except BadFence as error:
        form.errors["hours" if error.key in _OF_HOURS else "shape"] = error.sentence(language())
        return _page(actor, form), 422
    flash(gettext("%(n)s fences are watched from now on.", n=len(made)) if len(made) > 1
          else gettext("The fence is watched from now on."), "success")  # fmt: skip
    return redirect(url_for("fences.index"))


@blueprint.post("/fences/<fence_id>/end")
@signed_in
def end(fence_id: str, actor: Actor) -> Response:
    """Stop watching a fence."""
    must_trade(actor)
    try:
        with services().write_tracking() as db:
            end_fence(db, actor.org_id, fence_id, services().now())
        flash(gettext("The fence is not watched any more."), "success")
    except UnknownFence:
        flash(gettext("There is no such fence."), "error")
    return redirect(url_for("fences.index"))


def _shapes(form: Form, read: Reader) -> list[ImportedShape]:
    """What the form brings: a file, or what was drawn or pasted, or a position and a radius."""
    radius_m = read.optional_number("radius_m")
    file = request.files.get("file")
    if file is not None and file.filename:
        return read_geojson(file.read(), radius_m)
    drawn = form.text("shape")
    if drawn:
        shapes = read_geojson(drawn, radius_m)
        # What is tapped on a base map of another datum is in that datum.
        crs = services().settings.map_crs if form.text("drawn") == "map" else Crs.WGS84
        return [ImportedShape(one.name, _from_map(one.shape, crs)) for one in shapes]
    lat, lon = read.optional_number("lat"), read.optional_number("lon")
    if form.errors:
        return []
    if lat is None or lon is None or radius_m is None:
        raise BadFence("no_shape")
    return [ImportedShape("", Circle(lat, lon, radius_m))]


def _hours(form: Form) -> Calendar | None:
    """When it is watched, in the zone of the pages; None (always) where the form says nothing. Raises BadFence."""
    days = form.picked("weekdays")
    start, end = form.text("hours_start"), form.text("hours_end")
    if not (days or start or end):
        return None
    chosen = frozenset(int(one) for one in days if one in "1234567") or EVERY_DAY
    return Calendar.of(chosen, start, end, zone().key)


def _fence(
    form: Form, one: ImportedShape, number: int, count: int, limits: tuple[float | None, float | None]
) -> Geofence:
    """The name in the file counts where there are several; that of the form where there is one, or none in the file."""
    name = (one.name or form.text("name")) if count > 1 else (form.text("name") or one.name)
    if not name and count > 1:
        raise BadFence("nameless", number=number)
    dwell_min, speed_limit_kmh = limits
    return Geofence(
        new_id("fen"),
        name,
        one.shape,
        None if dwell_min is None else int(dwell_min * 60),
        speed_limit_kmh,
        to_ms(services().now()),
    )


def _from_map(shape: Circle | Polygon | Corridor, crs: Crs) -> Circle | Polygon | Corridor:
    if crs is Crs.WGS84:
        return shape
    match shape:
        case Circle(lat, lon, radius_m):
            return Circle(*to_wgs84(lat, lon, crs), radius_m)
        case Corridor(points, width_m):
            return Corridor(_points(points, crs), width_m)
        case Polygon(points):
            return Polygon(_points(points, crs))


def _points(points: Sequence[Point], crs: Crs) -> tuple[Point, ...]:
    lat, lon = to_wgs84(np.array([p[0] for p in points]), np.array([p[1] for p in points]), crs)
    return tuple((float(a), float(b)) for a, b in zip(lat, lon, strict=True))


def _page(actor: Actor, form: Form) -> str:
    with services().read_tracking() as db:
        fences = fences_of(db, actor.org_id)
    return render_template(
        "fences.html",
        fences=fences,
        kinds={one.id: type(one.shape).__name__.lower() for one in fences},
        features=collection([feature for one in fences for feature in _drawn(one)]),
        form=form,
        days=weekday_choices(),
        hours={one.id: _hours_in_words(one.calendar) for one in fences if one.calendar is not None},
        may_change=actor.may_trade,
    )


def _hours_in_words(calendar: Calendar) -> str:
    days = dict(weekday_choices())
    return gettext(
        "%(days)s %(start)s to %(end)s (%(zone)s)",
        days=" ".join(days[one] for one in sorted(calendar.weekdays)),
        start=calendar.start,
        end=calendar.end,
        zone=calendar.zone,
    )


def _drawn(fence: Geofence) -> list[dict[str, Any]]:
    """Its edge as a line on the base map; of a corridor the middle."""
    match fence.shape:
        case Circle(lat, lon, radius_m):
            ring = [destination(lat, lon, angle, radius_m) for angle in _ROUND]
        case Corridor(points, _):
            ring = list(points)
        case Polygon(points):
            ring = [*points, points[0]]
    # Not lanes.line: that rounds to ten metres, which is half of a small fence.
    geometry = {"type": "LineString", "coordinates": [shown(lat, lon) for lat, lon in ring]}
    return [{"type": "Feature", "geometry": geometry, "properties": {"id": fence.id, "kind": "plan"}}]
