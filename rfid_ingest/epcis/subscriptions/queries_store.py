"""Named queries of an organization."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.rfid_ingest.epcis.errors import InvalidQuery, NameTaken, NotFound
from haoyun.rfid_ingest.epcis.query.parse import parse_query
from haoyun.rfid_ingest.epcis.repository.tables import NAMED_QUERY, SUBSCRIPTION
from haoyun.tracking.instants import to_ms
from haoyun.tracking.tables import insert_new

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A query under a name; `parameters` as they were given."""

    name: str
    parameters: Mapping[str, Any]


def create_query(
    db: sa.Connection, owner: int, name: str, parameters: Mapping[str, Any], now: datetime
) -> NamedQuery:
    """Keep a query. Raises InvalidQuery for a wrong name or parameter, NameTaken."""
    if not 1 <= len(name) <= LONGEST_NAME or "/" in name or "\0" in name:
        raise InvalidQuery(f"name: 1 to {LONGEST_NAME} characters without a slash, not {name[:40]!r}")
    parse_query(parameters)
    text = orjson.dumps(parameters).decode()
    row = {"owner": owner, "name": name, "query": text, "created_ms": to_ms(now)}
    if not insert_new(db, NAMED_QUERY, row):
        raise NameTaken(f"a query named {name[:60]!r} exists already")
    return NamedQuery(name, parameters)


def get_query(db: sa.Connection, owner: int, name: str) -> NamedQuery:
    """The query of this name. Raises NotFound."""
    t = NAMED_QUERY.c
    text = db.scalar(sa.select(t.query).where(t.owner == owner, t.name == name))
    if text is None:
        raise NotFound(f"no query is named {name[:60]!r}")
    return NamedQuery(name, orjson.loads(text))


def list_queries(db: sa.Connection, owner: int, limit: int, after: str = "") -> list[NamedQuery]:
    """The owner's queries behind `after`, by name."""
    t = NAMED_QUERY.c
    query = sa.select(NAMED_QUERY).where(t.owner == owner, t.name > after).order_by(t.name).limit(limit)
    return [NamedQuery(row.name, orjson.loads(row.query)) for row in db.execute(query)]


def delete_query(db: sa.Connection, owner: int, name: str) -> None:
    """Forget a query and end the subscriptions to it. Raises NotFound."""
    get_query(db, owner, name)
    db.execute(NAMED_QUERY.delete().where(NAMED_QUERY.c.owner == owner, NAMED_QUERY.c.name == name))
    db.execute(SUBSCRIPTION.delete().where(SUBSCRIPTION.c.owner == owner, SUBSCRIPTION.c.query_name == name))
