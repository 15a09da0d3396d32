"""``haoyun map tiles`` and the tiles that ``haoyun map import`` makes: what a map looks like."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from haoyun.maps.catalog import open_map
from haoyun.maps.errors import MapError
from haoyun.maps.network import RoadNetwork
from haoyun.maps.tiles.tileset import build_tiles, drop_tiles, tile_paths
from haoyun.platform.cli import settings_of

# Areas are assembled in memory and in Python: for a country that is for an explicit wish.
_LARGE_EXTRACT = 200_000_000


@click.command("tiles")
@click.argument("name")
@click.argument("source", required=False, type=click.Path(path_type=Path))
@click.pass_context
def command(ctx: click.Context, name: str, source: Path | None) -> None:
    """Make the vector tiles of the map NAME; with the extract SOURCE also water, green and built-up land."""
    folder = settings_of(ctx).maps_folder
    try:
        make_tiles(open_map(name, folder), folder, source)
    except MapError as error:
        raise click.ClickException(str(error)) from None


def tiles_after_import(network: RoadNetwork, folder: Path, source: Path | None, wanted: bool) -> None:
    """Older tiles show another map: they go in any case. Land is left out of a large extract, and said so."""
    drop_tiles(network.name, folder)
    if not wanted:
        return
    large = source is not None and source.stat().st_size > _LARGE_EXTRACT
    try:
        make_tiles(network, folder, None if large else source)
    except MapError as error:
        raise click.ClickException(str(error)) from None
    if large:
        click.echo(f"tiles of roads only; `haoyun map tiles {network.name} {source}` adds water and land")


def make_tiles(network: RoadNetwork, folder: Path, source: Path | None) -> None:
    """Make the tiles with a progress bar and say what was made. Raises MapError."""
    with click.progressbar(length=1000, label=f"tiles of {network.name}", file=sys.stderr) as bar:
        made = build_tiles(network, folder, source, lambda share: bar.update(int(share * 1000) - bar.pos))
    if source is not None and not made.land:
        click.echo(
            f"haoyun: {source.name} holds no water, land or railway near the map {network.name}: no tiles of land made",
            err=True,
        )
    for path in tile_paths(network.name, folder):
        if path.is_file():
            click.echo(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")
