"""Maps: positions, road networks, travel times, places and zones. Pure; imports no other room."""

from haoyun.maps.access import point_matrix, point_path
from haoyun.maps.catalog import import_map, import_place, list_maps, open_map
from haoyun.maps.crs import Crs, convert, from_wgs84, to_wgs84
from haoyun.maps.edge_index import EdgeIndex, EdgePoints
from haoyun.maps.engine import Matrix, MatrixEngine, Path, ScipyEngine, join_paths
from haoyun.maps.errors import (
    BadCoordinate,
    BadMapFile,
    BadOption,
    BadTrace,
    MapError,
    NoPath,
    NoRoadNear,
    UnknownMap,
    UnknownPlace,
    Unreachable,
)
from haoyun.maps.gazetteer.addresses import Address, AddressDivision, parse_address
from haoyun.maps.gazetteer.place import Place, PlaceKind
from haoyun.maps.gazetteer.place_book import PlaceBook, open_places
from haoyun.maps.gazetteer.place_query import Found, How
from haoyun.maps.gazetteer.place_where import Whereabouts, reverse
from haoyun.maps.gazetteer.places import Gazetteer, network_gazetteer, trunk_gazetteer
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
from haoyun.maps.node_engine import engine_for
from haoyun.maps.roads.live import LiveChanges
from haoyun.maps.roads.profiles import VehicleProfile, get_profile
from haoyun.maps.roads.road_engine import RoadEngine, Route
from haoyun.maps.roads.road_graph import RoadGraph
from haoyun.maps.rules import Access, RoadRules, TimedRule, TurnBan
from haoyun.maps.streets import coquimbo_network
from haoyun.maps.trunk import trunk_network
from haoyun.maps.zone_geojson import zone_of_geojson, zone_to_geojson
from haoyun.maps.zones import (
    Circle,
    Corridor,
    MultiPolygonZone,
    PolygonZone,
    Zone,
    ZoneIndex,
    zones_containing,
)

__all__ = [
    "Access",
    "Address",
    "AddressDivision",
    "BadCoordinate",
    "BadMapFile",
    "BadOption",
    "BadTrace",
    "Bounds",
    "Circle",
    "Corridor",
    "Crs",
    "EdgeIndex",
    "EdgePoints",
    "Found",
    "Gazetteer",
    "How",
    "LiveChanges",
    "MapError",
    "MapPoint",
    "Matrix",
    "MatrixEngine",
    "MultiPolygonZone",
    "NoPath",
    "NoRoadNear",
    "NodeName",
    "Path",
    "Place",
    "PlaceBook",
    "PlaceKind",
    "PolygonZone",
    "RoadEngine",
    "RoadGraph",
    "RoadNetwork",
    "RoadRules",
    "Route",
    "ScipyEngine",
    "TimedRule",
    "TurnBan",
    "UnknownMap",
    "UnknownPlace",
    "Unreachable",
    "VehicleProfile",
    "Whereabouts",
    "Zone",
    "ZoneIndex",
    "bearing_deg",
    "check_position",
    "convert",
    "coquimbo_network",
    "destination",
    "engine_for",
    "from_wgs84",
    "get_profile",
    "haversine_m",
    "import_map",
    "import_place",
    "join_paths",
    "list_maps",
    "network_gazetteer",
    "open_map",
    "open_places",
    "parse_address",
    "point_along",
    "point_matrix",
    "point_path",
    "polyline_length_m",
    "reverse",
    "route_svg",
    "to_wgs84",
    "trunk_gazetteer",
    "trunk_network",
    "zone_of_geojson",
    "zone_to_geojson",
    "zones_containing",
]
