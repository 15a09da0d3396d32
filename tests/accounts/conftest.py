"""An organization and the moment that the tests of accounts happen at."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from haoyun.platform.accounts.organizations import Organization, create_organization
from haoyun.platform.database import Databases

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def shipper(databases: Databases) -> Organization:
    with databases.platform.begin() as db:
        return create_organization(
            db, name="宁波精工", name_en="Ningbo Precision", kinds={"shipper"}, now=NOW
        )
