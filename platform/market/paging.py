"""Keyset pages: a marker names the last row shown, so that new offers never shift a page."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson
import sqlalchemy as sa

from haoyun.platform.market.errors import FieldErrors

MAX_PAGE = 200


def keyset(
    query: sa.Select[Any],
    key: sa.ColumnElement[Any],
    id_column: sa.ColumnElement[Any],
    *,
    descending: bool,
    limit: int,
    after: str | None,
) -> sa.Select[Any]:
    """The query ordered by a key without nulls, after a marker; asks for one row more than a page."""
    if after is not None:
        value, last_id = _read(after)
        tie = id_column < last_id if descending else id_column > last_id
        beyond = key < value if descending else key > value
        query = query.where(sa.or_(beyond, sa.and_(key == value, tie)))
    order = [key.desc(), id_column.desc()] if descending else [key.asc(), id_column.asc()]
    return query.add_columns(key.label("page_key")).order_by(*order).limit(page_size(limit) + 1)


def page_size(limit: int) -> int:
    """A page's length within bounds."""
    return min(max(1, limit), MAX_PAGE)


def marker(rows: list[Any], limit: int) -> str | None:
    """The marker of the page after these rows, None if they are the last."""
    if len(rows) <= page_size(limit):
        return None
    last = rows[page_size(limit) - 1]
    return base64.urlsafe_b64encode(orjson.dumps([last.page_key, last.id])).decode()


def _read(text: str) -> tuple[float, str]:
    try:
        value, last_id = orjson.loads(base64.urlsafe_b64decode(text))
    except (binascii.Error, ValueError, TypeError):
        raise FieldErrors({"after": ("cursor", {})}) from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isinstance(last_id, str):
        raise FieldErrors({"after": ("cursor", {})})
    return value, last_id
