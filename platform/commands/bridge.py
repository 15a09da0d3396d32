"""``haoyun bridge``: reports of devices that cannot choose their topic, from their broker to ours."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import structlog

from haoyun.platform.broker_address import gateway_address
from haoyun.platform.cli import settings_of
from haoyun.platform.logs import configure_logs
from haoyun.platform.signals import stop_on_signals
from haoyun.tracking.bridge import Bridge
from haoyun.tracking.bridges import parse_bridges
from haoyun.tracking.errors import BadBridge, BadBrokerUrl
from haoyun.tracking.gateway_line import GatewayLine
from haoyun.tracking.mqtt import Subscriber
from haoyun.tracking.mqtt_url import parse_mqtt_url

log = structlog.get_logger(__name__)
CLIENT_ID = "haoyun-bridge"  # must stay the same over restarts: the broker keeps our place under it


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--from", "source_url", required=True, help="The devices' broker: mqtt[s]://user:password@host:port."
)
@click.pass_context
def command(ctx: click.Context, file: Path, source_url: str) -> None:
    """Publish what devices send on native topics under their own names; FILE (TOML) says which is which."""
    settings = settings_of(ctx)
    configure_logs(settings.log_format)
    try:
        bridges = parse_bridges(file.read_text(encoding="utf-8"))
        source, ours = parse_mqtt_url(source_url), gateway_address(settings)
    except (BadBridge, BadBrokerUrl, UnicodeDecodeError) as error:
        raise click.ClickException(
            f"{file}: {error}" if isinstance(error, BadBridge) else str(error)
        ) from None
    stopping = stop_on_signals()
    subscriber = Subscriber(source, CLIENT_ID, bridges.filters, _now)
    line = GatewayLine(ours, CLIENT_ID)
    subscriber.start()
    line.start()
    log.info("bridge runs", source=str(source), broker=str(ours), topics=bridges.filters)
    try:
        Bridge(bridges, subscriber, line, settings.shards).run(stopping)
    finally:
        subscriber.stop()
        line.stop()


def _now() -> datetime:
    return datetime.now(UTC)
