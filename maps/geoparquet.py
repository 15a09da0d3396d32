"""The edges of a network as GeoParquet 1.1, for geopandas, QGIS and DuckDB.

Written in blocks with pyarrow, so that memory stays small and geopandas is not needed here. Row i is edge i
of the network; geometry is WKB in EPSG:4326 with longitude first.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from haoyun.maps.network import RoadNetwork
from haoyun.maps.rules import Limit

_BLOCK = 65_536  # edges a row group


def write_edges(network: RoadNetwork, path: Path) -> None:
    """Write `geometry, edge, tail, head, way_id, class, ref, length_m, speed_kmh, hgv, toll` and the limits.

    Limits are null where there are none: `max_height_m, max_width_m, max_length_m, max_weight_t, max_axle_load_t`.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415 - only where a map is imported

    writer = None
    try:
        for start in range(0, network.edge_count, _BLOCK):
            table = _table(network, start, min(start + _BLOCK, network.edge_count))
            if writer is None:
                writer = pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def _table(network: RoadNetwork, start: int, end: int) -> Any:
    import pyarrow as pa  # noqa: PLC0415
    import shapely  # noqa: PLC0415

    offsets = network.lines.offsets[start : end + 1]
    points = network.lines.points[offsets[0] : offsets[-1], ::-1]
    lines = shapely.linestrings(points, indices=np.repeat(np.arange(end - start), np.diff(offsets)))
    some = slice(start, end)
    rules = [network.rules[number] for number in network.edge_rules[some].tolist()]
    columns = {
        "geometry": pa.array(shapely.to_wkb(lines), type=pa.binary()),
        "edge": pa.array(np.arange(start, end)),
        "tail": pa.array(network.edge_tail[some]),
        "head": pa.array(network.edge_head[some]),
        "way_id": pa.array(network.edge_way[some]),
        "class": pa.array(list(network.edge_class[some]), type=pa.string()),
        "ref": pa.array(list(network.edge_ref[some]), type=pa.string()),
        "length_m": pa.array(network.edge_length_m[some]),
        "speed_kmh": pa.array(network.edge_speed_kmh[some]),
        "hgv": pa.array([str(one.hgv) for one in rules], type=pa.string()),
        "toll": pa.array([one.toll for one in rules]),
    }
    for limit in Limit:
        columns[limit.value] = pa.array([getattr(one, limit.value) for one in rules], type=pa.float64())
    return pa.table(columns).replace_schema_metadata(_metadata(network))


def _metadata(network: RoadNetwork) -> dict[str, str]:
    import pyproj  # noqa: PLC0415

    box = network.bounds
    geometry = {
        "encoding": "WKB",
        "geometry_types": ["LineString"],
        "crs": pyproj.CRS.from_epsg(4326).to_json_dict(),
        "bbox": [box.west, box.south, box.east, box.north],
    }
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": geometry}}
    return {"geo": json.dumps(geo), "attribution": network.attribution, "name": network.name}
