"""What happens at an organization's gates now: reads a second, unknown tags, what is missing, how the readers are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson
import sqlalchemy as sa

from haoyun.rfid_ingest.epc.quick import uri_of
from haoyun.rfid_ingest.epcis.identity import index_key
from haoyun.rfid_ingest.errors import EpcError
from haoyun.rfid_ingest.passages_store import bindings_of
from haoyun.rfid_ingest.read_points import ReadPoint, read_points_of
from haoyun.rfid_ingest.readers_store import ReaderState, clocks_of, health_of
from haoyun.rfid_ingest.tables import BINDING, PASSAGE, READ_BATCH
from haoyun.tracking.devices_store import Device, DeviceKind, list_devices
from haoyun.tracking.instants import from_ms, to_ms

RATE_OVER = timedelta(seconds=60)
TAGS_OVER = timedelta(minutes=10)
PASSING_FOR = timedelta(minutes=30)  # so long after its first pallet the rest of a consignment is expected
SILENT_AFTER = timedelta(minutes=15)
_MOST_BATCHES = 300  # of one reader that are looked into; a busier reader's rate is scaled up from them
_UNIT = "/00/"  # the index key of an SSCC: what is missing are pallets, not the seal that has no tag


@dataclass(frozen=True, slots=True)
class UnknownTag:
    """A tag that nobody expects here: no EPC at all, or one that is bound to no journey."""

    text: str  # the identity, or the memory where it is no EPC
    is_epc: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """Units of a journey that did not pass a read point although others of it did."""

    journey_id: str
    passed: int
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PointState:
    """One read point now."""

    key: str
    place: str
    direction: str
    biz_step: str
    antennas: tuple[int, ...]
    reads_per_s: float
    tags: int
    last_read_at: datetime | None
    unknown: tuple[UnknownTag, ...]
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class GateState:
    """One reader with its read points. `ahead_ms` is how far its clock runs ahead."""

    reader: str
    last_message_at: datetime | None
    is_silent: bool
    ahead_ms: int
    health: tuple[ReaderState, ...]
    points: tuple[PointState, ...]


@dataclass(slots=True)
class _Seen:
    """What the ring says of one antenna."""

    reads: int = 0  # within RATE_OVER
    last_ms: int = 0
    tags: set[str] = field(default_factory=set)


def gate_states(db: sa.Connection, org_id: str, now: datetime) -> list[GateState]:
    """The readers of an organization by name, revoked ones left out."""
    readers = [
        device
        for device in list_devices(db, org_id)
        if device.kind is DeviceKind.READER and device.revoked_at is None
    ]
    ids = [device.id for device in readers]
    clocks, points = clocks_of(db, ids), read_points_of(db, ids)
    found = []
    for device in sorted(readers, key=lambda one: one.name):
        own = [point for (reader, _antenna), point in points.items() if reader == device.id]
        found.append(
            GateState(
                device.name,
                device.last_seen_at,
                device.last_seen_at is None or now - device.last_seen_at > SILENT_AFTER,
                clocks[device.id].ahead_ms,
                tuple(health_of(db, device.id)),
                tuple(_points(db, device, own, now)),
            )
        )
    return found


def _points(
    db: sa.Connection, device: Device, points: Sequence[ReadPoint], now: datetime
) -> list[PointState]:
    if not points:
        return []
    seen = _seen(db, device.id, now)
    by_key: defaultdict[str, list[ReadPoint]] = defaultdict(list)
    for point in points:
        by_key[point.key].append(point)
    return [_point(db, key, by_key[key], seen, now) for key in sorted(by_key)]


def _point(
    db: sa.Connection, key: str, points: Sequence[ReadPoint], seen: Mapping[int, _Seen], now: datetime
) -> PointState:
    own = [seen[point.antenna] for point in points if point.antenna in seen]
    tags = set().union(*(one.tags for one in own)) if own else set()
    last_ms = max((one.last_ms for one in own), default=0)
    first = points[0]
    return PointState(
        key,
        first.place,
        first.direction.value,
        first.biz_step,
        tuple(sorted(point.antenna for point in points)),
        sum(one.reads for one in own) / RATE_OVER.total_seconds(),
        len(tags),
        from_ms(last_ms) if last_ms else None,
        unknown_tags(db, tags),
        missing_units(db, first, now),
    )


def unknown_tags(db: sa.Connection, tags: set[str]) -> tuple[UnknownTag, ...]:
    """Those of these tags (hex) that are no EPC or are bound to no journey, by their text."""
    if not tags:
        return ()
    identities: dict[str, str] = {}
    unknown = []
    for tag in sorted(tags):
        try:
            identities[tag] = uri_of(tag)
        except EpcError:
            unknown.append(UnknownTag(tag, is_epc=False))
    bound = {index_key(binding.epc_uri) for binding in bindings_of(db, identities.values())}
    names = sorted({uri for uri in identities.values() if index_key(uri) not in bound})
    return tuple([UnknownTag(uri, is_epc=True) for uri in names] + unknown)


def missing_units(db: sa.Connection, point: ReadPoint, now: datetime) -> tuple[Missing, ...]:
    """What is missing against the manifest: of journeys that pass here now, the bound pallets nobody read here."""
    here = (
        PASSAGE.c.site_key == point.site_key,
        PASSAGE.c.place == point.place,
        PASSAGE.c.passed_ms >= to_ms(now - PASSING_FOR),
    )
    joined = sa.select(BINDING.c.journey_id).join(PASSAGE, PASSAGE.c.epc_key == BINDING.c.epc_key)
    journeys = set(db.scalars(joined.where(*here, BINDING.c.unbound_ms.is_(None))))
    return tuple(found for journey in sorted(journeys) if (found := _missing(db, journey, point)).units)


def _missing(db: sa.Connection, journey_id: str, point: ReadPoint) -> Missing:
    manifest = {
        row.epc_key: row.epc_uri
        for row in db.execute(
            sa.select(BINDING).where(BINDING.c.journey_id == journey_id, BINDING.c.unbound_ms.is_(None))
        )
        if row.epc_key.startswith(_UNIT)
    }
    query = sa.select(PASSAGE.c.epc_key).where(
        PASSAGE.c.epc_key.in_(manifest), PASSAGE.c.site_key == point.site_key, PASSAGE.c.place == point.place
    )
    passed = set(db.scalars(query))
    return Missing(journey_id, len(passed), tuple(sorted(manifest[key] for key in set(manifest) - passed)))


def _seen(db: sa.Connection, reader_id: int, now: datetime) -> dict[int, _Seen]:
    """What the newest messages of the ring hold, by antenna."""
    recent = (READ_BATCH.c.reader_device_id == reader_id, READ_BATCH.c.received_ms >= to_ms(now - TAGS_OVER))
    query = sa.select(READ_BATCH.c.columns, READ_BATCH.c.received_ms, READ_BATCH.c.reads).where(*recent)
    rows = db.execute(query.order_by(READ_BATCH.c.received_ms.desc()).limit(_MOST_BATCHES)).all()
    since = to_ms(now - RATE_OVER)
    counts: Counter[int] = Counter()
    seen: defaultdict[int, _Seen] = defaultdict(_Seen)
    for row in rows:
        columns = orjson.loads(row.columns)
        for antenna, epc, at_ms in zip(columns["antenna"], columns["epc"], columns["ms"], strict=True):
            one = seen[antenna]
            one.tags.add(epc)
            one.last_ms = max(one.last_ms, at_ms)
            counts[antenna] += row.received_ms >= since
    looked = sum(row.reads for row in rows if row.received_ms >= since)
    total = db.scalar(
        sa.select(sa.func.sum(READ_BATCH.c.reads)).where(
            READ_BATCH.c.reader_device_id == reader_id, READ_BATCH.c.received_ms >= since
        )
    )
    scale = int(total or 0) / looked if looked else 1.0
    for antenna, one in seen.items():
        one.reads = round(counts[antenna] * scale)
    return dict(seen)
