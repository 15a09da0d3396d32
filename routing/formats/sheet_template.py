"""An empty list of orders and vehicles to fill in, with an example row, as a workbook or as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from haoyun.routing.formats.plan_files import workbook
from haoyun.routing.formats.plan_table import Table
from haoyun.routing.formats.sheet_columns import ORDERS, VEHICLES, Column
from haoyun.routing.formats.words import Language, word


def template_xlsx(language: Language) -> bytes:
    """A workbook with the sheets of orders, vehicles and what each column means."""
    return workbook([*_lists(language), _help(language)])


def template_csv(language: Language) -> str:
    """Both lists one below the other, with the byte order mark that spreadsheets ask for."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    for table in _lists(language):
        writer.writerows([table.headings, *table.rows, ()])
    return "\ufeff" + file.getvalue()


def _lists(language: Language) -> list[Table]:
    lists: dict[str, Sequence[Column]] = {"orders": ORDERS, "vehicles": VEHICLES}
    return [
        Table(
            word(kind, language),
            tuple(column.name(language) for column in columns),
            (tuple(column.example for column in columns),),
        )
        for kind, columns in lists.items()
    ]


def _help(language: Language) -> Table:
    rows = [
        (
            word(kind, language),
            column.name(language),
            word("yes", language) if column.needed else None,
            column.meaning(language),
            column.example,
        )
        for kind, columns in (("orders", ORDERS), ("vehicles", VEHICLES))
        for column in columns
    ]
    headings = tuple(word(key, language) for key in ("list", "column", "needed", "meaning", "example"))
    return Table(word("help", language), headings, tuple(rows))
