"""Tables of a plan as CSV and XLSX."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from haoyun.routing.formats.plan_table import Cell, PlanTables, Table
from haoyun.routing.formats.words import Language
from haoyun.routing.legend import Legend
from haoyun.routing.plan import Plan
from haoyun.routing.problem import Problem

# A workbook of more sheets than this is no longer leafed through; the sheet of all stops has every route.
_MOST_ROUTE_SHEETS = 100
_LONGEST_TITLE = 31
_NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\]")
# A spreadsheet takes a text that begins so for a formula, and ids come from strangers.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_WIDEST = 40


def plan_csv(problem: Problem, plan: Plan, legend: Legend, language: Language) -> str:
    """All stops and what stayed behind, a line each, with the byte order mark that spreadsheets ask for.

    A text that a spreadsheet would take for a formula is preceded by an apostrophe.
    """
    table = PlanTables(problem, plan, legend, language).all_stops()
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(table.headings)
    writer.writerows([_harmless(cell) for cell in row] for row in table.rows)
    return "\ufeff" + file.getvalue()


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell


def plan_xlsx(problem: Problem, plan: Plan, legend: Legend, language: Language) -> bytes:
    """A workbook: summary, all stops, what stayed behind, and a sheet a route."""
    tables = PlanTables(problem, plan, legend, language)
    sheets = [tables.summary(), tables.stops(), tables.unassigned()]
    routes = tables.by_route()
    if len(routes) <= _MOST_ROUTE_SHEETS:
        sheets += routes
    return workbook(sheets)


def workbook(tables: Sequence[Table]) -> bytes:
    """A workbook with a sheet a table; headings stay in sight. Texts are never formulas or links."""
    # Here and not above: only those who write workbooks pay for it.
    import xlsxwriter  # noqa: PLC0415

    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        for title, table in zip(_titles(tables), tables, strict=True):
            sheet = book.add_worksheet(title)
            sheet.freeze_panes(1, 0)
            sheet.write_row(0, 0, table.headings, bold)
            for number, row in enumerate(table.rows, start=1):
                sheet.write_row(number, 0, row)
            for column, heading in enumerate(table.headings):
                sheet.set_column(column, column, _width(heading, table.rows, column))
    return file.getvalue()


def _width(heading: str, rows: Sequence[Sequence[Cell]], column: int) -> int:
    texts = [heading, *(str(row[column]) for row in rows if row[column] is not None)]
    return min(_WIDEST, 2 + max(sum(2 if ord(c) > 0x2E7F else 1 for c in text) for text in texts))


def _titles(tables: Sequence[Table]) -> list[str]:
    """Titles as a workbook allows them: short, without some signs, each once whatever its case."""
    found: list[str] = []
    for table in tables:
        plain = _NOT_IN_TITLES.sub("_", table.title).strip("' ")[:_LONGEST_TITLE] or "_"
        title, number = plain, 1
        while title.casefold() in {one.casefold() for one in found} or title.casefold() == "history":
            number += 1
            title = f"{plain[: _LONGEST_TITLE - 1 - len(str(number))]}~{number}"
        found.append(title)
    return found
