"""``haoyun jt808-gateway``: terminals of Chinese trucks connect as they are; their reports go on over MQTT."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import click
import structlog

from haoyun.platform.broker_address import gateway_address
from haoyun.platform.cli import ready_databases, settings_of
from haoyun.platform.logs import configure_logs
from haoyun.platform.settings import JT808_PORT
from haoyun.platform.signals import stop_on_signals
from haoyun.tracking.errors import BadBrokerUrl
from haoyun.tracking.gateway_line import GatewayLine
from haoyun.tracking.jt808.registry import Registry
from haoyun.tracking.jt808.server import Gateway
from haoyun.tracking.mqtt_url import BrokerAddress

log = structlog.get_logger(__name__)
CLIENT_NAME = "haoyun-jt808"
LOOK_EVERY_S = 0.2


@click.command()
@click.option("--host", "jt808_host", help="Address to listen on (HAOYUN_JT808_HOST).")
@click.option("--port", "jt808_port", type=int, help="Port to listen on (HAOYUN_JT808_PORT).")
@click.pass_context
def command(ctx: click.Context, jt808_host: str | None, jt808_port: int | None) -> None:
    """Let JT/T 808 terminals (2013 and 2019) register, sign in and report; a report is answered when it is stored.

    The protocol itself is neither encrypted nor signed: put the port where only the terminals' network reaches it.
    """
    settings = settings_of(ctx, jt808_host=jt808_host, jt808_port=jt808_port)
    configure_logs(settings.log_format)
    try:
        address = gateway_address(settings)
    except BadBrokerUrl as error:
        raise click.ClickException(str(error)) from None
    databases = ready_databases(settings)
    gateway = Gateway(
        Registry(databases.tracking),
        lambda on_ack: GatewayLine(address, CLIENT_NAME, on_ack),
        _now,
        max_lines=settings.jt808_lines,
    )
    port = settings.jt808_port or JT808_PORT
    try:
        asyncio.run(_serve(gateway, settings.jt808_host, port, address))
    except OSError as error:
        raise click.ClickException(
            f"{settings.jt808_host}:{port} cannot be used ({error.strerror}); name another with --port"
        ) from None
    finally:
        databases.close()


async def _serve(gateway: Gateway, host: str, port: int, address: BrokerAddress) -> None:
    asked, stopping = stop_on_signals(), asyncio.Event()

    async def wait_for_a_signal() -> None:
        while not asked.is_set():
            await asyncio.sleep(LOOK_EVERY_S)
        stopping.set()

    waiting = asyncio.create_task(wait_for_a_signal())
    await gateway.serve(
        host,
        port,
        stopping,
        lambda on: log.info("gateway listens", host=host, port=on, broker=str(address)),
    )
    waiting.cancel()


def _now() -> datetime:
    return datetime.now(UTC)
