"""The SVG mini-map: well-formed, in its frame, escaped, attributed."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from haoyun.maps.engine import ScipyEngine
from haoyun.maps.geodesy import haversine_m
from haoyun.maps.minimap import MapPoint, route_svg
from haoyun.maps.trunk import trunk_network

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def route():
    return ScipyEngine(trunk_network()).path(0, 100).coordinates


def test_the_route_the_points_and_the_attribution_are_there(route) -> None:
    points = [MapPoint(*route[0], "起点", "origin"), MapPoint(*route[-1], "终点", "destination")]
    text = route_svg(trunk_network(), route, points=points, width_px=500, height_px=300)
    root = ElementTree.fromstring(text)
    classes = " ".join(element.get("class", "") for element in root.iter())
    assert {"minimap", "mm-road", "mm-route", "mm-origin", "mm-destination", "mm-attribution"} <= set(
        classes.split()
    )
    words = [element.text for element in root.iter(f"{SVG}text")]
    assert {"起点", "终点", trunk_network().attribution} <= set(words)
    assert any(word.endswith(" 公里") for word in words if word), "a scale bar"
    assert (root.get("width"), root.get("height"), root.get("role")) == ("500", "300", "img")


def test_route_and_points_lie_inside_the_frame(route) -> None:
    points = [MapPoint(*route[0]), MapPoint(*route[-1])]
    root = ElementTree.fromstring(
        route_svg(trunk_network(), route, points=points, width_px=300, height_px=500)
    )
    (line,) = [e for e in root.iter(f"{SVG}path") if e.get("class") == "mm-route"]
    pixels = [tuple(map(float, pair)) for pair in re.findall(r"(-?[\d.]+),(-?[\d.]+)", line.get("d", ""))]
    assert all(0 <= x <= 300 and 0 <= y <= 500 for x, y in pixels)
    marks = [(float(c.get("cx", "")), float(c.get("cy", ""))) for c in root.findall(f".//{SVG}g/{SVG}circle")]
    assert {pixels[0], pixels[-1]} <= set(marks)


def test_north_is_up_and_east_is_right(graphs) -> None:
    road = graphs.network(graphs.square_graph())
    text = route_svg(road, [(0.0, 0.0), (0.01, 0.01)], labels=False)
    (data,) = re.findall(r'class="mm-route".*? d="M([^"]+)"', text)
    (x1, y1), (x2, y2) = (map(float, pair.split(",")) for pair in data.split("L"))
    assert x2 > x1
    assert y2 < y1


def test_labels_and_titles_cannot_break_out_of_the_svg(graphs) -> None:
    road = graphs.network(graphs.square_graph())
    evil = '"><script>alert(1)</script>&'
    text = route_svg(road, [], points=[MapPoint(0.005, 0.005, evil)], title=evil)
    assert "<script>" not in text
    root = ElementTree.fromstring(text)
    assert evil in [element.text for element in root.iter(f"{SVG}text")]
    assert root.get("aria-label") == evil


def test_place_names_follow_the_language(graphs) -> None:
    road = graphs.network(graphs.square_graph())
    around = [(-0.01, -0.01), (0.02, 0.02)]
    assert ">起点<" in route_svg(road, around, lang="zh")
    assert ">Start &amp; Go<" in route_svg(road, around, lang="en")
    assert "起点" not in route_svg(road, around, labels=False)


def test_a_single_standing_truck_still_gets_a_map(graphs) -> None:
    road = graphs.network(graphs.square_graph())
    root = ElementTree.fromstring(
        route_svg(road, [(0.005, 0.005)], points=[MapPoint(0.005, 0.005, kind="vehicle")])
    )
    assert root.find(f".//{SVG}path[@class='mm-road']") is not None


def test_nothing_to_show_is_refused(graphs) -> None:
    with pytest.raises(ValueError, match="a route or at least one point"):
        route_svg(graphs.network(graphs.square_graph()), [])


def test_an_unknown_kind_of_point_is_refused() -> None:
    with pytest.raises(ValueError, match="origin, destination, vehicle, stop"):
        MapPoint(0, 0, kind="ufo")


def test_the_country_map_stays_small(route) -> None:
    assert len(route_svg(trunk_network(), route)) < 150_000


@pytest.mark.parametrize("width_px", [240, 300, 360, 720])
@pytest.mark.parametrize(
    "credit", ["", "好运示意干线路网，不用于导航。城市位置：GeoNames（CC BY 4.0），某某地图公司"]
)
def test_the_attribution_is_always_whole_and_inside(route, width_px: int, credit: str) -> None:
    svg = route_svg(trunk_network(), route, width_px=width_px, height_px=300, attribution=credit)
    root = ElementTree.fromstring(svg)
    lines = [element for element in root.iter(f"{SVG}text") if element.get("class") == "mm-attribution"]
    said = "".join(line.text or "" for line in lines).replace(" ", "")
    assert said == (credit or trunk_network().attribution).replace(" ", "")
    for line in lines:
        assert 0 < float(line.get("y", "")) < 300
        wide = sum(9 if ord(letter) > 0x2E80 else 4.8 for letter in line.text or "")
        assert wide <= width_px, "a line runs out of the picture"


def test_a_blank_attribution_does_not_replace_the_networks(route) -> None:
    assert trunk_network().attribution in route_svg(trunk_network(), route, attribution="  ")


def test_the_scale_bar_is_as_long_as_it_says(graphs) -> None:
    road = graphs.network(graphs.square_graph())
    for lat in (0.0, 60.0):
        svg = route_svg(road, [(lat, 0.0), (lat, 0.05)], width_px=500, height_px=300, labels=False, lang="en")
        (start, end) = re.findall(r'class="mm-route".*? d="M([\d.]+),[\d.]+L([\d.]+),', svg)[0]
        pixels_a_metre = (float(end) - float(start)) / haversine_m(lat, 0.0, lat, 0.05)
        root = ElementTree.fromstring(svg)
        bar = root.find(f".//{SVG}g[@class='mm-scale']")
        width = float(re.findall(r"h([\d.]+)", bar.find(f"{SVG}path").get("d"))[0])
        number, unit = bar.find(f"{SVG}text").text.split()
        metres = float(number) * {"km": 1000, "m": 1}[unit]
        assert width / pixels_a_metre == pytest.approx(metres, rel=0.01)
        assert width <= 500 * 0.23


def test_kinds_of_points_differ_in_shape_not_only_in_colour(graphs) -> None:
    road = graphs.network(graphs.square_graph())
    spots = {"origin": (0.0, 0.0), "destination": (0.0, 0.01), "vehicle": (0.01, 0.0)}
    points = [MapPoint(*at, kind=kind) for kind, at in spots.items()]
    root = ElementTree.fromstring(route_svg(road, [], points=points))
    groups = [group for group in root.iter(f"{SVG}g") if "mm-point" in group.get("class", "")]
    shapes = {tuple(element.tag for element in group) for group in groups}
    assert len(shapes) == len(groups) == 3
