"""A simulated dock door with all that happens before it: loads in and out, and strays. Pure and seeded.

The reader asks the tags in its field in turn, so that each is heard the more seldom the more there are; a tag's
answer fades with the fourth power of the distance, with its place on the load, and by chance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

from haoyun.rfid_ingest.readers.reading import TagRead

# Where a thing is at a time: metres beyond the door's line (the road's side is positive) and metres aside.
Path = Callable[[float], tuple[float, float]]

_FLOOR_DBM = -78.0
_ASKED_PER_S = 200.0
_HEIGHT_M = 1.8  # from the antennas down to the load
_PEAK_DBM = -42.0
_TURNED_AWAY_DB = 8.0  # antennas are aimed away from the door: what is behind them is heard less


class Kind(StrEnum):
    """What a thing does at the door."""

    IN = "in"
    OUT = "out"
    TURNBACK = "turnback"
    WALKBY = "walkby"
    STATIC = "static"


@dataclass(frozen=True, slots=True)
class Scene:
    """Things that do the same together: when they are in the middle (s after the start) and how fast they go."""

    kind: Kind
    epc_hexes: tuple[str, ...]
    middle_s: float
    speed_ms: float = 1.2
    aside_m: float = 0.0
    inside: bool = True  # strays come from the site's side

    def path(self) -> Path:
        """Where the scene's middle is at a time."""
        side = -1.0 if self.inside else 1.0
        if self.kind in (Kind.IN, Kind.OUT):
            way = -1.0 if self.kind is Kind.IN else 1.0
            return lambda t: (way * self.speed_ms * (t - self.middle_s), self.aside_m)
        if self.kind is Kind.TURNBACK:
            return lambda t: (side * (0.8 + self.speed_ms * abs(t - self.middle_s)), self.aside_m)
        if self.kind is Kind.WALKBY:
            return lambda t: (side * (3.0 + abs(self.aside_m)), self.speed_ms * (t - self.middle_s))
        return lambda _t: (side * (4.0 + abs(self.aside_m)), self.aside_m)


@dataclass(frozen=True, slots=True)
class PortalSim:
    """Antennas 1 and 2 look to the site, 3 and 4 to the road; `half_door_m` from the door's line to each pair."""

    seed: int
    half_door_m: float = 0.9
    noise_db: float = 3.0
    tag_spread_db: float = 3.0

    def reads(self, scenes: Sequence[Scene], start: datetime, duration_s: float) -> list[TagRead]:
        """All reads of the scenes by time, from `start` on."""
        draw = Random(f"portal:{self.seed}")
        tags = [
            (epc, scene.path(), draw.gauss(0, 0.35), draw.gauss(0, self.tag_spread_db))
            for scene in scenes
            for epc in scene.epc_hexes
        ]
        found: list[tuple[float, TagRead]] = []
        time_s = 0.0
        while time_s < duration_s:
            near = [tag for tag in tags if math.hypot(*tag[1](time_s)) < 9.0]
            for antenna in (1, 3, 2, 4):
                for epc, path, place_m, level_db in near:
                    if draw.random() < 0.25:
                        at_s = time_s + draw.random() * 0.05
                        rssi_dbm = self._rssi_dbm(draw, antenna, path(at_s), place_m) + level_db
                        if rssi_dbm >= _FLOOR_DBM:
                            moment = start + timedelta(milliseconds=round(at_s * 1000))
                            found.append((at_s, TagRead(antenna, epc, moment, round(rssi_dbm, 1))))
            time_s += max(0.05, len(near) / _ASKED_PER_S)
        return [read for _, read in sorted(found, key=lambda pair: (pair[0], pair[1].epc_hex))]

    def _rssi_dbm(self, draw: Random, antenna: int, where: tuple[float, float], place_m: float) -> float:
        beyond_m, aside_m = where
        side_m = -self.half_door_m if antenna <= 2 else self.half_door_m
        lateral_m = (-1.2 if antenna % 2 else 1.2) - aside_m
        distance_m = math.sqrt((beyond_m + place_m - side_m) ** 2 + lateral_m**2 + _HEIGHT_M**2)
        turned_away = 1.0 - math.tanh((beyond_m + place_m) * math.copysign(1.0, side_m))
        fading_db = 40.0 * math.log10(distance_m / _HEIGHT_M) + _TURNED_AWAY_DB * turned_away / 2.0
        return _PEAK_DBM - fading_db + draw.gauss(0, self.noise_db)
