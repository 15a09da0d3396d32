"""Which way a tag went through a portal, and whether it went through at all.

The direction is the order in which the two sides saw the tag loudest (crossing.py). Strays are told by physics, not
by a trained model: what turns back or walks by shifts by nothing, what stands stays, and what lies nearby is as loud
as before. Things that move together (groups.py) are judged together where one of them alone is in doubt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from haoyun.rfid_ingest.clean.crossing import Crossing
from haoyun.rfid_ingest.clean.groups import group_crossings

# Shift from which on a thing has passed. A common portal shows 1.4, one whose antennas stand close together and high
# 0.7, a stray 0: any limit from 0.4 to 0.9 judges the same portals alike (tests/bench/rfid_portal.py).
PASS_SHIFT = 0.5
LEAST_READS = 3  # of each side, for a tag that is judged alone
DOUBTS = 2.0  # standard errors
LONGEST_PASS_S = 60.0  # what stays longer stands here
RESIDENT_MS = 600_000  # what was here within ten minutes without passing lies nearby …
RESIDENT_DB = 6.0  # … unless it is now clearly louder: at 0.7 of the distance or nearer
VOTERS = 3  # a group of fewer says nothing that its tags do not say alone
AGREEING = 2 / 3


class Outcome(StrEnum):
    """What a tag did in a portal."""

    IN = "in"
    OUT = "out"
    STAYED = "stayed"  # it did not pass: turned back, walked by, or was seen by one side alone
    STANDS = "stands"  # it is here all the time
    RESIDENT = "resident"  # it was here before and is no louder
    FAINT = "faint"  # too few reads to say, and nobody who moves with it


PASSED = (Outcome.IN, Outcome.OUT)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A stay with its outcome; `group` numbers those that moved together, None for a tag alone."""

    crossing: Crossing
    outcome: Outcome
    group: int | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier stay of a tag that did not pass: when it ended and how loud it was."""

    ended_ms: int
    peak_dbm: float


def judge(
    crossings: Sequence[Crossing], earlier: Mapping[str, Sequence[Earlier]] | None = None
) -> list[Verdict]:
    """The outcome of stays that are over, of one portal. `earlier` has what is known of their tags, by EPC.

    The stays should be all that ended at about the same time: company is part of the evidence.
    """
    moving = [c for c in crossings if c.span_s <= LONGEST_PASS_S]
    verdicts = [Verdict(c, Outcome.STANDS) for c in crossings if c.span_s > LONGEST_PASS_S]
    for number, group in enumerate(group_crossings(moving)):
        vote = _vote(group)
        for crossing in group:
            outcome = _one(crossing, vote)
            if outcome in PASSED and is_resident(crossing, (earlier or {}).get(crossing.epc, ())):
                outcome = Outcome.RESIDENT
            verdicts.append(Verdict(crossing, outcome, number if len(group) > 1 else None))
    return sorted(verdicts, key=lambda verdict: verdict.crossing.centre_ms)


def _vote(group: Sequence[Crossing]) -> Outcome | None:
    """What the group did, or None where it is too small or at odds."""
    shifts = [c.shift for c in group if c.both_sides and min(c.inner.reads, c.outer.reads) >= LEAST_READS]
    if len(shifts) < VOTERS:
        return None
    outcome = _by_shift(median(shifts))
    return outcome if sum(_by_shift(shift) is outcome for shift in shifts) >= AGREEING * len(shifts) else None


def _one(crossing: Crossing, vote: Outcome | None) -> Outcome:
    if not crossing.both_sides:
        return vote or Outcome.STAYED
    alone = _by_shift(crossing.shift)
    sure = min(crossing.inner.reads, crossing.outer.reads) >= LEAST_READS and (
        abs(abs(crossing.shift) - PASS_SHIFT) > DOUBTS * crossing.doubt
    )
    if vote is not None:
        return alone if sure and alone is Outcome.STAYED else vote
    if alone in PASSED and not sure:
        return Outcome.FAINT
    return alone


def _by_shift(shift: float) -> Outcome:
    if abs(shift) < PASS_SHIFT:
        return Outcome.STAYED
    return Outcome.IN if shift > 0 else Outcome.OUT


def is_resident(crossing: Crossing, earlier: Sequence[Earlier]) -> bool:
    """Whether the tag was here shortly before without passing, and is no louder now."""
    return any(
        0 <= crossing.first_ms - stay.ended_ms <= RESIDENT_MS
        and crossing.peak_dbm < stay.peak_dbm + RESIDENT_DB
        for stay in earlier
    )
