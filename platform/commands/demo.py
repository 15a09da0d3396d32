"""``haoyun demo``: the whole platform on this machine, with a market that is alive."""

from __future__ import annotations

import webbrowser
from datetime import UTC, datetime

import click

from haoyun.maps.errors import MapError
from haoyun.platform.cli import settings_of
from haoyun.platform.commands.simulate import DEFAULT_TRUCKS, MAX_TRUCKS
from haoyun.platform.demo.credentials import Credentials
from haoyun.platform.demo.errors import DemoError
from haoyun.platform.demo.folder import alone, claim_folder
from haoyun.platform.demo.recall import recall
from haoyun.platform.demo.start import (
    children,
    prepare,
    sign_ins,
    wait_for_figures,
)
from haoyun.platform.processes import portal_url
from haoyun.platform.settings import Settings
from haoyun.platform.supervisor import Supervisor, SupervisorError, next_free_port

LOOPBACK = "127.0.0.1"


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Port of the portal; the next free one if it is busy."
)
@click.option("--trucks", type=click.IntRange(1, MAX_TRUCKS), default=DEFAULT_TRUCKS, show_default=True)
@click.option("--map", "map_name", help="Road network: trunk, coquimbo, or the name of an imported map.")
@click.option("--fresh", is_flag=True, help="Begin anew: wipe the demonstration's data folder.")
@click.option("--open", "open_browser", is_flag=True, help="Open the portal in a browser.")
@click.pass_context
def command(
    ctx: click.Context, port: int | None, trucks: int, map_name: str | None, fresh: bool, open_browser: bool
) -> None:
    """Run the platform with simulated devices and a market; Ctrl-C stops everything.

    Listens on this machine only. A second start continues where the first one was stopped.
    """
    wanted = settings_of(ctx, host=LOOPBACK, port=port, map=map_name, demo=True)
    try:
        with alone(wanted.data):
            claim_folder(wanted.data, fresh=fresh)
            settings = _with_free_ports(ctx, wanted)
            credentials = _prepared(settings, trucks)
            _run(settings, trucks, credentials, open_browser)
    except (DemoError, MapError, SupervisorError) as error:
        raise click.ClickException(str(error)) from None


def _with_free_ports(ctx: click.Context, wanted: Settings) -> Settings:
    port = next_free_port(wanted.host, wanted.port)
    broker = next_free_port(LOOPBACK, wanted.broker_port, taken=(port,))
    live = next_free_port(LOOPBACK, wanted.live_port, taken=(port, broker)) if wanted.live_port else 0
    if port != wanted.port:
        click.echo(f"port {wanted.port} is busy, using {port}")
    if broker != wanted.broker_port:
        click.echo(f"port {wanted.broker_port} is busy, the broker uses {broker}")
    return settings_of(
        ctx, host=LOOPBACK, port=port, broker_port=broker, live_port=live, map=wanted.map, demo=True
    )


def _prepared(settings: Settings, trucks: int) -> Credentials:
    world, _ = recall(settings, trucks)
    databases = settings.databases()
    try:
        return prepare(settings, databases, world, datetime.now(UTC))
    finally:
        databases.close()


def _run(settings: Settings, trucks: int, credentials: Credentials, open_browser: bool) -> None:
    supervisor = Supervisor(children(settings, trucks), settings.data / "logs", click.echo)
    supervisor.listen_to_signals()
    try:
        supervisor.start()
        complete = wait_for_figures(settings, trucks, lambda: supervisor.stopping, supervisor.look)
        if not supervisor.stopping:
            if not complete:
                click.echo("the market is still coming up; figures follow on the home page")
            click.echo(f"ready {portal_url(settings)}")
            click.echo(sign_ins(credentials))
            if open_browser:
                webbrowser.open(portal_url(settings))
        supervisor.run()
    finally:
        if supervisor.process_ids():
            click.echo("stopping")
        supervisor.stop()
