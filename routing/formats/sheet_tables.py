"""The tables of a workbook or of CSV text: rows of cells by column, each cell knowing its place."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from xml.etree.ElementTree import ParseError

from haoyun.routing.errors import BadFormat
from haoyun.routing.formats.sheet_cells import Cell, Raw
from haoyun.routing.formats.sheet_columns import ORDERS, VEHICLES, Column, folded
from haoyun.routing.formats.words import word

_KINDS = {"orders": ORDERS, "vehicles": VEHICLES}
_MOST_ROWS = 100_000
_MOST_COLUMNS = 100  # no list has a third of that
# A workbook unpacks to many times its size; beyond this a small file is a trap.
_LARGEST_UNPACKED = 2**27
_LONGEST_HEADINGS = 4096

Line = tuple[int, Sequence[Raw]]


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `where` names sheet and row."""

    where: str
    cells: dict[str, Cell]

    def __getitem__(self, column: str) -> Cell:
        """The cell of a column; an empty one where the table has no such column."""
        return self.cells.get(column) or Cell(None, f"{self.where}, column {column}")


@dataclass(frozen=True, slots=True)
class Tables:
    """The rows of orders and of vehicles, in the order of the file."""

    orders: tuple[Row, ...] = ()
    vehicles: tuple[Row, ...] = ()

    def with_more(self, other: Tables) -> Tables:
        """Both files' rows."""
        return Tables((*self.orders, *other.orders), (*self.vehicles, *other.vehicles))


def looks_like_csv(text: str) -> bool:
    """Whether the first line that is not empty heads a list of orders or vehicles."""
    first = _first_line(text)
    headings = next(csv.reader([first], delimiter=_delimiter(first)), [])
    return len(headings) > 1 and _kind_of(headings) is not None  # "VEHICLE" alone is a heading of Solomon's


def csv_tables(text: str, name: str = "") -> Tables:
    """The lists in a CSV text, one after another, each below its own headings."""
    file = io.StringIO(text.removeprefix("\ufeff"), newline="")
    reader = csv.reader(file, delimiter=_delimiter(_first_line(text)), strict=True)
    lines: list[Line] = []
    try:
        lines += ((reader.line_num, row) for row in reader)
    except csv.Error as error:
        raise BadFormat(f"{name}line {reader.line_num}: not valid CSV: {error}") from None
    blocks: list[list[Line]] = []
    for line in lines:
        if not blocks or _is_heading(line[1]):
            blocks.append([])
        blocks[-1].append(line)
    tables = Tables()
    for block in blocks:
        kind = _kind_of(block[0][1])
        if kind is None:
            continue
        tables = tables.with_more(_table(kind, block, f"{name}line", columns_by_letter=False))
    return tables


def workbook_tables(data: bytes) -> Tables:
    """The sheets "orders" and "vehicles" (订单, 车辆) of a workbook; other sheets do not count."""
    sheets = _sheets(data)
    found = {}
    for kind in _KINDS:
        names = {folded(word(kind, "en")), folded(word(kind, "zh"))}
        title = next((title for title in sheets if folded(title) in names), None)
        if title is None:
            raise BadFormat(
                f"the workbook has no sheet {word(kind, 'en')} ({word(kind, 'zh')}), "
                f"only {', '.join(sheets) or 'none'}"
            )
        lines = [line for line in sheets[title] if any(value is not None for value in line[1])]
        if not lines:
            raise BadFormat(f"sheet {title} is empty; its first row names the columns")
        found[kind] = _table(kind, lines, f"sheet {title}, row", columns_by_letter=True)
    return found["orders"].with_more(found["vehicles"])


def _sheets(data: bytes) -> dict[str, list[Line]]:
    # Here and not above: only those who read workbooks pay for it.
    import openpyxl  # noqa: PLC0415
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _LARGEST_UNPACKED:
                raise BadFormat(f"the workbook unpacks to more than {_LARGEST_UNPACKED} bytes")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of styles and drop-down lists that it leaves out
            shown = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            written = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
            known = {folded(word(kind, language)) for kind in _KINDS for language in ("en", "zh")}
            return {
                sheet.title: list(_lines(sheet, written[sheet.title])) if folded(sheet.title) in known else []
                for sheet in shown.worksheets
            }
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ParseError, ValueError, EOFError):
        raise BadFormat("the file is a zip archive, but not a workbook (.xlsx) that can be read") from None


