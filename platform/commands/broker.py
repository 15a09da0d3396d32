"""``haoyun broker``: the embedded MQTT broker with the credentials of the registry."""

from __future__ import annotations

import click

from haoyun.platform.cli import ready_databases, settings_of
from haoyun.platform.logs import configure_logs
from haoyun.platform.signals import stop_on_signals
from haoyun.tracking.broker import EmbeddedBroker, run_broker
from haoyun.tracking.errors import BrokerFailed


@click.command()
@click.option("--port", "broker_port", type=int, help="Port of the broker (HAOYUN_BROKER_PORT).")
@click.pass_context
def command(ctx: click.Context, broker_port: int | None) -> None:
    """Run the embedded MQTT broker; new and revoked devices take effect within seconds."""
    settings = settings_of(ctx, broker_port=broker_port)
    configure_logs(settings.log_format)
    if settings.mqtt_url is not None:
        raise click.ClickException("HAOYUN_MQTT_URL names another broker, so the embedded one is not needed")
    databases = ready_databases(settings)
    stopping = stop_on_signals()
    try:
        run_broker(
            EmbeddedBroker(settings.data, settings.broker_port, settings.broker_sync_s),
            databases.tracking,
            stopping,
        )
    except BrokerFailed as error:
        raise click.ClickException(str(error)) from None
    finally:
        databases.close()
