"""The pictures of docs/howto/maps-analysis.md, from a made-up market on the trunk network (fixed seed).

    python tests/bench/maps_pictures.py [FOLDER]      # default: docs/images

Draws what it prints; the same seed draws the same pictures.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from haoyun.maps import ScipyEngine, trunk_network
from haoyun.maps import analysis as an
from haoyun.maps.cities import list_cities

SEED = 20260101
IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
EAST = (27.5, 34.5, 113.5, 123.0)  # south, north, west, east


def market(chance: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Trucks and loads around the cities of East China, and lanes between them, heavier between large ones."""
    south, north, west, east = EAST
    cities = [c for c in list_cities() if south < c.lat < north and west < c.lon < east]
    weight = np.array([{1: 6.0, 2: 2.0}.get(c.rank, 1.0) for c in cities]) * chance.gamma(2, 0.5, len(cities))
    rows = []
    for kind, tilt in (("supply", 0.6), ("demand", 1.4)):
        share = weight**tilt / (weight**tilt).sum()
        for i in chance.choice(len(cities), 900, p=share):
            lat, lon = chance.normal((cities[i].lat, cities[i].lon), 0.15)
            rows.append(
                {"lat": lat, "lon": lon, "kind": kind, "amount": float(chance.integers(1, 4)), "name": ""}
            )
    share = weight / weight.sum()
    ends = [(i, j) for i, j in chance.choice(len(cities), (1500, 2), p=share) if i != j]
    lanes = pd.DataFrame(
        {
            "from_lat": [cities[i].lat for i, _ in ends], "from_lon": [cities[i].lon for i, _ in ends],
            "to_lat": [cities[j].lat for _, j in ends], "to_lon": [cities[j].lon for _, j in ends],
            "count": 1, "tonnes": chance.uniform(2, 32, len(ends)).round(1),
        }
    )  # fmt: skip
    return pd.DataFrame(rows), lanes


def save(figure: Any, path: Path) -> None:
    """Small enough for a repository: 1,000 pixels wide, 256 colours."""
    from PIL import Image

    an.save_figure(figure, path, dpi=100)
    Image.open(path).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        path, optimize=True
    )


def main(folder: Path) -> None:
    network, chance = trunk_network(), np.random.default_rng(SEED)
    points, lanes = market(chance)

    cells = an.balance(points, an.cell_areas(points["lat"], points["lon"], 4))
    print(f"balance: {len(points)} points in {len(cells)} cells, sum {cells['balance'].sum():g}")
    save(an.balance_figure(cells, network, lang="en"), folder / "analysis_balance_en.png")

    lat = np.concatenate([lanes["from_lat"], lanes["to_lat"]])
    lon = np.concatenate([lanes["from_lon"], lanes["to_lon"]])
    found = an.flows(lanes, an.cell_areas(lat, lon, 3))
    print(f"flows: {len(lanes)} lanes in {len(found)} pairs of cells, {found['tonnes'].sum():.0f} t")
    save(an.flow_figure(found, network, by="tonnes", lang="zh"), folder / "analysis_flows_zh.png")

    hubs = {"上海", "南京", "杭州", "合肥"}
    sites = [
        {"lat": c.lat, "lon": c.lon, "kind": "site", "amount": 1.0, "name": c.name_zh}
        for c in list_cities()
        if c.name_zh in hubs
    ]
    demand = points[points["kind"] == "demand"]
    table = pd.concat([pd.DataFrame(sites), demand], ignore_index=True)
    limits = (60.0, 120.0, 240.0)
    reach = an.accessibility(table, network, ScipyEngine(network), limits)
    print(
        f"access: {len(demand)} demand points, {len(sites)} sites, {(reach['minutes'] <= 120).sum()} within 2 h"
    )
    save(an.access_figure(reach, network, limits, lang="en"), folder / "analysis_access_en.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
