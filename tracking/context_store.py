"""What the pipeline has to know of devices, from the database: open journeys, ways, fences, rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.tracking.calendars import Calendar
from haoyun.tracking.devices_store import organizations_of
from haoyun.tracking.errors import BadFence, UnknownFence
from haoyun.tracking.geofences import Circle, Corridor, Geofence, Polygon
from haoyun.tracking.instants import to_ms
from haoyun.tracking.journeys import Journey
from haoyun.tracking.journeys_store import open_journeys_of
from haoyun.tracking.meaning_tables import FENCE, RULES, WAY
from haoyun.tracking.steps.context import Context, PlannedWay
from haoyun.tracking.steps.rules import DrivingRule, Rules
from haoyun.tracking.tables import insert_new, upsert

MOST_FENCES = 1000  # of one organization


def load_contexts(db: sa.Connection, device_ids: Iterable[int]) -> dict[int, Context]:
    """The contexts of devices by id; a device whose organization asks nothing and that carries nothing is left out."""
    ids = set(device_ids)
    journeys = open_journeys_of(db, ids)
    orgs = organizations_of(db, ids)
    fences, rules = _fences(db, set(orgs.values())), _rules(db, set(orgs.values()))
    ways = _ways(db, [one.id for found in journeys.values() for one in found])
    contexts: dict[int, Context] = {}
    shared: dict[tuple[Any, ...], Context] = {}
    for device_id, org_id in orgs.items():
        carried: tuple[Journey, ...] = tuple(journeys.get(device_id, ()))
        if not (carried or org_id in fences or org_id in rules):
            continue
        key = (org_id, *(one.id for one in carried))
        if key not in shared:
            own = {one.id: ways[one.id] for one in carried if one.id in ways}
            shared[key] = Context(carried, own, fences.get(org_id, ()), rules.get(org_id, ()))
        contexts[device_id] = shared[key]
    return contexts


def add_fence(db: sa.Connection, org_id: str, fence: Geofence) -> None:
    """Watch a fence for an organization's vehicles, from its `valid_from_ms` on. Raises BadFence for too many."""
    alive = sa.and_(FENCE.c.org_id == org_id, FENCE.c.valid_until_ms.is_(None))
    if (db.scalar(sa.select(sa.func.count()).select_from(FENCE).where(alive)) or 0) >= MOST_FENCES:
        raise BadFence("too_many", most=MOST_FENCES)
    row = {
        "id": fence.id,
        "org_id": org_id,
        "name": fence.name,
        "shape": orjson.dumps(shape_json(fence)).decode(),
        "dwell_s": fence.dwell_s,
        "speed_limit_kmh": fence.speed_limit_kmh,
        "valid_from_ms": fence.valid_from_ms,
        "valid_until_ms": fence.valid_until_ms,
        "calendar": None if fence.calendar is None else orjson.dumps(fence.calendar.to_json()).decode(),
    }
    if not insert_new(db, FENCE, row):
        raise BadFence("exists", id=fence.id)


def end_fence(db: sa.Connection, org_id: str, fence_id: str, now: datetime) -> None:
    """Stop watching a fence; what it told stays. Raises UnknownFence, also for another organization's."""
    alive = (FENCE.c.id == fence_id, FENCE.c.org_id == org_id, FENCE.c.valid_until_ms.is_(None))
    if not db.execute(FENCE.update().where(*alive).values(valid_until_ms=to_ms(now))).rowcount:
        raise UnknownFence(f"no fence {fence_id[:40]!r}")


def fences_of(db: sa.Connection, org_id: str) -> list[Geofence]:
    """The fences that an organization watches now, by name."""
    found = _fences(db, {org_id}).get(org_id, ())
    return sorted((one for one in found if one.valid_until_ms is None), key=lambda one: (one.name, one.id))


def set_rules(db: sa.Connection, org_id: str, rules: Rules, now: datetime) -> None:
    """Let these rules hold from now on."""
    insert = upsert(db, RULES).values(
        org_id=org_id, since_ms=to_ms(now), rules=orjson.dumps(asdict(rules)).decode()
    )
    key = ["org_id", "since_ms"]
    db.execute(insert.on_conflict_do_update(index_elements=key, set_={"rules": insert.excluded.rules}))


def rules_of(db: sa.Connection, org_id: str) -> Rules:
    """The rules that an organization set last; the defaults where it set none."""
    found = _rules(db, {org_id}).get(org_id)
    return found[-1][1] if found else Rules()


