"""Reading fixes into meaning, in the database: the fold goes on, and a late fix is read in where it belongs.

`read_on` takes fixes that have just been stored. Those later than a device's fold are read from there on. When one is
older, the fold of the last checkpoint before it is taken and everything since is read again from history; what comes
out replaces what was said before, so that the end is the same as if nothing had been late. What others were told is
amended, not silently changed: see `settle_milestones` and `settle_events`. Decision 44 says why it is done so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from haoyun.tracking.context_store import load_contexts
from haoyun.tracking.events_store import append_events, settle_events
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.fixes_store import fixes_of_device, put_latest
from haoyun.tracking.instants import from_ms, to_ms
from haoyun.tracking.journeys_store import put_states
from haoyun.tracking.meaning_tables import CHECKPOINT, DOUBT, FOLD, SEGMENT
from haoyun.tracking.milestones_store import append_milestones, settle_milestones
from haoyun.tracking.pipeline import latest, run
from haoyun.tracking.steps.context import NOBODY, Context
from haoyun.tracking.steps.fold import Fold, Key
from haoyun.tracking.steps.passage import Outputs, Segment
from haoyun.tracking.steps.trips import open_segment
from haoyun.tracking.tables import upsert
from haoyun.tracking.trip_roads import forget_from

HORIZON = timedelta(
    days=7
)  # a fix that comes later than this is history: it is kept and means nothing any more
_HORIZON_MS = HORIZON // timedelta(milliseconds=1)
_DENSE_MS = 24 * 3_600_000  # checkpoints by the hour for a day, by six hours before
_SPARSE_MS = 6 * 3_600_000
_RUN_UP_MS = (
    6 * 3_600_000
)  # of history before a first journey, so that the first fix is no jump and no departure
_SILENCE_MS = 600_000
_BEFORE_ALL: Key = (-1, -1)
_CHECKPOINT_KEY = ["device_id", "at_ms", "seq"]


def read_on(
    db: sa.Connection,
    device_ids: Mapping[str, int],
    fixes: Iterable[PositionFix],
    now: datetime,
    known: frozenset[tuple[str, int, int]] = frozenset(),
) -> None:
    """Read fixes (stored already) into the meaning of their devices (name -> id).

    `known` names (device, ms, seq) that history held before, see `known_fixes`: they are not read again.
    """
    by_device: dict[str, list[PositionFix]] = {}
    for fix in fixes:
        by_device.setdefault(fix.device, []).append(fix)
    ids = {name: device_ids[name] for name in sorted(by_device)}
    folds, contexts = load_folds(db, ids.values()), load_contexts(db, ids.values())
    for name, device_id in ids.items():
        fold, context = folds.get(device_id), contexts.get(device_id, NOBODY)
        new = [f for f in by_device[name] if (name, to_ms(f.fix_time), f.seq) not in known]
        late = _first_start(context) if fold is None else _late(fold, new)
        if late is None and fold is not None and _passed_over(fold, new):
            late = fold.at_ms  # what was stored meanwhile without being read is read now
        if late is None:
            _go_on(db, (name, device_id), fold, new, context, now)
        else:
            read_again(db, name, device_id, late, now, context)


def known_fixes(
    db: sa.Connection, device_ids: Mapping[str, int], fixes: Sequence[PositionFix]
) -> frozenset[tuple[str, int, int]]:
    """Those of the fixes, older than the folds of their devices, that history holds: ask before storing."""
    folds = load_keys(db, device_ids.values())
    late = [f for f in fixes if (to_ms(f.fix_time), f.seq) <= folds.get(device_ids[f.device], _BEFORE_ALL)]
    found: set[tuple[str, int, int]] = set()
    for name in {f.device for f in late}:
        keys = [(to_ms(f.fix_time), f.seq) for f in late if f.device == name]
        history = fixes_of_device(db, device_ids[name], from_ms(min(keys)[0]))
        held = {(to_ms(f.fix_time), f.seq) for f in history}
        found |= {(name, *key) for key in keys if key in held}
    return frozenset(found)


def read_again(
    db: sa.Connection, name: str, device_id: int, since_ms: int, now: datetime, context: Context | None = None
) -> None:
    """Read a device's history again from before `since_ms`: after a late fix, or because its context changed."""
    base = _base(db, device_id, since_ms)
    start = (max(-1, since_ms - _HORIZON_MS), -1) if base is None else base.key
    history = fixes_of_device(db, device_id, from_ms(max(0, start[0])))
    fixes = [f for f in history if (to_ms(f.fix_time), f.seq) > start]
    if context is None:
        context = load_contexts(db, [device_id]).get(device_id, NOBODY)
    fold, out = run(base, fixes, context)
    _forget_after(db, device_id, start)
    forget_from(db, device_id, -1 if base is None or base.spot is None else base.trip.start_ms)
    if fixes:
        _write(db, (name, device_id), base, fold, out)
    settle_events(db, device_id, start, out.events, now)
    settle_milestones(db, [j.id for j in context.journeys], start[0], out.milestones, now)


