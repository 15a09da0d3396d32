"""What a Celery worker loads: ``celery -A haoyun.platform.celery_app worker --concurrency 2``.

It runs the jobs that ``haoyun worker`` hands out where HAOYUN_JOBS_ENGINE is celery; settings as everywhere.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from haoyun.platform.jobs.celery_engine import make_app, register
from haoyun.platform.jobs.worker import Worker, utc_now
from haoyun.platform.logs import configure_logs
from haoyun.platform.market.context import MarketContext
from haoyun.platform.planning.crews import Crews
from haoyun.platform.planning.dispatch import handlers
from haoyun.platform.publishing.importing.job import handlers as import_handlers
from haoyun.platform.rounds.job import handlers as round_handlers
from haoyun.platform.settings import Settings, SettingsError

if TYPE_CHECKING:
    from celery import Celery


def __getattr__(name: str) -> Any:
    """`app`, made when Celery asks for it: importing this file reads no setting."""
    if name in ("app", "celery"):
        return build()
    raise AttributeError(name)


@cache
def build() -> Celery:
    """The app of this installation. Raises SettingsError without a transport."""
    settings = Settings.load()
    if settings.celery_broker_url is None:
        raise SettingsError("a Celery worker needs HAOYUN_CELERY_BROKER_URL")
    configure_logs(settings.log_format)
    app = make_app(settings.celery_broker_url.get_secret_value(), settings.celery_queue)

    @cache
    def worker() -> Worker:
        # At the first job, so in the process that runs it: connections must not be shared with its parent.
        databases = settings.databases()
        market = cache(lambda: MarketContext.load(settings, databases.tracking))  # only where it is asked for
        found = {
            **handlers(settings, databases, Crews(), utc_now),
            **round_handlers(databases, market, utc_now),
            **import_handlers(databases, market, utc_now, ZoneInfo(settings.time_zone)),
        }
        return Worker(databases, found, threading.Event(), settings.job_lease_s)

    register(app, lambda job_id: worker().run_one(job_id))
    return app
