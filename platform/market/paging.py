"""Keyset pages: a marker names the last row shown, so that new offers never shift a page."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.platform.market.errors import FieldErrors

MAX_PAGE = 200
_MOST = 2**63 - 1  # what a BIGINT holds: a forged marker must not reach the database's limit


def keyset(
    query: sa.Select[Any],
    key: sa.ColumnElement[Any],
    id_column: sa.ColumnElement[Any],
    *,
    descending: bool,
    limit: int,
    after: str | None,
    count_to: int | None = None,
) -> sa.Select[Any]:
    """The query ordered by a key without nulls, after a marker; asks for one row more than a page.

    The two are compared as one row value: an index over both is then entered where the page begins, however deep.
    With `count_to` each row of a first page says as `whole` how many rows there are, of which at most `count_to` + 1
    are looked for: the page and the count are then found in one pass.
    """
    if after is not None:
        here = sa.tuple_(key, id_column)
        last = sa.tuple_(*_read(after, key, id_column))
        query = query.where(here < last if descending else here > last)
    order = [key.desc(), id_column.desc()] if descending else [key.asc(), id_column.asc()]
    ordered = query.add_columns(key.label("page_key")).order_by(*order)
    wanted = page_size(limit) + 1
    if count_to is None or after is not None:
        return ordered.limit(wanted)
    # Read twice, a common table expression is worked out once, by both databases.
    hits = ordered.limit(max(count_to + 1, wanted)).cte("hits")
    whole = sa.select(sa.func.count()).select_from(hits).scalar_subquery()
    first = [hits.c.page_key, hits.c.id]
    again = [column.desc() for column in first] if descending else first
    return sa.select(hits.c.id, hits.c.page_key, whole.label("whole")).order_by(*again).limit(wanted)


def page_size(limit: int) -> int:
    """A page's length within bounds."""
    return min(max(1, limit), MAX_PAGE)


def marker(rows: list[Any], limit: int) -> str | None:
    """The marker of the page after these rows, None if they are the last."""
    if len(rows) <= page_size(limit):
        return None
    last = rows[page_size(limit) - 1]
    return base64.urlsafe_b64encode(orjson.dumps([last.page_key, last.id])).decode()


def whole(rows: list[Any], count_to: int | None, after: str | None) -> int | None:
    """How many a list has in all, `count_to` + 1 for more; None where `keyset` was not asked to count."""
    if count_to is None or after is not None:
        return None
    return min(rows[0].whole, count_to + 1) if rows else 0


def _read(text: str, *columns: sa.ColumnElement[Any]) -> list[sa.ColumnElement[Any]]:
    try:
        values = orjson.loads(base64.urlsafe_b64decode(text))
    except (binascii.Error, ValueError, TypeError):
        raise FieldErrors({"after": ("cursor", {})}) from None
    if not isinstance(values, list) or len(values) != len(columns):
        raise FieldErrors({"after": ("cursor", {})})
    return [_literal(value, column.type) for value, column in zip(values, columns, strict=True)]


def _literal(value: object, kind: sa.types.TypeEngine[Any]) -> sa.ColumnElement[Any]:
    if isinstance(kind, sa.String):
        right = isinstance(value, str) and "\0" not in value
    else:
        whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _MOST
        right = whole or (isinstance(value, float) and not isinstance(kind, sa.Integer))
    if not right:
        raise FieldErrors({"after": ("cursor", {})})
    return sa.literal(value, kind)
