"""Analysis: nothing gained or lost on the way from rows to areas, lanes and pictures."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from haoyun.maps import ScipyEngine, analysis, trunk_network
from haoyun.maps.analysis.access import covered
from haoyun.maps.analysis.areas import NOWHERE
from haoyun.maps.analysis.canvas import chinese_font
from haoyun.maps.analysis.figures import arc
from haoyun.maps.analysis.projection import area_km2, local_crs, project
from haoyun.maps.errors import MapError
from haoyun.maps.gazetteer.places import trunk_gazetteer
from haoyun.maps.geodesy import haversine_m
from haoyun.maps.scale import round_number

positions = st.tuples(st.floats(20, 45), st.floats(80, 125))
amounts = st.floats(0, 1e6)
offers = st.lists(
    st.tuples(positions, st.sampled_from(["supply", "demand"]), amounts), min_size=1, max_size=40
)
lanes = st.lists(st.tuples(positions, positions, st.integers(0, 50), amounts), min_size=1, max_size=40)


def table(rows: Any) -> pd.DataFrame:
    return pd.DataFrame(
        [{"lat": a, "lon": b, "kind": kind, "amount": n, "name": ""} for (a, b), kind, n in rows]
    )


def lane_table(rows: Any) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"from_lat": a, "from_lon": b, "to_lat": c, "to_lon": d, "count": n, "tonnes": t}
            for (a, b), (c, d), n, t in rows
        ]
    )


def ends(found: pd.DataFrame) -> tuple[Any, Any]:
    return (
        np.concatenate([found["from_lat"], found["to_lat"]]),
        np.concatenate([found["from_lon"], found["to_lon"]]),
    )


@settings(deadline=None, max_examples=40)
@given(offers, st.integers(0, 8))
def test_the_sums_of_a_balance_are_those_of_its_points(rows: Any, resolution: int) -> None:
    points = table(rows)
    found = analysis.balance(points, analysis.cell_areas(points["lat"], points["lon"], resolution))
    for kind in ("supply", "demand"):
        assert found[kind].sum() == pytest.approx(points.loc[points["kind"] == kind, "amount"].sum())
    assert (found["balance"] == found["supply"] - found["demand"]).all()
    assert found["key"].is_unique
    assert found["tightness"].dropna().between(0, 1).all()


@settings(deadline=None, max_examples=40)
@given(lanes, st.integers(0, 6))
def test_flows_keep_every_count_and_tonne(rows: Any, resolution: int) -> None:
    found = lane_table(rows)
    out = analysis.flows(found, analysis.cell_areas(*ends(found), resolution))
    assert out["count"].sum() == found["count"].sum()
    assert out["tonnes"].sum() == pytest.approx(found["tonnes"].sum())
    assert not out.duplicated(["from_key", "to_key"]).any()
    inside = out["from_key"] == out["to_key"]
    assert (out.geom_type[inside] == "Point").all() and (out.geom_type[~inside] == "LineString").all()


@settings(deadline=None, max_examples=40)
@given(lanes)
def test_flows_keep_their_direction(rows: Any) -> None:
    table_ = lane_table(rows)
    out = analysis.flows(table_, analysis.cell_areas(*ends(table_), 3))
    by_hand: Counter[tuple[str, str]] = Counter()
    for (a, b), (c, d), n, _ in rows:
        by_hand[h3.latlng_to_cell(a, b, 3), h3.latlng_to_cell(c, d, 3)] += n
    found = {(x, y): n for x, y, n in zip(out["from_key"], out["to_key"], out["count"], strict=True)}
    assert found == dict(by_hand)


@settings(deadline=None)
@given(st.lists(positions, min_size=1, max_size=20), st.integers(1, 9))
def test_a_point_lies_in_the_hexagon_it_is_counted_in(spots: Any, resolution: int) -> None:
    lat, lon = zip(*spots, strict=True)
    areas = analysis.cell_areas(lat, lon, resolution)
    for (y, x), row in zip(spots, areas.member, strict=True):
        # An edge is drawn as a straight line of degrees but is a great circle: a coarse cell bulges.
        assert areas.frame.geometry.iloc[row].buffer(0.15).contains(shapely.Point(x, y))


def test_points_outside_all_polygons_are_not_counted_and_shared_ones_once() -> None:
    polygons = gpd.GeoDataFrame(
        {"name": ["A", "B"], "code": ["1", "2"]},
        geometry=[shapely.box(0, 0, 2, 2), shapely.box(1, 0, 3, 2)],
        crs="EPSG:4326",
    )
    points = table([((1, 0.5), "supply", 3.0), ((1, 1.5), "supply", 5.0), ((9, 9), "supply", 7.0)])
    areas = analysis.polygon_areas(polygons.to_crs("EPSG:3857"), points["lat"], points["lon"])
    assert areas.member.tolist() == [0, 0, NOWHERE]
    found = analysis.balance(points, areas)
    assert found["supply"].tolist() == [8.0, 0.0]
    assert found["key"].tolist() == ["1", "2"] and found["name_en"].tolist() == ["A", "B"]
    with pytest.raises(ValueError, match="CRS"):
        analysis.polygon_areas(polygons.set_crs(None, allow_override=True), [0], [0])


def test_the_nearest_place_gathers_its_points_without_any_border() -> None:
    points = table(
        [((31.2, 121.5), "supply", 2.0), ((31.3, 121.4), "demand", 1.0), ((39.9, 116.4), "supply", 4.0)]
    )
    areas = analysis.place_areas(trunk_gazetteer().list(), points["lat"], points["lon"])
    found = analysis.balance(points, areas).set_index("name_en")
    assert found.loc["Shanghai", ["supply", "demand"]].tolist() == [2.0, 1.0]
    assert found.loc["Beijing", "balance"] == 4.0
    assert set(found.geom_type) == {"Point"} and (found["area_km2"] == 0).all()


@settings(deadline=None)
@given(lat=st.floats(-70, 70), lon=st.floats(-170, 170))
def test_areas_are_those_of_the_sphere_at_every_latitude(lat: float, lon: float) -> None:
    box = shapely.segmentize(shapely.box(lon, lat, lon + 1, lat + 1), 0.05)
    strip = np.sin(np.radians(lat + 1)) - np.sin(np.radians(lat))
    sphere_km2 = 6371.0072**2 * np.radians(1) * strip  # the sphere of the ellipsoid's own area
    (found,) = area_km2(gpd.GeoSeries([box], crs="EPSG:4326"))
    assert found == pytest.approx(sphere_km2, rel=0.01)  # flattening moves area between latitudes


def test_lengths_in_a_province_are_those_on_the_ground() -> None:
    lat, lon = [27.0, 31.0], [118.0, 122.5]
    a, b = project(lat, lon, local_crs(lat, lon))
    assert np.hypot(*(b - a)) == pytest.approx(haversine_m(27.0, 118.0, 31.0, 122.5), rel=0.004)


def a_table() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"lat": 31.23, "lon": 121.47, "kind": "site", "amount": 1.0, "name": "上海"},
            {"lat": 30.27, "lon": 120.15, "kind": "demand", "amount": 4.0, "name": "杭州"},
            {"lat": 32.06, "lon": 118.79, "kind": "demand", "amount": 6.0, "name": "南京"},
            {"lat": 43.82, "lon": 87.61, "kind": "demand", "amount": 10.0, "name": "乌鲁木齐"},
        ]
    )


def test_what_is_reached_grows_with_time_and_ends_with_everything() -> None:
    network = trunk_network()
    found = analysis.accessibility(a_table(), network, ScipyEngine(network), [200, 100, 300, 6000])
    site = found[found["kind"] == "site"].iloc[0]
    reached = [site[f"reach_{limit}"] for limit in (100, 200, 300, 6000)]
    assert reached == sorted(reached)
    assert reached == [0, 4, 10, 20]
    demand = found[found["kind"] == "demand"]
    assert (demand["site"] == 0).all() and demand["minutes"].is_monotonic_increasing
    assert [covered(found, limit) for limit in (200, 300, 6000)] == [0.2, 0.5, 1.0]


def test_what_no_road_leads_to_is_never_reached(graphs: Any) -> None:
    class Nowhere:
        def matrix(self, sources: Any, targets: Any) -> Any:
            from haoyun.maps import Matrix

            return Matrix(*[np.full((len(sources), len(targets)), np.inf)] * 2)

    network = graphs.network(graphs.square_graph())
    points = table([((0, 0), "site", 1.0), ((0.01, 0.01), "demand", 2.0)])
    found = analysis.accessibility(points, network, Nowhere(), [1e6])
    assert found["site"].tolist() == [-1, -1]
    assert found["reach_1e+06"].iloc[0] == 0 and np.isinf(found["minutes"].iloc[1])


@pytest.mark.parametrize("minutes", [[], [0], [-5, 10]])
def test_times_that_are_no_times_are_refused(minutes: list[float]) -> None:
    with pytest.raises(ValueError, match="above zero"):
        analysis.accessibility(a_table(), trunk_network(), ScipyEngine(trunk_network()), minutes)


def texts(figure: Any) -> list[str]:
    return [one.get_text() for one in figure.findobj(match=lambda artist: hasattr(artist, "get_text"))]


def figures(lang: str) -> dict[str, Any]:
    network = trunk_network()
    points = table(
        [((31.2, 121.5), "supply", 9.0), ((30.3, 120.2), "demand", 5.0), ((32.1, 118.8), "demand", 1.0)]
    )
    cells = analysis.balance(points, analysis.cell_areas(points["lat"], points["lon"], 4))
    by_place = analysis.balance(
        points, analysis.place_areas(trunk_gazetteer().list(), points["lat"], points["lon"])
    )
    lane = lane_table([((31.2, 121.5), (30.3, 120.2), 3, 60.0), ((31.2, 121.5), (31.21, 121.5), 1, 5.0)])
    flow = analysis.flows(lane, analysis.cell_areas(*ends(lane), 4))
    reach = analysis.accessibility(a_table().iloc[:3], network, ScipyEngine(network), [120])
    return {
        "balance": analysis.balance_figure(cells, network, lang=lang),
        "places": analysis.balance_figure(by_place, network, lang=lang),
        "flows": analysis.flow_figure(flow, network, by="tonnes", lang=lang),
        "access": analysis.access_figure(reach, network, [120], lang=lang),
    }


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_picture_says_what_it_shows_how_long_and_whose_data(lang: str, tmp_path: Path) -> None:
    if lang == "zh" and chinese_font() is None:
        pytest.skip("no font with Chinese letters is installed")
    known = {
        "balance": ("货多车少", "loads wait"), "places": ("车多货少", "trucks wait"),
        "flows": ("流量", "Volume"), "access": ("最近站点车程", "Drive to the nearest site"),
    }  # fmt: skip
    for name, figure in figures(lang).items():
        said = texts(figure)
        assert any(trunk_network().attribution in text for text in said), name
        assert known[name][lang == "en"] in said
        assert any(text.endswith(" 公里" if lang == "zh" else " km") for text in said), "a scale bar"
        analysis.save_figure(figure, tmp_path / f"{name}.png", dpi=60)
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_without_a_chinese_font_pictures_are_english_instead_of_boxes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("haoyun.maps.analysis.canvas.chinese_font", lambda: None)
    assert "Trucks against loads" in texts(figures("zh")["balance"])


def test_pictures_of_another_language_are_refused() -> None:
    with pytest.raises(ValueError, match="zh or en"):
        figures("fr")


@settings(deadline=None)
@given(st.floats(0.5, 1e7))
def test_a_scale_bar_is_round_and_fits(most: float) -> None:
    length = round_number(most)
    assert length <= most < 2.5 * length * (1 + 1e-9)
    assert f"{length:.0e}"[0] in "125"


def test_arcs_of_both_directions_lie_apart() -> None:
    there, back = (
        arc(np.array([0.0, 0.0]), np.array([100.0, 0.0])),
        arc(np.array([100.0, 0.0]), np.array([0.0, 0.0])),
    )
    assert there[12, 1] == pytest.approx(-back[11, 1], abs=1) and abs(there[12, 1]) > 5
    assert there[0].tolist() == [0, 0] and there[-1].tolist() == [100, 0]


def test_files_carry_the_attribution_and_every_row(tmp_path: Path) -> None:
    points = table([((31.2, 121.5), "supply", 9.0), ((30.3, 120.2), "demand", 5.0)])
    found = analysis.balance(points, analysis.cell_areas(points["lat"], points["lon"], 4))
    for suffix in (".geojson", ".gpkg"):
        path = tmp_path / f"out{suffix}"
        analysis.write_table(found, path, layer="balance", attribution="© Somebody")
        back = gpd.read_file(path)
        assert sorted(back["key"]) == sorted(found["key"])
        assert back["supply"].sum() == 9.0
        assert back.crs.to_epsg() == 4326
    assert json.loads((tmp_path / "out.geojson").read_text())["attribution"] == "© Somebody"
    with pytest.raises(MapError, match=r"\.geojson, \.gpkg or \.png"):
        analysis.write_table(found, tmp_path / "out.shp", layer="x", attribution="")


def test_a_drive_without_end_is_null_in_geojson(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"minutes": [np.inf]}, geometry=[shapely.Point(1, 2)], crs="EPSG:4326")
    analysis.write_table(frame, tmp_path / "x.geojson", layer="x", attribution="")
    assert json.loads((tmp_path / "x.geojson").read_text())["features"][0]["properties"]["minutes"] is None


BAD_POINTS = """lat,lon,kind,amount
31.2,121.5,supply,3
95,121.5,supply,3
31.2,north,supply,3
31.2,121.5,rent,3
31.2,121.5,demand,-1
31.2,121.5,demand,
nan,121.5,demand,1
31,2,121,5,demand,1
"""


def test_bad_rows_are_named_by_line(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text(BAD_POINTS, encoding="utf-8-sig")
    with pytest.raises(analysis.BadTable) as caught:
        analysis.read_points(path, ("supply", "demand"))
    text = str(caught.value)
    assert "bad rows in points.csv" in text
    for line, rule in (
        (3, "latitude"),
        (4, "lon is a number"),
        (5, "supply or demand"),
        (6, "not negative"),
        (8, "lat"),
        (9, "more cells than columns"),
    ):
        assert any(p.startswith(f"line {line}: ") and rule in p for p in caught.value.problems), line
    told: list[str] = []
    found = analysis.read_points(path, ("supply", "demand"), told.append)
    assert len(found) == 2 and len(told) == 6
    assert found["amount"].tolist() == [3.0, 1.0]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read"),
        ("", "lacks the column lat, lon, kind"),
        ("lat,lon\n1,2\n", "lacks the column kind"),
        ("lat,lon,kind\n", "no usable row"),
        (b"lat,lon,kind\n\xff\xfe,1,supply\n", "not a CSV file in UTF-8"),
    ],
)
def test_a_table_that_is_none_is_refused_with_one_sentence(
    tmp_path: Path, content: Any, sentence: str
) -> None:
    path = tmp_path / "points.csv"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(analysis.BadTable, match=sentence):
        analysis.read_points(path, ("supply", "demand"))


def test_lanes_count_whole_loads(tmp_path: Path) -> None:
    path = tmp_path / "lanes.csv"
    path.write_text(
        "from_lat,from_lon,to_lat,to_lon,count,tonnes\n31,121,30,120,2,20\n31,121,30,120,1.5,\n31,121,30,120,,\n"
    )
    with pytest.raises(analysis.BadTable, match="line 3: count is a whole number"):
        analysis.read_lanes(path)
    found = analysis.read_lanes(path, lambda _: None)
    assert found["count"].tolist() == [2, 1] and found["tonnes"].tolist() == [20.0, 0.0]
