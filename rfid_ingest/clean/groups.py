"""Things that move together: a pallet and its cases are in the middle of a portal at the same moment.

Only the reads are asked, no packing list. From groups follows which cases travel with which logistic unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from haoyun.rfid_ingest.clean.crossing import Crossing

# Two tags of one load are apart by no more than half of the time that each is near: a load is shorter than the field.
APART_IN_SPREADS = 0.5
SPREAD_RATIO = 2.0  # of one speed, so near for about as long
LEVEL_STEP_DB = 15.0  # a load's tags differ by their place; 12 dB are twice the distance
_OPEN_GROUPS = 20  # more loads than this never are in one portal at once
_LOOK_BACK = 5  # the last of a group, so that one odd tag does not end it
_SSCC = "urn:epc:id:sscc:"


@dataclass(frozen=True, slots=True)
class Load:
    """A logistic unit and what moved with it: `children` are all other EPCs of the group."""

    parent: str
    children: tuple[str, ...]


class _Near(NamedTuple):
    centre_ms: float
    spread_ms: float
    peak_dbm: float
    crossing: Crossing


def group_crossings(crossings: Iterable[Crossing]) -> list[list[Crossing]]:
    """The stays, those that moved together in one list, by the time of their middle."""
    groups: list[list[_Near]] = []
    near = [_Near(c.centre_ms, 1000.0 * c.spread_s, c.peak_dbm, c) for c in crossings]
    for one in sorted(near, key=lambda n: n.centre_ms):
        group = next(
            (g for g in reversed(groups[-_OPEN_GROUPS:]) if any(_together(o, one) for o in g[-_LOOK_BACK:])),
            None,
        )
        if group is None:
            groups.append([one])
        else:
            group.append(one)
    return [[one.crossing for one in group] for group in groups]


def load_of(epcs: Sequence[str]) -> Load | None:
    """The logistic unit of a group by its EPCs (pure identities), or None where there is none or more than one."""
    units = sorted({epc for epc in epcs if epc.startswith(_SSCC)})
    children = tuple(sorted({epc for epc in epcs if not epc.startswith(_SSCC)}))
    return Load(units[0], children) if len(units) == 1 and children else None


def _together(one: _Near, other: _Near) -> bool:
    shorter, longer = sorted((one.spread_ms, other.spread_ms))
    return (
        abs(one.centre_ms - other.centre_ms) <= APART_IN_SPREADS * shorter
        and longer <= SPREAD_RATIO * shorter
        and abs(one.peak_dbm - other.peak_dbm) <= LEVEL_STEP_DB
    )
