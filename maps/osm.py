"""OpenStreetMap extracts (.osm, .osm.pbf) to an osmnx-style simplified MultiDiGraph.

pyosmium reads both formats in one pass and keeps the tags that decide where a truck may go; osmnx then
merges the nodes that are only bends. Turn restrictions and truck profiles are not applied here.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

from haoyun.maps.errors import BadMapFile
from haoyun.maps.geodesy import haversine_m
from haoyun.maps.graph import TRUCK_SPEED_KMH

OSM_ATTRIBUTION = "© OpenStreetMap contributors (ODbL)"
TRUCK_TAGS = ("maxheight", "maxweight", "maxwidth", "maxlength", "maxaxleload", "hgv", "hazmat", "goods")
_WAY_TAGS = ("highway", "name", "ref", "maxspeed", "lanes", "bridge", "tunnel", "toll", *TRUCK_TAGS)
# Service ways (yards, parking) would double a city's graph; the access leg to a site stands for them.
_ROADS = frozenset(TRUCK_SPEED_KMH) - {"service", "ferry"}
_CLOSED_ACCESS = frozenset({"no", "private", "agricultural", "forestry", "emergency", "military"})
_ONEWAY_FORWARD = frozenset({"yes", "true", "1"})
_ONEWAY_BACKWARD = frozenset({"-1", "reverse"})
_SUFFIXES = (".osm", ".pbf", ".osm.bz2", ".osm.gz")


def read_osm(path: Path) -> Any:
    """The drivable roads of an extract as a simplified MultiDiGraph (crs epsg:4326, length in metres).

    Raises BadMapFile, with one sentence, if the file is missing, empty, truncated, of another format or
    holds no drivable road.
    """
    _check_file(path)
    graph = _read_ways(path)
    if graph.number_of_edges() == 0:
        raise BadMapFile(f"{path.name} holds no drivable road")
    import osmnx  # noqa: PLC0415 - takes seconds

    return osmnx.simplify_graph(graph)


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise BadMapFile(f"there is no file {path.name}")
    if path.stat().st_size == 0:
        raise BadMapFile(f"{path.name} is empty")
    if not path.name.endswith(_SUFFIXES):
        raise BadMapFile(
            f"{path.name} is not an OpenStreetMap extract: its name must end in .osm or .osm.pbf"
        )


def _read_ways(path: Path) -> Any:
    import networkx as nx  # noqa: PLC0415 - only where a map is imported
    import osmium  # noqa: PLC0415

    graph = nx.MultiDiGraph(crs="epsg:4326", simplified=False)
    try:
        ways = (
            osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter("highway"))
        )
        for item in ways:
            if isinstance(item, osmium.osm.Way):
                _add_way(graph, item)
    except (RuntimeError, OSError) as error:
        raise BadMapFile(
            f"{path.name} cannot be read: truncated, or not OpenStreetMap data ({error})"
        ) from error
    return graph


def _add_way(graph: Any, way: Any) -> None:
    tags = {tag.k: tag.v for tag in way.tags}
    if not is_drivable(tags):
        return
    # Ways cut at the extract's edge keep references to nodes that are not in the file.
    points = [(node.ref, node.location.lat, node.location.lon) for node in way.nodes if node.location.valid()]
    kept = {key: tags[key] for key in _WAY_TAGS if key in tags}
    kept["osmid"] = way.id
    for ref, lat, lon in points:
        graph.add_node(ref, x=lon, y=lat)
    forward, backward = directions(tags)
    for (a, lat_a, lon_a), (b, lat_b, lon_b) in pairwise(points):
        data = {
            **kept,
            "length": haversine_m(lat_a, lon_a, lat_b, lon_b),
            "oneway": not (forward and backward),
        }
        if forward:
            graph.add_edge(a, b, **data, reversed=False)
        if backward:
            graph.add_edge(b, a, **data, reversed=True)


def is_drivable(tags: dict[str, str]) -> bool:
    """Whether a way is a road that a vehicle may use at all (not yet: whether a given truck may)."""
    access = tags.get("motor_vehicle", tags.get("vehicle", tags.get("access", "yes")))
    return tags.get("highway") in _ROADS and access not in _CLOSED_ACCESS and tags.get("area") != "yes"


def directions(tags: dict[str, str]) -> tuple[bool, bool]:
    """(may be driven along the way's node order, may be driven against it)."""
    oneway = tags.get("oneway", "")
    if oneway in _ONEWAY_BACKWARD:
        return False, True
    implied = tags.get("junction") in {"roundabout", "circular"} or tags.get("highway") == "motorway"
    if oneway in _ONEWAY_FORWARD or (implied and oneway != "no"):
        return True, False
    return True, True
