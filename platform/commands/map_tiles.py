"""``haoyun map tiles`` and the tiles that ``haoyun map import`` makes: what a map looks like."""

from __future__ import annotations

from pathlib import Path

import click

from haoyun.maps.catalog import open_map
from haoyun.maps.errors import MapError
from haoyun.maps.network import RoadNetwork
from haoyun.maps.tileset import build_tiles, tile_paths
from haoyun.platform.cli import settings_of


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


def make_tiles(network: RoadNetwork, folder: Path, source: Path | None) -> None:
    """Make the tiles with a progress bar and say what was made. Raises MapError."""
    with click.progressbar(length=1000, label=f"tiles of {network.name}") as bar:
        build_tiles(network, folder, source, lambda share: bar.update(int(share * 1000) - bar.pos))
    for path in tile_paths(network.name, folder):
        if path.is_file():
            click.echo(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")
