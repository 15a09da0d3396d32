"""``haoyun doctor``: look over an installation and say what to mend."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from importlib.resources import files

import click
import sqlalchemy as sa

from haoyun.maps.catalog import open_map
from haoyun.maps.compiled import is_warm as road_search_is_warm
from haoyun.maps.errors import MapError
from haoyun.platform.backup import integrity_problems
from haoyun.platform.broker_address import ingest_address
from haoyun.platform.cli import settings_of
from haoyun.platform.migrations import behind
from haoyun.platform.settings import Settings
from haoyun.routing.warm import is_warm as plan_search_is_warm
from haoyun.tracking.errors import BadBrokerUrl, BrokerRefused, BrokerUnreachable
from haoyun.tracking.probe import probe

MIN_FREE_BYTES = 1 << 30


@click.command()
@click.pass_context
def command(ctx: click.Context) -> None:
    """Check data folder, databases, broker, map, searches and free space; exit 1 if something needs mending."""
    settings = settings_of(ctx)
    wrong = 0
    for name, check in CHECKS.items():
        problems = list(check(settings))
        wrong += len(problems)
        for problem in problems:
            click.echo(f"mend  {name}: {problem}")
        if not problems:
            click.echo(f"ok    {name}")
    if wrong:
        ctx.exit(1)


def _folder(settings: Settings) -> Iterator[str]:
    if not settings.data.is_dir():
        yield f"{settings.data} does not exist; `haoyun db upgrade` makes it"
        return
    if not os.access(settings.data, os.W_OK):
        yield f"{settings.data} cannot be written by this user"
    if stat.S_IMODE(settings.data.stat().st_mode) & 0o077:
        yield f"{settings.data} can be read by others; chmod 700 it"
    free = shutil.disk_usage(settings.data).free
    if free < MIN_FREE_BYTES:
        yield f"only {free >> 20} MiB are free; the intake needs at least {MIN_FREE_BYTES >> 20}"


def _databases(settings: Settings) -> Iterator[str]:
    if not settings.database_url and not settings.data.is_dir():
        return
    databases = settings.databases()
    try:
        for problem in behind(databases):
            yield f"{problem}; run `haoyun db upgrade`"
        yield from integrity_problems(databases)
    except sa.exc.OperationalError as error:
        yield f"does not answer: {str(error.orig).strip().splitlines()[0]}"
    finally:
        databases.close()


def _broker(settings: Settings) -> Iterator[str]:
    try:
        found = probe(ingest_address(settings))
    except (BadBrokerUrl, BrokerRefused, BrokerUnreachable) as error:
        yield f"{error}; start it with `haoyun broker`, or name another with HAOYUN_MQTT_URL"
        return
    click.echo(f"      {found.sentence()}")
    if not found.delivers:
        yield "a plain subscription delivers nothing"


def _map(settings: Settings) -> Iterator[str]:
    try:
        open_map(settings.map, settings.maps_folder)
    except MapError as error:
        yield str(error)


def _front_end(_settings: Settings) -> Iterator[str]:
    if not files("haoyun.platform.portal").joinpath("static/dist/portal.css").is_file():
        yield "the pages' styles and scripts were not built; install again (`make install`)"


def _searches(_settings: Settings) -> Iterator[str]:
    remedies = {
        "routes of vehicles": (plan_search_is_warm, "python -m haoyun.routing.warm"),
        "roads": (road_search_is_warm, 'python -c "from haoyun.maps.warm import warm_up; warm_up()"'),
    }
    for what, (is_warm, remedy) in remedies.items():
        if not is_warm():
            yield (
                f"the search for {what} is not compiled here; the first to ask would wait some minutes: run `{remedy}`"
            )


CHECKS: dict[str, Callable[[Settings], Iterator[str]]] = {
    "data folder": _folder,
    "databases": _databases,
    "map": _map,
    "front end": _front_end,
    "searches": _searches,
    "broker": _broker,
}
