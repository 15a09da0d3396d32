"""What every view needs, in one frozen value on the app: settings, databases, the market's view of the roads."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import current_app

from haoyun.platform.database import Databases, reading
from haoyun.platform.group_commit import GroupCommit
from haoyun.platform.settings import Settings

if TYPE_CHECKING:
    from haoyun.platform.market.context import MarketContext

EXTENSION = "haoyun"


def utc_now() -> datetime:
    """The clock of the edge, in milliseconds as the tables keep them; rules get `now` passed in."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@dataclass(frozen=True, slots=True)
class Services:
    """The services of one app. A transaction covers one database, never both."""

    settings: Settings
    databases: Databases
    market: MarketContext
    captures: GroupCommit  # what EPCIS clients store
    now: Callable[[], datetime] = utc_now

    def read(self) -> AbstractContextManager[sa.Connection]:
        """A snapshot of the platform's database."""
        return reading(self.databases.platform).connect()

    def write(self) -> AbstractContextManager[sa.Connection]:
        """A transaction on the platform's database; committed at the end of the block."""
        return self.databases.platform.begin()

    def read_tracking(self) -> AbstractContextManager[sa.Connection]:
        """A snapshot of positions, journeys, milestones and tag reads."""
        return reading(self.databases.tracking).connect()

    def write_tracking(self) -> AbstractContextManager[sa.Connection]:
        """A transaction on the tracking database; committed at the end of the block."""
        return self.databases.tracking.begin()


def services() -> Services:
    """The services of the app that handles this request."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Services)
    return found
