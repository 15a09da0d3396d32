"""Jobs on many machines: Celery carries ids of job rows to workers that run the same code as the embedded one.

The row stays the truth. A message is no more than a hint that a row may be claimed: one too many finds nothing to
claim, one lost is sent again. No transport that was tried ran a task again by itself after kill -9, so none is
relied on to: `Sender` looks for rows that may be claimed, which a row is again when its lease has run out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog

from haoyun.platform.database import Databases, reading
from haoyun.platform.jobs import queue
from haoyun.platform.jobs.errors import NoEngine
from haoyun.platform.jobs.job import JobState
from haoyun.platform.jobs.tables import job as t
from haoyun.platform.jobs.worker import utc_now
from haoyun.tracking.instants import to_ms

if TYPE_CHECKING:
    from celery import Celery

TASK = "haoyun.run_job"
_BATCH = 200
# A row that nobody has claimed so long after it was sent is sent again: its message may be lost.
_RESEND_S = 60.0
_RETRY_S = 2.0  # pause while the transport does not answer

log = structlog.get_logger(__name__)


def make_app(broker_url: str, queue_name: str) -> Celery:
    """Celery for this transport (redis://, amqp://), with one queue of it.

    Raises NoEngine where Celery is not installed.
    """
    try:
        from celery import Celery  # noqa: PLC0415 - an extra: pip install haoyun[celery]
    except ImportError as error:
        raise NoEngine("the jobs engine celery needs the package: pip install 'haoyun[celery]'") from error
    app = Celery("haoyun", broker=broker_url, set_as_current=False)
    app.conf.update(
        task_default_queue=queue_name,
        task_ignore_result=True,  # the row holds it
        task_acks_late=True,
        task_reject_on_worker_lost=False,  # the row's lease brings it back, and counts the try
        worker_prefetch_multiplier=1,  # a worker holds no message that another could work on
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,  # logs are structlog's
        broker_connection_retry_on_startup=True,
        broker_transport_options={"socket_timeout": 5, "socket_connect_timeout": 5},
    )
    return app


def register(app: Celery, run_one: Callable[[str], bool]) -> None:
    """Let workers of this app run jobs: `run_one` claims the row and runs it, or says that there is nothing to do."""

    def run_job(job_id: str) -> None:
        run_one(job_id)

    app.task(name=TASK)(run_job)


@dataclass(frozen=True, slots=True)
class Sender:
    """Hands the ids of rows that may be claimed to Celery; any number of senders may run."""

    databases: Databases
    app: Celery
    stop: threading.Event
    clock: Callable[[], datetime] = utc_now

    def send_due(self) -> bool:
        """Send what is due; False if nothing was, or the database or the transport does not answer."""
        try:
            ids = self._due()
            for job_id in ids:
                self._send(job_id)
                self._mark(job_id)
            return bool(ids)
        except sa.exc.OperationalError as error:
            log.warning("sender waits for the database", error=str(error.orig))
        except self._unreachable() as error:
            log.warning("sender waits for the transport", error=str(error))
        self.stop.wait(_RETRY_S)
        return False

    def _send(self, job_id: str) -> None:
        self.app.send_task(TASK, args=[job_id], retry=False)

    def _due(self) -> list[str]:
        now = self.clock()
        lost = sa.or_(t.c.sent_ms.is_(None), t.c.sent_ms < to_ms(now - timedelta(seconds=_RESEND_S)))
        # Of a lease that has run out: it was sent for the claim that went silent, not since.
        silent = sa.and_(t.c.state == JobState.RUNNING, t.c.sent_ms < t.c.lease_until_ms)
        order = (t.c.parent_id.is_not(None), t.c.id)
        query = sa.select(t.c.id).where(queue.claimable(now), sa.or_(lost, silent))
        query = query.order_by(*order).limit(_BATCH)
        with reading(self.databases.platform).connect() as db:
            return list(db.execute(query).scalars())

    def _mark(self, job_id: str) -> None:
        with self.databases.platform.begin() as db:
            db.execute(
                sa.update(t)
                .where(t.c.id == job_id, queue.claimable(self.clock()))
                .values(sent_ms=to_ms(self.clock()))
            )

    @staticmethod
    def _unreachable() -> tuple[type[Exception], ...]:
        from kombu.exceptions import OperationalError  # noqa: PLC0415 - comes with Celery

        return (OperationalError, OSError)
