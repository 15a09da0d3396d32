"""Rules and alerts in the database, each organization's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.alerts.rule import Alert, AlertRule, NoticeKind, Subject
from haoyun.platform.alerts.tables import ALERT, DELIVERY, RULE
from haoyun.platform.ids import new_id
from haoyun.platform.market.access import must_trade
from haoyun.platform.market.errors import Checks, NotFound
from haoyun.platform.webhooks.signing import new_secret
from haoyun.tracking.events import EventKind, RecordedEvent
from haoyun.tracking.instants import find_instant, from_ms, to_ms
from haoyun.tracking.tables import insert_new

MOST_RULES = 100
PAGE = 50


def add_rule(
    db: sa.Connection,
    actor: Actor,
    subject: Subject,
    email: str,
    webhook_url: str,
    now: datetime,
    language: str = "zh",
) -> AlertRule:
    """Ask for alerts. A webhook gets a secret that signs what is sent. Raises NotAllowed, FieldErrors.

    `language` (zh or en) is that of its e-mails.
    """
    must_trade(actor)
    secret = new_secret() if webhook_url else ""
    rule = AlertRule(new_id("alr"), actor.org_id, subject, email, webhook_url, secret, language)
    checks = Checks()
    checks.require(
        len(rules_of(db, [actor.org_id])) < MOST_RULES, "subject", "too_many_rules", most=MOST_RULES
    )
    checks.done()
    names = ("id", "org_id", "email", "webhook_url", "webhook_secret", "language")
    row = {name: getattr(rule, name) for name in names}
    db.execute(RULE.insert(), row | {"subject": subject.value, "created_ms": to_ms(now)})
    return rule


def end_rule(db: sa.Connection, actor: Actor, rule_id: str, now: datetime) -> None:
    """Ask for no more alerts by this rule. Raises NotAllowed, NotFound."""
    must_trade(actor)
    own = (RULE.c.id == rule_id, RULE.c.org_id == actor.org_id, RULE.c.ended_ms.is_(None))
    if not db.execute(RULE.update().where(*own).values(ended_ms=to_ms(now))).rowcount:
        raise NotFound


def rules_of(db: sa.Connection, org_ids: Iterable[str]) -> list[AlertRule]:
    """The rules of organizations, oldest first."""
    query = (
        sa.select(RULE).where(RULE.c.org_id.in_(set(org_ids)), RULE.c.ended_ms.is_(None)).order_by(RULE.c.id)
    )
    return [_rule(row) for row in db.execute(query)]


def raise_alert(
    db: sa.Connection, rule: AlertRule, recorded: RecordedEvent, order_id: str | None, now: datetime
) -> None:
    """Tell it by a rule. What was told before is corrected in the inbox, and not sent again."""
    first = recorded.amends or recorded.id
    row = _alert_row(recorded, order_id)
    key = {"org_id": rule.org_id, "rule_id": rule.id, "first_event": first, "raised_ms": to_ms(now)}
    if recorded.withdrawn_at is None and insert_new(db, ALERT, key | row):
        enqueue_deliveries(db, rule, first, now)
        return
    withdrawn = None if recorded.withdrawn_at is None else to_ms(recorded.withdrawn_at)
    same = (ALERT.c.rule_id == rule.id, ALERT.c.first_event == first)
    db.execute(ALERT.update().where(*same).values(**row, withdrawn_ms=withdrawn))


def enqueue_deliveries(db: sa.Connection, rule: AlertRule, first_event: int, now: datetime) -> None:
    """Send an alert of this rule to the channels that the rule names."""
    same = (ALERT.c.rule_id == rule.id, ALERT.c.first_event == first_event)
    alert_id = db.scalar(sa.select(ALERT.c.id).where(*same))
    channels = [("webhook", rule.webhook_url), ("email", rule.email)]
    for channel in (name for name, dest in channels if dest):
        delivery = {
            "alert_id": alert_id,
            "channel": channel,
            "tries": 0,
            "next_ms": to_ms(now),
            "problem": "",
        }
        db.execute(DELIVERY.insert(), delivery)


def alerts_of(db: sa.Connection, actor: Actor, before: int | None = None) -> list[Alert]:
    """A page of the organization's inbox, the newest first."""
    query = sa.select(ALERT).where(ALERT.c.org_id == actor.org_id)
    if before is not None:
        query = query.where(ALERT.c.id < before)
    return [_alert(row) for row in db.execute(query.order_by(ALERT.c.id.desc()).limit(PAGE))]


def count_unread(db: sa.Connection, actor: Actor) -> int:
    """How many alerts nobody of the organization has read."""
    unread = (ALERT.c.org_id == actor.org_id, ALERT.c.read_ms.is_(None), ALERT.c.withdrawn_ms.is_(None))
    return db.scalar(sa.select(sa.func.count()).select_from(ALERT).where(*unread)) or 0


def mark_read(db: sa.Connection, actor: Actor, up_to: int, now: datetime) -> None:
    """Everything up to this alert was read."""
    unread = (ALERT.c.org_id == actor.org_id, ALERT.c.id <= up_to, ALERT.c.read_ms.is_(None))
    db.execute(ALERT.update().where(*unread).values(read_ms=to_ms(now)))


def deliveries_of(db: sa.Connection, alert_ids: Iterable[int]) -> Mapping[int, list[tuple[str, bool, str]]]:
    """(channel, done, problem) of each alert."""
    found: dict[int, list[tuple[str, bool, str]]] = {}
    for row in db.execute(
        sa.select(DELIVERY).where(DELIVERY.c.alert_id.in_(set(alert_ids))).order_by(DELIVERY.c.id)
    ):
        found.setdefault(row.alert_id, []).append((row.channel, row.done_ms is not None, row.problem))
    return found


def get_alert(db: sa.Connection, alert_id: int) -> tuple[Alert, AlertRule] | None:
    """An alert and its rule, for its delivery."""
    row = db.execute(sa.select(ALERT).where(ALERT.c.id == alert_id)).first()
    rule = None if row is None else db.execute(sa.select(RULE).where(RULE.c.id == row.rule_id)).first()
    return None if row is None or rule is None else (_alert(row), _rule(rule))


def _alert_row(recorded: RecordedEvent, order_id: str | None) -> dict[str, Any]:
    event = recorded.event
    return {
        "kind": event.kind.value,
        "vehicle_id": recorded.vehicle_id,
        "order_id": order_id,
        "at_ms": event.at_ms,
        "data": orjson.dumps({**event.data, "subject": event.subject}).decode(),
    }


def _rule(row: Any) -> AlertRule:
    return AlertRule(
        row.id, row.org_id, Subject(row.subject), row.email, row.webhook_url, row.webhook_secret, row.language
    )


def _kind(name: str) -> EventKind | NoticeKind:
    return NoticeKind(name) if name in set(NoticeKind) else EventKind(name)


def _alert(row: Any) -> Alert:
    return Alert(
        row.id, row.org_id, _kind(row.kind), row.vehicle_id, row.order_id, from_ms(row.at_ms),
        orjson.loads(row.data), find_instant(row.read_ms), find_instant(row.withdrawn_ms),
    )  # fmt: skip
