"""A simulated gate: what its reader reports when pallets pass. Pure and seeded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from haoyun.rfid_ingest.readers.reading import TagRead

_KMH_TO_MS = 1 / 3.6
_FLOOR_DBM = -75.0  # weaker answers are not decoded by a common reader


@dataclass(frozen=True, slots=True)
class GateSim:
    """A portal with two pairs of antennas: `inner` on the yard's side, `outer` on the road's.

    `miss_rate` is the share of tags that stay silent in a passing (behind metal or liquid), `rate_hz` how
    often an antenna asks each tag, `peak_dbm` the strength right below it and `noise_db` its spread.
    """

    seed: int
    inner: tuple[int, ...] = (1, 2)
    outer: tuple[int, ...] = (3, 4)
    miss_rate: float = 0.01
    rate_hz: float = 4.0
    peak_dbm: float = -48.0
    noise_db: float = 3.0
    height_m: float = 3.0
    half_gate_m: float = 1.5  # from the gate's line to each pair of antennas

    def __post_init__(self) -> None:
        if not 0 <= self.miss_rate < 1:
            raise ValueError("miss_rate is a share from 0 to below 1")
        if self.rate_hz <= 0 or self.height_m <= 0 or self.noise_db < 0:
            raise ValueError("rate_hz and height_m are above 0, noise_db is not below")

    def passing(
        self,
        epc_hexes: Sequence[str],
        at: datetime,
        *,
        outwards: bool,
        speed_kmh: float = 8.0,
        spacing_m: float = 1.3,
    ) -> list[TagRead]:
        """The reads, by time, of pallets that cross the gate's line from `at` on, one behind the other."""
        random = Random(
            f"{self.seed}:{at.isoformat()}:{','.join(epc_hexes)}"
        )  # no passing depends on another
        speed_ms = max(speed_kmh, 0.5) * _KMH_TO_MS
        reads: list[TagRead] = []
        for place, epc_hex in enumerate(epc_hexes):
            if random.random() >= self.miss_rate:
                crossing = at + timedelta(seconds=place * spacing_m / speed_ms)
                reads += self._tag_reads(random, epc_hex, crossing, speed_ms if outwards else -speed_ms)
        return sorted(reads, key=lambda read: (read.read_at, read.antenna, read.epc_hex))

    def _tag_reads(
        self, random: Random, epc_hex: str, crossing: datetime, velocity_ms: float
    ) -> list[TagRead]:
        """What the antennas hear of one tag, whose position is metres beyond the gate's line."""
        sides = [(a, -self.half_gate_m) for a in self.inner] + [(a, self.half_gate_m) for a in self.outer]
        reach_s = 3 * self.height_m / abs(velocity_ms)
        reads = []
        for antenna, position_m in sides:
            below_s = position_m / velocity_ms  # when the tag is right below this antenna
            offset_s = below_s - reach_s + random.random() / self.rate_hz
            while offset_s < below_s + reach_s:
                rssi_dbm = self._rssi_dbm(random, velocity_ms * offset_s - position_m)
                if rssi_dbm >= _FLOOR_DBM and random.random() < 0.8:  # collisions swallow some answers
                    read_at = crossing + timedelta(milliseconds=round(offset_s * 1000))
                    reads.append(TagRead(antenna, epc_hex, read_at, rssi_dbm))
                offset_s += 1 / self.rate_hz
        return reads

    def _rssi_dbm(self, random: Random, distance_m: float) -> float:
        """Strength of an answer: backscatter loses 40 dB for each tenfold distance."""
        slant_m = math.hypot(distance_m, self.height_m)
        loss_db = 40 * math.log10(slant_m / self.height_m)
        return round(self.peak_dbm - loss_db + random.gauss(0, self.noise_db), 1)
