"""Formats of routing problems; `read_problem` recognizes them by their content."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from haoyun.routing.errors import BadFormat, BadProblem
from haoyun.routing.formats import lilim, sartori, solomon, vroom, vrplib
from haoyun.routing.formats.content import as_text, unpacked
from haoyun.routing.formats.result import ReadResult

__all__ = ["FORMATS", "ReadResult", "read_problem"]

# In this order: JSON cannot be mistaken, the next three have headings, Li and Lim is nothing but numbers.
_TEXTS: tuple[tuple[Callable[[str], bool], Callable[[str], ReadResult]], ...] = tuple(
    (module.looks_like, module.read) for module in (vroom, vrplib, sartori, solomon, lilim)
)
FORMATS = "VROOM JSON, VRPLIB, Sartori and Buriol, Solomon (Gehring and Homberger), Li and Lim"


def read_problem(source: Path | str | bytes) -> ReadResult:
    """Read a problem from a path, or from the text or bytes that hold it; gzip is unpacked.

    Raises BadFormat with the line, column, cell or field at fault, and OSError where a path cannot be read.
    """
    data = source.read_bytes() if isinstance(source, Path) else source
    try:
        return _read(data if isinstance(data, str) else unpacked(data))
    except BadProblem as error:
        raise BadFormat(str(error)) from error


def _read(data: str | bytes) -> ReadResult:
    text = data if isinstance(data, str) else as_text(data)
    for looks_like, read in _TEXTS:
        if looks_like(text):
            return read(text)
    if not text.strip():
        raise BadFormat("the file is empty")
    raise BadFormat(f"the content is of no format known here: {FORMATS}")
