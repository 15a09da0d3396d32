"""The bound on the time of a query."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from haoyun.platform.database import Databases, reading
from haoyun.platform.epcis_api import events
from haoyun.platform.services import EXTENSION
from haoyun.platform.time_limit import TookTooLong, limited

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


def test_a_statement_without_end_is_ended_and_the_connection_serves_on(databases: Databases) -> None:
    engine = reading(databases.tracking)
    with engine.connect() as db, pytest.raises(TookTooLong), limited(db, 0.2):
        db.execute(sa.text(ENDLESS))
    for _ in range(20):  # whichever connection of the pool it was
        with engine.connect() as db:
            assert db.scalar(sa.text("SELECT 1")) == 1


def test_other_troubles_of_the_database_are_not_taken_for_that(databases: Databases) -> None:
    with reading(databases.tracking).connect() as db, pytest.raises(sa.exc.DBAPIError), limited(db, 5):
        db.execute(sa.text("SELECT * FROM no_such_table"))


def test_a_query_that_runs_too_long_is_told_so(
    monkeypatch: pytest.MonkeyPatch, party: Callable[..., Any]
) -> None:
    me = party()
    settings = me.app.extensions[EXTENSION].settings.model_copy(update={"query_limit_s": 0.2})
    monkeypatch.setattr(type(me.app.extensions[EXTENSION]), "settings", settings)
    monkeypatch.setattr(events, "search", lambda db, *_given: db.execute(sa.text(ENDLESS)))
    answer = me.get("/events")
    said = answer.get_json()
    assert (answer.status_code, said["type"]) == (413, "epcisException:QueryTooComplexException")
    assert "0.2 s" in said["detail"]
