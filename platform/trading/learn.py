"""The follower that matches closed trips to the installation's map, and learns from them how its roads are driven.

A round matches the trips that wait, a few at a time; sums up what the trips taught when that has changed; and gives
open journeys the travel times of their planned ways, which every estimate of arrival then uses. It runs in a thread
of its own, so that no other follower waits. Everything it knows stands in the database: a killed round is repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

import numpy as np
import sqlalchemy as sa
import structlog

from haoyun.maps.errors import NoPath
from haoyun.maps.learning import LearnedSpeeds, Traversals, marks_of, sum_up
from haoyun.maps.learning.observed import network_key
from haoyun.maps.matching.matcher import Matcher
from haoyun.maps.network import RoadNetwork
from haoyun.platform.database import Databases, reading
from haoyun.platform.market.context import MarketContext
from haoyun.tracking.eta_learned import learned_times
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.journeys import Journey
from haoyun.tracking.journeys_store import all_open_journeys
from haoyun.tracking.matched_trips import MatchedTrip, match_trip
from haoyun.tracking.trip_roads import (
    TripRoad,
    WaitingTrip,
    any_waiting,
    believed_runs,
    forget_unused,
    keep_match,
    take_waiting,
    taught_by_trips,
)
from haoyun.tracking.way_times import forget_times, put_times, times_learned

EVERY = timedelta(seconds=10)
LEARN_EVERY = timedelta(minutes=10)  # summing up 20,000 trips takes a second or two
AT_ONCE = 10  # trips in a round, so that a worker that must stop need not wait long
WAYS_AT_ONCE = 20
ON_ROAD = 0.5  # a trip with fewer of its fixes on roads was not driven on this map, and teaches nothing
# One local time for all of a map: the learned hours and the estimates that use them must agree, no more.
ZONE, UTC_OFFSET_S = "Asia/Shanghai", 8 * 3600

EdgesOf = Callable[[Journey], Sequence[int]]

log = structlog.get_logger(__name__)


class RoadLearner:
    """Called by the worker every second; `edges_of` are the edges of a journey's planned way, empty for none."""

    def __init__(self, network: RoadNetwork, edges_of: EdgesOf) -> None:
        self._network, self._edges_of = network, edges_of
        self._key = network_key(network)
        self._matcher: Matcher | None = None
        self._learned: LearnedSpeeds | None = None
        self._learned_at: datetime | None = None
        self._news = True  # what an earlier process matched
        self._next: datetime | None = None
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="roads")
        self._round: Future[int] | None = None

    @classmethod
    def of(cls, market: MarketContext) -> RoadLearner:
        """For the map and the routes of the market."""
        return cls(market.network, lambda journey: _edges(market, journey))

    def __call__(self, databases: Databases, now: datetime) -> int:
        """Begin a round when one is due. Returns how many trips the last one matched, and raises what it raised."""
        if self._round is not None:
            if not self._round.done():
                return 0
            ended, self._round = self._round, None
            count = ended.result()
            self._next = now if count >= AT_ONCE else now + EVERY
            return count
        if self._next is None or now >= self._next:
            self._round = self._pool.submit(self._patiently, databases, now)
        return 0

    def round(self, databases: Databases, now: datetime) -> int:
        """Match what waits (at most AT_ONCE trips), learn, tell journeys. Returns how many trips were matched."""
        matched = self._match(databases.tracking, now)
        self._news = self._news or matched > 0
        if self._news and (self._learned_at is None or now - self._learned_at >= LEARN_EVERY):
            self._learn(databases.tracking, now)
        self._tell(databases.tracking, now)
        return matched

    def _patiently(self, databases: Databases, now: datetime) -> int:
        try:
            return self.round(databases, now)
        except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
            log.warning("trips_not_matched", reason=str(error.args[0]))
            return 0

    def _match(self, engine: sa.Engine, now: datetime) -> int:
        with reading(engine).connect() as db:
            if not any_waiting(db, now):
                return 0
        with engine.begin() as db:
            trips = take_waiting(db, now, AT_ONCE)
        for trip in trips:
            with reading(engine).connect() as db:
                runs = believed_runs(db, trip)
            road, taught = self._on_roads(trip, runs)
            with engine.begin() as db:
                keep_match(db, trip, self._key, road, taught)
        return len(trips)

    def _on_roads(
        self, trip: WaitingTrip, runs: Sequence[Sequence[PositionFix]]
    ) -> tuple[TripRoad | None, bytes]:
        if self._matcher is None:
            self._matcher = Matcher(self._network)
        tried = ((run, match_trip(self._network, self._matcher, run)) for run in runs)
        found = [(run, match) for run, match in tried if match is not None]
        if not found:
            return None, b""
        fixes = sum(len(run) for run, _ in found)
        on_road = sum(match.on_road * len(run) for run, match in found) / fixes
        road = TripRoad(trip.start_ms, trip.end_ms, sum(match.distance_m for _, match in found), on_road)
        return road, _taught([match for _, match in found]) if on_road >= ON_ROAD else b""

    def _learn(self, engine: sa.Engine, now: datetime) -> None:
        with engine.begin() as db:
            forget_unused(db, self._key, now)
            forget_times(db)
        with reading(engine).connect() as db:
            observed = sum_up(self._key, self._network.edge_count, taught_by_trips(db, self._key, now))
        self._learned = LearnedSpeeds(self._network, observed) if len(observed.key) else None
        self._learned_at, self._news = now, False
        log.info("travel_times_learned", edges_and_hours=len(observed.key))

    def _tell(self, engine: sa.Engine, now: datetime) -> None:
        """Give open journeys the times of the last learning, where they have older ones or none."""
        if self._learned is None or self._learned_at is None:
            return
        with reading(engine).connect() as db:
            known = times_learned(db)
            journeys = [one.journey for one in all_open_journeys(db)]
        since = self._learned_at.timestamp() * 1000 - 1
        old = [one for one in journeys if known.get(one.id, -1) < since][:WAYS_AT_ONCE]
        ways = [(one, self._edges_of(one)) for one in old]
        times = [
            (one.id, learned_times(self._network, edges, self._learned, UTC_OFFSET_S, one.distance_m))
            for one, edges in ways
            if len(edges)
        ]
        if times:
            with engine.begin() as db:
                for journey_id, found in times:
                    put_times(db, journey_id, found, now)


def _taught(matches: Sequence[MatchedTrip]) -> bytes:
    driven = [match.driven for match in matches]
    whole = Traversals(
        np.concatenate([one.edge for one in driven]),
        np.concatenate([one.entered_s for one in driven]),
        np.concatenate([one.speed_kmh for one in driven]),
    )
    return marks_of(whole, ZONE)


def _edges(market: MarketContext, journey: Journey) -> Sequence[int]:
    a, b = journey.origin, journey.destination
    nodes, _ = market.network.nearest_nodes([a.lat, b.lat], [a.lon, b.lon])
    try:
        return market.engine.path(int(nodes[0]), int(nodes[1])).edges
    except NoPath:
        return ()
