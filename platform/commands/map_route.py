"""``haoyun map route``, ``map matrix`` and ``map profiles``: questions to the road engine, a line at a time."""

from __future__ import annotations

import csv
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import IO, Any, TextIO

import click
import orjson

from haoyun.maps.catalog import map_folder, open_map
from haoyun.maps.errors import BadCoordinate, MapError
from haoyun.maps.geodesy import check_position
from haoyun.maps.node_engine import engine_for
from haoyun.maps.roads.profiles import PRESETS, get_profile
from haoyun.maps.roads.road_engine import RoadEngine
from haoyun.maps.roads.route_lines import answer
from haoyun.maps.warm import warm_up
from haoyun.platform.cli import settings_of

SLOW_START_S = 5.0  # beyond, something was compiled: once for an installation, and worth a word
MATRIX_ROWS = 256  # sources worked out at once, so that a long list needs memory by the row
COLUMNS = ("from", "to", "distance_m", "duration_s")

Point = tuple[str, float, float]


def _with_engine(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that choose map, vehicle and time."""
    options = (
        click.option(
            "--map", "map_name", required=True, help="A built-in or imported map (`haoyun map list`)."
        ),
        click.option("--profile", default="truck-40t", show_default=True, help="See `haoyun map profiles`."),
        click.option(
            "--at",
            help="Departure with its offset, 2026-03-02T08:30+08:00; its wall clock decides which signs hold."
            "  [default: keep to every sign at any hour]",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


@click.command("route")
@_with_engine
@click.argument("file", type=click.File("rb"), default="-")
@click.pass_context
def route(ctx: click.Context, map_name: str, profile: str, at: str | None, file: IO[bytes]) -> None:
    """Answer routes: a JSON object {"from": [lat, lon], "to": [lat, lon]} a line in, a GeoJSON Feature a line out.

    A line that cannot be answered gives {"error": "..."} and the rest goes on. An "id" is handed back.
    """
    engine, when = _engine(ctx, map_name, profile), _time(at)
    for number, line in enumerate(file, 1):
        if number == 1:
            line = line.removeprefix(BOM_UTF8)  # noqa: PLW2901 - Windows programs begin a file with it
        if line.strip():
            sys.stdout.buffer.write(orjson.dumps(_answered(engine, number, line, when)) + b"\n")
            sys.stdout.buffer.flush()


@click.command("matrix")
@_with_engine
@click.option("--json", "as_json", is_flag=True, help="JSON lines instead of CSV.")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"), default="-")
@click.pass_context
def matrix(
    ctx: click.Context, map_name: str, profile: str, at: str | None, as_json: bool, file: TextIO
) -> None:
    """Distances and times between all points of a CSV with the columns lat, lon and, if wanted, id.

    Writes from, to, distance_m, duration_s for every pair, by road from road to road; without an id a point is
    called by its row, from 1. Where there is no way, distance and time are empty.
    """
    try:
        points = list(_points(file))
    except UnicodeDecodeError:
        raise click.ClickException("the file of points is not UTF-8 text") from None
    except csv.Error as error:
        raise click.ClickException(f"the file of points is not a CSV file: {error}") from None
    engine, when = _engine(ctx, map_name, profile), _time(at)
    at_ = [(lat, lon) for _, lat, lon in points]
    if points:
        for (name, _, _), found in zip(points, engine.snap(at_, when).found, strict=True):
            if not found:
                click.echo(
                    f"haoyun: point {name}: no road for {profile} within {engine.within_m:.0f} m", err=True
                )
    write = _json_writer() if as_json else _csv_writer()
    for begin in range(0, len(points), MATRIX_ROWS):
        part = engine.point_matrix(at_[begin : begin + MATRIX_ROWS], at_, when)
        for i in range(part.duration_s.shape[0]):
            metres, seconds = part.distance_m[i].tolist(), part.duration_s[i].tolist()
            for j, (name, _, _) in enumerate(points):
                known = seconds[j] != float("inf")
                write(points[begin + i][0], name, *((metres[j], seconds[j]) if known else (None, None)))
        sys.stdout.flush()


@click.command("profiles")
def profiles() -> None:
    """List the vehicles that routes can be asked for."""
    for name, vehicle in PRESETS.items():
        click.echo(
            f"{name:13} {vehicle.height_m:g} m high, {vehicle.width_m:g} m wide, {vehicle.length_m:g} m long,"
            f" {vehicle.gross_weight_t:g} t ({vehicle.axle_load_t:g} t an axle): {vehicle.says}"
        )


def _engine(ctx: click.Context, map_name: str, profile: str) -> RoadEngine:
    folder = settings_of(ctx).maps_folder
    try:
        vehicle, network = get_profile(profile), open_map(map_name, folder)
    except MapError as error:
        raise click.ClickException(str(error)) from None
    seconds = warm_up()
    if seconds > SLOW_START_S:
        click.echo(f"haoyun: compiled the search in {seconds:.0f} s, once for this installation", err=True)
    return engine_for(network, vehicle, keep_in=map_folder(map_name, folder))


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise click.ClickException(f"--at takes a time like 2026-03-02T08:30+08:00, not {text!r}") from None
    if when.tzinfo is None:
        raise click.ClickException(f"--at needs the offset of the place, as in {text}+08:00")
    return when


def _answered(engine: RoadEngine, number: int, line: bytes, when: datetime | None) -> dict[str, Any]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return {"error": f"line {number} is not JSON: {error.msg}", "line": number}
    try:
        return answer(engine, value, when)
    except MapError as error:
        own = {"id": value["id"]} if isinstance(value, dict) and "id" in value else {}
        return {"error": f"line {number}: {error}", "line": number, **own}


def _points(file: TextIO) -> Iterator[Point]:
    """The points of a CSV. Raises ClickException for a missing column and a row that is not a position.

    A row with more cells than the header has is refused: decimal commas would be read as another place.
    """
    rows = csv.reader(file, skipinitialspace=True)
    header = [name.strip().lower() for name in next(rows, [])]
    missing = [name for name in ("lat", "lon") if name not in header]
    if missing:
        raise click.ClickException(f"the points need the columns lat and lon; missing: {', '.join(missing)}")
    if twice := [name for name in ("lat", "lon", "id") if header.count(name) > 1]:
        raise click.ClickException(f"the column {twice[0]} is there twice")
    seen: set[str] = set()
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if any(cell.strip() for cell in row[len(header) :]):
            raise click.ClickException(
                f"row {rows.line_num}: more cells than columns; decimals are written with a point"
            )
        cells = dict(zip(header, (cell.strip() for cell in row), strict=False))
        name = cells.get("id") or str(len(seen) + 1)
        if name in seen:
            raise click.ClickException(f"row {rows.line_num}: the id {name!r} is there twice")
        seen.add(name)
        yield name, *_degrees(cells, rows.line_num)


def _degrees(cells: dict[str, str], row: int) -> tuple[float, float]:
    try:
        lat, lon = float(cells.get("lat", "")), float(cells.get("lon", ""))
        check_position(lat, lon)
    except BadCoordinate as error:
        raise click.ClickException(f"row {row}: {error}") from None
    except ValueError:
        raise click.ClickException(f"row {row}: lat and lon are numbers of degrees") from None
    return lat, lon


Writer = Callable[[str, str, float | None, float | None], None]


def _csv_writer() -> Writer:
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(COLUMNS)

    def write(a: str, b: str, metres: float | None, seconds: float | None) -> None:
        out.writerow(
            (a, b, "" if metres is None else f"{metres:.2f}", "" if seconds is None else f"{seconds:.3f}")
        )

    return write


def _json_writer() -> Writer:
    def write(a: str, b: str, metres: float | None, seconds: float | None) -> None:
        values = (a, b, metres and round(metres, 2), seconds and round(seconds, 3))
        click.echo(orjson.dumps(dict(zip(COLUMNS, values, strict=True))))

    return write
