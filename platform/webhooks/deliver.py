"""Sending what is queued: each webhook in a thread of its own, its events one after the other.

Of one subject an event is sent only when nothing earlier of it waits. A delivery is claimed before it is sent and
settled after the receiver answered: a process that dies in between sends the same event again, with the same id.
A receiver that is slow or does not answer holds up nobody else.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from haoyun.platform.database import Databases, reading
from haoyun.platform.webhooks.deliveries import forget_old
from haoyun.platform.webhooks.event import EventType
from haoyun.platform.webhooks.signing import HEADER, MOST_TRIES, pause, sign
from haoyun.platform.webhooks.store import find_webhook
from haoyun.platform.webhooks.tables import DELIVERY, WEBHOOK
from haoyun.rfid_ingest.epcis.errors import DeliveryFailed
from haoyun.rfid_ingest.epcis.subscriptions.post import send
from haoyun.tracking.instants import to_ms

AT_ONCE = 8  # webhooks that are served at the same moment
AT_ONCE_OF_ORG = 2  # of them, one organization's
BURST_S = 5.0  # so long one webhook is served on and on; then others get its place
LEASE = timedelta(minutes=5)  # a delivery whose sender died is sent again then
FORGET_EVERY = timedelta(hours=1)
Post = Callable[[str, bytes, dict[str, str]], None]
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Due:
    """A delivery that may be sent now."""

    id: int
    webhook_id: str
    event_id: str
    type: str
    body: bytes
    tries: int


class WebhookSender:
    """Called by the worker every second; begins deliveries as far as there are threads for them."""

    def __init__(self, *, private: bool, post: Post | None = None) -> None:
        """`private` allows receivers in the own network."""
        self._post: Post = post or (lambda dest, body, headers: send(dest, body, headers, private=private))
        self._pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="webhooks")
        self._running: dict[str, tuple[str, Future[int]]] = {}
        self._lock = threading.Lock()
        self._forgot_at: datetime | None = None

    def __call__(self, databases: Databases, now: datetime) -> int:
        """Returns how many events were taken since the last call; raises what a delivery raised."""
        with self._lock:
            taken = self._collected()
            of_org = Counter(org_id for org_id, _ in self._running.values())
            for webhook_id, org_id in due_webhooks(databases, now):
                if len(self._running) >= AT_ONCE:
                    break
                if webhook_id not in self._running and of_org[org_id] < AT_ONCE_OF_ORG:
                    of_org[org_id] += 1
                    told = self._pool.submit(serve, databases, self._post, webhook_id, now)
                    self._running[webhook_id] = (org_id, told)
        self._forget(databases, now)
        return taken

    def wait(self) -> int:
        """Wait for the deliveries that run. Returns how many events were taken since the last call."""
        wait([future for _, future in self._running.values()])
        with self._lock:
            return self._collected()

    def _collected(self) -> int:
        ended = [name for name, (_, future) in self._running.items() if future.done()]
        return sum(self._running.pop(name)[1].result() for name in ended)

    def _forget(self, databases: Databases, now: datetime) -> None:
        if self._forgot_at is None or now - self._forgot_at >= FORGET_EVERY:
            self._forgot_at = now
            with databases.platform.begin() as db:
                forget_old(db, now)


def due_webhooks(databases: Databases, now: datetime) -> list[tuple[str, str]]:
    """(webhook, organization) of those with something to send, who has waited longest first."""
    query = (
        sa.select(DELIVERY.c.webhook_id, WEBHOOK.c.org_id, sa.func.min(DELIVERY.c.next_ms).label("since"))
        .join(WEBHOOK, WEBHOOK.c.id == DELIVERY.c.webhook_id)
        .where(DELIVERY.c.next_ms <= to_ms(now), _is_served())
        .group_by(DELIVERY.c.webhook_id, WEBHOOK.c.org_id)
        .order_by(sa.text("since"))
    )
    with reading(databases.platform).connect() as db:
        return [(row.webhook_id, row.org_id) for row in db.execute(query)]


def serve(databases: Databases, post: Post, webhook_id: str, now: datetime) -> int:
    """Send what one webhook has to know, for some seconds at most. Returns how many events were taken."""
    end = time.monotonic() + BURST_S
    taken = 0
    while time.monotonic() < end:
        due = _next_due(databases, webhook_id, now)
        if due is None:
            break
        taken += _deliver(databases, post, due, now)
    return taken


def _is_served() -> sa.ColumnElement[bool]:
    """A paused webhook is sent tests only."""
    test = DELIVERY.c.type == EventType.WEBHOOK_TEST.value
    return sa.and_(WEBHOOK.c.ended_ms.is_(None), sa.or_(WEBHOOK.c.paused_ms.is_(None), test))


def _next_due(databases: Databases, webhook_id: str, now: datetime) -> _Due | None:
    """The oldest event that is due and has nothing earlier of its subject before it."""
    earlier = DELIVERY.alias("earlier")
    waits = sa.exists().where(
        earlier.c.webhook_id == DELIVERY.c.webhook_id,
        earlier.c.subject_id == DELIVERY.c.subject_id,
        earlier.c.id < DELIVERY.c.id,
        earlier.c.next_ms.is_not(None),
    )
    query = (
        sa.select(DELIVERY)
        .join(WEBHOOK, WEBHOOK.c.id == DELIVERY.c.webhook_id)
        .where(DELIVERY.c.webhook_id == webhook_id, DELIVERY.c.next_ms <= to_ms(now), _is_served(), ~waits)
        .order_by(DELIVERY.c.id)
        .limit(1)
    )
    with reading(databases.platform).connect() as db:
        row = db.execute(query).one_or_none()
    if row is None:
        return None
    return _Due(row.id, row.webhook_id, row.event_id, row.type, row.body.encode(), row.tries)


def _deliver(databases: Databases, post: Post, due: _Due, now: datetime) -> bool:
    one = DELIVERY.c.id == due.id
    with databases.platform.begin() as db:
        claim = DELIVERY.update().where(one, DELIVERY.c.tries == due.tries, DELIVERY.c.next_ms <= to_ms(now))
        claimed = {"tries": due.tries + 1, "next_ms": to_ms(now + LEASE), "tried_ms": to_ms(now)}
        if db.execute(claim.values(claimed)).rowcount != 1:
            return False
        webhook = find_webhook(db, due.webhook_id)
    if webhook is None:
        return False
    problem = _send(post, webhook.url, webhook.secret, due, now)
    settled: dict[str, object] = {"next_ms": None, "done_ms": to_ms(now), "problem": ""}
    if problem:
        given_up = due.tries + 1 >= MOST_TRIES
        again = None if given_up else to_ms(now + pause(due.tries))
        settled = {"next_ms": again, "dead_ms": to_ms(now) if given_up else None, "problem": problem[:300]}
        log.warning("webhook not reached", webhook=due.webhook_id, problem=problem, tries=due.tries + 1)
    with databases.platform.begin() as db:
        # Only what this try claimed: somebody may have asked for it to be sent anew meanwhile.
        db.execute(DELIVERY.update().where(one, DELIVERY.c.tries == due.tries + 1).values(**settled))
    return not problem


def _send(post: Post, url: str, secret: str, due: _Due, now: datetime) -> str:
    """Send it; returns the problem, empty when it was taken."""
    headers = {
        "User-Agent": "Haoyun-Webhooks",
        HEADER: sign(secret, int(now.timestamp()), due.body),
        "Haoyun-Event-Id": due.event_id,
        "Haoyun-Event-Type": due.type,
    }
    try:
        post(url, due.body, headers)
    except DeliveryFailed as error:
        return str(error) or type(error).__name__
    return ""
