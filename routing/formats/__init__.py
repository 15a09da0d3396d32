"""Formats of routing problems; `read_problem` recognizes them by their content."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from haoyun.routing.errors import BadFormat, BadProblem
from haoyun.routing.formats import lilim, sartori, solomon, vroom
from haoyun.routing.problem import Problem

__all__ = ["ReadResult", "read_problem"]

# In this order: JSON cannot be mistaken, the next two have headings, Li and Lim is nothing but numbers.
_FORMATS = {"vroom": vroom, "sartori": sartori, "solomon": solomon, "lilim": lilim}
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class ReadResult:
    """A problem and the format that it was written in."""

    problem: Problem
    format: str


def read_problem(source: Path | str) -> ReadResult:
    """Read a problem from a path, or from a text that holds it; gzip is unpacked.

    Raises BadFormat with the line, column or field at fault, and OSError where a path cannot be read.
    """
    text = _read_file(source) if isinstance(source, Path) else source
    for name, module in _FORMATS.items():
        if module.looks_like(text):
            return ReadResult(_read_as(module.read, text), name)
    if not text.strip():
        raise BadFormat("the file is empty")
    raise BadFormat("the content is neither VROOM JSON nor Solomon, Li and Lim, or Sartori and Buriol text")


def _read_as(read: Callable[[str], Problem], text: str) -> Problem:
    try:
        return read(text)
    except BadProblem as error:
        raise BadFormat(str(error)) from error


def _read_file(path: Path) -> str:
    data = path.read_bytes()
    try:
        return (gzip.decompress(data) if data.startswith(_GZIP_MAGIC) else data).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadFormat("the file is not text in UTF-8") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise BadFormat("the gzip file is damaged") from None
