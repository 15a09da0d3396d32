"""Formats of routing problems; `read_problem` recognizes them by their content."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from haoyun.routing.errors import BadFormat, BadProblem
from haoyun.routing.formats import lilim, sartori, sheet, solomon, vroom, vrplib
from haoyun.routing.formats.content import as_text, unpacked
from haoyun.routing.formats.result import ReadResult

__all__ = ["FORMATS", "ReadResult", "read_problem"]

# In this order: JSON cannot be mistaken, the next three have headings, Li and Lim is nothing but numbers.
_TEXTS: tuple[tuple[Callable[[str], bool], Callable[[str], ReadResult]], ...] = tuple(
    (module.looks_like, module.read) for module in (vroom, sartori, solomon, lilim)
)
FORMATS = (
    "VROOM JSON, VRPLIB, Sartori and Buriol, Solomon (Gehring and Homberger), Li and Lim, "
    "or orders and vehicles as .xlsx or CSV"
)


def read_problem(
    source: Path | str | bytes, *, vehicles: Path | bytes | None = None, rounding: str | None = None
) -> ReadResult:
    """Read a problem from a path, or from the text or bytes that hold it; gzip is unpacked.

    `vehicles` is a second CSV file, where the first one holds the orders alone. `rounding` (nearest,
    one-decimal, three-decimals) is for VRPLIB's EUC_2D in place of its type's. Raises BadFormat with the
    line, column, cell or field at fault, and OSError where a path cannot be read.
    """
    data = unpacked(_bytes(source))
    try:
        tables = sheet.tables_of(data)
        if tables is None:
            if vehicles is not None:
                raise BadFormat("a list of vehicles goes with a list of orders; this file is none")
            return _read(as_text(data), rounding)
        if vehicles is not None:
            more = sheet.tables_of(unpacked(_bytes(vehicles)), "vehicles, ")
            if more is None:
                raise BadFormat("the list of vehicles is neither .xlsx nor CSV with a column vehicle")
            tables = tables.with_more(more)
        return sheet.problem_of(tables)
    except BadProblem as error:
        raise BadFormat(str(error)) from error


def _bytes(source: Path | str | bytes) -> bytes:
    if isinstance(source, Path):
        return source.read_bytes()
    return source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source


def _read(text: str, rounding: str | None) -> ReadResult:
    if vrplib.looks_like(text) and not vroom.looks_like(text):
        return vrplib.read(text, rounding)
    if rounding is not None:
        raise BadFormat("rounding is for VRPLIB files alone; other formats say themselves how they round")
    for looks_like, read in _TEXTS:
        if looks_like(text):
            return read(text)
    if not text.strip():
        raise BadFormat("the file is empty")
    raise BadFormat(f"the content is of no format known here: {FORMATS}")
