"""``haoyun simulate``: the actors of a demonstration, or a swarm of devices, as seen from outside."""

from __future__ import annotations

import click

from haoyun.maps.errors import MapError
from haoyun.platform.broker_address import mqtt_url
from haoyun.platform.cli import ready_databases, settings_of
from haoyun.platform.commands.simulate_swarm import Wanted, run_swarm
from haoyun.platform.demo.credentials import Credentials
from haoyun.platform.demo.errors import DemoError
from haoyun.platform.demo.folder import demo_folder
from haoyun.platform.demo.recall import recall
from haoyun.platform.demo.simulator import Address, Simulator
from haoyun.platform.logs import configure_logs
from haoyun.platform.processes import portal_url
from haoyun.platform.settings import Settings
from haoyun.platform.signals import stop_on_signals
from haoyun.tracking.errors import BadSimulation
from haoyun.tracking.mqtt_url import parse_mqtt_url
from haoyun.tracking.simulation.faults import Faults, parse_faults
from haoyun.tracking.simulation.formats import KINDS

DEFAULT_TRUCKS = 60
MAX_TRUCKS = 500
MAX_DEVICES = 20_000


def _faults(_ctx: click.Context, _param: click.Parameter, value: str) -> Faults:
    """The faults of ``gaps=0.02,poison=0.01``, or a usage error that names what there is."""
    try:
        return parse_faults(value)
    except BadSimulation as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@click.option("--trucks", type=click.IntRange(1, MAX_TRUCKS), default=DEFAULT_TRUCKS, show_default=True)
@click.option("--url", help="Address of the platform; its own portal if left out.")
@click.option("--devices", type=click.IntRange(1, MAX_DEVICES), help="A swarm of so many devices instead.")
@click.option("--kinds", default="fixes", show_default=True, help=f"Formats of the swarm: {','.join(KINDS)}.")
@click.option("--interval", type=click.FloatRange(1, 3600), default=10.0, show_default=True, help="Seconds.")
@click.option(
    "--faults",
    callback=_faults,
    default="",
    help="As gaps=0.02,duplicates=0.05,reorder=0.05,poison=0.01,skew=120,storm=60,storm-share=0.5.",
)
@click.option("--seed", type=click.IntRange(0, 999_999), default=1, show_default=True)
@click.option("--seconds", type=click.FloatRange(0), help="Ends by itself; otherwise with Ctrl-C.")
@click.pass_context
def command(
    ctx: click.Context,
    trucks: int,
    url: str | None,
    devices: int | None,
    kinds: str,
    interval: float,
    faults: Faults,
    seed: int,
    seconds: float | None,
) -> None:
    """Drive simulated trucks, gates, shippers and carriers over MQTT and the public API.

    The people it acts for are those of `haoyun demo`, which starts this command by itself. With --devices it is a
    swarm of trackers instead, in any formats and with faults, registered in this installation under names of
    their own (sim-SEED-NUMBER); a run of the same seed makes the same drives and the same faults.
    """
    settings = settings_of(ctx)
    configure_logs(settings.log_format)
    if devices is None:
        _demonstrate(settings, trucks, url)
    else:
        wanted = Wanted(devices, tuple(filter(None, kinds.split(","))), interval, faults, seed, seconds)
        _swarm(settings, wanted)


def _swarm(settings: Settings, wanted: Wanted) -> None:
    databases = ready_databases(settings)
    try:
        complete = run_swarm(
            settings,
            databases.tracking,
            parse_mqtt_url(mqtt_url(settings)),
            wanted,
            stop_on_signals(),
            click.echo,
        )
    except BadSimulation as error:
        raise click.ClickException(str(error)) from None
    finally:
        databases.close()
    if not complete:
        raise click.ClickException("not everything was acknowledged; is `haoyun ingest` running?")


def _demonstrate(settings: Settings, trucks: int, url: str | None) -> None:
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
