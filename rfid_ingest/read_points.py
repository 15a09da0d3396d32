"""Read points: what it means when a certain antenna of a certain reader sees a tag."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from haoyun.rfid_ingest.clean.crossing import Side
from haoyun.rfid_ingest.epc.links import ROOT, check_digit
from haoyun.rfid_ingest.epcis.vocabulary import BIZ_STEPS, DISPOSITIONS, is_word_or_uri
from haoyun.rfid_ingest.errors import InvalidReadPoint
from haoyun.rfid_ingest.tables import READ_POINT
from haoyun.tracking.devices_store import DeviceKind, get_device
from haoyun.tracking.instants import to_ms
from haoyun.tracking.timeline import MilestoneCode

MAX_ANTENNA = 255


class Direction(StrEnum):
    """Which way goods go that pass here."""

    IN = "in"
    OUT = "out"


class Mode(StrEnum):
    """How reads at a point become an event."""

    GATE = "gate"  # the first read of a visit: whoever is seen here passes in the configured direction
    PRESENCE = "presence"  # an area: a tag arrives, dwells and departs, as SMURF smooths its reads
    PORTAL = "portal"  # two sides tell the direction and what does not pass at all


@dataclass(frozen=True, slots=True)
class ReadPoint:
    """One antenna's place and meaning. Antennas of one site and business step are one read point.

    `milestone_code` None records events and makes no milestone. A portal's antennas have a side; what passes it
    against `direction` is recorded under `back_step` and makes `back_milestone`, or nothing where that is None; and
    so is what departs from an area (presence).
    Raises InvalidReadPoint.
    """

    antenna: int
    place: str
    site_key: str
    lat: float
    lon: float
    direction: Direction
    biz_step: str
    disposition: str | None = "in_transit"
    milestone_code: MilestoneCode | None = None
    gln: str | None = None
    mode: Mode = Mode.GATE
    side: Side | None = None
    back_step: str | None = None
    back_milestone: MilestoneCode | None = None

    def __post_init__(self) -> None:
        _require(0 <= self.antenna <= MAX_ANTENNA, f"antenna must be 0 to {MAX_ANTENNA}")
        _require(0 < len(self.place) <= 120, "a read point's place has 1 to 120 characters")
        _require(0 < len(self.site_key) <= 80, "a site key has 1 to 80 characters")
        _require(-90 <= self.lat <= 90 and -180 <= self.lon <= 180, "a read point lies on the earth (WGS-84)")
        _require(
            is_word_or_uri(self.biz_step, BIZ_STEPS), f"{self.biz_step!r} is not a business step of the CBV"
        )
        _require(
            self.disposition is None or is_word_or_uri(self.disposition, DISPOSITIONS),
            f"{self.disposition!r} is not a disposition of the CBV",
        )
        _require(
            self.back_step is None or is_word_or_uri(self.back_step, BIZ_STEPS),
            f"{self.back_step!r} is not a business step of the CBV",
        )
        _require(
            (self.mode is Mode.PORTAL) == (self.side is not None),
            "an antenna of a portal looks to its inner or outer side; one of a gate has no side",
        )
        _require(
            self.back_milestone is None or self.back_step is not None,
            "a milestone of the way back needs its business step",
        )
        _require(
            self.mode is not Mode.GATE or self.back_step is None,
            "only a portal tells the way back apart, and only an area departure",
        )
        _require(self.gln is None or _is_gln(self.gln), "a GLN has 13 digits, the last its check digit")

    @property
    def key(self) -> str:
        """What its antennas share: they see one visit together."""
        return f"{self.site_key}:{self.biz_step}"

    @property
    def uri(self) -> str:
        """The EPCIS name of the place: its GLN, or where it lies."""
        return f"{ROOT}/414/{self.gln}" if self.gln else f"geo:{self.lat:.6f},{self.lon:.6f}"


def set_read_points(db: sa.Connection, device_name: str, points: Sequence[ReadPoint], now: datetime) -> None:
    """Replace the reader's configuration. Raises UnknownDevice, InvalidReadPoint for what is no reader."""
    device = get_device(db, device_name)
    _require(device.kind is DeviceKind.READER, f"{device_name} is a {device.kind}, not a reader")
    _require(len({point.antenna for point in points}) == len(points), "each antenna is configured once")
    db.execute(READ_POINT.delete().where(READ_POINT.c.reader_device_id == device.id))
    if points:
        db.execute(READ_POINT.insert(), [_row(device.id, point, now) for point in points])


def read_points_of(db: sa.Connection, device_ids: Iterable[int]) -> Mapping[tuple[int, int], ReadPoint]:
    """The read points of these readers, by (device id, antenna)."""
    query = sa.select(READ_POINT).where(READ_POINT.c.reader_device_id.in_(set(device_ids)))
    return {(row.reader_device_id, row.antenna): _read_point(row) for row in db.execute(query)}


def _row(device_id: int, point: ReadPoint, now: datetime) -> dict[str, object]:
    return {
        "reader_device_id": device_id,
        "antenna": point.antenna,
        "place": point.place,
        "site_key": point.site_key,
        "gln": point.gln,
        "lat": point.lat,
        "lon": point.lon,
        "direction": point.direction.value,
        "biz_step": point.biz_step,
        "disposition": point.disposition,
        "milestone_code": point.milestone_code and point.milestone_code.value,
        "mode": point.mode.value,
        "side": point.side and point.side.value,
        "back_step": point.back_step,
        "back_milestone": point.back_milestone and point.back_milestone.value,
        "changed_ms": to_ms(now),
    }


def _read_point(row: sa.Row[tuple[object, ...]]) -> ReadPoint:
    return ReadPoint(
        antenna=row.antenna,
        place=row.place,
        site_key=row.site_key,
        lat=row.lat,
        lon=row.lon,
        direction=Direction(row.direction),
        biz_step=row.biz_step,
        disposition=row.disposition,
        milestone_code=MilestoneCode(row.milestone_code) if row.milestone_code else None,
        gln=row.gln,
        mode=Mode(row.mode),
        side=Side(row.side) if row.side else None,
        back_step=row.back_step,
        back_milestone=MilestoneCode(row.back_milestone) if row.back_milestone else None,
    )


def _is_gln(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) == 13 and check_digit(text[:12]) == text[12]


def _require(holds: bool, rule: str) -> None:
    if not holds:
        raise InvalidReadPoint(rule)
