"""PostgreSQL's binary forms: COPY of rows of numbers into a temporary table, and one large value out of a query."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

_SIGNATURE = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END, _NULL = b"\xff\xff", b"\xff\xff\xff\xff"
_SIZES = {"i": 4, "q": 8, "d": 8, "?": 1}


def copy_rows(
    db: sa.Connection,
    create: str,
    staging: str,
    columns: Sequence[str],
    types: str,
    rows: Iterable[Sequence[Any]],
) -> None:
    """Fill the temporary table `staging` in the caller's transaction; `create` makes it where it is missing.

    `types` has a letter for each column: i int4, q int8, d float8, ? boolean, and s text as the last one. None is NULL.
    """
    connection = db.connection.driver_connection
    assert connection is not None
    with connection.cursor() as cursor:
        cursor.execute(create)
        with cursor.copy(f"COPY {staging} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(_binary(types, rows))


def binary_scalar(db: sa.Connection, query: sa.Select[Any]) -> Any:
    """The one value of a query in PostgreSQL's binary form: bytes travel as they are, not twice as long as text."""
    compiled = query.compile(dialect=db.dialect)
    connection = db.connection.driver_connection
    assert connection is not None
    with connection.cursor(binary=True) as cursor:
        found = cursor.execute(str(compiled), compiled.params).fetchone()
    return found[0] if found else None


def _binary(types: str, rows: Iterable[Sequence[Any]]) -> bytes:
    """COPY's binary form. A text column stands last; the others have fixed lengths and are packed in one go."""
    fixed = types.removesuffix("s")
    width, columns = len(fixed), len(types)
    full = _packer(fixed, columns, 0)
    parts = [_SIGNATURE]
    add = parts.append
    for row in rows:
        values = row[:width]
        if None in values:
            missing = sum([1 << place for place, value in enumerate(values) if value is None])
            add(_packer(fixed, columns, missing)([value for value in values if value is not None]))
        else:
            add(full(values))
        if columns > width:
            text = row[width]
            add(_NULL if text is None else len(encoded := text.encode()).to_bytes(4, "big") + encoded)
    add(_END)
    return b"".join(parts)


@cache
def _packer(types: str, columns: int, missing: int) -> Callable[[Sequence[Any]], bytes]:
    """A function that packs the values of a row, those of the `missing` columns (bits) left out.

    Each field is its length and its value; lengths do not change from row to row and stand in a template.
    """
    layout, template, takes = "!h", [columns], []
    for column, letter in enumerate(types):
        if missing >> column & 1:
            layout += "i"
            template.append(-1)
        else:
            layout += "i" + letter
            takes.append(len(template) + 1)
            template += [_SIZES[letter], 0]
    pack = struct.Struct(layout).pack

    def pack_some(values: Sequence[Any]) -> bytes:
        fields: list[Any] = template.copy()
        for at, value in zip(takes, values, strict=True):
            fields[at] = value
        return pack(*fields)

    def pack_all(values: Sequence[Any]) -> bytes:
        fields: list[Any] = template.copy()
        fields[2::2] = values
        return pack(*fields)

    return pack_some if missing else pack_all
