"""``haoyun serve``: the portal and the API on one port."""

from __future__ import annotations

import socket

import click
import structlog
import waitress

from haoyun.platform.cli import ready_databases, settings_of
from haoyun.platform.logs import configure_logs
from haoyun.platform.portal.app import create_app

log = structlog.get_logger(__name__)
CONNECTION_LIMIT = 2000  # slow clients keep a connection, not a thread: see docs/decisions/0008
BACKLOG = 1024


@click.command()
@click.option("--host", help="Address to listen on (HAOYUN_HOST).")
@click.option("--port", type=int, help="Port to listen on (HAOYUN_PORT).")
@click.pass_context
def command(ctx: click.Context, host: str | None, port: int | None) -> None:
    """Run the portal and the API."""
    settings = settings_of(ctx, host=host, port=port)
    configure_logs(settings.log_format)
    databases = ready_databases(settings)
    listener = _listen(settings.host, settings.port)
    app = create_app(settings, databases)
    log.info("portal listens", host=settings.host, port=listener.getsockname()[1])
    waitress.serve(
        app,
        sockets=[listener],
        threads=settings.threads,
        connection_limit=CONNECTION_LIMIT,
        asyncore_use_poll=True,
        channel_timeout=60,
        ident=None,
        clear_untrusted_proxy_headers=True,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise click.ClickException(
            f"{host}:{port} cannot be used ({error.strerror}); name another with --port"
        ) from None
    listener.listen(BACKLOG)
    return listener
