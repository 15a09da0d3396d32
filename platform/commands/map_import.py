"""``haoyun map import``: an OpenStreetMap extract or a place by name becomes a map of this installation."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType
from typing import Any

import click

from haoyun.maps.catalog import import_map, import_place, map_folder
from haoyun.maps.compiled import is_warm
from haoyun.maps.errors import MapError
from haoyun.maps.network import RoadNetwork
from haoyun.maps.osm.build import ImportReport
from haoyun.maps.osm.options import parse_bbox, parse_classes
from haoyun.maps.osm.tags import CLASSES, DEFAULT_CLASSES
from haoyun.maps.warm import prepare
from haoyun.platform.cli import settings_of
from haoyun.platform.commands.map_tiles import tiles_after_import

_STEPS = 1000  # of the bar

_CLASSES_HELP = (
    f"Road classes, comma-separated, of: {', '.join(CLASSES)}. A class brings its slip roads along. "
    f"'default' stands for {', '.join(DEFAULT_CLASSES)}; 'default,service' adds yards, alleys and access roads "
    "(never driveways and parking aisles)."
)


@click.command("import")
@click.argument("source", required=False, type=click.Path(path_type=Path), metavar="[FILE]")
@click.option("--name", required=True, help="The name under which commands and settings find it.")
@click.option("--place", help="Download a place by its name from OpenStreetMap instead of reading a FILE.")
@click.option("--classes", default="default", show_default=True, help=_CLASSES_HELP)
@click.option(
    "--bbox",
    metavar="S,W,N,E",
    help="Keep what lies in a box: south, west, north, east in degrees (29.8,121.4,30.1,122.0).",
)
@click.option("--tiles/--no-tiles", default=True, help="Also make the vector tiles that the portal draws.")
@click.pass_context
def import_(
    ctx: click.Context,
    source: Path | None,
    name: str,
    place: str | None,
    classes: str,
    bbox: str | None,
    tiles: bool,
) -> None:
    """Read an OpenStreetMap extract (.osm, .osm.pbf) into a map that routes and simulates.

    FILE may be a city or a country; take `--classes motorway,trunk,primary` for the latter. The map keeps
    truck limits, access rules with their hours, and turn restrictions.
    """
    if (source is None) == (place is None):
        raise click.UsageError("name either a FILE or a --place")
    if place is not None and bbox is not None:
        raise click.UsageError("--bbox goes with a FILE; a --place has its own bounds")
    reports: list[ImportReport] = []
    folder = settings_of(ctx).maps_folder
    try:
        chosen = parse_classes(classes)
        box = parse_bbox(bbox) if bbox is not None else None
        with _Bar() as bar:
            if source is not None:
                network = import_map(
                    source,
                    name,
                    folder,
                    classes=chosen,
                    bbox=box,
                    progress=bar.show,
                    on_report=reports.append,
                )
            else:
                network = import_place(place or "", name, folder, classes=chosen, progress=bar.show)
    except MapError as error:
        raise click.ClickException(str(error)) from None
    _tell(network, reports)
    if not is_warm():
        click.echo("compiling the search for routes, once for this installation (some 20 s)", err=True)
    turns, arcs = prepare(network, map_folder(name, folder))
    click.echo(f"routes: {turns:,} turns, a hierarchy of {arcs:,} arcs")
    tiles_after_import(network, folder, source, tiles)


def _tell(network: RoadNetwork, reports: list[ImportReport]) -> None:
    box = network.bounds
    click.echo(f"{network.name}: {network.node_count:,} nodes, {network.edge_count:,} edges, "
               f"{len(network.rules) - 1} kinds of rules")  # fmt: skip
    click.echo(f"bounds (S,W,N,E): {box.south:.4f},{box.west:.4f},{box.north:.4f},{box.east:.4f}")
    for sentence in (line for report in reports for line in report.sentences()):
        click.echo(sentence)
    if not reports:
        click.echo("turn restrictions are not part of a download by name; import an extract to have them")
    click.echo(f"attribution: {network.attribution}")


class _Bar:
    """A progress bar on a terminal, one line a step elsewhere; both on stderr."""

    def __init__(self) -> None:
        self._shown = 0
        self._last = ""
        self._stream = sys.stderr
        self._bar = click.progressbar(
            length=_STEPS, file=self._stream, item_show_func=_as_it_is, show_eta=False, width=30
        )

    def __enter__(self) -> _Bar:
        if self._stream.isatty():
            self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream.isatty():
            self._bar.__exit__(kind, error, trace)

    def show(self, step: str, share: float) -> None:
        """What is being done and how far the whole has come."""
        if self._stream.isatty():
            to = max(self._shown, int(share * _STEPS))
            self._bar.update(to - self._shown, step)
            self._shown = to
            return
        word = step.partition(" (")[0]
        if word != self._last:
            self._last = word
            click.echo(f"{word} ...", err=True)


def _as_it_is(step: Any) -> str | None:
    return None if step is None else str(step)
