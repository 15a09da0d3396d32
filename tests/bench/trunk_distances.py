"""Lengths of the trunk network's routes against the National Expressway Network Plan, as a table.

    python tests/bench/trunk_distances.py

Columns: route, first and last city, published km, km along the listed cities, km of today's fastest way.
"""

from __future__ import annotations

import importlib.util
from collections import defaultdict
from pathlib import Path

from haoyun.maps import ScipyEngine, trunk_network
from haoyun.maps.trunk import Leg, list_legs


def published_km() -> dict[str, float]:
    """The figures of the test, so that there is one copy of them."""
    test = Path(__file__).parent.parent / "maps" / "test_trunk.py"
    spec = importlib.util.spec_from_file_location("test_trunk", test)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dict(module.PLANNED_KM)


def main() -> None:
    engine, names = ScipyEngine(trunk_network()), trunk_network().node_name
    node = {name.code: i for i, name in enumerate(names) if name}
    routes: dict[str, list[Leg]] = defaultdict(list)
    for leg in list_legs():
        routes[leg.ref].append(leg)
    for ref, km in published_km().items():
        legs = routes[ref]
        start, end = legs[0].start, legs[-1].end
        listed = sum(leg.length_m for leg in legs) / 1000
        fastest = engine.path(node[start.adcode], node[end.adcode]).distance_m / 1000
        print(
            f"{ref:4} {start.name_en:>14} - {end.name_en:<14} {km:6.0f} {listed:6.0f} {listed / km - 1:+6.1%}"
            f" {fastest:6.0f} {fastest / km - 1:+6.1%}"
        )


if __name__ == "__main__":
    main()
