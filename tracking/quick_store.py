"""What the quick path reads and writes: newest positions as plain rows, and who is followed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import sqlalchemy as sa

from haoyun.tracking.by_ids import put_rows, rows_by_ids
from haoyun.tracking.quick_states import StateRow

_COLUMNS = StateRow._fields
_LOAD = f"SELECT {', '.join(_COLUMNS)} FROM {{schema}}trk_latest WHERE device_id"  # noqa: S608
_CONFLICT = (
    f"ON CONFLICT (device_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS[1:])} "
    "WHERE (excluded.fix_ms, excluded.seq) > (trk_latest.fix_ms, trk_latest.seq)"
)
_EARLIER = (
    "ON CONFLICT (device_id) DO UPDATE SET since_ms = excluded.since_ms "
    "WHERE excluded.since_ms < trk_late.since_ms"
)
_CARRIES = "SELECT DISTINCT device_id FROM {schema}trk_journey WHERE closed_ms IS NULL AND device_id"
_WATCHED = (
    "SELECT id FROM {schema}trk_device WHERE (org_id IN (SELECT org_id FROM {schema}trk_fence) "
    "OR org_id IN (SELECT org_id FROM {schema}trk_rules)) AND id"
)
_OFF_DUTY = "SELECT DISTINCT device_id FROM {schema}trk_off_duty WHERE device_id"


def load_state_rows(db: sa.Connection, device_ids: Collection[int]) -> dict[int, StateRow]:
    """The newest positions of devices; one never seen is left out."""
    return {row[0]: StateRow(*row) for row in rows_by_ids(db, _LOAD, device_ids)}


def put_state_rows(db: sa.Connection, states: Iterable[StateRow]) -> None:
    """Move newest positions forward; an older one than the stored changes nothing."""
    put_rows(db, "trk_latest", _COLUMNS, "iqqqdddddd?", _CONFLICT, sorted(states))


def put_late(db: sa.Connection, since_ms: Mapping[int, int]) -> None:
    """Have devices (by id) read again from a time on; of several times the earliest counts."""
    put_rows(db, "trk_late", ("device_id", "since_ms"), "iq", _EARLIER, sorted(since_ms.items()))


def followed_devices(db: sa.Connection, device_ids: Collection[int]) -> set[int]:
    """Those among the devices whose fixes mean something at once, or must not all be kept.

    They carry an open journey, or their organization watches fences or has rules (context_store.load_contexts), or
    their driver has times off duty (duty.on_duty_only).
    """
    queries = (_CARRIES, _WATCHED, _OFF_DUTY)
    return {row[0] for query in queries for row in rows_by_ids(db, query, device_ids)}
