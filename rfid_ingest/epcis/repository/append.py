"""Appending filed events: each once, in the order of their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from haoyun.rfid_ingest.epcis.filing import Filing
from haoyun.rfid_ingest.epcis.repository.tables import EVENT, EVENT_KEY, TERM
from haoyun.tracking.tables import upsert

_EVENTS_KEY = 0x485945  # "HYE": a number that no other program on this database uses
_CHUNK = 500  # identities looked up in one statement; SQLite takes 32,766 values


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of filed events, in their order: their numbers, and which are new."""

    seqs: tuple[int, ...]
    new: tuple[bool, ...]


def own_events(db: sa.Connection) -> None:
    """Taken before events are numbered, so that they commit in the order of their numbers.

    A subscription's cursor then never passes an event that commits late. SQLite has one writer anyway.
    """
    if db.dialect.name == "postgresql":
        db.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_EVENTS_KEY})")


def append(
    db: sa.Connection,
    owner: int,
    filings: Sequence[Filing],
    recorded_ms: int,
    context_ids: Sequence[int | None],
) -> Appended:
    """Store what is new: an event of this id that says the same is stored already."""
    own_events(db)
    known = _known(db, owner, filings)
    last = db.scalar(sa.select(sa.func.max(EVENT.c.seq))) or 0
    seqs: list[int] = []
    new: list[bool] = []
    rows: list[dict[str, Any]] = []
    for place, filing in enumerate(filings):
        key = (filing.id_key(owner), filing.version)
        new.append(key not in known)
        if key not in known:
            known[key] = last + len(rows) + 1
            rows.append(_row(known[key], owner, key[0], filing, recorded_ms, context_ids[place]))
        seqs.append(known[key])
    _insert(db, owner, rows, filings, seqs, new)
    return Appended(tuple(seqs), tuple(new))


def _known(db: sa.Connection, owner: int, filings: Sequence[Filing]) -> dict[tuple[bytes, bytes], int]:
    keys = [filing.id_key(owner) for filing in filings]
    found: dict[tuple[bytes, bytes], int] = {}
    for start in range(0, len(keys), _CHUNK):
        query = sa.select(EVENT.c.id_key, EVENT.c.version, EVENT.c.seq)
        for row in db.execute(query.where(EVENT.c.id_key.in_(keys[start : start + _CHUNK]))):
            found[bytes(row.id_key), bytes(row.version)] = row.seq
    return found


def _row(
    seq: int, owner: int, key: bytes, filing: Filing, recorded_ms: int, context_id: int | None
) -> dict[str, Any]:
    return {
        "seq": seq,
        "owner": owner,
        "id_key": key,
        "version": filing.version,
        "event_id": filing.event_id,
        "hash": filing.digest,
        **filing.columns,
        "recorded_ms": recorded_ms,
        "context_id": context_id,
        "document": filing.document,
    }


def _insert(
    db: sa.Connection,
    owner: int,
    rows: Sequence[Mapping[str, Any]],
    filings: Sequence[Filing],
    seqs: Sequence[int],
    new: Sequence[bool],
) -> None:
    if not rows:
        return
    _insert_all(db, EVENT, [tuple(row.values()) for row in rows], tuple(rows[0]))
    fresh = [(filing, seq) for filing, seq, is_new in zip(filings, seqs, new, strict=True) if is_new]
    keys = [(owner, value, seq, role.value) for filing, seq in fresh for value, role in filing.keys]
    if keys:
        _insert_all(db, EVENT_KEY, keys, ("owner", "value", "event_seq", "role"))
    terms = {term for filing, _seq in fresh for term in filing.terms}
    listed = [{"owner": owner, "kind": kind, "value": value} for value, kind in sorted(terms)]
    db.execute(upsert(db, TERM).on_conflict_do_nothing(), listed)


def _insert_all(
    db: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]], columns: Sequence[str]
) -> None:
    """Insert rows. On SQLite by the driver itself: Core spends more on the parameters than SQLite on the rows."""
    if db.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        db.exec_driver_sql(f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})", list(rows))  # noqa: S608
    else:
        db.execute(table.insert(), [dict(zip(columns, row, strict=True)) for row in rows])
