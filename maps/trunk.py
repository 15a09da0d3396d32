"""The inter-city trunk network of China: cities joined by the national expressways, both directions.

Schematic: which city is joined to which, how long and how fast the leg is for a truck. The drawn lines are
smooth curves through the cities, not the roads' courses. Not for navigation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.cities import GEONAMES_CREDIT, City, get_city, list_cities
from haoyun.maps.geodesy import haversine_m
from haoyun.maps.network import NodeName, RoadNetwork
from haoyun.maps.trunk_routes import EXPRESSWAYS, OTHER_ROADS, REMARKS

TRUNK_ATTRIBUTION = f"Haoyun {REMARKS}. {GEONAMES_CREDIT}"
_CURVE_POINTS = 8  # points a leg's curve is drawn with; straight enough at country scale

_Stop = tuple[str, str, float]  # city, terrain of the leg that leads to it, its stated length in m or 0


@dataclass(frozen=True, slots=True)
class Terrain:
    """Road metres for each straight-line metre between neighbouring cities, and a truck's average speed."""

    winding: float
    speed_kmh: float


# Calibrated on the published lengths of the expressways (tests/maps/test_trunk.py). Winding stays low
# because the list of cities follows most of a road's turns by itself.
TERRAINS = {
    "plain": Terrain(1.07, 78.0),
    "hills": Terrain(1.11, 74.0),
    "mountains": Terrain(1.20, 64.0),
    "desert": Terrain(1.10, 80.0),
    "plateau": Terrain(1.40, 50.0),
    "ferry": Terrain(1.10, 25.0),
}


@dataclass(frozen=True, slots=True)
class Leg:
    """One road between neighbouring cities of a route; `before` and `after` bend its curve."""

    ref: str
    start: City
    end: City
    before: City
    after: City
    terrain: str
    length_m: float


@cache
def trunk_network() -> RoadNetwork:
    """The trunk network (kind "schematic"); built once a process in well under a second."""
    return RoadNetwork.from_graph(
        trunk_graph(), name="trunk", kind="schematic", attribution=TRUNK_ATTRIBUTION
    )


def trunk_graph() -> Any:
    """The trunk network as an osmnx-style MultiDiGraph: nodes are GB/T 2260 codes, edges both ways."""
    import networkx as nx  # noqa: PLC0415 - only where a network is built

    graph = nx.MultiDiGraph(crs="epsg:4326")
    for city in list_cities():
        name = NodeName(city.name_zh, city.name_en, city.rank, city.adcode)
        graph.add_node(city.adcode, x=city.lon, y=city.lat, name=name)
    for leg, refs in _distinct_legs():
        curve = _curve(leg)
        data = {
            "length": leg.length_m,
            "speed_kph": TERRAINS[leg.terrain].speed_kmh,
            "highway": _highway_class(leg),
            "ref": ";".join(refs),
        }
        graph.add_edge(leg.start.adcode, leg.end.adcode, **data, geometry=curve)
        graph.add_edge(leg.end.adcode, leg.start.adcode, **data, geometry=curve[::-1])
    return graph


def list_legs() -> tuple[Leg, ...]:
    """Every leg of every route, in the order of the route lists; shared legs appear once a route."""
    text = f"{EXPRESSWAYS}{OTHER_ROADS}".replace("\n    ", " ")  # an indented line continues a route
    return tuple(leg for line in text.splitlines() if line.strip() for leg in _route_legs(line))


def _route_legs(line: str) -> Iterator[Leg]:
    ref, _name, terrain, *words = line.split()
    stretches: list[list[_Stop]] = [[]]
    length_m = 0.0
    for word in words:
        if word == "/":
            stretches.append([])
        elif word.startswith("~"):
            terrain = word[1:]
        elif word.startswith("["):
            length_m = float(word.strip("[]")) * 1000
        else:
            stretches[-1].append((word, terrain, length_m))
            length_m = 0.0
    for stops in stretches:
        yield from _stretch_legs("" if ref == "-" else ref, stops)


def _stretch_legs(ref: str, stops: list[_Stop]) -> Iterator[Leg]:
    cities = [get_city(name) for name, _, _ in stops]
    for i in range(1, len(stops)):
        _, terrain, length_m = stops[i]
        start, end = cities[i - 1], cities[i]
        straight_m = haversine_m(start.lat, start.lon, end.lat, end.lon)
        yield Leg(
            ref=ref,
            start=start,
            end=end,
            before=cities[max(i - 2, 0)],
            after=cities[min(i + 1, len(cities) - 1)],
            terrain=terrain,
            length_m=length_m or straight_m * TERRAINS[terrain].winding,
        )


def _distinct_legs() -> list[tuple[Leg, list[str]]]:
    """Each pair of neighbours once, with all refs; the first route that has it decides its length."""
    found: dict[frozenset[str], tuple[Leg, list[str]]] = {}
    for leg in list_legs():
        pair = frozenset((leg.start.adcode, leg.end.adcode))
        _, refs = found.setdefault(pair, (leg, []))
        if leg.ref and leg.ref not in refs:
            refs.append(leg.ref)
    return list(found.values())


def _highway_class(leg: Leg) -> str:
    if leg.terrain == "ferry":
        return "ferry"
    national_road = len(leg.ref) == 4 and leg.ref[1:].isdigit()  # G109; expressways have 1, 2 or 4 digits
    return "trunk" if national_road or not leg.ref else "motorway"


def _curve(leg: Leg) -> NDArray[np.float64]:
    """A Catmull-Rom curve from start to end as (lat, lon) rows, bent by the cities before and after."""
    p0, p1, p2, p3 = (np.array([c.lat, c.lon]) for c in (leg.before, leg.start, leg.end, leg.after))
    reach = float(np.hypot(*(p2 - p1)))
    tangent1, tangent2 = _tangent(p2 - p0, reach), _tangent(p3 - p1, reach)
    t = np.linspace(0.0, 1.0, _CURVE_POINTS)[:, None]
    return np.asarray(
        (2 * t**3 - 3 * t**2 + 1) * p1
        + (t**3 - 2 * t**2 + t) * tangent1
        + (3 * t**2 - 2 * t**3) * p2
        + (t**3 - t**2) * tangent2
    )


def _tangent(direction: NDArray[np.float64], reach: float) -> NDArray[np.float64]:
    """Scaled to the leg's own size, so that a long neighbour does not throw a short leg off its course."""
    size = float(np.hypot(*direction))
    return direction if size == 0 else np.asarray(direction / size * reach * 0.8)
