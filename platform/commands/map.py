"""``haoyun map``: road networks of this installation."""

from __future__ import annotations

import click

from haoyun.maps.catalog import list_maps, open_map
from haoyun.maps.compiled import is_warm
from haoyun.maps.errors import MapError
from haoyun.maps.network import RoadNetwork
from haoyun.platform.cli import settings_of
from haoyun.platform.commands import map_analyse, map_route, map_tiles
from haoyun.platform.commands.map_import import import_
from haoyun.platform.commands.map_places import place, where


@click.group()
def command() -> None:
    """Import and look at road networks."""


command.add_command(import_)
command.add_command(map_route.route)
command.add_command(map_route.matrix)
command.add_command(map_route.profiles)
command.add_command(map_tiles.command)
command.add_command(map_analyse.command)


@command.command("list")
@click.pass_context
def list_(ctx: click.Context) -> None:
    """Name the maps that this installation can use."""
    for name in list_maps(settings_of(ctx).maps_folder):
        click.echo(name)


@command.command()
@click.argument("name")
@click.pass_context
def show(ctx: click.Context, name: str) -> None:
    """Say what the map NAME holds."""
    network = _opened(ctx, name)
    box = network.bounds
    click.echo(f"{network.name}: {network.kind}, {network.node_count} nodes, {network.edge_count} edges")
    click.echo(f"bounds: {box.south:.3f},{box.west:.3f} to {box.north:.3f},{box.east:.3f}")
    click.echo(f"attribution: {network.attribution}")
    click.echo("search: compiled" if is_warm() else "search: the first route compiles it, once (some 20 s)")


command.add_command(place)
command.add_command(where)


def _opened(ctx: click.Context, name: str) -> RoadNetwork:
    try:
        return open_map(name, settings_of(ctx).maps_folder)
    except MapError as error:
        raise click.ClickException(str(error)) from None
