"""Notices: what the platform tells an organization, in the same inbox and by the same channels as tracking's alerts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import orjson
import sqlalchemy as sa

from haoyun.platform.alerts.rule import AlertRule, NoticeKind
from haoyun.platform.alerts.store import enqueue_deliveries
from haoyun.platform.alerts.tables import ALERT
from haoyun.tracking.instants import to_ms
from haoyun.tracking.tables import insert_new

Data = Mapping[str, str | float | bool]
__all__ = ["NoticeKind", "raise_notice"]


def raise_notice(
    db: sa.Connection,
    org_id: str,
    kind: NoticeKind,
    about: tuple[str, int],
    data: Data,
    now: datetime,
    rule: AlertRule | None = None,
    *,
    vehicle_id: str | None = None,
) -> bool:
    """Put it into the inbox, and send it where a rule says so; False if the same was told before.

    `about` is what it is about and a number that tells one notice of it from the next: told once, whoever repeats it.
    A rule takes the place of the first, so that it is told once for each rule.
    """
    subject, number = about
    rule_id = subject if rule is None else rule.id
    row = {
        "org_id": org_id,
        "rule_id": rule_id,
        "first_event": number,
        "kind": kind.value,
        "vehicle_id": vehicle_id,
        "at_ms": to_ms(now),
        "raised_ms": to_ms(now),
        "data": orjson.dumps(dict(data)).decode(),
    }
    if not insert_new(db, ALERT, row):
        return False
    if rule is not None:
        enqueue_deliveries(db, rule, number, now)
    return True