def _go_on(
    db: sa.Connection,
    device: tuple[str, int],
    fold: Fold | None,
    fixes: Sequence[PositionFix],
    context: Context,
    now: datetime,
) -> None:
    if not fixes:
        return
    if fold is None:
        _anchor(db, device[1], min(to_ms(f.fix_time) for f in fixes) - 1)
    after, out = run(fold, fixes, context)
    _write(db, device, fold, after, out)
    append_events(db, device[1], out.events, now)
    append_milestones(db, out.milestones, now)


def _first_start(context: Context) -> int | None:
    """When a device is read for the first time and carries something: what history holds of the journey counts."""
    return min((to_ms(j.starts_at) for j in context.journeys), default=None)


def _passed_over(fold: Fold, fixes: Sequence[PositionFix]) -> bool:
    """Whether fixes may have been stored without being read: a device is read only while somebody follows it."""
    return bool(fixes) and min(to_ms(f.fix_time) for f in fixes) - fold.at_ms > _SILENCE_MS


def _late(fold: Fold, fixes: Sequence[PositionFix]) -> int | None:
    """The time of the oldest fix that the fold is past, and that is not too old to mean anything."""
    if not fixes:
        return None
    keys = [(to_ms(f.fix_time), f.seq) for f in fixes]
    oldest = max(min(keys)[0], fold.at_ms - _HORIZON_MS)
    return oldest if min(keys) <= fold.key else None


def _write(
    db: sa.Connection, device: tuple[str, int], before: Fold | None, after: Fold, out: Outputs
) -> None:
    name, device_id = device
    _put(db, FOLD, [{"device_id": device_id, **_fold_row(after.key, after.to_json())}], ["device_id"])
    _write_checkpoints(db, device_id, after, out)
    doubts = [
        {"device_id": device_id, "fix_ms": at_ms, "seq": seq, "flags": int(flags)}
        for (at_ms, seq), flags in out.doubts
    ]
    _put(db, DOUBT, doubts, ["device_id", "fix_ms", "seq"])
    _write_segments(db, device_id, before, after, out)
    state = latest(name, after)
    if state is not None:
        put_latest(db, device_id, state)
    changed = {
        one: state
        for one, state in after.journeys.items()
        if before is None or before.journeys.get(one) != state
    }
    put_states(db, changed)


def _write_checkpoints(db: sa.Connection, device_id: int, after: Fold, out: Outputs) -> None:
    if not out.checkpoints:
        return
    rows = [{"device_id": device_id, **_fold_row(key, state)} for key, state in out.checkpoints]
    _put(db, CHECKPOINT, rows, _CHECKPOINT_KEY)
    _thin(db, device_id, after.at_ms)


def _thin(db: sa.Connection, device_id: int, at_ms: int) -> None:
    """Keep hourly folds for a day, six-hourly ones up to the horizon, and the last one before it."""
    t = CHECKPOINT.c
    query = sa.select(t.at_ms, t.seq).where(t.device_id == device_id, t.at_ms < at_ms - _DENSE_MS)
    seen: set[int] = set()
    drop = []
    for row in db.execute(query.order_by(t.at_ms.desc(), t.seq.desc())):
        slot = -1 if row.at_ms < at_ms - _HORIZON_MS else row.at_ms // _SPARSE_MS
        if slot in seen:
            drop.append({"a": row.at_ms, "s": row.seq})
        seen.add(slot)
    if drop:
        which = (t.device_id == device_id, t.at_ms == sa.bindparam("a"), t.seq == sa.bindparam("s"))
        db.execute(CHECKPOINT.delete().where(*which), drop)


