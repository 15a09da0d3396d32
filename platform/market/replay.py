"""Scores again: a stored match keeps what it was worked out from, which gives the same bytes when scored anew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from haoyun.platform.market.capacity import Capacity
from haoyun.platform.market.figures import Figures, PriceBasis
from haoyun.platform.market.load import Load
from haoyun.platform.market.match import Inputs, Match
from haoyun.platform.market.roads import Costs, Standing
from haoyun.platform.market.score import score
from haoyun.platform.market.way import Known, Trip


def inputs_json(inputs: Inputs) -> str:
    """As the table keeps them."""
    return orjson.dumps(inputs).decode()


def inputs_of(text: str) -> Inputs:
    """What `inputs_json` wrote."""
    found: dict[str, Any] = orjson.loads(text)
    return Inputs(
        found["load_version"], found["capacity_version"], _way(found["way"]), _figures(found["figures"])
    )


def replay(load: Load, capacity: Capacity, inputs: Inputs) -> Match | None:
    """The match that these inputs give; None where an offer is no longer the one that was scored."""
    if (load.version, capacity.version) != (inputs.load_version, inputs.capacity_version):
        return None
    return score(load, capacity, inputs.way, inputs.figures)


def _way(found: Mapping[str, Any]) -> Trip:
    seen = found["seen_at"]
    return Trip(
        Known(found["known"]),
        None if seen is None else datetime.fromisoformat(seen),
        found["empty_m"],
        datetime.fromisoformat(found["arrives_at"]),
        datetime.fromisoformat(found["pickup_at"]),
        datetime.fromisoformat(found["delivery_at"]),
        found["detour_m"],
    )


def _figures(found: Mapping[str, Any]) -> Figures:
    return Figures(
        basis=PriceBasis(**found["basis"]),
        loads=found["loads"],
        vehicles=found["vehicles"],
        costs=Costs(**found["costs"]),
        carrier=Standing(**found["carrier"]),
        shipper=Standing(**found["shipper"]),
    )
