"""The text of a VRPLIB file: a head of `KEY : value` lines and sections of rows, each with its line number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from haoyun.routing.errors import BadFormat
from haoyun.routing.formats.academic import Row, numbers

_SECTION = "_SECTION"


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of a section as words, with the number of each line."""

    name: str
    line: int
    rows: tuple[tuple[int, str], ...]

    def by_number(self, columns: Sequence[str], count: int, what: str) -> list[Row]:
        """Rows `number column…` in the order of their numbers, which must be exactly 1..count."""
        found: dict[int, Row] = {}
        for line, text in self.rows:
            row = numbers(line, text, ("number", *columns))
            number = row.whole("number")
            if not 1 <= number <= count:
                raise BadFormat(f"line {line}: {what} {number} in {self.name}, numbers run from 1 to {count}")
            if number in found:
                raise BadFormat(f"line {line}: {what} {number} appears twice in {self.name}")
            found[number] = row
        missing = next((number for number in range(1, count + 1) if number not in found), None)
        if missing is not None:
            raise BadFormat(f"line {self.line}: {self.name} has no row for {what} {missing}")
        return [found[number] for number in range(1, count + 1)]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole file; the names of sections are without their ending `_SECTION`."""

    head: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    sections: Mapping[str, Section] = field(default_factory=dict)

    def find(self, key: str) -> Row | None:
        """A number of the head, as the column `key` of its line."""
        if key not in self.head:
            return None
        line, value = self.head[key]
        return numbers(line, value, (key,))

    def word(self, key: str, default: str = "") -> str:
        """A word of the head."""
        return self.head[key][1] if key in self.head else default

    def section(self, name: str) -> Section:
        """A section that must be there."""
        if name not in self.sections:
            raise BadFormat(f"the section {name}{_SECTION} is missing")
        return self.sections[name]

    def has(self, name: str) -> bool:
        """Whether the head or a section gives this."""
        return name in self.head or name in self.sections


def parse(text: str) -> Document:
    """Head and sections of a text; BadFormat names the line that is neither."""
    head: dict[str, tuple[int, str]] = {}
    rows: dict[str, list[tuple[int, str]]] = {}
    starts: dict[str, int] = {}
    current: str | None = None
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if line == "EOF":
            break
        key, colon, value = (part.strip() for part in line.partition(":"))
        if key.endswith(_SECTION) and not value:
            current = key.removesuffix(_SECTION)
            if current in starts:
                raise BadFormat(f"line {number}: {key} appears twice")
            starts[current], rows[current] = number, []
        elif colon and key.replace("_", "").isalpha() and key.isupper():
            head[key] = (number, value.strip('"'))
            current = None
        elif line and current is None:
            raise BadFormat(f"line {number}: neither KEY : value nor a section, but {line[:40]!r}")
        elif line and current is not None:
            rows[current].append((number, line))
    sections = {name: Section(name + _SECTION, starts[name], tuple(rows[name])) for name in starts}
    return Document(head, sections)
