"""Accessibility: how much demand can be reached from a set of sites within so many minutes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from haoyun.maps.access import ACCESS_SPEED_KMH
from haoyun.maps.analysis.projection import WGS84
from haoyun.maps.geodesy import haversine_m
from haoyun.maps.network import RoadNetwork

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from haoyun.maps.engine import MatrixEngine

SITE, DEMAND = "site", "demand"
FloatArray = NDArray[np.float64]


def accessibility(
    points: pd.DataFrame, network: RoadNetwork, engine: MatrixEngine, minutes: Sequence[float]
) -> gpd.GeoDataFrame:
    """The sites and the demand of a table as points, with what they reach and what reaches them.

    `points` has kind (site or demand), amount, name. Sites get reach_30, reach_60, … (for each of `minutes`):
    the amount of demand within that drive. Demand gets `minutes` to its nearest site (inf: none) and `site`,
    the row of that site. Times are the engine's between the nearest nodes plus 30 km/h to and from them.
    """
    import geopandas as gpd  # noqa: PLC0415 - only where something is analysed

    kind = points["kind"].to_numpy()
    sites, demand = np.flatnonzero(kind == SITE), np.flatnonzero(kind == DEMAND)
    if not len(sites) or not len(demand):
        raise ValueError("accessibility needs at least one point of kind site and one of kind demand")
    if not len(minutes) or min(minutes) <= 0:
        raise ValueError("accessibility needs times above zero, in minutes")
    found = gpd.GeoDataFrame(
        points.reset_index(drop=True), geometry=gpd.points_from_xy(points["lon"], points["lat"]), crs=WGS84
    )
    drive = drive_minutes(points, sites, demand, network, engine)
    amount = points["amount"].to_numpy(dtype=np.float64)[demand]
    for limit in sorted(minutes):
        reach = np.full(len(points), np.nan)
        reach[sites] = (drive <= limit) @ amount
        found[f"reach_{limit:g}"] = reach
    nearest = np.full(len(points), np.nan)
    nearest[demand] = drive.min(axis=0)
    of_site = np.full(len(points), -1, dtype=np.int64)
    of_site[demand] = np.where(np.isfinite(drive.min(axis=0)), sites[drive.argmin(axis=0)], -1)
    found["minutes"], found["site"] = nearest, of_site
    return found


def drive_minutes(
    points: pd.DataFrame,
    sites: NDArray[np.intp],
    demand: NDArray[np.intp],
    network: RoadNetwork,
    engine: MatrixEngine,
) -> FloatArray:
    """Minutes from each site (row) to each demand point (column); inf where there is no way."""
    lat, lon = points["lat"].to_numpy(dtype=np.float64), points["lon"].to_numpy(dtype=np.float64)
    nodes, off_m = network.nearest_nodes(lat, lon)
    road_s = engine.matrix(nodes[sites], nodes[demand]).duration_s
    access_m = off_m[sites][:, None] + off_m[demand][None, :]
    straight_m = haversine_m(
        lat[sites][:, None], lon[sites][:, None], lat[demand][None, :], lon[demand][None, :]
    )
    same = nodes[sites][:, None] == nodes[demand][None, :]
    metres = np.where(same, straight_m, access_m)
    return np.asarray((road_s + metres / (ACCESS_SPEED_KMH / 3.6)) / 60)


def covered(found: gpd.GeoDataFrame, minutes: float) -> float:
    """The share of all demand that some site reaches within so many minutes, 0 to 1."""
    demand = found[found["kind"] == DEMAND]
    total = float(demand["amount"].sum())
    return float(demand.loc[demand["minutes"] <= minutes, "amount"].sum()) / total if total else 0.0
