"""Notices before a paper of a vehicle or a driver expires: 30, 7 and 1 days before, each once, in the inbox.

They go to the inbox of every carrier; where the organization has a rule about papers, by that rule's ways too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from haoyun.platform.alerts.notices import NoticeKind, raise_notice
from haoyun.platform.alerts.rule import AlertRule, Subject
from haoyun.platform.alerts.store import rules_of
from haoyun.platform.database import Databases, reading
from haoyun.platform.market.tables import DRIVER, VEHICLE
from haoyun.platform.market.vehicles import certificates_of
from haoyun.tracking.instants import to_ms

DAYS_BEFORE = (1, 7, 30)
EVERY = timedelta(hours=1)
BUILT_IN = "papers"  # what the notices are about where no rule asks for them: the inbox alone


@dataclass(frozen=True, slots=True)
class ExpiringPaper:
    """A paper that expires within `days`; `holder` is a plate or a name."""

    org_id: str
    holder_id: str
    holder: str
    name: str
    valid_until: datetime
    days: int

    @property
    def number(self) -> int:
        """The same for the same paper and the same notice: a renewed paper is another."""
        text = f"{self.holder_id}:{self.name}:{to_ms(self.valid_until)}:{self.days}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")


class PaperKeeper:
    """Called by the worker every second; looks once an hour."""

    def __init__(self) -> None:
        self._looked: datetime | None = None

    def __call__(self, databases: Databases, now: datetime) -> int:
        """Returns how many papers are about to expire, 0 between two looks."""
        if self._looked is not None and timedelta(0) <= now - self._looked < EVERY:
            return 0
        with reading(databases.platform).connect() as db:
            found = list(expiring_papers(db, now))
        if found:
            with databases.platform.begin() as db:
                for paper in found:
                    _notice(db, paper, now)
        self._looked = now
        return len(found)


def expiring_papers(db: sa.Connection, now: datetime) -> Iterator[ExpiringPaper]:
    """Papers of what is in use that expire within 30 days; `days` is the nearest notice that is due."""
    holders = (
        sa.select(
            VEHICLE.c.id, VEHICLE.c.org_id, VEHICLE.c.plate.label("holder"), VEHICLE.c.certificates
        ).where(VEHICLE.c.retired_ms.is_(None), VEHICLE.c.certificates != "{}"),
        sa.select(DRIVER.c.id, DRIVER.c.org_id, DRIVER.c.name.label("holder"), DRIVER.c.certificates).where(
            DRIVER.c.retired_ms.is_(None), DRIVER.c.certificates != "{}"
        ),
    )
    for row in (row for query in holders for row in db.execute(query)):
        for paper in certificates_of(row.certificates):
            left = None if paper.valid_until is None else paper.valid_until - now
            if left is None or left <= timedelta(0) or paper.valid_until is None:
                continue
            days = next((one for one in DAYS_BEFORE if left <= timedelta(days=one)), None)
            if days is not None:
                yield ExpiringPaper(row.org_id, row.id, row.holder, paper.name, paper.valid_until, days)


def _notice(db: sa.Connection, paper: ExpiringPaper, now: datetime) -> None:
    asked: list[AlertRule | None] = [
        rule for rule in rules_of(db, [paper.org_id]) if rule.subject is Subject.PAPERS
    ]
    data: dict[str, str | float | bool] = {
        "holder": paper.holder,
        "paper": paper.name,
        "expires": paper.valid_until.isoformat(),
        "days": paper.days,
    }
    vehicle_id = paper.holder_id if paper.holder_id.startswith("veh_") else None
    about = (BUILT_IN, paper.number)
    for rule in asked or [None]:
        raise_notice(
            db, paper.org_id, NoticeKind.PAPER_EXPIRES, about, data, now, rule, vehicle_id=vehicle_id
        )
