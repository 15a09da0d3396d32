"""Sending alerts: webhooks and e-mails, each tried again with growing pauses, in a thread of their own.

A webhook is signed with the rule's secret, and both are tried again, as webhooks/signing.py says.
"""

from __future__ import annotations

import smtplib
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, tzinfo
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

import orjson
import sqlalchemy as sa
import structlog

from haoyun.platform.alerts.mail_words import mail_words
from haoyun.platform.alerts.rule import Alert, AlertRule
from haoyun.platform.alerts.store import get_alert
from haoyun.platform.alerts.tables import DELIVERY
from haoyun.platform.database import Databases, reading
from haoyun.platform.market.store import plates_of
from haoyun.platform.webhooks.signing import HEADER, MOST_TRIES, pause, sign
from haoyun.rfid_ingest.epcis.errors import DeliveryFailed
from haoyun.rfid_ingest.epcis.subscriptions.post import send
from haoyun.tracking.instants import to_ms

LEASE = timedelta(minutes=5)  # a delivery whose sender died is tried again then
AT_ONCE = 50
SMTP_TIMEOUT_S = 20.0
Post = Callable[[str, bytes, dict[str, str]], None]
Mail = Callable[[EmailMessage], None]
log = structlog.get_logger(__name__)


class Deliverer:
    """Called by the worker every second; begins a round of deliveries when the last one has ended."""

    def __init__(
        self,
        *,
        private: bool,
        smtp_url: str | None,
        mail_from: str,
        zone: tzinfo = UTC,
        post: Post | None = None,
    ) -> None:
        """`private` allows webhooks in the own network; without `smtp_url` no mail is sent, and it says so."""
        self._post: Post = post or (lambda dest, body, headers: send(dest, body, headers, private=private))
        self._smtp_url, self._mail_from, self._zone = smtp_url, mail_from, zone
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="alerts")
        self._round: Future[int] | None = None
        self._lock = threading.Lock()

    def __call__(self, databases: Databases, now: datetime) -> int:
        """Returns how many deliveries of the last round were taken; raises what it raised."""
        with self._lock:
            if self._round is not None and not self._round.done():
                return 0
            ended, self._round = self._round, self._pool.submit(self.deliver_due, databases, now)
        return ended.result() if ended is not None else 0

    def deliver_due(self, databases: Databases, now: datetime) -> int:
        """Send what is due, each once."""
        due = DELIVERY.c.next_ms <= to_ms(now)
        with reading(databases.platform).connect() as db:
            rows = db.execute(
                sa.select(DELIVERY).where(due).order_by(DELIVERY.c.next_ms).limit(AT_ONCE)
            ).all()
        return sum(
            self._deliver(databases, row.id, row.alert_id, row.channel, row.tries, now) for row in rows
        )

    def _deliver(
        self, databases: Databases, delivery_id: int, alert_id: int, channel: str, tries: int, now: datetime
    ) -> bool:
        one = DELIVERY.c.id == delivery_id
        with databases.platform.begin() as db:
            claim = DELIVERY.update().where(one, DELIVERY.c.tries == tries, DELIVERY.c.next_ms <= to_ms(now))
            if not db.execute(claim.values(tries=tries + 1, next_ms=to_ms(now + LEASE))).rowcount:
                return False
            found = get_alert(db, alert_id)
            vehicle = found[0].vehicle_id if found else None
            plate = plates_of(db, {vehicle}).get(vehicle, "") if vehicle else ""
        problem = "the rule is gone" if found is None else self._send(channel, *found, plate, now)
        values = {"next_ms": None, "done_ms": to_ms(now), "problem": ""}
        if problem:
            given_up = found is None or tries + 1 >= MOST_TRIES
            after = None if given_up else to_ms(now + pause(tries))
            values = {"next_ms": after, "done_ms": None, "problem": problem[:300]}
            log.warning(
                "alert not delivered", alert=alert_id, channel=channel, problem=problem, tries=tries + 1
            )
        with databases.platform.begin() as db:
            db.execute(DELIVERY.update().where(one).values(**values))
        return not problem

    def _send(self, channel: str, alert: Alert, rule: AlertRule, plate: str, now: datetime) -> str:
        """Send it; returns the problem, empty when it was taken."""
        try:
            if channel == "webhook":
                body = orjson.dumps(content(alert))
                headers = {HEADER: sign(rule.webhook_secret, int(now.timestamp()), body)}
                self._post(rule.webhook_url, body, headers)
            elif self._smtp_url is None:
                return "no mail server is set: HAOYUN_SMTP_URL"
            else:
                mail(self._smtp_url, message(alert, rule, self._mail_from, plate, self._zone))
        except (DeliveryFailed, smtplib.SMTPException, OSError) as error:
            return str(error) or type(error).__name__
        return ""


def content(alert: Alert) -> dict[str, object]:
    """What a webhook tells; receivers know an alert again by its id."""
    return {
        "id": alert.id,
        "kind": alert.kind.value,
        "occurred_at": alert.at.isoformat(),
        "vehicle_id": alert.vehicle_id,
        "order_id": alert.order_id,
        "data": dict(alert.data),
    }


def message(alert: Alert, rule: AlertRule, sender: str, plate: str = "", zone: tzinfo = UTC) -> EmailMessage:
    """The e-mail of an alert, plain text in the language of its rule, times in `zone`."""
    found = EmailMessage()
    found["Subject"], text = mail_words(alert, rule.language, plate, zone)
    found["From"], found["To"] = sender, rule.email
    found["Date"] = format_datetime(alert.at)
    found["Message-ID"] = (
        f"<alert-{alert.id}@{sender.rpartition('@')[2] or 'haoyun'}>"  # the same at each try
    )
    found["Content-Language"] = rule.language
    found.set_content(text)
    return found


def mail(smtp_url: str, content_: EmailMessage) -> None:
    """Hand a message to smtp[s]://user:password@host:port; a plain connection is upgraded where the server can."""
    parts = urlsplit(smtp_url)
    host, secure = str(parts.hostname), parts.scheme == "smtps"
    port = parts.port or (465 if secure else 587)
    context = ssl.create_default_context()
    server = (
        smtplib.SMTP_SSL(host, port, timeout=SMTP_TIMEOUT_S, context=context)
        if secure
        else smtplib.SMTP(host, port, timeout=SMTP_TIMEOUT_S)
    )
    with server:
        if not secure and server.has_extn("starttls"):
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(content_)
