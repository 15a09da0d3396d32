"""``haoyun worker``: jobs, and the followers of the event tables."""

from __future__ import annotations

import click

from haoyun.platform.cli import ready_databases, settings_of
from haoyun.platform.epcis_api.deliver import SubscriptionFollower
from haoyun.platform.jobs.worker import run_worker
from haoyun.platform.logs import configure_logs
from haoyun.platform.market.context import MarketContext
from haoyun.platform.planning.dispatch import handlers
from haoyun.platform.signals import stop_on_signals
from haoyun.platform.trading.follow import followers


@click.command()
@click.pass_context
def command(ctx: click.Context) -> None:
    """Run jobs and follow the event tables."""
    settings = settings_of(ctx)
    configure_logs(settings.log_format)
    databases = ready_databases(settings)
    stopping = stop_on_signals()
    try:
        run_worker(
            databases,
            handlers(settings, databases),
            [
                *followers(settings, MarketContext.load(settings, databases.tracking)),
                SubscriptionFollower(private=settings.webhooks_private),
            ],
            stopping,
            lease_s=settings.job_lease_s,
        )
    finally:
        databases.close()
