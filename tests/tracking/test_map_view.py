"""A window of the map: what it shows is what a look at every position would show, on both databases."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from haoyun.tracking.fixes_store import FRESH, latest_positions
from haoyun.tracking.instants import to_ms
from haoyun.tracking.map_view import map_view
from haoyun.tracking.map_window import CELLS, PIXELS, Dots, MapWindow
from haoyun.tracking.quick_states import StateRow
from haoyun.tracking.quick_store import put_state_rows
from haoyun.tracking.tables import BINDING, DEVICE, LATEST

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
OLD = NOW - FRESH - timedelta(seconds=1)
LAT, LON = st.floats(-90, 90), st.floats(-180, 180)
# Around the 180th meridian and on round degrees, where windows have their edges, and anywhere.
PLACES = st.tuples(LAT | st.integers(-90, 90), LON | st.integers(-180, 180) | st.floats(179.5, 180))
DEVICES = st.lists(st.tuples(PLACES, st.booleans(), st.booleans(), st.booleans()), max_size=60)
Device = tuple[tuple[float, float], bool, bool, bool]  # where, moving, fresh, revoked


@st.composite
def windows(draw: st.DrawFn) -> MapWindow:
    south, north = sorted(draw(st.tuples(LAT | st.integers(-90, 90), LAT | st.integers(-90, 90))))
    west, east = draw(LON | st.integers(-180, 180)), draw(LON | st.integers(-180, 180))
    return MapWindow(west, south, east, north)


def fill(db: sa.Connection, devices: list[Device]) -> None:
    for table in (LATEST, BINDING, DEVICE):
        db.execute(table.delete())
    if not devices:
        return
    plain = {"kind": "tracker", "org_id": "o", "shard": 0, "secret_bcrypt": "", "created_ms": 0}
    rows = [
        {**plain, "id": n, "name": f"truck-{n:04}", "revoked_ms": 1 if gone else None}
        for n, (*_, gone) in enumerate(devices, 1)
    ]
    db.execute(DEVICE.insert(), rows)
    db.execute(
        BINDING.insert(),
        [{"device_id": row["id"], "vehicle_id": f"v{row['id']}", "from_ms": 0} for row in rows],
    )
    states = [
        StateRow(n, to_ms(NOW if fresh else OLD), 0, 0, float(lat), float(lon), 60, 1, 5, 1.0, moving)
        for n, ((lat, lon), moving, fresh, _) in enumerate(devices, 1)
    ]
    put_state_rows(db, states)


def inside(window: MapWindow, devices: list[Device]) -> dict[int, Device]:
    """By a look at every one; the window as in MapWindow, said once more."""
    found = {}
    for n, one in enumerate(devices, 1):
        (lat, lon), *_, revoked = one
        if window.west <= window.east:
            in_lon = window.west <= lon <= window.east
        else:
            in_lon = not (window.east < lon < window.west)
        if in_lon and window.south <= lat <= window.north and not revoked:
            found[n] = one
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(devices=DEVICES, window=windows())
def test_a_window_shows_what_a_look_at_every_device_shows(
    tracking_engine: sa.Engine, devices: list[Device], window: MapWindow
) -> None:
    wanted = inside(window, devices)
    with tracking_engine.begin() as db:
        fill(db, devices)
        view = map_view(db, window, NOW)
        assert (view.total, view.clusters) == (len(wanted), [])
        assert [one.device_id for one in view.positions] == sorted(wanted)
        assert all((one.state.lat, one.state.lon) == wanted[one.device_id][0] for one in view.positions)
        assert all(window.holds(one.state.lat, one.state.lon) for one in view.positions)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(devices=DEVICES, window=windows())
def test_every_device_is_shown_once_alone_or_in_the_cluster_of_its_cell(
    tracking_engine: sa.Engine, devices: list[Device], window: MapWindow
) -> None:
    wanted = inside(window, devices)
    cells: dict[tuple[int, int], list[Device]] = {}
    for one in wanted.values():
        y, x = window.pixel(*one[0])
        cells.setdefault((y // PIXELS, x // PIXELS), []).append(one)
    with tracking_engine.begin() as db:
        fill(db, devices)
        view = map_view(db, window, NOW, limit=0)
    assert view.total == len(wanted)
    alone = [members[0] for members in cells.values() if len(members) == 1]
    assert Counter(wanted[one.device_id] for one in view.positions) == Counter(alone)
    together = [
        (len(members), sum(moving and fresh for _, moving, fresh, _ in members))
        for members in cells.values()
        if len(members) > 1
    ]
    assert Counter((one.count, one.moving) for one in view.clusters) == Counter(together)
    assert all(window.holds(one.lat, one.lon) for one in view.clusters)


@given(windows(), PLACES)
def test_a_place_in_a_window_has_a_pixel_that_leads_back_to_it(
    window: MapWindow, place: tuple[float, float]
) -> None:
    if not window.holds(*place):
        return
    y, x = window.pixel(*place)
    assert 0 <= y < CELLS * PIXELS
    assert 0 <= x < CELLS * PIXELS
    by_lat, by_lon = window.pixels_by_degree
    lat, lon = (float(side[0]) for side in window.at(np.array([y]), np.array([x])))
    assert 0 <= place[0] - lat + 1e-6 <= 1 / by_lat + 2e-6
    assert 0 <= (place[1] - lon) % 360 + 1e-6 <= 360 + 1e-6
    assert min((place[1] - lon) % 360, (lon - place[1]) % 360) <= 1 / by_lon + 1e-6


def test_a_cluster_stands_in_the_middle_of_its_devices() -> None:
    window = MapWindow(179, 0, -179.1, 2)
    clusters, single = Dots.of(
        window, [(1.001, 179.999, True), (1.003, -179.999, False), (1.5, 179.2, True)]
    ).gathered(window)
    assert single == [2]
    (one,) = clusters
    assert (one.count, one.moving) == (2, 1)
    assert one.lat == pytest.approx(1.002, abs=0.003)
    assert abs(one.lon) == pytest.approx(180, abs=0.003)


@pytest.mark.parametrize(
    "edges", [(-181, 0, 0, 1), (0, 1, 1, 0), (0, -91, 1, 0), (0, 0, 181, 1), (float("nan"), 0, 1, 1)]
)
def test_a_window_checks_its_edges(edges: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="map window"):
        MapWindow(*edges)


def test_a_vehicles_position_is_found_without_a_look_at_every_device(db: sa.Connection) -> None:
    fill(db, [((30.0, 114.0 + n / 100), True, True, n == 3) for n in range(5)])
    db.execute(BINDING.insert(), {"device_id": 5, "vehicle_id": "v1", "from_ms": -2, "until_ms": -1})
    assert [one.device_id for one in latest_positions(db, vehicle_ids=["v1", "v2", "v4", "none"])] == [1, 2]
    assert latest_positions(db, vehicle_ids=[]) == []
    assert latest_positions(db, device_ids=[5, 2, 5])[0].vehicle_id == "v2"
