"""``haoyun serve``: the portal and the API on one port."""

from __future__ import annotations

import gc
import sys

import click
import structlog
import waitress

from haoyun.platform.cli import ready_databases, settings_of
from haoyun.platform.listening import listen
from haoyun.platform.logs import configure_logs
from haoyun.platform.portal.app import create_app

log = structlog.get_logger(__name__)
CONNECTION_LIMIT = 2000  # slow clients keep a connection, not a thread: see docs/decisions/0008
RECEIVE_BYTES = 256 * 1024  # a document in one bite: each costs the interpreter's lock once
# What a thread waits for the lock while another computes. A statement gives it up and asks for it again, and at the
# default of 5 ms a dozen statements of a request would wait longer than they run.
SWITCH_S = 0.0005
COLLECT_AFTER = 20_000  # objects that were made and not freed


@click.command()
@click.option("--host", help="Address to listen on (HAOYUN_HOST).")
@click.option("--port", type=int, help="Port to listen on (HAOYUN_PORT).")
@click.pass_context
def command(ctx: click.Context, host: str | None, port: int | None) -> None:
    """Run the portal and the API."""
    settings = settings_of(ctx, host=host, port=port)
    configure_logs(settings.log_format)
    databases = ready_databases(settings)
    listener = listen(settings.host, settings.port)
    app = create_app(settings, databases)
    sys.setswitchinterval(SWITCH_S)
    # What the application is made of is there to stay, and a document of a hundred events is no reason to look for
    # garbage seven times.
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 50)
    log.info("portal listens", host=settings.host, port=listener.getsockname()[1])
    waitress.serve(
        app,
        sockets=[listener],
        threads=settings.threads,
        connection_limit=CONNECTION_LIMIT,
        asyncore_use_poll=True,
        recv_bytes=RECEIVE_BYTES,
        channel_timeout=60,
        ident=None,
        clear_untrusted_proxy_headers=True,
    )
