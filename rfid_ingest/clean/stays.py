"""Reads of a portal, cut into stays: a tag that was quiet for a while and is heard again has come again."""

from __future__ import annotations

from collections.abc import Iterable

from haoyun.rfid_ingest.clean.crossing import Crossing, Side

# Longer than a tag on a load is hidden by its neighbours, shorter than a forklift needs to come back.
QUIET_MS = 5_000

SideRead = tuple[str, Side, int, float | None]  # EPC, side, epoch ms, dBm


def stays(reads: Iterable[SideRead], point: str, quiet_ms: int = QUIET_MS) -> list[Crossing]:
    """The stays of reads in time order, each tag's one after the other."""
    open_stays: dict[str, Crossing] = {}
    over: list[Crossing] = []
    for epc, side, at_ms, rssi_dbm in reads:
        stay = open_stays.get(epc)
        if stay is not None and at_ms - stay.last_ms > quiet_ms:
            over.append(stay)
            stay = None
        open_stays[epc] = (stay or Crossing.opened(epc, point, at_ms)).with_read(side, at_ms, rssi_dbm)
    return [*over, *open_stays.values()]


def are_one(first_ms: int, last_ms: int, at_ms: int, quiet_ms: int) -> bool:
    """Whether a read at that time belongs to a stay of these ends."""
    return first_ms - quiet_ms <= at_ms <= last_ms + quiet_ms
