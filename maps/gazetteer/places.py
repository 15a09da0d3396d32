"""The places of one map, which offers name: find by name, complete while typing, find what is near.

A few hundred at most, in memory. All places of the world are in the place book (place_book.py).
"""

from __future__ import annotations

import builtins
from bisect import bisect_left
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache

import numpy as np

from haoyun.maps.cities import list_cities
from haoyun.maps.errors import UnknownPlace
from haoyun.maps.gazetteer.names import fold
from haoyun.maps.gazetteer.place import Place, PlaceKind
from haoyun.maps.geodesy import check_position
from haoyun.maps.network import FloatArray, NodeName, RoadNetwork, unit_vectors

_ZH_SUFFIXES = ("市", "地区", "自治州", "盟")


class Gazetteer:
    """A fixed set of places with its indexes in memory."""

    def __init__(self, places: Iterable[Place]) -> None:
        from scipy.spatial import cKDTree  # noqa: PLC0415 - takes a third of a second that most programs save

        self._places = tuple(places)
        self._by_code = {place.code: place for place in self._places}
        if len(self._by_code) != len(self._places) or not self._places:
            raise ValueError("a gazetteer needs at least one place, and codes that differ")
        self._by_name: dict[str, Place] = {}
        for place in sorted(self._places, key=lambda p: (p.rank, p.code)):
            for key in _keys(place):
                self._by_name.setdefault(key, place)
        self._sorted = sorted((key, place.code) for place in self._places for key in _keys(place))
        self._tree = cKDTree(unit_vectors([p.lat for p in self._places], [p.lon for p in self._places]))

    def __len__(self) -> int:
        return len(self._places)

    def list(self) -> tuple[Place, ...]:
        """All places in the order given."""
        return self._places

    def get(self, code: str) -> Place:
        """The place of that code; UnknownPlace with close suggestions otherwise."""
        place = self._by_code.get(code)
        if place is None:
            raise UnknownPlace(f"there is no place {code!r}{self._suggestion(code)}")
        return place

    def find(self, text: str) -> Place | None:
        """The place with exactly that Chinese name (市 may be added), Latin name (any case, accents and
        spaces ignored) or code; None if there is none."""
        key = fold(text)
        return self._by_code.get(text.strip()) or self._by_name.get(key) or self._by_name.get(_stem(key))

    def search(self, text: str, limit: int = 10) -> builtins.list[Place]:
        """Places whose name or code starts with the text, most important first; [] for an empty text."""
        key = fold(text)
        if not key:
            return []
        first = bisect_left(self._sorted, (key, ""))
        codes: dict[str, None] = {}
        for name, code in self._sorted[first:]:
            if not name.startswith(key):
                break
            codes[code] = None
        found = [self._by_code[code] for code in codes]
        return sorted(found, key=lambda p: (p.rank, p.name_en, p.code))[:limit]

    def nearest(self, lat: float, lon: float) -> Place:
        """The place closest to a position."""
        check_position(lat, lon)
        _, i = self._tree.query(unit_vectors([lat], [lon]))
        return self._places[int(i[0])]

    def _suggestion(self, text: str) -> str:
        keys = get_close_matches(fold(text), self._by_name, n=3)
        names = [f"{self._by_name[key].name_en} ({self._by_name[key].code})" for key in keys]
        return f"; did you mean {', '.join(names)}?" if names else ""


@cache
def trunk_gazetteer() -> Gazetteer:
    """All cities of the trunk network; code and division are the GB/T 2260 code."""
    return Gazetteer(
        Place(c.adcode, c.name_zh, c.name_en, c.lat, c.lon, c.rank, c.adcode, PlaceKind.CITY)
        for c in list_cities()
    )


def network_gazetteer(network: RoadNetwork, count: int = 60) -> Gazetteer:
    """Places of any network: its named nodes, or else `count` spread-out corners of two named streets."""
    named = [(node, name) for node, name in enumerate(network.node_name) if name is not None]
    return Gazetteer(_place(network, node, name) for node, name in named or _corners(network, count))


def _place(network: RoadNetwork, node: int, name: NodeName) -> Place:
    lat, lon = network.position(node)
    code = name.code or f"{network.name}-{node}"
    return Place(code, name.zh or name.en, name.en or name.zh, lat, lon, name.rank, division=name.code)


def _corners(network: RoadNetwork, count: int) -> list[tuple[int, NodeName]]:
    streets: dict[int, set[str]] = {}
    for tail, head, ref in zip(network.edge_tail, network.edge_head, network.edge_ref, strict=True):
        if street := ref.partition(";")[0].strip():  # OpenStreetMap lists several numbers: B 37;B 45
            streets.setdefault(int(tail), set()).add(street)
            streets.setdefault(int(head), set()).add(street)
    corners = sorted(node for node, names in streets.items() if len(names) > 1) or sorted(streets)
    if not corners:
        corners = list(range(network.node_count))
    chosen = spread(network.node_lat[corners], network.node_lon[corners], count)
    found = []
    for node in sorted(corners[i] for i in chosen):
        text = " / ".join(sorted(streets.get(node, ()))[:2]) or f"Junction {node}"
        found.append((node, NodeName(zh=text, en=text, rank=4)))
    return found


def spread(lat: FloatArray, lon: FloatArray, count: int) -> list[int]:
    """Indexes of up to `count` positions, each as far as possible from those before; starts in the middle."""
    points = unit_vectors(lat, lon)
    middle = points.mean(axis=0)
    chosen = [int(np.linalg.norm(points - middle, axis=1).argmin())]
    distance = np.linalg.norm(points - points[chosen[0]], axis=1)
    while len(chosen) < min(count, len(points)):
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return chosen


def _keys(place: Place) -> set[str]:
    return {fold(name) for name in (place.name_zh, place.name_en, place.code)} - {""}


def _stem(key: str) -> str:
    for suffix in _ZH_SUFFIXES:
        if key.endswith(suffix) and len(key) > len(suffix) + 1:
            return key.removesuffix(suffix)
    return key


__all__ = ["Gazetteer", "Place", "PlaceKind", "network_gazetteer", "spread", "trunk_gazetteer"]
