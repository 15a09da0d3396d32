"""What is kept of each reader: how its clock runs, what it said of itself, and the mapping of its JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import orjson
import sqlalchemy as sa

from haoyun.rfid_ingest.clean.clock import ReaderClock
from haoyun.rfid_ingest.errors import InvalidMapping
from haoyun.rfid_ingest.readers.mapped import JsonMapping
from haoyun.rfid_ingest.readers.reading import HealthReport
from haoyun.rfid_ingest.tables import READER_CLOCK, READER_HEALTH, READER_MAPPING
from haoyun.tracking.devices_store import DeviceKind, get_device
from haoyun.tracking.instants import find_instant, from_ms, to_ms
from haoyun.tracking.tables import upsert

_NO_ANTENNA = -1


@dataclass(frozen=True, slots=True)
class ReaderState:
    """The last that a reader said of one thing: an antenna, an input, its inventory."""

    report: HealthReport
    received_at: datetime


def clocks_of(db: sa.Connection, device_ids: Iterable[int]) -> dict[int, ReaderClock]:
    """The clocks of these readers; one that was never ahead is right."""
    ids = set(device_ids)
    query = sa.select(READER_CLOCK).where(READER_CLOCK.c.reader_device_id.in_(ids))
    found = {row.reader_device_id: ReaderClock(row.ahead_ms) for row in db.execute(query)}
    return {device_id: found.get(device_id, ReaderClock()) for device_id in ids}


def save_clocks(db: sa.Connection, clocks: Mapping[int, ReaderClock]) -> None:
    """Write clocks that changed."""
    rows = [{"reader_device_id": key, "ahead_ms": clock.ahead_ms} for key, clock in clocks.items()]
    if rows:
        insert = upsert(db, READER_CLOCK)
        changed = {"ahead_ms": insert.excluded.ahead_ms}
        db.execute(
            insert.on_conflict_do_update(index_elements=list(READER_CLOCK.primary_key), set_=changed), rows
        )


def save_health(db: sa.Connection, reports: Sequence[tuple[int, HealthReport, datetime]]) -> None:
    """Keep the newest of what readers say of themselves: (device id, report, receipt), in order of arrival."""
    rows = {
        (device_id, report.kind, _antenna(report)): {
            "reader_device_id": device_id,
            "kind": report.kind,
            "antenna": _antenna(report),
            "received_ms": to_ms(received_at),
            "said_ms": report.at and to_ms(report.at),
            "detail": report.detail,
        }
        for device_id, report, received_at in reports
    }
    if rows:
        insert = upsert(db, READER_HEALTH)
        changed = {name: insert.excluded[name] for name in ("received_ms", "said_ms", "detail")}
        key = list(READER_HEALTH.primary_key)
        db.execute(insert.on_conflict_do_update(index_elements=key, set_=changed), list(rows.values()))


def health_of(db: sa.Connection, device_id: int) -> list[ReaderState]:
    """The last of each kind that a reader said of itself, the newest first."""
    query = sa.select(READER_HEALTH).where(READER_HEALTH.c.reader_device_id == device_id)
    return [
        ReaderState(
            HealthReport(
                row.kind,
                None if row.antenna == _NO_ANTENNA else row.antenna,
                find_instant(row.said_ms),
                row.detail,
            ),
            from_ms(row.received_ms),
        )
        for row in db.execute(query.order_by(READER_HEALTH.c.received_ms.desc(), READER_HEALTH.c.kind))
    ]


def set_mapping(db: sa.Connection, device_name: str, mapping: JsonMapping, now: datetime) -> None:
    """Say where the reads are in this reader's JSON. Raises UnknownDevice, InvalidMapping for what is no reader."""
    device = get_device(db, device_name)
    if device.kind is not DeviceKind.READER:
        raise InvalidMapping(f"{device_name} is a {device.kind}, not a reader")
    row = {
        "reader_device_id": device.id,
        "mapping": orjson.dumps(asdict(mapping)).decode(),
        "changed_ms": to_ms(now),
    }
    insert = upsert(db, READER_MAPPING).values(row)
    changed = {name: insert.excluded[name] for name in ("mapping", "changed_ms")}
    db.execute(insert.on_conflict_do_update(index_elements=list(READER_MAPPING.primary_key), set_=changed))


def mappings_of(db: sa.Connection, device_ids: Iterable[int]) -> dict[int, JsonMapping]:
    """The mappings of these readers, of those that have one."""
    query = sa.select(READER_MAPPING).where(READER_MAPPING.c.reader_device_id.in_(set(device_ids)))
    return {row.reader_device_id: JsonMapping.of(orjson.loads(row.mapping)) for row in db.execute(query)}


def _antenna(report: HealthReport) -> int:
    return _NO_ANTENNA if report.antenna is None else report.antenna
