"""The planned way of an order along the roads, as tracking follows it."""

from __future__ import annotations

import numpy as np

from haoyun.maps.errors import NoPath
from haoyun.platform.market.context import MarketContext
from haoyun.platform.market.values import Site
from haoyun.tracking.steps.context import PlannedWay

MOST_POINTS = 300
STREETS_CORRIDOR_M = 2_000.0
SCHEMATIC_CORRIDOR_M = 25_000.0  # a schematic line only suggests the road: 25 km beside it is another way


def planned_way(context: MarketContext, origin: Site, destination: Site) -> PlannedWay | None:
    """The fastest way between two places, thinned; None where no road leads."""
    nodes, _ = context.network.nearest_nodes([origin.lat, destination.lat], [origin.lon, destination.lon])
    try:
        rows = np.asarray(context.engine.path(int(nodes[0]), int(nodes[1])).coordinates, dtype=np.float64)
    except NoPath:
        return None
    if len(rows) > MOST_POINTS:
        rows = rows[np.unique(np.linspace(0, len(rows) - 1, MOST_POINTS).astype(int))]
    if len(rows) < 2:
        return None
    corridor_m = STREETS_CORRIDOR_M if context.network.kind == "streets" else SCHEMATIC_CORRIDOR_M
    return PlannedWay(tuple((round(float(a), 5), round(float(b), 5)) for a, b in rows), corridor_m)
