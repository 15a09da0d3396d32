"""The rows of a file that were not taken, as a file that one can correct and upload again; and empty templates.

A text that a spreadsheet would calculate (it begins with =, +, - or @) gets an apostrophe in front; reading takes
it away again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import xlsxwriter

from haoyun.platform.market.errors import FieldRule
from haoyun.platform.market.words import sentence
from haoyun.platform.publishing.chat.found import Kind
from haoyun.platform.publishing.importing.columns import COLUMNS, REPORT_COLUMNS, Cell, text

_CALCULATES = ("=", "+", "-", "@", "\t", "\r")
_SIDE = ("zh", "en")


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not taken: its number in the file, its cells, and what is wrong by field."""

    number: int
    cells: tuple[str, ...]
    errors: Mapping[str, FieldRule]

    def problems(self, kind: Kind, language: str) -> str:
        """Every field by its column's name, with what is wrong and what would be right."""
        return "; ".join(
            f"{column_name(kind, field, language)}: {sentence(key, params, language)}"
            for field, (key, params) in self.errors.items()
        )


def column_name(kind: Kind, field: str, language: str) -> str:
    """The column of a field; the parts of a window that is wrong as a whole are named together."""
    found = [c for c in COLUMNS[kind] if c.field == field or c.field.startswith(f"{field}.")]
    named = [c.header(language) for c in found]
    return " / ".join(named) or {"vehicle_id": column_name(kind, "plate", language)}.get(field, field)


def bad_row(number: int, cells: Sequence[Cell], errors: Mapping[str, FieldRule]) -> BadRow:
    """A row as the report keeps it."""
    return BadRow(number, tuple("" if cell is None else text(cell) for cell in cells), dict(errors))


def pack(header: Sequence[str], rows: Sequence[BadRow]) -> bytes:
    """A report as the job keeps it."""
    kept = [[row.number, row.cells, row.errors] for row in rows]
    return orjson.dumps({"header": list(header), "rows": kept})


def unpack(content: bytes) -> tuple[list[str], list[BadRow]]:
    """A kept report."""
    found = orjson.loads(content)
    rows = [
        BadRow(number, tuple(cells), {field: (key, params) for field, (key, params) in errors.items()})
        for number, cells, errors in found["rows"]
    ]
    return found["header"], rows


def safe(cell: str) -> str:
    """A text that no spreadsheet calculates; a plain number stays one."""
    if not cell.startswith(_CALCULATES):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def report_csv(header: Sequence[str], rows: Sequence[BadRow], kind: Kind, language: str) -> bytes:
    """The report as CSV in UTF-8 with a mark, so that every spreadsheet reads it."""
    return _as_csv(_lines(header, rows, kind, language))


def report_xlsx(header: Sequence[str], rows: Sequence[BadRow], kind: Kind, language: str) -> bytes:
    """The report as a workbook."""
    return _as_xlsx(_lines(header, rows, kind, language))


def template(kind: Kind, language: str, form: str) -> bytes:
    """A file with the columns and one row as an example, as csv or xlsx."""
    columns = COLUMNS[kind]
    lines = [[c.header(language) for c in columns], [c.example for c in columns]]
    return _as_csv(lines) if form == "csv" else _as_xlsx(lines)


def _lines(header: Sequence[str], rows: Sequence[BadRow], kind: Kind, language: str) -> list[list[Any]]:
    """Our own columns first; those of an earlier report in the file are not repeated."""
    ours = {name for pair in REPORT_COLUMNS for name in pair}
    kept = [i for i, name in enumerate(header) if name.strip() not in ours]
    names = [pair[_SIDE.index(language)] for pair in REPORT_COLUMNS]
    lines: list[list[Any]] = [[*names, *(header[i] for i in kept)]]
    for row in rows:
        cells = [row.cells[i] if i < len(row.cells) else "" for i in kept]
        lines.append([row.number, row.problems(kind, language), *cells])
    return lines


def _as_csv(lines: Sequence[Sequence[Any]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([[safe(str(cell)) for cell in line] for line in lines])
    return out.getvalue().encode("utf-8-sig")


def _as_xlsx(lines: Sequence[Sequence[Any]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    for i, line in enumerate(lines):
        for j, cell in enumerate(line):
            sheet.write_string(i, j, safe(str(cell)), bold if i == 0 else None)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(len(line) for line in lines), 16)
    book.close()
    return out.getvalue()
