"""The conditions that searches are made of, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from haoyun.platform.market.areas import Lanes
from haoyun.platform.market.errors import FieldErrors
from haoyun.tracking.instants import to_ms

MOST_WORDS = 8
MOST_CHARACTERS = 120
FOLDED_CHARACTERS = 240  # of goods of 120 characters: folding may lengthen (ß becomes ss), beyond it is cut
Condition = sa.ColumnElement[bool]


def is_open(
    db: sa.Connection, state: sa.ColumnElement[str], states: Collection[str], *, scanned: bool = True
) -> Condition:
    """Whether the state is one of these, in the very words of the partial indexes (tables.py), values written out.

    Bound, the database could not see that its index over these states holds all that is asked for. Where the rows
    come from elsewhere, by their ids (`scanned` false), SQLite is asked in words that no index answers: it would
    scan one for every condition that it has no statistics on.
    """
    if db.dialect.name == "sqlite":
        for _ in range(1 if scanned else 2):
            state = state + sa.literal("", literal_execute=True)
    written = [sa.literal(one, literal_execute=True) for one in sorted(states)]
    return state == written[0] if len(written) == 1 else state.in_(written)


def among(db: sa.Connection, column: sa.ColumnElement[str], values: Collection[str]) -> Condition:
    """Whether the column is one of the values, however many.

    To SQLite they travel as one parameter. PostgreSQL gets them written out: it hashes values that it knows when it
    plans, while the plan that it keeps for a parameter compares each row with one value after the other.
    """
    wanted = sorted(values)
    if db.dialect.name == "sqlite":
        listed = sa.func.json_each(orjson.dumps(wanted).decode()).table_valued("value")
        return column.in_(sa.select(listed.c.value))
    return column == sa.any_(
        sa.cast(sa.literal(wanted, ARRAY(sa.Text), literal_execute=True), ARRAY(sa.Text))
    )


def on_lanes(
    db: sa.Connection, origin: sa.ColumnElement[str], destination: sa.ColumnElement[str], lanes: Lanes
) -> list[Condition]:
    """Whether the two ends are one of these lanes. The ends alone go first: they leave little to the pairs."""
    return [
        among(db, origin, {start for start, _ in lanes}),
        among(db, destination, {end for _, end in lanes}),
        among(db, origin + ">" + destination, {f"{start}>{end}" for start, end in lanes}),
    ]


def within(column: sa.ColumnElement[Any], low: int | None, high: int | None) -> list[Condition]:
    """Bounds, both included."""
    found: list[Condition] = []
    if low is not None:
        found.append(column >= low)
    if high is not None:
        found.append(column <= high)
    return found


def overlapping(
    start: sa.ColumnElement[int], end: sa.ColumnElement[int], since: datetime | None, until: datetime | None
) -> list[Condition]:
    """Whether a window shares an instant with the time from `since` to `until`."""
    found: list[Condition] = []
    if since is not None:
        found.append(end >= to_ms(since))
    if until is not None:
        found.append(start <= to_ms(until))
    return found


def words_in(db: sa.Connection, column: sa.ColumnElement[str], text: str) -> list[Condition]:
    """Whether each of the words stands somewhere in the folded column. Raises FieldErrors for too much text."""
    words = folded(text).split()
    if len(text) > MOST_CHARACTERS or len(words) > MOST_WORDS:
        raise FieldErrors({"q": ("search_words", {"high": MOST_WORDS, "characters": MOST_CHARACTERS})})
    # Plain substring search takes a third of the time of LIKE, on both.
    place_of = sa.func.instr if db.dialect.name == "sqlite" else sa.func.strpos
    return [place_of(column, word) > 0 for word in words]


def folded(text: str) -> str:
    """Text as it is searched: full-width and half-width, capital and small letters are the same."""
    return unicodedata.normalize("NFKC", text).casefold()[:FOLDED_CHARACTERS]


def count_up_to(db: sa.Connection, query: sa.Select[Any], most: int) -> int:
    """How many rows a query finds; the database stops counting at `most` + 1."""
    found = query.limit(most + 1).subquery()
    return db.scalar(sa.select(sa.func.count()).select_from(found)) or 0
