"""What goes wrong on the way from a receiver to the platform, by seeded chance: gaps, copies, disorder, wrong clocks,
nonsense, and storms of reconnecting devices.

Pure: a `FaultyWay` turns what a receiver made into what its device sends, and counts it, so that a test knows what
must arrive.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from haoyun.tracking.errors import BadSimulation
from haoyun.tracking.simulate import GpsReading

HELD_BACK = 5  # a reading that is overtaken waits for up to so many others


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares from 0 to 1. skew_s: clocks of a fifth of the devices are off by up to so much, either way.

    storm_s: so often `storm_share` of the lines break at one instant (0: never).
    """

    gaps: float = 0.0
    duplicates: float = 0.0
    reorder: float = 0.0
    poison: float = 0.0
    skew_s: float = 0.0
    storm_s: float = 0.0
    storm_share: float = 0.5

    def __post_init__(self) -> None:
        for name in ("gaps", "duplicates", "reorder", "poison", "storm_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise BadSimulation(f"{name} is a share from 0 to 1, not {getattr(self, name):g}")
        if self.skew_s < 0 or self.storm_s < 0:
            raise BadSimulation("skew and storm are seconds, not negative")


_NAMES = {
    "gaps": "gaps",
    "duplicates": "duplicates",
    "reorder": "reorder",
    "poison": "poison",
    "skew": "skew_s",
    "storm": "storm_s",
    "storm-share": "storm_share",
}
SKEWED_SHARE = 0.2


def parse_faults(text: str) -> Faults:
    """`gaps=0.02,poison=0.01,skew=120` as Faults. Raises BadSimulation naming what there is."""
    values: dict[str, float] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, number = part.partition("=")
        if name not in _NAMES:
            raise BadSimulation(f"there is no fault {name!r}; there are: {', '.join(_NAMES)}")
        try:
            values[_NAMES[name]] = float(number)
        except ValueError as error:
            raise BadSimulation(f"{name} needs a number, as in {name}=0.05, not {number!r}") from error
    return Faults(**values)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a device sends: a reading, or nonsense instead of it (`poison`: a number that chooses which)."""

    reading: GpsReading
    poison: int | None = None


@dataclass(slots=True)
class Tally:
    """What a way did: `stored` readings must arrive, `poisoned` messages must become dead letters."""

    made: int = 0
    lost: int = 0  # in gaps
    copies: int = 0
    held: int = 0
    poisoned: int = 0
    stored: set[datetime] = field(default_factory=set)


class FaultyWay:
    """The way of one device; the same seed and the same readings give the same faults."""

    def __init__(self, faults: Faults, seed: int | str) -> None:
        self._faults = faults
        self._rng = random.Random(f"{seed}/faults")
        self._held: list[tuple[int, Sent]] = []
        self.skew = self._drawn_skew()
        self.tally = Tally()

    def send(self, readings: Sequence[GpsReading]) -> list[Sent]:
        """What is sent now for what was made now: earlier readings may come with it, some of these later."""
        sent: list[Sent] = []
        for reading in readings:
            sent += self._pass(replace(reading, at=reading.at + self.skew))
            sent += self._overtaken()
        return sent

    def flush(self) -> list[Sent]:
        """What was still held back."""
        held, self._held = self._held, []
        return [one for _, one in held]

    def _pass(self, reading: GpsReading) -> list[Sent]:
        faults, draw = self._faults, self._rng.random
        self.tally.made += 1
        if draw() < faults.gaps:
            self.tally.lost += 1
            return []
        if draw() < faults.poison:
            self.tally.poisoned += 1
            return [Sent(reading, self._rng.randrange(1000))]
        self.tally.stored.add(reading.at)
        sent = [Sent(reading)]
        if draw() < faults.duplicates:
            self.tally.copies += 1
            sent *= 2
        if draw() < faults.reorder:
            self.tally.held += 1
            self._held.append((self._rng.randint(1, HELD_BACK), sent.pop()))
        return sent

    def _overtaken(self) -> list[Sent]:
        waiting = [(left - 1, one) for left, one in self._held]
        self._held = [(left, one) for left, one in waiting if left >= 0]
        return [one for left, one in waiting if left < 0]

    def _drawn_skew(self) -> timedelta:
        seconds = self._rng.uniform(-self._faults.skew_s, self._faults.skew_s)
        return timedelta(seconds=round(seconds) if self._rng.random() < SKEWED_SHARE else 0)


def poison_item(number: int) -> object:
    """An item that no decoder takes, for a device that wraps its items."""
    return (None, 7, {}, {"t": "yesterday"}, {"lat": 91, "lon": 181, "t": 1778486398}, ["x"])[number % 6]


def poison_payload(number: int) -> bytes:
    """A message that no decoder takes."""
    return (b"", b"\x00\xff\xfe", b"{", b'{"lat":', b"[[[[[[", b"lat=north", b"$GPRMC,1*00", b"null")[
        number % 8
    ]