def _lines(shown: Any, written: Any) -> Iterator[Line]:
    """The values of a sheet; a formula that no program has calculated yet is refused, since it shows nothing."""
    for sheet in (shown, written):
        sheet.reset_dimensions()  # some programs state a sheet smaller than it is, and rows would be lost
    # A row is filled up to its last cell: one far to the right in each row would fill the memory.
    rows = zip(
        shown.iter_rows(values_only=True, max_col=_MOST_COLUMNS),
        written.iter_rows(values_only=True, max_col=_MOST_COLUMNS),
        strict=False,
    )
    for number, (values, formulas) in enumerate(rows, start=1):
        if number > _MOST_ROWS:
            raise BadFormat(f"sheet {shown.title} has more than {_MOST_ROWS} rows")
        for column, (value, formula) in enumerate(zip(values, formulas, strict=False)):
            if value is None and isinstance(formula, str) and formula.startswith("="):
                raise BadFormat(
                    f"sheet {shown.title}, row {number}, column {_letters(column)}: the formula has no value yet; "
                    "open and save the file in a spreadsheet program, or write the value"
                )
        yield number, values


def _first_line(text: str) -> str:
    """The first line that is not empty, as far as a list of headings can be long."""
    start = text[:_LONGEST_HEADINGS].lstrip(" ,;\t\r\n\ufeff")
    return start.splitlines()[0] if start else ""


def _delimiter(first: str) -> str:
    return max(",;\t", key=first.count)


def _kind_of(headings: Sequence[Raw]) -> str | None:
    """Which list a row of headings heads: by the column that every list of its kind has."""
    names = {folded(str(heading)) for heading in headings if heading is not None}
    for kind, columns in _KINDS.items():
        first = columns[0]
        if {folded(first.en), folded(first.zh)} & names:
            return kind
    return None


def _is_heading(cells: Sequence[Raw]) -> bool:
    """Whether a further list begins here: its names, and not a row that happens to hold one of them."""
    kind = _kind_of(cells)
    if kind is None:
        return False
    names = {folded(name) for column in _KINDS[kind] for name in (column.en, column.zh)}
    filled = [folded(str(cell)) for cell in cells if str(cell).strip()]
    return 2 * sum(cell in names for cell in filled) > len(filled)


def _table(kind: str, lines: Sequence[Line], where: str, *, columns_by_letter: bool) -> Tables:
    (head_line, headings), *body = lines
    columns = _columns(_KINDS[kind], headings, f"{where} {head_line}")
    rows = []
    for number, values in body:
        place = f"{where} {number}"
        cells = {}
        for at, value in enumerate(values):
            cell = Cell(value, _place(place, columns.get(at), at if columns_by_letter else None))
            if at in columns:
                cells[columns[at].en] = cell
            elif not cell.is_empty:
                raise BadFormat(f"{cell.where}: there is no heading above {str(value)[:40]!r}")
        if not all(cell.is_empty for cell in cells.values()):
            rows.append(Row(place, cells))
    return Tables(orders=tuple(rows)) if kind == "orders" else Tables(vehicles=tuple(rows))


def _place(row: str, column: Column | None, at: int | None) -> str:
    name = "" if column is None else f" {column.en}"
    return f"{row}, column{name}" + (f" ({_letters(at)})" if at is not None else "")


def _columns(known: Iterable[Column], headings: Sequence[Raw], where: str) -> dict[int, Column]:
    by_name = {folded(name): column for column in known for name in (column.en, column.zh)}
    found: dict[int, Column] = {}
    for at, heading in enumerate(headings):
        text = "" if heading is None else str(heading).strip()
        if not text:
            continue
        column = by_name.get(folded(text))
        if column is None:
            near = get_close_matches(folded(text), by_name, 1)
            hint = f"; did you mean {by_name[near[0]].en}?" if near else ""
            raise BadFormat(f"{where}: {text!r} is not a known column{hint}")
        if column in found.values():
            raise BadFormat(f"{where}: the column {column.en} appears twice")
        found[at] = column
    return found


def _letters(column: int) -> str:
    """A column's letters as a spreadsheet shows them: 0 is A, 26 is AA."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