def shape_json(fence: Geofence) -> dict[str, Any]:
    """A GeoJSON geometry; circles and corridors carry their width beside it."""
    match fence.shape:
        case Circle(lat, lon, radius_m):
            return {"type": "Point", "coordinates": [lon, lat], "radius_m": radius_m}
        case Corridor(points, width_m):
            line = [[lon, lat] for lat, lon in points]
            return {"type": "LineString", "coordinates": line, "radius_m": width_m}
        case Polygon(points):
            ring = [[lon, lat] for lat, lon in (*points, points[0])]
            return {"type": "Polygon", "coordinates": [ring]}


def shape_of(value: Any) -> Circle | Polygon | Corridor:
    """The shape that `shape_json` wrote, or that somebody sent. Raises BadFence."""
    try:
        kind, coordinates = value["type"], value["coordinates"]
        if kind == "Point":
            return Circle(float(coordinates[1]), float(coordinates[0]), float(value["radius_m"]))
        if kind == "LineString":
            return Corridor(_points(coordinates), float(value["radius_m"]))
        if kind == "Polygon" and len(coordinates) == 1:
            ring = _points(coordinates[0])
            return Polygon(ring[:-1] if ring[0] == ring[-1] else ring)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        if isinstance(error, BadFence):
            raise
        raise BadFence("shape") from error
    raise BadFence("shape")


def put_way(db: sa.Connection, journey_id: str, way: PlannedWay) -> None:
    """Keep the planned way of a journey; a later plan replaces it."""
    text = orjson.dumps(way.points).decode()
    insert = upsert(db, WAY).values(journey_id=journey_id, points=text, corridor_m=way.corridor_m)
    values = {"points": insert.excluded.points, "corridor_m": insert.excluded.corridor_m}
    db.execute(insert.on_conflict_do_update(index_elements=["journey_id"], set_=values))


def find_way(db: sa.Connection, journey_id: str) -> PlannedWay | None:
    """The planned way of a journey, where one was given."""
    return _ways(db, [journey_id]).get(journey_id)


def _points(coordinates: Any) -> tuple[tuple[float, float], ...]:
    return tuple((float(point[1]), float(point[0])) for point in coordinates)


def _fences(db: sa.Connection, org_ids: set[str]) -> dict[str, tuple[Geofence, ...]]:
    found: dict[str, list[Geofence]] = {}
    for row in db.execute(sa.select(FENCE).where(FENCE.c.org_id.in_(org_ids)).order_by(FENCE.c.id)):
        fence = Geofence(
            row.id, row.name, shape_of(orjson.loads(row.shape)), row.dwell_s, row.speed_limit_kmh,
            row.valid_from_ms, row.valid_until_ms,
            None if row.calendar is None else Calendar.from_json(orjson.loads(row.calendar)),
        )  # fmt: skip
        found.setdefault(row.org_id, []).append(fence)
    return {org_id: tuple(fences) for org_id, fences in found.items()}


def _rules(db: sa.Connection, org_ids: set[str]) -> dict[str, tuple[tuple[int, Rules], ...]]:
    found: dict[str, list[tuple[int, Rules]]] = {}
    query = sa.select(RULES).where(RULES.c.org_id.in_(org_ids)).order_by(RULES.c.org_id, RULES.c.since_ms)
    for row in db.execute(query):
        found.setdefault(row.org_id, []).append((row.since_ms, _rule(orjson.loads(row.rules))))
    return {org_id: tuple(rules) for org_id, rules in found.items()}


def _rule(value: dict[str, Any]) -> Rules:
    driving, allowed = value.pop("driving"), value.pop("temperature_c")
    if driving is not None:
        split = driving.pop("split_s")
        driving = DrivingRule(**driving, split_s=None if split is None else tuple(split))
    return Rules(**value, driving=driving, temperature_c=None if allowed is None else tuple(allowed))


def _ways(db: sa.Connection, journey_ids: list[str]) -> dict[str, PlannedWay]:
    if not journey_ids:
        return {}
    rows = db.execute(sa.select(WAY).where(WAY.c.journey_id.in_(journey_ids)))
    return {
        row.journey_id: PlannedWay(tuple(map(tuple, orjson.loads(row.points))), row.corridor_m)
        for row in rows
    }
