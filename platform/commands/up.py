"""``haoyun up``: the whole platform on one machine, without simulated devices."""

from __future__ import annotations

import click

from haoyun.platform.cli import settings_of
from haoyun.platform.migrations import upgrade
from haoyun.platform.processes import installation, portal_url
from haoyun.platform.supervisor import Supervisor, SupervisorError, next_free_port


@click.command()
@click.option("--port", type=int, help="Port of the portal (HAOYUN_PORT); the next free one if it is busy.")
@click.pass_context
def command(ctx: click.Context, port: int | None) -> None:
    """Run broker, portal, intake and worker, restart what dies, stop all of it on Ctrl-C."""
    wanted = settings_of(ctx, port=port)
    try:
        free = next_free_port(wanted.host, wanted.port)
        broker = next_free_port("127.0.0.1", wanted.broker_port, taken=(free,))
        live = next_free_port(wanted.host, wanted.live_port, taken=(free, broker)) if wanted.live_port else 0
    except SupervisorError as error:
        raise click.ClickException(str(error)) from None
    settings = settings_of(ctx, port=free, broker_port=broker, live_port=live)
    if free != wanted.port:
        click.echo(f"port {wanted.port} is busy, using {free}")
    databases = settings.databases()
    upgrade(databases)
    databases.close()
    supervisor = Supervisor(installation(settings), settings.data / "logs", click.echo)
    supervisor.listen_to_signals()
    try:
        supervisor.start()
        if not supervisor.stopping:
            click.echo(f"ready {portal_url(settings)}")
        supervisor.run()
    except SupervisorError as error:
        raise click.ClickException(str(error)) from None
    finally:
        supervisor.stop()
