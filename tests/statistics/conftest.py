"""Both databases with tables straight from the metadata: made once a session, emptied after each test."""

from __future__ import annotations

from stores import postgres_stores, sqlite_stores, stores  # noqa: F401 - fixtures

from haoyun.platform.emissions import tables as _emissions  # noqa: F401 - registers its tables
from haoyun.platform.statistics import tables as _statistics  # noqa: F401
