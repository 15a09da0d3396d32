"""A truck that drives a path, as its tracker sees it. Pure and seeded: the same seed gives the same day.

The clock is the caller's: `readings_between(t0, t1)` may be asked in any slices and gives the same fixes.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from haoyun.maps.engine import Path
from haoyun.maps.geodesy import destination
from haoyun.tracking.instants import EPOCH

LEG_M = 3_000.0  # how far a truck keeps about one speed
PULL_AWAY = ((300.0, 20.0), (700.0, 45.0))  # (metres, km/h) from standing to speed, and back at the end
FASTEST_KMH = 100.0
DRIVING_LIMIT_S = 4 * 3600  # China: at most four hours, then twenty minutes of rest
REST_S = 20 * 60
GAP_S = 300  # the grid on which tunnels and dead zones are drawn


@dataclass(frozen=True, slots=True)
class GpsReading:
    """One fix as the receiver makes it, noise included."""

    at: datetime
    lat: float
    lon: float
    speed_kmh: float
    heading_deg: float
    accuracy_m: float

    def to_item(self) -> dict[str, float | str]:
        """The fix in Haoyun's own format (kind `fixes`)."""
        return {
            "t": self.at.isoformat(timespec="milliseconds"),
            "lat": round(self.lat, 6),
            "lon": round(self.lon, 6),
            "spd": round(self.speed_kmh, 1),
            "hdg": round(self.heading_deg, 1),
            "acc": round(self.accuracy_m, 1),
        }


@dataclass(frozen=True, slots=True)
class TrueState:
    """Where the truck really is."""

    lat: float
    lon: float
    heading_deg: float
    speed_kmh: float
    distance_m: float


class TruckSim:
    """One trip along `path`: stands at its start until `departs_at`, drives with rests, stands at its end.

    noise_m is the sigma of the position error; blind_share the share of time without reception (no fixes),
    and offline_share the share of time without network (fixes are made and sent later, as one batch).
    """

    def __init__(
        self,
        path: Path,
        departs_at: datetime,
        seed: int,
        *,
        noise_m: float = 6.0,
        blind_share: float = 0.02,
        offline_share: float = 0.04,
    ) -> None:
        self._path = path
        self._seed = seed
        self._noise_m = noise_m
        self._blind_share = blind_share
        self._offline_share = offline_share
        self._draws: dict[tuple[str, int], float] = {}
        self.departs_at = departs_at
        self._elapsed_s, self._driven_m = _schedule(path, random.Random(seed))
        self.arrives_at = departs_at + timedelta(seconds=float(self._elapsed_s[-1]))

    def position_at(self, at: datetime) -> TrueState:
        """The truth at an instant: standing before departure and after arrival."""
        elapsed = (at - self.departs_at).total_seconds()
        driven = float(np.interp(elapsed, self._elapsed_s, self._driven_m))
        lat, lon, heading = self._path.at(driven)
        return TrueState(lat, lon, heading, self._speed_kmh(elapsed), driven)

    def readings_between(self, start: datetime, end: datetime, interval_s: float) -> list[GpsReading]:
        """What the receiver makes in [start, end), on a fixed grid of `interval_s` since the epoch."""
        return [self._reading(at) for at in _grid(start, end, interval_s) if not self._blind(at)]

    def sent_between(self, start: datetime, end: datetime, interval_s: float) -> list[list[GpsReading]]:
        """What the tracker sends in [start, end): one batch a list. Fixes made offline come as one batch."""
        batches: dict[datetime, list[GpsReading]] = {}
        for at in _grid(start - timedelta(seconds=2 * GAP_S), end, interval_s):
            sent_at = self._sent_at(at)
            if start <= sent_at < end and not self._blind(at):
                batches.setdefault(sent_at, []).append(self._reading(at))
        return [batches[sent_at] for sent_at in sorted(batches)]

    def _speed_kmh(self, elapsed: float) -> float:
        index = int(np.searchsorted(self._elapsed_s, elapsed, side="right"))
        if index == 0 or index >= len(self._elapsed_s):
            return 0.0
        seconds = self._elapsed_s[index] - self._elapsed_s[index - 1]
        return float((self._driven_m[index] - self._driven_m[index - 1]) / seconds * 3.6)

    def _reading(self, at: datetime) -> GpsReading:
        rng = random.Random(
            f"{self._seed}/{at.timestamp()}"
        )  # of this instant alone, however it is asked for
        truth = self.position_at(at)
        error_m = abs(rng.gauss(0, self._noise_m))
        lat, lon = destination(truth.lat, truth.lon, rng.uniform(0, 360), error_m)
        speed = max(0.0, truth.speed_kmh + rng.gauss(0, 0.8)) if truth.speed_kmh > 0 else 0.0
        heading = (truth.heading_deg + rng.gauss(0, 2)) % 360
        return GpsReading(at, lat, lon, speed, heading, self._noise_m * rng.uniform(0.8, 2.0))

    def _blind(self, at: datetime) -> bool:
        return self._drawn("blind", at) < self._blind_share

    def _sent_at(self, at: datetime) -> datetime:
        if self._drawn("offline", at) >= self._offline_share:
            return at
        slots = math.floor((at - EPOCH).total_seconds() / GAP_S) + 1
        return EPOCH + timedelta(seconds=slots * GAP_S)  # back in the network with the next slot

    def _drawn(self, what: str, at: datetime) -> float:
        slot = (what, math.floor((at - EPOCH).total_seconds() / GAP_S))
        if slot not in self._draws:  # a live truck asks for the same few again and again
            self._draws[slot] = random.Random(f"{self._seed}/{what}/{slot[1]}").random()
        return self._draws[slot]


def _grid(start: datetime, end: datetime, interval_s: float) -> list[datetime]:
    first = math.ceil((start - EPOCH).total_seconds() / interval_s)
    last = math.ceil((end - EPOCH).total_seconds() / interval_s)
    return [EPOCH + timedelta(seconds=tick * interval_s) for tick in range(first, last)]


def _schedule(path: Path, rng: random.Random) -> tuple[np.ndarray, np.ndarray]:
    """Seconds since departure and metres driven, at the ends of the legs; a rest is a leg without metres."""
    cruise_kmh = path.distance_m / max(1.0, path.duration_s) * 3.6
    elapsed, driven, since_rest = [0.0], [0.0], 0.0
    for metres, kmh in _legs(path.distance_m, cruise_kmh, rng):
        seconds = metres / kmh * 3.6
        since_rest += seconds
        if since_rest > DRIVING_LIMIT_S:
            elapsed.append(elapsed[-1] + REST_S)
            driven.append(driven[-1])
            since_rest = seconds
        elapsed.append(elapsed[-1] + seconds)
        driven.append(driven[-1] + metres)
    return np.asarray(elapsed), np.asarray(driven)


def _legs(distance_m: float, cruise_kmh: float, rng: random.Random) -> list[tuple[float, float]]:
    ramp_m = sum(metres for metres, _ in PULL_AWAY)
    if distance_m <= 2 * ramp_m:
        return [(max(1.0, distance_m), 20.0)]
    count = max(1, round((distance_m - 2 * ramp_m) / LEG_M))
    leg_m = (distance_m - 2 * ramp_m) / count
    speeds = [min(FASTEST_KMH, max(10.0, cruise_kmh * rng.uniform(0.85, 1.12))) for _ in range(count)]
    up = [(metres, min(kmh, cruise_kmh)) for metres, kmh in PULL_AWAY]
    return [*up, *((leg_m, kmh) for kmh in speeds), *reversed(up)]
