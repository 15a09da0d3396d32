"""The market's view of the roads, made at the edge: the map's places, their matrix, and live positions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import sqlalchemy as sa

from haoyun.maps.access import ACCESS_SPEED_KMH
from haoyun.maps.catalog import open_map
from haoyun.maps.engine import Matrix, MatrixEngine
from haoyun.maps.gazetteer.places import Gazetteer, Place, network_gazetteer, trunk_gazetteer
from haoyun.maps.network import RoadNetwork
from haoyun.maps.node_engine import engine_for
from haoyun.platform.database import reading
from haoyun.platform.market.driving import CHINA_LAW, DRIVING_LAWS, EU_LAW, DrivingLaw
from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.market.roads import FRESH, Costs, MatchContext, Standing, VehiclePosition
from haoyun.platform.market.values import Site
from haoyun.platform.settings import Settings
from haoyun.tracking.store import LatestPosition, latest_positions

KEEP_STANDING = timedelta(minutes=10)  # a delivery more changes little
KEEP = timedelta(seconds=15)  # a truck drives some 300 m meanwhile: nothing to a score
_ACCESS_M_S = ACCESS_SPEED_KMH / 3.6


ReadStanding = Callable[[], Mapping[str, Standing]]


@dataclass(slots=True)
class _Snapshot:
    context: MatchContext
    taken_at: datetime


@dataclass(slots=True)
class MarketContext:
    """One for a process. `snapshot` is what matching takes; `site` turns a place's code into a Site."""

    network: RoadNetwork
    engine: MatrixEngine
    gazetteer: Gazetteer
    matrix: Matrix
    tracking: sa.Engine
    costs: Costs = field(default_factory=Costs)
    law: DrivingLaw = CHINA_LAW
    read_standing: ReadStanding | None = None  # None: nothing is known of anybody
    places: Mapping[str, int] = field(init=False)
    _nodes: dict[int, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    _kept: _Snapshot | None = None
    _standing: tuple[Mapping[str, Standing], datetime] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.places = {place.code: i for i, place in enumerate(self.gazetteer.list())}

    @classmethod
    def load(
        cls, settings: Settings, tracking: sa.Engine, read_standing: ReadStanding | None = None
    ) -> MarketContext:
        """Open the installation's map and work out the roads between all its places. Raises MapError."""
        network = open_map(settings.map, settings.maps_folder)
        gazetteer = trunk_gazetteer() if settings.map == "trunk" else network_gazetteer(network)
        made = cls.of(network, gazetteer, tracking, law_of_map(settings.driving_law, network))
        made.read_standing = read_standing
        return made

    @classmethod
    def of(
        cls, network: RoadNetwork, gazetteer: Gazetteer, tracking: sa.Engine, law: DrivingLaw = CHINA_LAW
    ) -> MarketContext:
        """The context of a network and its places."""
        engine = engine_for(network)
        nodes = _place_nodes(network, gazetteer.list())
        return cls(network, engine, gazetteer, engine.matrix(nodes, nodes), tracking, law=law)

    def site(self, code: str, field_name: str = "place") -> Site:
        """The place of that code, or of exactly that name. Raises FieldErrors for `field_name`."""
        place = self.gazetteer.find(code)
        if place is None:
            raise FieldErrors({field_name: ("unknown_place", {"code": code[:60]})})
        return site_of_place(place)

    def codes_near(self, site: Site, radius_km: float) -> frozenset[str]:
        """Codes of the places within a radius as the crow flies, for searches by area."""
        return frozenset(
            place.code
            for place in self.gazetteer.list()
            if site.distance_m(site_of_place(place)) <= radius_km * 1000
        )

    def snapshot(self, now: datetime) -> MatchContext:
        """Roads and live positions for matching, at most KEEP old."""
        with self._lock:
            if self._kept is None or not timedelta(0) <= now - self._kept.taken_at < KEEP:
                self._kept = _Snapshot(self._take(now), now)
            return self._kept.context

    def _take(self, now: datetime) -> MatchContext:
        with reading(self.tracking).connect() as db:
            seen = [p for p in latest_positions(db, since=now - FRESH) if p.vehicle_id is not None]
        return MatchContext(
            self.places,
            self.matrix.distance_m,
            self.matrix.duration_s,
            self._positions(seen),
            self.costs,
            self.law,
            self._standings(now),
        )

    def _standings(self, now: datetime) -> Mapping[str, Standing]:
        if self.read_standing is None:
            return {}
        if self._standing is None or not timedelta(0) <= now - self._standing[1] < KEEP_STANDING:
            self._standing = (self.read_standing(), now)
        return self._standing[0]

    def _positions(self, seen: list[LatestPosition]) -> dict[str, VehiclePosition]:
        """The newest position of each vehicle, with its way to every place through the nearest node."""
        newest: dict[str, LatestPosition] = {}
        for position in sorted(seen, key=lambda p: p.state.fix_time):
            if position.vehicle_id is not None:
                newest[position.vehicle_id] = position
        if not newest:
            return {}
        found = list(newest.values())
        nodes, access_m = self.network.nearest_nodes(
            [p.state.lat for p in found], [p.state.lon for p in found]
        )
        self._reach(int(node) for node in nodes)
        return {
            vehicle: self._position(position, int(node), float(metres))
            for (vehicle, position), node, metres in zip(newest.items(), nodes, access_m, strict=True)
        }

    def _position(self, position: LatestPosition, node: int, access_m: float) -> VehiclePosition:
        distance_m, duration_s = self._nodes[node]
        state = position.state
        return VehiclePosition(
            state.lat, state.lon, state.fix_time, distance_m + access_m, duration_s + access_m / _ACCESS_M_S
        )

    def _reach(self, nodes: Iterable[int]) -> None:
        """Work out the ways from nodes that were not asked for before; a truck on its road asks for few."""
        wanted = sorted(set(nodes))
        new = [node for node in wanted if node not in self._nodes]
        if new:
            ways = self.engine.matrix(new, _place_nodes(self.network, self.gazetteer.list()))
            for node, distance_m, duration_s in zip(new, ways.distance_m, ways.duration_s, strict=True):
                self._nodes[node] = (distance_m, duration_s)
        for node in set(self._nodes) - set(wanted):
            del self._nodes[node]


def law_of_map(named: str, network: RoadNetwork) -> DrivingLaw:
    """The driving law of that name; `auto` is the EU's where the middle of the map lies in Europe, else China's."""
    if named in DRIVING_LAWS:
        return DRIVING_LAWS[named]
    box = network.bounds
    lon, lat = (box.west + box.east) / 2, (box.south + box.north) / 2
    return EU_LAW if -25 <= lon <= 40 and 34 <= lat <= 72 else CHINA_LAW


def site_of_place(place: Place) -> Site:
    """A gazetteer's place as offers write it."""
    return Site(place.code, place.name_zh, place.name_en, place.lat, place.lon)


def _place_nodes(network: RoadNetwork, places: tuple[Place, ...]) -> np.ndarray:
    nodes, _ = network.nearest_nodes([p.lat for p in places], [p.lon for p in places])
    return np.asarray(nodes)
