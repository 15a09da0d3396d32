"""Tables on both databases, and a yard: a registered reader with two gates whose messages are handled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from haoyun.platform.database import Databases
from haoyun.rfid_ingest import (
    Direction,
    Epc,
    ReadPoint,
    TagRead,
    TagReadHandler,
    read_item,
    set_read_points,
)
from haoyun.rfid_ingest.tables import METADATA
from haoyun.tracking.devices_store import DeviceKind, get_device, register_device
from haoyun.tracking.envelope import seal
from haoyun.tracking.geofences import Fence
from haoyun.tracking.handlers import HandlerResult
from haoyun.tracking.journeys import Journey
from haoyun.tracking.journeys_open import open_journey
from haoyun.tracking.messages import Message
from haoyun.tracking.milestones_store import milestones_of
from haoyun.tracking.tables import METADATA as TRACKING
from haoyun.tracking.timeline import Milestone, MilestoneCode, Source

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
READER = "reader-gate-01"
OUT_GATE = ReadPoint(
    antenna=1,
    place="Wuhan yard, gate out",
    site_key="wuhan-yard",
    lat=30.59,
    lon=114.3,
    direction=Direction.OUT,
    biz_step="departing",
    milestone_code=MilestoneCode.GTOT,
)
IN_GATE = ReadPoint(
    antenna=5,
    place="Hefei depot, gate in",
    site_key="hefei-depot",
    lat=31.82,
    lon=117.23,
    direction=Direction.IN,
    biz_step="arriving",
    milestone_code=MilestoneCode.GTIN,
    gln="6901234567892",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """The tracking database with the tables of tracking and of this room."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    databases = Databases.open(tmp_path / "data", url)
    with databases.tracking.begin() as db:
        for schema in ("tracking", "rfid") if url else ():
            db.execute(sa.text(f"CREATE SCHEMA {schema}"))
        TRACKING.create_all(db)
        METADATA.create_all(db)
    yield databases.tracking
    databases.close()


@dataclass
class Yard:
    """A reader with antennas 1 and 2 at a gate out and 5 at a gate in, in one open transaction."""

    db: sa.Connection
    device_id: int
    handler: TagReadHandler = field(default_factory=TagReadHandler)
    seq: int = 0

    def read(self, epc: Epc, at_s: float = 0, antenna: int = 1, rssi_dbm: float | None = -60.0) -> TagRead:
        """A read `at_s` seconds after NOW."""
        return TagRead(antenna, epc.hex, NOW + timedelta(seconds=at_s), rssi_dbm)

    def message(self, *reads: TagRead, kind: str = "reads", payload: bytes | None = None) -> Message:
        """A message as the intake hands it over, received an hour after NOW."""
        self.seq += 1
        body = payload or seal("reads", [read_item(r) for r in reads], seq=self.seq, base=1, epoch="e1")
        return Message(f"hy/v1/1/{READER}/up/{kind}", READER, kind, body, LATER, self.device_id)

    def pass_gate(self, *reads: TagRead) -> HandlerResult:
        """One message of these reads, handled."""
        return self.handler.handle(self.db, [self.message(*reads)], LATER)

    def open_journey(self, journey_id: str = "C-1", starts_at: datetime = NOW) -> None:
        """A journey from Wuhan to Hefei."""
        journey = Journey(
            id=journey_id,
            device_id=self.device_id,
            origin=Fence(30.59, 114.3, 500, "Wuhan"),
            destination=Fence(31.82, 117.23, 500, "Hefei"),
            starts_at=starts_at,
            planned_departure=NOW,
            planned_arrival=NOW + timedelta(hours=6),
            distance_m=380_000,
        )
        open_journey(self.db, journey, NOW)

    def milestones(self, journey_id: str = "C-1") -> list[Milestone]:
        """What RFID said of the journey."""
        return [m for m in milestones_of(self.db, journey_id) if m.source is Source.RFID]


def open_yard(db: sa.Connection) -> Yard:
    """Register the reader and configure its gates."""
    register_device(
        db, name=READER, kind=DeviceKind.READER, org_id="org-1", vehicle_id=None, shards=4, now=NOW
    )
    set_read_points(db, READER, [OUT_GATE, replace(OUT_GATE, antenna=2), IN_GATE], NOW)
    return Yard(db, get_device(db, READER).id)


@pytest.fixture
def yard(engine: sa.Engine) -> Iterator[Yard]:
    """The yard in one transaction that is committed at the end."""
    with engine.begin() as db:
        yield open_yard(db)


@pytest.fixture
def committed_yard(engine: sa.Engine) -> Callable[[sa.Connection], Yard]:
    """Registers the yard and commits; the result gives it for another connection."""
    with engine.begin() as db:
        device_id = open_yard(db).device_id
    return lambda connection: Yard(connection, device_id)
