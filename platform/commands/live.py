"""``haoyun live``: live positions for browsers, in a process of its own."""

from __future__ import annotations

import signal

import click
import sqlalchemy as sa
import structlog

from haoyun.platform.cli import settings_of
from haoyun.platform.listening import listen
from haoyun.platform.logs import configure_logs
from haoyun.tracking.tables import LATEST

log = structlog.get_logger(__name__)


@click.command()
@click.option("--host", help="Address to listen on (HAOYUN_HOST).")
@click.option("--port", type=int, help="Port to listen on (HAOYUN_LIVE_PORT).")
@click.pass_context
def command(ctx: click.Context, host: str | None, port: int | None) -> None:
    """Push positions to the live pages as they come; without it pages ask every five seconds."""
    from haoyun.platform.live.server import LiveServer  # noqa: PLC0415 - gevent is loaded only here

    settings = settings_of(ctx, host=host, live_port=port)
    configure_logs(settings.log_format)
    # Not `ready_databases`: the migration scripts load every room, and would double the memory.
    databases = settings.databases()
    if not sa.inspect(databases.tracking).has_table(LATEST.name, _schema(databases.tracking)):
        raise click.ClickException("the databases are not made yet; run `haoyun db upgrade`")
    listener = listen(settings.host, settings.live_port)
    listener.setblocking(False)
    server = LiveServer(databases, settings)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, server.stop)
    log.info("live listens", host=settings.host, port=listener.getsockname()[1])
    try:
        server.serve(listener)
    finally:
        databases.close()


def _schema(engine: sa.Engine) -> str | None:
    return LATEST.schema if engine.dialect.name == "postgresql" else None
