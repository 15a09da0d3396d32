"""Maps: positions, road networks, travel times, places and zones. Pure; imports no other room."""

from haoyun.maps.access import point_matrix, point_path
from haoyun.maps.catalog import import_map, import_place, list_maps, open_map
from haoyun.maps.crs import Crs, from_wgs84, to_wgs84
from haoyun.maps.engine import Matrix, MatrixEngine, Path, ScipyEngine, join_paths
from haoyun.maps.errors import (
    BadCoordinate,
    BadMapFile,
    BadOption,
    MapError,
    NoPath,
    UnknownMap,
    UnknownPlace,
    Unreachable,
)
from haoyun.maps.geodesy import (
    bearing_deg,
    check_position,
    destination,
    haversine_m,
    point_along,
    polyline_length_m,
)
from haoyun.maps.minimap import MapPoint, route_svg
from haoyun.maps.network import Bounds, NodeName, RoadNetwork
from haoyun.maps.places import Gazetteer, Place, network_gazetteer, trunk_gazetteer
from haoyun.maps.rules import Access, RoadRules, TimedRule, TurnBan
from haoyun.maps.streets import coquimbo_network
from haoyun.maps.trunk import trunk_network
from haoyun.maps.zones import Circle, PolygonZone, Zone

__all__ = [
    "Access",
    "BadCoordinate",
    "BadMapFile",
    "BadOption",
    "Bounds",
    "Circle",
    "Crs",
    "Gazetteer",
    "MapError",
    "MapPoint",
    "Matrix",
    "MatrixEngine",
    "NoPath",
    "NodeName",
    "Path",
    "Place",
    "PolygonZone",
    "RoadNetwork",
    "RoadRules",
    "ScipyEngine",
    "TimedRule",
    "TurnBan",
    "UnknownMap",
    "UnknownPlace",
    "Unreachable",
    "Zone",
    "bearing_deg",
    "check_position",
    "coquimbo_network",
    "destination",
    "from_wgs84",
    "haversine_m",
    "import_map",
    "import_place",
    "join_paths",
    "list_maps",
    "network_gazetteer",
    "open_map",
    "point_along",
    "point_matrix",
    "point_path",
    "polyline_length_m",
    "route_svg",
    "to_wgs84",
    "trunk_gazetteer",
    "trunk_network",
]
