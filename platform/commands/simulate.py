"""``haoyun simulate``: trucks, gates, shippers and carriers of a demonstration, as seen from outside."""

from __future__ import annotations

import click

from haoyun.maps.errors import MapError
from haoyun.platform.broker_address import mqtt_url
from haoyun.platform.cli import settings_of
from haoyun.platform.demo.credentials import Credentials
from haoyun.platform.demo.errors import DemoError
from haoyun.platform.demo.folder import demo_folder
from haoyun.platform.demo.recall import recall
from haoyun.platform.demo.simulator import Address, Simulator
from haoyun.platform.logs import configure_logs
from haoyun.platform.processes import portal_url
from haoyun.platform.signals import stop_on_signals
from haoyun.tracking.mqtt_url import parse_mqtt_url

DEFAULT_TRUCKS = 60
MAX_TRUCKS = 500


@click.command()
@click.option("--trucks", type=click.IntRange(1, MAX_TRUCKS), default=DEFAULT_TRUCKS, show_default=True)
@click.option("--url", help="Address of the platform; its own portal if left out.")
@click.pass_context
def command(ctx: click.Context, trucks: int, url: str | None) -> None:
    """Drive simulated trucks, gates, shippers and carriers over MQTT and the public API.

    The people it acts for are those of `haoyun demo`, which starts this command by itself.
    """
    settings = settings_of(ctx)
    configure_logs(settings.log_format)
    folder = demo_folder(settings.data)
    if not (folder / "credentials.json").exists():
        raise click.ClickException(f"{settings.data} is no demonstration; `haoyun demo` makes one")
    credentials = Credentials.load(folder / "credentials.json")
    stopping = stop_on_signals()
    try:
        world, state = recall(settings, trucks)
        address = Address(url or portal_url(settings), parse_mqtt_url(mqtt_url(settings)))
        Simulator(world, state, address, credentials, folder).run(stopping)
    except (DemoError, MapError) as error:
        raise click.ClickException(str(error)) from None
