"""Both databases with tables straight from the metadata: made once a session, emptied after each test."""

from __future__ import annotations

from stores import db, postgres_stores, sqlite_stores, stores  # noqa: F401 - fixtures
