"""Master data of captured documents: what places lie in which, and the attributes of anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.rfid_ingest.epcis.identity import index_key
from haoyun.rfid_ingest.epcis.repository.tables import MASTER_CHILD, MASTER_DATA
from haoyun.tracking.tables import upsert

_DEEPEST = 20  # a site within a site; deeper is a circle


def keep_vocabularies(db: sa.Connection, owner: int, vocabularies: Sequence[Mapping[str, Any]]) -> None:
    """Keep the elements of these vocabularies; a newer statement of an element replaces the older one."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    children: dict[tuple[str, str], dict[str, Any]] = {}
    for vocabulary, element in _elements(vocabularies):
        key = index_key(element["id"])
        text = orjson.dumps(element).decode()
        rows[vocabulary, key] = {"owner": owner, "vocabulary": vocabulary, "element": key, "document": text}
        for child in map(index_key, element.get("children", ())):
            children[key, child] = {"owner": owner, "parent": key, "child": child}
    if rows:
        insert = upsert(db, MASTER_DATA)
        again = {"document": insert.excluded.document}
        db.execute(
            insert.on_conflict_do_update(index_elements=list(MASTER_DATA.primary_key), set_=again),
            list(rows.values()),
        )
    if children:
        db.execute(upsert(db, MASTER_CHILD).on_conflict_do_nothing(), list(children.values()))


def with_descendants(db: sa.Connection, owner: int, keys: Sequence[str]) -> frozenset[str]:
    """These places and everything that lies within them, as index keys."""
    found, news = set(keys), set(keys)
    for _level in range(_DEEPEST):
        query = sa.select(MASTER_CHILD.c.child).where(
            MASTER_CHILD.c.owner == owner, MASTER_CHILD.c.parent.in_(news)
        )
        news = set(db.scalars(query)) - found
        if not news:
            break
        found |= news
    return frozenset(found)


def attributes_of(db: sa.Connection, owner: int, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The attributes of these elements, by index key."""
    query = sa.select(MASTER_DATA.c.element, MASTER_DATA.c.document).where(
        MASTER_DATA.c.owner == owner, MASTER_DATA.c.element.in_(keys)
    )
    found: dict[str, dict[str, Any]] = {}
    for row in db.execute(query):
        for attribute in orjson.loads(row.document).get("attributes", ()):
            found.setdefault(row.element, {})[attribute["id"]] = attribute.get("attribute")
    return found


def _elements(vocabularies: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for vocabulary in vocabularies:
        for element in vocabulary.get("vocabularyElementList", ()):
            yield vocabulary["type"], element
