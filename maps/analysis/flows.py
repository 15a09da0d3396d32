"""Lane flows: how much goes from which area to which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from haoyun.maps.analysis.areas import NOWHERE, Areas
from haoyun.maps.analysis.projection import WGS84, frame_crs

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

_COLUMNS = ("key", "name_zh", "name_en")


def flows(lanes: pd.DataFrame, areas: Areas) -> gpd.GeoDataFrame:
    """One row for each pair of areas with traffic: count, tonnes, and a line from middle to middle.

    `areas` was made from the origins of all lanes followed by all their destinations. Columns: from_key,
    from_name_zh, from_name_en, to_…, count, tonnes; most first. Lanes that stay in an area are a point (their
    line has no length). The sums are those of the lanes whose both ends lie in an area.
    """
    import geopandas as gpd  # noqa: PLC0415 - only where something is analysed
    import shapely  # noqa: PLC0415

    if len(areas.member) != 2 * len(lanes):
        raise ValueError("the areas must be made from the origins of all lanes and then their destinations")
    start, end = areas.member[: len(lanes)], areas.member[len(lanes) :]
    both = (start != NOWHERE) & (end != NOWHERE)
    size = len(areas.frame)
    pair, group = np.unique(start[both] * size + end[both], return_inverse=True)
    sums = {
        name: np.bincount(group, weights=lanes[name].to_numpy(dtype=np.float64)[both], minlength=len(pair))
        for name in ("count", "tonnes")
    }
    source, target = pair // max(size, 1), pair % max(size, 1)
    columns = {
        f"{side}_{name}": areas.frame[name].to_numpy()[rows]
        for side, rows in (("from", source), ("to", target))
        for name in _COLUMNS
    }
    middles = _middles(areas.frame)
    lines = [
        shapely.Point(middles[a]) if a == b else shapely.LineString([middles[a], middles[b]])
        for a, b in zip(source.tolist(), target.tolist(), strict=True)
    ]
    counts = np.rint(sums["count"]).astype(np.int64)
    found = gpd.GeoDataFrame(
        {**columns, "count": counts, "tonnes": sums["tonnes"]}, geometry=lines, crs=WGS84
    )
    return found.sort_values(["count", "tonnes"], ascending=False, kind="stable", ignore_index=True)


def _middles(frame: gpd.GeoDataFrame) -> list[tuple[float, float]]:
    """(lon, lat) of the middle of each area, worked out in metres."""
    middles = frame.geometry.to_crs(frame_crs(frame)).centroid.to_crs(WGS84)
    return list(zip(middles.x.tolist(), middles.y.tolist(), strict=True))
