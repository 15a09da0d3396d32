"""One row of a file as a document, or what is wrong in it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from haoyun.platform.market.errors import FieldErrors, FieldRule
from haoyun.platform.publishing.importing.columns import BadCell, Cell, Column, ends, is_empty, starts

_INSTANTS = (starts, ends)


def document_of_row(
    cells: tuple[Cell, ...], columns: tuple[tuple[int, Column, float], ...], zone: tzinfo
) -> tuple[dict[str, Any], dict[str, FieldRule]]:
    """The document that a row says, times without a zone in `zone`, and the fields of which a cell cannot be read."""
    document: dict[str, Any] = {}
    errors: dict[str, FieldRule] = {}
    for i, column, factor in columns:
        cell = cells[i] if i < len(cells) else None
        if is_empty(cell):
            continue
        try:
            value = column.read(cell, factor)
        except BadCell as error:
            errors[column.field] = error.rule
            continue
        if column.read in _INSTANTS:
            value = _in_zone(value, zone)
        name, _, part = column.field.partition(".")
        if part:
            document.setdefault(name, {})[part] = value
        else:
            document[name] = value
    return document, errors


def merged(cells: Mapping[str, FieldRule], offer: FieldErrors | None) -> dict[str, FieldRule]:
    """Everything that is wrong in a row: what a cell says comes before what the offer lacks for it."""
    found = dict(cells)
    for field, rule in offer.errors.items() if offer is not None else ():
        stem = field.partition(".")[0]
        if not any(known == field or known.partition(".")[0] == stem for known in cells):
            found.setdefault(field, rule)
    return found


def _in_zone(written: str, zone: tzinfo) -> str:
    found = datetime.fromisoformat(written)
    return written if found.tzinfo else found.replace(tzinfo=zone).isoformat()
