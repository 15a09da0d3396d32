"""``haoyun worker``: jobs, and the followers of the event tables."""

from __future__ import annotations

import threading

import click

from haoyun.platform.cli import ready_databases, settings_of
from haoyun.platform.database import Databases
from haoyun.platform.epcis_api.deliver import SubscriptionFollower
from haoyun.platform.jobs.celery_engine import Sender, make_app
from haoyun.platform.jobs.errors import NoEngine
from haoyun.platform.jobs.worker import Follower, run_loops, run_worker
from haoyun.platform.logs import configure_logs
from haoyun.platform.market.context import MarketContext
from haoyun.platform.planning.dispatch import planning
from haoyun.platform.settings import Settings
from haoyun.platform.signals import stop_on_signals
from haoyun.platform.trading.follow import followers


@click.command()
@click.pass_context
def command(ctx: click.Context) -> None:
    """Run jobs, or hand them to Celery workers (HAOYUN_JOBS_ENGINE), and follow the event tables."""
    settings = settings_of(ctx)
    configure_logs(settings.log_format)
    databases = ready_databases(settings)
    stopping = stop_on_signals()
    following: list[Follower] = [
        *followers(settings, MarketContext.load(settings, databases.tracking)),
        SubscriptionFollower(private=settings.webhooks_private),
    ]
    try:
        if settings.celery_broker_url is not None and settings.jobs_engine == "celery":
            app = make_app(settings.celery_broker_url.get_secret_value(), settings.celery_queue)
            run_loops(databases, [Sender(databases, app, stopping).send_due], following, stopping)
        else:
            _run(settings, databases, following, stopping)
    except NoEngine as error:
        raise click.ClickException(str(error)) from None
    finally:
        databases.close()


def _run(
    settings: Settings, databases: Databases, following: list[Follower], stopping: threading.Event
) -> None:
    with planning(settings, databases) as handlers:
        run_worker(
            databases,
            handlers,
            following,
            stopping,
            lease_s=settings.job_lease_s,
            at_once=settings.jobs_at_once,
        )
