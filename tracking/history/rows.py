"""A row of history: plain numbers in the order of the table's columns."""

from __future__ import annotations

from haoyun.tracking.fixes import FixFlag, PositionFix
from haoyun.tracking.instants import from_ms, to_ms
from haoyun.tracking.sensors import sensors_json, sensors_of_json

# In the order of COLUMNS; sensors as JSON.
Row = tuple[
    int, int, int, int, float, float, float | None, float | None, float | None, float | None, int, str | None
]
COLUMNS = (
    *("device_id", "fix_ms", "seq", "received_ms", "lat", "lon"),
    *("speed_kmh", "heading_deg", "altitude_m", "accuracy_m", "flags", "sensors"),
)
DAY_MS = 86_400_000


def row_of(device_id: int, fix: PositionFix) -> Row:
    """The row that keeps `fix`."""
    return (
        device_id,
        to_ms(fix.fix_time),
        fix.seq,
        to_ms(fix.received_at),
        fix.lat,
        fix.lon,
        fix.speed_kmh,
        fix.heading_deg,
        fix.altitude_m,
        fix.accuracy_m,
        int(fix.flags),
        sensors_json(fix.sensors),
    )


def fix_of(device: str, row: Row) -> PositionFix:
    """The fix that `row` keeps."""
    return PositionFix(
        device=device,
        fix_time=from_ms(row[1]),
        received_at=from_ms(row[3]),
        lat=row[4],
        lon=row[5],
        speed_kmh=row[6],
        heading_deg=row[7],
        altitude_m=row[8],
        accuracy_m=row[9],
        seq=row[2],
        flags=FixFlag(row[10]),
        sensors=sensors_of_json(row[11]),
    )
