"""A file as rows of cells: CSV in UTF-8, UTF-16 or GB 18030, or XLSX; its header says which column is which."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from haoyun.platform.market.errors import FieldErrors
from haoyun.platform.publishing.chat.found import Kind
from haoyun.platform.publishing.importing.columns import (
    COLUMNS,
    REPORT_COLUMNS,
    Cell,
    Column,
    find_column,
    header_name,
    is_empty,
)

MAX_ROWS = 20_000
MAX_BYTES = 8 * 1024 * 1024
_MOST_UNPACKED = 200 * 1024 * 1024  # a small archive can hold a file that fills the memory
_ZIP = b"PK\x03\x04"
_PASSED_OVER = {header_name(name)[0] for pair in REPORT_COLUMNS for name in pair}


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a file: `columns` are (position, column, factor); a row is its number in the file and its cells."""

    header: tuple[str, ...]
    columns: tuple[tuple[int, Column, float], ...]
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]


def read_sheet(content: bytes, kind: Kind) -> Sheet:
    """The file's rows that are not empty. Raises FieldErrors for `file`: what is wrong with it as a whole."""
    if len(content) > MAX_BYTES:
        raise _refused("file_size", most=MAX_BYTES // 2**20)
    found = _xlsx(content) if content[:4] == _ZIP else _csv(content)
    numbered = [(i, row) for i, row in enumerate(found, start=1) if not all(is_empty(c) for c in row)]
    if not numbered:
        raise _refused("file_empty")
    header, columns = _header(numbered[0][1], kind)
    rows = [(i, row) for i, row in numbered[1:] if not _says_nothing(row, columns)]
    if not rows:
        raise _refused("file_empty")
    if len(rows) > MAX_ROWS:
        raise _refused("file_rows", most=MAX_ROWS)
    return Sheet(header, columns, tuple(rows))


def _says_nothing(row: tuple[Cell, ...], columns: tuple[tuple[int, Column, float], ...]) -> bool:
    return all(i >= len(row) or is_empty(row[i]) for i, _, _ in columns)


def _header(
    cells: tuple[Cell, ...], kind: Kind
) -> tuple[tuple[str, ...], tuple[tuple[int, Column, float], ...]]:
    columns: list[tuple[int, Column, float]] = []
    unknown: list[str] = []
    for i, cell in enumerate(cells):
        found = find_column(kind, cell)
        if found is not None:
            columns.append((i, *found))
        elif not is_empty(cell) and header_name(cell)[0] not in _PASSED_OVER:
            unknown.append(str(cell)[:40])
    named = [column.field for _, column, _ in columns]
    missing = [c for c in COLUMNS[kind] if c.needed and c.field not in named]
    if missing:
        raise _refused(
            "file_columns", missing=", ".join(f"{c.header('zh')} / {c.header('en')}" for c in missing)
        )
    if unknown:
        raise _refused("file_unknown_columns", unknown=", ".join(unknown[:5]))
    twice = next((field for field in named if named.count(field) > 1), None)
    if twice is not None:
        raise _refused("file_twice", column=twice)
    return tuple("" if c is None else str(c) for c in cells), tuple(columns)


def _csv(content: bytes) -> Iterator[tuple[Cell, ...]]:
    if b"\0" in content[:4096] and content[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise _refused("file_kind")
    text = _text(content)
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t，", key=first.count)
    try:
        yield from (tuple(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        raise _refused("file_kind") from None


def _text(content: bytes) -> str:
    encodings = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _refused("file_text")


def _xlsx(content: bytes) -> Iterator[tuple[Cell, ...]]:
    """The first sheet. Cells hold what was calculated last; a formula that never was is empty."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(info.file_size for info in archive.infolist()) > _MOST_UNPACKED:
                raise _refused("file_size", most=MAX_BYTES // 2**20)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError):
        raise _refused("file_kind") from None
    if not book.worksheets:
        raise _refused("file_kind")
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # what a file says of its own size may be wrong
    yield from _limited(sheet.iter_rows(values_only=True))


def _limited(rows: Iterable[tuple[Cell, ...]]) -> Iterator[tuple[Cell, ...]]:
    for i, row in enumerate(rows):
        if i > MAX_ROWS * 2:
            raise _refused("file_rows", most=MAX_ROWS)
        yield tuple(row)


def _refused(key: str, **params: str | float) -> FieldErrors:
    return FieldErrors({"file": (key, params)})
