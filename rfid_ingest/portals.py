"""Portals in the intake: reads continue stays, stays that are over are judged, and what passed is recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter

import sqlalchemy as sa

from haoyun.rfid_ingest.clean.crossing import Crossing, Side
from haoyun.rfid_ingest.clean.groups import Load, load_of
from haoyun.rfid_ingest.clean.portal import PASSED, Outcome, Verdict, judge
from haoyun.rfid_ingest.clean.settle import ready
from haoyun.rfid_ingest.clean.stays import QUIET_MS, are_one
from haoyun.rfid_ingest.crossings_store import (
    KeptStay,
    earlier_stays,
    judged_between,
    save_stays,
    stays_near,
    unjudged,
)
from haoyun.rfid_ingest.epcis.corrections import declare_error
from haoyun.rfid_ingest.passings import Passing, record_loads, record_passings
from haoyun.rfid_ingest.read_points import Direction, ReadPoint, read_points_of
from haoyun.tracking.instants import to_ms

Key = tuple[str, str]  # EPC, point
PortalRead = tuple[int, Side, float | None]  # epoch ms, side, dBm

_WAY = {Outcome.IN: Direction.IN, Outcome.OUT: Direction.OUT}


@dataclass(slots=True)
class SeenTag:
    """What one batch says of a tag at a portal, and which antenna of which reader saw it first."""

    reader_id: int
    antenna: int
    reads: list[PortalRead] = field(default_factory=list)


def continue_stays(db: sa.Connection, seen: Mapping[Key, SeenTag], received_ms: int) -> None:
    """Add reads to the stays that they belong to, or open new ones. A judged stay waits for judgement again."""
    if not seen:
        return
    for tag in seen.values():
        tag.reads.sort(key=itemgetter(0))
    near = stays_near(
        db,
        {epc for epc, _point in seen},
        {point for _epc, point in seen},
        min(tag.reads[0][0] for tag in seen.values()) - QUIET_MS,
        max(tag.reads[-1][0] for tag in seen.values()) + QUIET_MS,
    )
    changed: list[KeptStay] = []
    for key, tag in seen.items():
        changed += _continued(key, tag, list(near.get(key, ())), received_ms)
    save_stays(db, changed)


def settle(
    db: sa.Connection,
    newest_ms: Mapping[str, int],
    tz_offset: str,
    now: datetime,
    *,
    heard_since_ms: int = 0,
    all_over: bool = False,
) -> int:
    """Judge the stays that are over (or all) and record what passed. Returns how many still wait.

    `heard_since_ms` is since when this process listens: a silence from before is none.
    """
    waiting = unjudged(db)
    over = waiting if all_over else ready(waiting, newest_ms, to_ms(now), heard_since_ms)
    by_point: defaultdict[str, list[KeptStay]] = defaultdict(list)
    for stay in over:
        by_point[stay.crossing.point].append(stay)
    points = read_points_of(db, {stay.reader_id for stay in over}) if over else {}
    for stays in by_point.values():
        _judge(db, stays, points, tz_offset, now)
    return len(waiting) - len(over)


def _continued(key: Key, tag: SeenTag, known: Sequence[KeptStay], received_ms: int) -> list[KeptStay]:
    """The stays that these reads continue or open, of one tag."""
    stays = {stay.crossing.started_ms: stay for stay in reversed(known)}
    touched: dict[int, None] = {}
    for run in _runs(tag.reads):
        first_ms = run[0][0]
        start = next(
            (
                s
                for s, stay in reversed(stays.items())
                if are_one(stay.crossing.first_ms, stay.crossing.last_ms, first_ms, QUIET_MS)
                or are_one(stay.crossing.first_ms, stay.crossing.last_ms, run[-1][0], QUIET_MS)
            ),
            first_ms,
        )
        stay = stays.get(start) or KeptStay(
            Crossing.opened(*key, first_ms), tag.reader_id, tag.antenna, received_ms
        )
        stays[start] = replace(
            stay, crossing=stay.crossing.with_reads(run), received_ms=received_ms, outcome=None
        )
        touched[start] = None
    return [stays[start] for start in touched]


def _runs(reads: Sequence[PortalRead]) -> Iterator[Sequence[PortalRead]]:
    """Reads in time order, cut where a tag was quiet."""
    begin = 0
    for place in range(1, len(reads)):
        if reads[place][0] - reads[place - 1][0] > QUIET_MS:
            yield reads[begin:place]
            begin = place
    yield reads[begin:]


def _judge(
    db: sa.Connection,
    stays: Sequence[KeptStay],
    points: Mapping[tuple[int, int], ReadPoint],
    tz_offset: str,
    now: datetime,
) -> None:
    """Judge stays of one portal; those that were judged before and touch them are their company."""
    crossings = [stay.crossing for stay in stays]
    first, last = min(c.first_ms for c in crossings), max(c.last_ms for c in crossings)
    company = [stay.crossing for stay in judged_between(db, crossings[0].point, first, last)]
    verdicts = judge([*crossings, *company], earlier_stays(db, crossings))
    by_start = {(stay.crossing.epc, stay.crossing.started_ms): stay for stay in stays}
    passings: dict[Key, Passing] = {}
    judged = []
    for verdict in verdicts:
        stay = by_start.get((verdict.crossing.epc, verdict.crossing.started_ms))
        if stay is not None:
            judged.append((replace(stay, outcome=verdict.outcome), _passing(verdict, stay, points)))
    _record(db, judged, tz_offset, now)
    for stay, passing in judged:
        if passing is not None and stay.reported is not stay.outcome:
            passings[stay.crossing.epc, stay.crossing.point] = passing
    record_loads(db, _loads(verdicts, passings), tz_offset, now)


def _record(
    db: sa.Connection, judged: Sequence[tuple[KeptStay, Passing | None]], tz_offset: str, now: datetime
) -> None:
    """Events for passings that none says yet; an event that late reads disprove is declared an error."""
    new = [(stay, passing) for stay, passing in judged if passing and stay.reported is not stay.outcome]
    seqs = record_passings(db, [passing for _stay, passing in new], tz_offset, now)
    made = {(s.crossing.epc, s.crossing.started_ms): seq for (s, _p), seq in zip(new, seqs, strict=True)}
    kept = []
    for stay, _passing_made in judged:
        seq = made.get((stay.crossing.epc, stay.crossing.started_ms))
        if stay.event_seq is not None and stay.reported is not stay.outcome:
            declare_error(db, stay.event_seq, stay.reader_id, seq, now)
        if stay.reported is stay.outcome:
            kept.append(stay)
        else:
            kept.append(replace(stay, event_seq=seq, reported=stay.outcome if seq is not None else None))
    save_stays(db, kept)


def _passing(verdict: Verdict, stay: KeptStay, points: Mapping[tuple[int, int], ReadPoint]) -> Passing | None:
    """What a verdict records, or None: it did not pass, or that way means nothing here."""
    point = points.get((stay.reader_id, stay.antenna))
    if verdict.outcome not in PASSED or point is None:
        return None
    passing = Passing(
        stay.crossing.epc, round(stay.crossing.centre_ms), stay.reader_id, point, _WAY[verdict.outcome]
    )
    return passing if passing.biz_step is not None else None


def _loads(verdicts: Sequence[Verdict], passings: Mapping[Key, Passing]) -> list[tuple[Load, Passing]]:
    """Logistic units with what passed with them, for units whose passing is new."""
    grouped = sorted((v for v in verdicts if v.group is not None), key=lambda v: (v.group, v.crossing.epc))
    found = []
    for _group, members in groupby(grouped, key=lambda v: v.group):
        passed = [v for v in members if v.outcome in PASSED]
        load = load_of([v.crossing.epc for v in passed])
        passing = passings.get((load.parent, passed[0].crossing.point)) if load else None
        if load is not None and passing is not None:
            found.append((load, passing))
    return found
