"""Supply against demand, area by area: where trucks wait for loads, and loads for trucks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from haoyun.maps.analysis.areas import NOWHERE, Areas
from haoyun.maps.analysis.projection import area_km2

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

SUPPLY, DEMAND = "supply", "demand"


def balance(points: pd.DataFrame, areas: Areas) -> gpd.GeoDataFrame:
    """One row for each area with supply, demand, balance (supply - demand) and tightness.

    `points` has `kind` (supply or demand) and `amount` >= 0; `areas` was made from the same points. tightness
    is demand / (supply + demand): 0 only trucks, 1 only loads, NaN where there is neither. area_km2 is 0 for
    places. The sums over all areas are those of the points that lie in one.
    """
    if len(points) != len(areas.member):
        raise ValueError(f"the areas know {len(areas.member)} points, the table has {len(points)}")
    unknown = set(points["kind"]) - {SUPPLY, DEMAND}
    if unknown:
        raise ValueError(f"a point is {SUPPLY} or {DEMAND}, not {', '.join(sorted(unknown))}")
    found = areas.frame.copy()
    amount = points["amount"].to_numpy(dtype=np.float64)
    for kind in (SUPPLY, DEMAND):
        mine = (points["kind"].to_numpy() == kind) & (areas.member != NOWHERE)
        found[kind] = np.bincount(areas.member[mine], weights=amount[mine], minlength=len(found))
    found["balance"] = found[SUPPLY] - found[DEMAND]
    both = (found[SUPPLY] + found[DEMAND]).to_numpy()
    with np.errstate(invalid="ignore"):
        found["tightness"] = found[DEMAND].to_numpy() / both
    found["area_km2"] = area_km2(found.geometry)
    return found
