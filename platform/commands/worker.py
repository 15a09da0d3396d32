"""``haoyun worker``: jobs, and the followers of the event tables."""

from __future__ import annotations

import threading
from functools import partial
from zoneinfo import ZoneInfo

import click

from haoyun.platform.alerts.auctions import follow_auctions
from haoyun.platform.alerts.deliver import Deliverer
from haoyun.platform.alerts.follow import follow_events
from haoyun.platform.alerts.papers import PaperKeeper
from haoyun.platform.cli import ready_databases, settings_of
from haoyun.platform.commands.history_keeper import HistoryKeeper
from haoyun.platform.database import Databases
from haoyun.platform.docks.follow import follow_bookings
from haoyun.platform.emissions.factors import BadFactors
from haoyun.platform.epcis_api.deliver import SubscriptionFollower
from haoyun.platform.jobs.celery_engine import Sender, make_app
from haoyun.platform.jobs.errors import NoEngine
from haoyun.platform.jobs.worker import Follower, run_loops, run_worker, utc_now
from haoyun.platform.logs import configure_logs
from haoyun.platform.market.context import MarketContext
from haoyun.platform.planning.dispatch import planning
from haoyun.platform.publishing.importing.job import handlers as import_handlers
from haoyun.platform.publishing.keeper import PublishingKeeper
from haoyun.platform.rounds.job import RoundKeeper
from haoyun.platform.rounds.job import handlers as round_handlers
from haoyun.platform.settings import Settings
from haoyun.platform.signals import stop_on_signals
from haoyun.platform.statistics.keeper import statistics_keeper
from haoyun.platform.trading.follow import followers
from haoyun.platform.trading.standing import read_standings
from haoyun.platform.warehouse.follow import followers as warehouse_followers
from haoyun.platform.webhooks.deliver import WebhookSender
from haoyun.platform.webhooks.follow import follow_changes, follow_exceptions
from haoyun.tracking.reading import read_lagging


@click.command()
@click.pass_context
def command(ctx: click.Context) -> None:
    """Run jobs, or hand them to Celery workers (HAOYUN_JOBS_ENGINE), and follow the event tables."""
    settings = settings_of(ctx)
    configure_logs(settings.log_format)
    databases = ready_databases(settings)
    stopping = stop_on_signals()
    market = MarketContext.load(settings, databases.tracking, partial(read_standings, databases.platform))
    try:
        statistics = statistics_keeper(settings, market)
    except BadFactors as error:
        raise click.ClickException(str(error)) from None
    following: list[Follower] = [
        *followers(settings, market),
        PublishingKeeper(market, ZoneInfo(settings.time_zone)),
        *warehouse_followers(),
        SubscriptionFollower(private=settings.webhooks_private),
        follow_events,
        follow_auctions,
        PaperKeeper(),
        Deliverer(
            private=settings.webhooks_private,
            smtp_url=settings.smtp_url.get_secret_value() if settings.smtp_url else None,
            mail_from=settings.mail_from,
            zone=ZoneInfo(settings.time_zone),
        ),
        follow_changes,
        follow_exceptions,
        follow_bookings,
        WebhookSender(private=settings.webhooks_private),
        HistoryKeeper(settings.keep_positions_days),
        statistics,
        RoundKeeper(settings.round_every_min),
        lambda databases, now: read_lagging(databases.tracking, now),
    ]
    try:
        if settings.celery_broker_url is not None and settings.jobs_engine == "celery":
            app = make_app(settings.celery_broker_url.get_secret_value(), settings.celery_queue)
            run_loops(databases, [Sender(databases, app, stopping).send_due], following, stopping)
        else:
            _run(settings, databases, market, following, stopping)
    except NoEngine as error:
        raise click.ClickException(str(error)) from None
    finally:
        databases.close()


def _run(
    settings: Settings,
    databases: Databases,
    market: MarketContext,
    following: list[Follower],
    stopping: threading.Event,
) -> None:
    rounds = round_handlers(databases, lambda: market, utc_now)
    with planning(settings, databases) as handlers:
        run_worker(
            databases,
            {
                **handlers,
                **rounds,
                **import_handlers(databases, lambda: market, utc_now, ZoneInfo(settings.time_zone)),
            },
            following,
            stopping,
            lease_s=settings.job_lease_s,
            at_once=settings.jobs_at_once,
        )
