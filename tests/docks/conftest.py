"""Both databases with tables straight from the metadata: made once a session, emptied after each test."""

from __future__ import annotations

from stores import db, postgres_stores, sqlite_stores, stores  # noqa: F401 - fixtures

from haoyun.platform.alerts import tables as _alerts  # noqa: F401 - registers its tables
from haoyun.platform.docks import tables as _docks  # noqa: F401
from haoyun.platform.publishing import tables as _publishing  # noqa: F401
from haoyun.platform.webhooks import tables as _webhooks  # noqa: F401
