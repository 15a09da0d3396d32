"""Duplicate suppression: a tag at a read point is one visit, however many antennas see it how often.

A visit is an interval; a read within the window of its ends belongs to it. Because visits are kept, the
result does not depend on how reads in time order were cut into messages, and a message that comes twice
changes nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

# Long enough to bridge a pallet that waits in the gate between two reads, short enough that a truck which
# comes back after unloading is a new visit.
WINDOW_MS = 30_000

Key = tuple[str, str]  # EPC URI, read point


class Sighting(NamedTuple):
    """One read of one EPC at a read point, with the antenna that made it."""

    epc: str
    point: str
    at_ms: int
    reader_id: int
    antenna: int

    @property
    def key(self) -> Key:
        """What a visit is counted by."""
        return self.epc, self.point


@dataclass(frozen=True, slots=True)
class Session:
    """One visit, named by the read that opened it, `started_ms`; a late read may move `first_ms` ahead."""

    started_ms: int
    first_ms: int
    last_ms: int

    def __post_init__(self) -> None:
        if not self.first_ms <= self.started_ms <= self.last_ms:
            raise ValueError("a visit starts between its first and its last read")

    def holds(self, at_ms: int, window_ms: int) -> bool:
        """Whether a read at this time belongs to the visit."""
        return self.first_ms - window_ms <= at_ms <= self.last_ms + window_ms

    def with_read(self, at_ms: int) -> Session:
        """The visit with one more read."""
        return replace(self, first_ms=min(self.first_ms, at_ms), last_ms=max(self.last_ms, at_ms))


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The sightings that opened a visit, in time order, and all visits that are new or grew."""

    arrivals: tuple[Sighting, ...]
    changed: Mapping[Key, tuple[Session, ...]]


def arrivals(
    sightings: Iterable[Sighting], known: Mapping[Key, Sequence[Session]], window_ms: int = WINDOW_MS
) -> Cleaned:
    """Fold sightings into the known visits; `known` must hold those within the window of the sightings."""
    by_key: defaultdict[Key, list[Sighting]] = defaultdict(list)
    for sighting in sightings:
        by_key[sighting.key].append(sighting)
    opened: list[Sighting] = []
    changed: dict[Key, tuple[Session, ...]] = {}
    for key, seen in by_key.items():
        before = list(known.get(key, ()))
        visits, new = _fold(sorted(seen, key=lambda s: s.at_ms), before, window_ms)
        opened += new
        grown = tuple(visit for visit in visits if visit not in before)
        if grown:
            changed[key] = grown
    return Cleaned(tuple(sorted(opened, key=lambda s: (s.at_ms, s.key))), changed)


def _fold(
    seen: Sequence[Sighting], known: Sequence[Session], window_ms: int
) -> tuple[list[Session], list[Sighting]]:
    visits = sorted(known, key=lambda visit: visit.first_ms)
    opened: list[Sighting] = []
    at = 0
    while at < len(seen):
        index = _find(visits, seen[at].at_ms, window_ms)
        if index is None:
            start_ms = seen[at].at_ms
            index = bisect_right(visits, start_ms, key=lambda visit: visit.first_ms)
            visits.insert(index, Session(start_ms, start_ms, start_ms))
            opened.append(seen[at])
        visits[index] = visits[index].with_read(seen[at].at_ms)
        at += 1
        end_ms = visits[index].last_ms
        if index == len(visits) - 1:
            # the latest visit takes the reads that follow on each other at once
            while at < len(seen) and end_ms <= seen[at].at_ms <= end_ms + window_ms:
                end_ms = seen[at].at_ms
                at += 1
            visits[index] = visits[index].with_read(end_ms)
    return visits, opened


def _find(visits: Sequence[Session], at_ms: int, window_ms: int) -> int | None:
    """The visit that holds the read: the latest, as reads mostly come in order."""
    return next((i for i in reversed(range(len(visits))) if visits[i].holds(at_ms, window_ms)), None)
