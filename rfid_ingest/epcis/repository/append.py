"""Appending filed events: each once, in the order of their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

import sqlalchemy as sa

from haoyun.rfid_ingest.epcis.filing import Filing, terms_of
from haoyun.rfid_ingest.epcis.repository.rows import insert_rows, select_in
from haoyun.rfid_ingest.epcis.repository.tables import EVENT, EVENT_KEY, TERM

_EVENTS_KEY = 0x485945  # "HYE": a number that no other program on this database uses


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
    """Store what is new: an event of this id that says the same is stored already.

    After an error of the database the transaction must end.
    """
    own_events(db)
    keys = [(filing.id_key(owner), filing.version) for filing in filings]
    known = _known(db, [id_key for id_key, _version in keys])
    last = db.scalar(_LAST) or 0
    seqs: list[int] = []
    new: list[bool] = []
    fresh: list[tuple[int, Filing, int]] = []  # number, event, its place
    for place, key in enumerate(keys):
        new.append(key not in known)
        if key not in known:
            known[key] = last + len(fresh) + 1
            fresh.append((known[key], filings[place], place))
        seqs.append(known[key])
    _insert(
        db,
        owner,
        fresh,
        [(*keys[place], recorded_ms, context_ids[place]) for _seq, _filing, place in fresh],
    )
    return Appended(tuple(seqs), tuple(new))


def _known(db: sa.Connection, id_keys: Sequence[bytes]) -> dict[tuple[bytes, bytes], int]:
    columns = (EVENT.c.id_key, EVENT.c.version, EVENT.c.seq)
    rows = select_in(db, columns, EVENT.c.id_key, id_keys)
    return {(bytes(id_key), bytes(version)): seq for id_key, version, seq in rows}


_LAST = sa.select(sa.func.max(EVENT.c.seq))
_OWN_COLUMNS = (
    "seq",
    "owner",
    "event_id",
    "hash",
    "document",
    "id_key",
    "version",
    "recorded_ms",
    "context_id",
)
_KEY_COLUMNS = ("owner", "value", "event_seq", "role")
_VALUE = itemgetter(_KEY_COLUMNS.index("value"))
_TERM_COLUMNS = ("owner", "kind", "value")


def _insert(
    db: sa.Connection,
    owner: int,
    fresh: Sequence[tuple[int, Filing, int]],
    records: Sequence[tuple[bytes, bytes, int, int | None]],
) -> None:
    if not fresh:
        return
    events = [
        (seq, owner, filing.event_id, filing.digest, filing.document, *record, *filing.columns.values())
        for (seq, filing, _place), record in zip(fresh, records, strict=True)
    ]
    insert_rows(db, EVENT, (*_OWN_COLUMNS, *fresh[0][1].columns), events)
    keys = [(owner, value, seq, role) for seq, filing, _place in fresh for value, role in filing.keys]
    keys.sort(key=_VALUE)  # in the order of the tree: neighbours are found without a new descent
    insert_rows(db, EVENT_KEY, _KEY_COLUMNS, keys)
    terms = sorted(terms_of(filing for _seq, filing, _place in fresh))
    insert_rows(db, TERM, _TERM_COLUMNS, [(owner, *term) for term in terms], "ignore")
