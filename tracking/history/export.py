"""A vehicle's or device's history as a file: CSV, GPX 1.1, GeoJSON (RFC 7946) or Parquet, written day by day.

Every form has the fix time first and units in its names where the form leaves them open. Doubtful fixes are in it, with
their flags: what to leave out is for whoever reads it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO
from xml.sax.saxutils import escape

import orjson
import sqlalchemy as sa

from haoyun.tracking.bindings_store import bindings_of_vehicles
from haoyun.tracking.devices_store import names_of
from haoyun.tracking.fixes import FixFlag
from haoyun.tracking.history.read import END_MS, days_of
from haoyun.tracking.history.rows import Row
from haoyun.tracking.instants import from_ms, to_ms

NAMES = (
    *("fix_time", "device", "lat", "lon", "speed_kmh", "heading_deg", "altitude_m", "accuracy_m"),
    *("seq", "received_at", "flags", "sensors"),
)
Days = Iterable[list[Row]]
Names = Mapping[int, str]  # of devices


def history_of_device(db: sa.Connection, device_id: int, start_ms: int, end_ms: int) -> Iterator[list[Row]]:
    """A device's rows from `start_ms` until before `end_ms`, a day at a time."""
    yield from days_of(db, [device_id], start_ms, end_ms)


def history_of_vehicle(
    db: sa.Connection, vehicle_id: str, start_ms: int, end_ms: int
) -> tuple[Names, Iterator[list[Row]]]:
    """The rows of whichever device rode in the vehicle at that time, and the devices' names."""
    spans = [
        (
            b.device_id,
            max(start_ms, to_ms(b.since)),
            min(end_ms, END_MS if b.until is None else to_ms(b.until)),
        )
        for b in bindings_of_vehicles(db, [vehicle_id])
    ]
    spans = [span for span in spans if span[1] < span[2]]
    rows = (rows for device_id, first, last in spans for rows in days_of(db, [device_id], first, last))
    return names_of(db, {span[0] for span in spans}), rows


def write_csv(days: Days, names: Names, out: IO[bytes]) -> int:
    """A header and a line for each fix; returns how many fixes were written."""
    out.write((",".join(NAMES) + "\r\n").encode())
    count = 0
    for rows in days:
        text = io.StringIO()
        csv.writer(text).writerows(_values(row, names) for row in rows)
        out.write(text.getvalue().encode())
        count += len(rows)
    return count


def write_gpx(days: Days, names: Names, out: IO[bytes]) -> int:
    """A track with a segment for each day and device; speed in m/s as GPX readers expect it."""
    out.write(
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b'<gpx version="1.1" creator="Haoyun" xmlns="http://www.topografix.com/GPX/1/1" '
        b'xmlns:tp="http://www.garmin.com/xmlschemas/TrackPointExtension/v2"><trk>\n'
    )
    count = 0
    for rows in days:
        out.write(b"<trkseg>\n" + "".join(_gpx_point(row, names) for row in rows).encode() + b"</trkseg>\n")
        count += len(rows)
    out.write(b"</trk></gpx>\n")
    return count


def write_geojson(days: Days, names: Names, out: IO[bytes]) -> int:
    """A FeatureCollection with a Point for each fix."""
    out.write(b'{"type":"FeatureCollection","features":[\n')
    count = 0
    for rows in days:
        features = [orjson.dumps(_feature(row, names)) for row in rows]
        out.write((b",\n" if count else b"") + b",\n".join(features))
        count += len(rows)
    out.write(b"\n]}\n")
    return count


def write_parquet(days: Days, names: Names, out: IO[bytes]) -> int:
    """Typed columns, a row group for each day; instants are UTC milliseconds."""
    import pyarrow as pa  # noqa: PLC0415 - a heavy library that only this needs
    import pyarrow.parquet as pq  # noqa: PLC0415

    instant, real = pa.timestamp("ms", tz="UTC"), pa.float64()
    kinds = [instant, pa.string(), *[real] * 6, pa.int64(), instant, pa.int32(), pa.string()]
    schema = pa.schema([pa.field(name, kind) for name, kind in zip(NAMES, kinds, strict=True)])
    count = 0
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for rows in days:
            values = [
                (r[1], names.get(r[0], ""), r[4], r[5], r[6], r[7], r[8], r[9], r[2], r[3], r[10], r[11])
                for r in rows
            ]
            columns = [
                pa.array(column, kind) for column, kind in zip(zip(*values, strict=True), kinds, strict=True)
            ]
            writer.write_table(pa.table(columns, schema=schema))
            count += len(rows)
    return count


# Name of the form: (writer, content type)
FORMS: Mapping[str, tuple[Callable[[Days, Names, IO[bytes]], int], str]] = {
    "csv": (write_csv, "text/csv; charset=utf-8"),
    "gpx": (write_gpx, "application/gpx+xml"),
    "geojson": (write_geojson, "application/geo+json"),
    "parquet": (write_parquet, "application/vnd.apache.parquet"),
}


def _time(milliseconds: int) -> str:
    return from_ms(milliseconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _flags(row: Row) -> str:
    return " ".join(flag.name or "" for flag in FixFlag(row[10]))


def _values(row: Row, names: Names) -> tuple[object, ...]:
    device = names.get(row[0], "")
    return (_time(row[1]), device, *row[4:10], row[2], _time(row[3]), _flags(row), row[11])


def _gpx_point(row: Row, names: Names) -> str:
    elevation = "" if row[8] is None else f"<ele>{row[8]:g}</ele>"
    speed = "" if row[6] is None else f"<tp:speed>{row[6] / 3.6:.3f}</tp:speed>"
    course = "" if row[7] is None else f"<tp:course>{row[7]:g}</tp:course>"
    more = f"<tp:TrackPointExtension>{speed}{course}</tp:TrackPointExtension>" if speed or course else ""
    extensions = f"<extensions>{more}</extensions>" if more else ""
    source = f"<src>{escape(names.get(row[0], ''))}</src>"
    return (
        f'<trkpt lat="{row[4]!r}" lon="{row[5]!r}">{elevation}<time>{_time(row[1])}</time>'
        f"{source}{extensions}</trkpt>\n"
    )


def _feature(row: Row, names: Names) -> dict[str, object]:
    place = [row[5], row[4]] if row[8] is None else [row[5], row[4], row[8]]
    properties: dict[str, object] = {
        "fix_time": _time(row[1]),
        "device": names.get(row[0], ""),
        "speed_kmh": row[6],
        "heading_deg": row[7],
        "accuracy_m": row[9],
        "seq": row[2],
        "received_at": _time(row[3]),
        "flags": _flags(row),
    }
    if row[11]:
        properties["sensors"] = orjson.Fragment(row[11])
    geometry = {"type": "Point", "coordinates": place}
    return {"type": "Feature", "geometry": geometry, "properties": properties}
