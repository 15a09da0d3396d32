"""A network as GeoJSON for drawing: each road once, whichever directions it has."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.network import RoadNetwork

_DECIMALS = 5  # about a metre


def roads_geojson(network: RoadNetwork, simplify_deg: float = 0.0) -> dict[str, Any]:
    """A FeatureCollection of LineStrings (lon, lat) with `ref` and `class`.

    `simplify_deg` drops points that lie closer than that to the simplified line (0 keeps them all).
    The collection carries `attribution` and `kind` as extra members.
    """
    edges = drawn_edges(network).tolist()
    lines = [network.edge_line(edge) for edge in edges]
    if simplify_deg > 0:
        lines = _simplified(lines, simplify_deg)
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": np.round(line[:, ::-1], _DECIMALS).tolist()},
            "properties": {"ref": network.edge_ref[edge], "class": network.edge_class[edge]},
        }
        for edge, line in zip(edges, lines, strict=True)
    ]
    return _collection(network, features)


def places_geojson(network: RoadNetwork) -> dict[str, Any]:
    """A FeatureCollection of named nodes: Points (lon, lat) with name_zh, name_en, rank, code and node."""
    features = [
        {
            "type": "Feature",
            "geometry": {
                "type": "Point",
                "coordinates": [round(float(network.node_lon[i]), 5), round(float(network.node_lat[i]), 5)],
            },
            "properties": {
                "node": i, "code": name.code, "name_zh": name.zh, "name_en": name.en, "rank": name.rank,
            },
        }
        for i, name in enumerate(network.node_name)
        if name is not None
    ]  # fmt: skip
    return _collection(network, features)


def drawn_edges(network: RoadNetwork) -> NDArray[np.intp]:
    """Edges without those that run back along one already listed (same ends, same length)."""
    ends = np.sort(np.column_stack([network.edge_tail, network.edge_head]), axis=1)
    key = np.column_stack([ends, np.round(network.edge_length_m).astype(np.int64)])
    return np.sort(np.unique(key, axis=0, return_index=True)[1])


def _simplified(lines: list[NDArray[np.float64]], tolerance_deg: float) -> list[NDArray[np.float64]]:
    import shapely  # noqa: PLC0415 - only where lines are simplified

    strings = shapely.simplify([shapely.LineString(line) for line in lines], tolerance_deg)
    return [np.asarray(string.coords, dtype=np.float64) for string in strings]


def _collection(network: RoadNetwork, features: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "attribution": network.attribution,
        "kind": network.kind,
        "features": features,
    }
