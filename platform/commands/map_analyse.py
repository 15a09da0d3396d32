"""``haoyun map analyse``: supply against demand, lane flows, accessibility, from CSV to a file or a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haoyun.maps.catalog import open_map
from haoyun.maps.errors import MapError
from haoyun.platform.cli import settings_of

if TYPE_CHECKING:
    from haoyun.maps.analysis import Areas
    from haoyun.maps.network import RoadNetwork

_RESOLUTION = {"schematic": 3, "streets": 8}  # hexagons of 120 km, of 1 km
_MINUTES = {"schematic": (60.0, 120.0, 240.0), "streets": (5.0, 10.0, 20.0)}
_FILES = "FILE.geojson, FILE.gpkg or FILE.png"


@click.group("analyse")
def command() -> None:
    """Analyse points and lanes on a map."""


def _options(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--map", "map_name", help="The map to draw and drive on (HAOYUN_MAP)."),
        click.option("--points", required=True, type=click.Path(path_type=Path), help="CSV file in UTF-8."),
        click.option("--out", required=True, type=click.Path(path_type=Path), help=_FILES),
        click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", help="Language of a picture."),
        click.option(
            "--skip-bad", is_flag=True, help="Leave out bad rows (each is named) instead of stopping."
        ),
    ):
        function = option(function)
    return click.pass_context(function)


def _area_options(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--cells", type=click.IntRange(0, 15), help="Gather in H3 hexagons of this resolution."),
        click.option("--areas", type=click.Path(path_type=Path), help="Gather in the polygons of this file."),
        click.option("--places", is_flag=True, help="Gather at the nearest named place of the map."),
    ):
        function = option(function)
    return function


@command.command("balance")
@_options
@_area_options
def balance_(
    ctx: click.Context,
    map_name: str | None,
    points: Path,
    out: Path,
    lang: str,
    skip_bad: bool,
    **gather: Any,
) -> None:
    """Supply against demand by area. Columns: lat, lon, kind (supply, demand), amount."""
    from haoyun.maps import analysis  # noqa: PLC0415 - geopandas takes a second

    with _one_sentence():
        _check_out(out)
        network = _network(ctx, map_name)
        table = analysis.read_points(points, ("supply", "demand"), _teller(skip_bad))
        gathered = _areas(network, table["lat"], table["lon"], **gather)
        found = analysis.balance(table, gathered)
        click.echo(f"{len(found)} areas, supply {found['supply'].sum():g}, demand {found['demand'].sum():g}")
        _write(
            out, "balance", found, network, lang, lambda: analysis.balance_figure(found, network, lang=lang)
        )


@command.command("flows")
@click.option("--by", type=click.Choice(["count", "tonnes"]), default="count", help="Width of a lane.")
@_options
@_area_options
def flows_(
    ctx: click.Context, map_name: str | None, points: Path, out: Path, lang: str, skip_bad: bool, by: str,
    **gather: Any,
) -> None:  # fmt: skip
    """Lanes between areas. Columns: from_lat, from_lon, to_lat, to_lon, count, tonnes."""
    import numpy as np  # noqa: PLC0415

    from haoyun.maps import analysis  # noqa: PLC0415 - geopandas takes a second

    with _one_sentence():
        _check_out(out)
        network = _network(ctx, map_name)
        table = analysis.read_lanes(points, _teller(skip_bad))
        lat = np.concatenate([table["from_lat"], table["to_lat"]])
        lon = np.concatenate([table["from_lon"], table["to_lon"]])
        gathered = _areas(network, lat, lon, **gather)
        found = analysis.flows(table, gathered)
        click.echo(f"{len(found)} lanes, count {found['count'].sum():g}, tonnes {found['tonnes'].sum():g}")
        _write(
            out, "flows", found, network, lang, lambda: analysis.flow_figure(found, network, by=by, lang=lang)
        )


@command.command("access")
@click.option("--minutes", help="Limits in minutes, separated by commas.")
@_options
def access_(
    ctx: click.Context, map_name: str | None, points: Path, out: Path, lang: str, skip_bad: bool,
    minutes: str | None,
) -> None:  # fmt: skip
    """Demand reached from sites. Columns: lat, lon, kind (site, demand), amount, name."""
    from haoyun.maps import analysis  # noqa: PLC0415 - geopandas takes a second
    from haoyun.maps.node_engine import engine_for  # noqa: PLC0415

    with _one_sentence():
        _check_out(out)
        network = _network(ctx, map_name)
        limits = _minutes(minutes) or _MINUTES[network.kind]
        table = analysis.read_points(points, ("site", "demand"), _teller(skip_bad))
        off = sum(
            not network.bounds.contains(lat, lon) for lat, lon in zip(table["lat"], table["lon"], strict=True)
        )
        if off:
            click.echo(
                f"haoyun: {off} of {len(table)} points lie outside the map {network.name}:"
                " straight lines at 30 km/h lead to it",
                err=True,
            )
        found = analysis.accessibility(table, network, engine_for(network), limits)
        demand = found[found["kind"] == "demand"]
        for limit in limits:
            share = demand.loc[demand["minutes"] <= limit, "amount"].sum() / (demand["amount"].sum() or 1)
            click.echo(f"within {limit:g} min of a site: {share:.1%} of the demand")
        _write(
            out,
            "access",
            found,
            network,
            lang,
            lambda: analysis.access_figure(found, network, limits, lang=lang),
        )


def _areas(
    network: RoadNetwork, lat: Any, lon: Any, cells: int | None, areas: Path | None, places: bool
) -> Areas:
    from haoyun.maps import analysis  # noqa: PLC0415 - geopandas takes a second
    from haoyun.maps.analysis.areas import NOWHERE  # noqa: PLC0415
    from haoyun.maps.gazetteer.places import network_gazetteer, trunk_gazetteer  # noqa: PLC0415

    if sum((cells is not None, areas is not None, places)) > 1:
        raise click.UsageError("choose one of --cells, --areas and --places")
    if areas is not None:
        found = analysis.polygon_areas(_polygons(areas), lat, lon)
        outside = int((found.member == NOWHERE).sum())
        if outside:
            click.echo(f"{outside} of {len(found.member)} positions lie in no polygon: not counted", err=True)
        return found
    if places:
        known = trunk_gazetteer() if network.kind == "schematic" else network_gazetteer(network)
        return analysis.place_areas(known.list(), lat, lon)
    return analysis.cell_areas(lat, lon, _RESOLUTION[network.kind] if cells is None else cells)


def _polygons(path: Path) -> Any:
    import geopandas  # noqa: PLC0415 - takes a second
    from pyogrio.errors import DataSourceError  # noqa: PLC0415

    try:
        frame = geopandas.read_file(path)
    except DataSourceError as error:
        raise MapError(f"{path.name} cannot be read as a file of polygons ({error})") from None
    if not isinstance(frame, geopandas.GeoDataFrame) or not set(frame.geom_type) <= {
        "Polygon",
        "MultiPolygon",
    }:
        raise MapError(f"{path.name} holds other things than polygons")
    return frame


def _write(
    out: Path, layer: str, found: Any, network: RoadNetwork, lang: str, figure: Callable[[], Any]
) -> None:
    from haoyun.maps import analysis  # noqa: PLC0415 - geopandas takes a second
    from haoyun.maps.analysis.canvas import chinese_font  # noqa: PLC0415

    if out.suffix == ".png":
        if lang == "zh" and chinese_font() is None:
            click.echo("no font with Chinese letters is installed: the picture is in English", err=True)
        analysis.save_figure(figure(), out)
    else:
        analysis.write_table(found, out, layer=layer, attribution=network.attribution)
    click.echo(f"written: {out}")


def _check_out(out: Path) -> None:
    """Before anything is worked out."""
    if out.suffix not in {".geojson", ".gpkg", ".png"}:
        raise MapError(f"a result is written as .geojson, .gpkg or .png, not {out.name!r}")
    if not out.parent.is_dir():
        raise MapError(f"there is no folder {out.parent} to write {out.name} into")


def _network(ctx: click.Context, name: str | None) -> RoadNetwork:
    settings = settings_of(ctx)
    return open_map(name or settings.map, settings.maps_folder)


def _teller(skip_bad: bool) -> Callable[[str], None] | None:
    return (lambda sentence: click.echo(sentence, err=True)) if skip_bad else None


def _minutes(text: str | None) -> tuple[float, ...]:
    try:
        limits = tuple(sorted(float(part) for part in text.split(","))) if text else ()
    except ValueError:
        raise click.BadParameter(
            "takes numbers separated by commas, like 30,60,120", param_hint="--minutes"
        ) from None
    if any(not 0 < limit < 100_000 for limit in limits):
        raise click.BadParameter("takes minutes above zero", param_hint="--minutes")
    return limits


@contextmanager
def _one_sentence() -> Iterator[None]:
    """Errors of the room and of its values become one sentence on stderr."""
    try:
        yield
    except (MapError, ValueError) as error:
        raise click.ClickException(str(error)) from None