def _write_segments(
    db: sa.Connection, device_id: int, before: Fold | None, after: Fold, out: Outputs
) -> None:
    """Everything from the start of the segment that was open is said anew; what was closed before stays."""
    since = -1 if before is None or before.spot is None else before.trip.start_ms
    db.execute(SEGMENT.delete().where(SEGMENT.c.device_id == device_id, SEGMENT.c.start_ms >= since))
    last = open_segment(after)
    found: list[Segment] = [*out.segments, *([last] if last else [])]
    # Two segments of one kind may begin at one instant when the earlier has no length; the later one holds.
    rows = {(s.start_ms, s.driving): {"device_id": device_id, **asdict(s)} for s in found}
    _put(db, SEGMENT, list(rows.values()), ["device_id", "start_ms", "driving"])


def _forget_after(db: sa.Connection, device_id: int, key: Key) -> None:
    for table, at in ((CHECKPOINT, CHECKPOINT.c.at_ms), (DOUBT, DOUBT.c.fix_ms)):
        later = sa.or_(at > key[0], sa.and_(at == key[0], table.c.seq > key[1]))
        db.execute(table.delete().where(table.c.device_id == device_id, later))


def _base(db: sa.Connection, device_id: int, since_ms: int) -> Fold | None:
    """The fold to begin from; None: read what history holds up to the horizon.

    A device that was not read for longer than that begins anew shortly before.
    """
    read_until = load_keys(db, [device_id]).get(device_id)
    if read_until is not None and read_until[0] >= since_ms - _HORIZON_MS:
        return _checkpoint_before(db, device_id, max(since_ms, read_until[0] - _HORIZON_MS))
    return _anchor(db, device_id, max(0, since_ms - _RUN_UP_MS))


def _anchor(db: sa.Connection, device_id: int, at_ms: int) -> Fold:
    """An empty fold as the first checkpoint: what came before it was not read."""
    start = Fold(at_ms=at_ms, seq=-1)
    _put(db, CHECKPOINT, [{"device_id": device_id, **_fold_row(start.key, start.to_json())}], _CHECKPOINT_KEY)
    return start


def _checkpoint_before(db: sa.Connection, device_id: int, since_ms: int) -> Fold | None:
    t = CHECKPOINT.c
    query = sa.select(t.state).where(t.device_id == device_id, t.at_ms < since_ms)
    text = db.scalar(query.order_by(t.at_ms.desc(), t.seq.desc()).limit(1))
    return None if text is None else Fold.from_json(text)


def load_folds(db: sa.Connection, device_ids: Iterable[int]) -> dict[int, Fold]:
    """The newest folds of devices; one that was never read is left out."""
    query = sa.select(FOLD.c.device_id, FOLD.c.state).where(FOLD.c.device_id.in_(set(device_ids)))
    return {row.device_id: Fold.from_json(row.state) for row in db.execute(query)}


def load_keys(db: sa.Connection, device_ids: Iterable[int]) -> dict[int, Key]:
    """How far devices were read."""
    t = FOLD.c
    query = sa.select(t.device_id, t.at_ms, t.seq).where(t.device_id.in_(set(device_ids)))
    return {row.device_id: (row.at_ms, row.seq) for row in db.execute(query)}


def _fold_row(key: Key, state: str) -> dict[str, Any]:
    return {"at_ms": key[0], "seq": key[1], "state": state}


def _put(db: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]], key: list[str]) -> None:
    if not rows:
        return
    insert = upsert(db, table)
    values = {name: insert.excluded[name] for name in rows[0] if name not in key}
    db.execute(insert.on_conflict_do_update(index_elements=key, set_=values), rows)
