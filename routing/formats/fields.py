"""Reading decoded JSON field by field, so that whatever is wrong can be named: `vehicles[2].capacity[0]`."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import numpy as np

from haoyun.routing.errors import BadFormat, BadProblem
from haoyun.routing.tasks import Id, Window
from haoyun.routing.travel import LONGEST_LEG, IntMatrix

# "servise" is a service; "notes" is nobody's "steps".
_LIKE = 0.75


class Fields:
    """The fields of one JSON object. Each read is remembered, so that what nobody read can be refused."""

    def __init__(self, values: dict[str, Any], where: str) -> None:
        """`where` is the path of the object in its document, empty for the document itself."""
        self.values = values
        self.where = where
        self._asked: set[str] = set()

    @classmethod
    def of(cls, value: object, where: str) -> Fields:
        """The fields of `value`, which must be an object."""
        if not isinstance(value, dict):
            raise BadFormat(f"{where or 'the document'} must be an object, not {_kind(value)}")
        return cls(cast("dict[str, Any]", value), where)

    def names(self) -> list[str]:
        """The names of all fields."""
        return list(self.values)

    def path(self, name: str) -> str:
        """The path of a field in the document."""
        return f"{self.where}.{name}" if self.where else name

    @contextmanager
    def naming(self) -> Iterator[None]:
        """Put this object's path before the message of a value that refuses to be built."""
        try:
            yield
        except BadProblem as error:
            raise BadFormat(f"{self.where}: {error}" if self.where else str(error)) from error

    def _find(self, name: str) -> Any:
        self._asked.add(name)
        return self.values.get(name)

    def _get(self, name: str) -> Any:
        value = self._find(name)
        if value is None:
            raise BadFormat(f"{self.path(name)} is missing")
        return value

    def find_object(self, name: str) -> Fields | None:
        """A field that is an object, or None."""
        value = self._find(name)
        return None if value is None else Fields.of(value, self.path(name))

    def object(self, name: str) -> Fields:
        """A field that must be an object."""
        return Fields.of(self._get(name), self.path(name))

    def objects(self, name: str) -> list[Fields]:
        """A field that is a list of objects; empty if it is absent."""
        entries = self._list(name)
        return [Fields.of(entry, f"{self.path(name)}[{n}]") for n, entry in enumerate(entries)]

    def _list(self, name: str) -> list[Any]:
        value = self._find(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise BadFormat(f"{self.path(name)} must be a list, not {_kind(value)}")
        return value

    def id(self) -> Id:
        """The field `id`: a whole number or a text."""
        return _id(self._get("id"), self.path("id"))

    def find_id(self, name: str) -> Id | None:
        """A field that is a whole number or a text, or None."""
        value = self._find(name)
        return None if value is None else _id(value, self.path(name))

    def ids(self, name: str) -> list[Id]:
        """A list of whole numbers or texts; empty if it is absent."""
        return [_id(value, f"{self.path(name)}[{n}]") for n, value in enumerate(self._list(name))]

    def find_text(self, name: str) -> str | None:
        """A field that is a text, or None."""
        value = self._find(name)
        if value is not None and not isinstance(value, str):
            raise BadFormat(f"{self.path(name)} must be a text, not {_kind(value)}")
        return value

    def find_whole(self, name: str) -> int | None:
        """A field that is a whole number, or None."""
        value = self._find(name)
        return None if value is None else _whole(value, self.path(name))

    def whole(self, name: str, *, default: int) -> int:
        """A field that is a whole number, or the default."""
        found = self.find_whole(name)
        return default if found is None else found

    def amounts(self, name: str) -> tuple[int, ...]:
        """A list of whole numbers; empty if it is absent."""
        return tuple(_whole(value, f"{self.path(name)}[{n}]") for n, value in enumerate(self._list(name)))

    def skills(self) -> frozenset[str]:
        """The field `skills`: whole numbers or texts."""
        for n, value in enumerate(self._list("skills")):
            if isinstance(value, bool) or not isinstance(value, int | str):
                raise BadFormat(
                    f"{self.path('skills')}[{n}] must be a whole number or a text, not {_kind(value)}"
                )
        return frozenset(str(value) for value in self._list("skills"))

    def find_coordinates(self, name: str) -> tuple[float, float] | None:
        """A [longitude, latitude] pair in degrees, or None."""
        value = self._find(name)
        if value is None:
            return None
        where = self.path(name)
        if not isinstance(value, list) or len(value) != 2 or not all(_is_number(v) for v in value):
            raise BadFormat(f"{where} must be [longitude, latitude]")
        lon, lat = float(value[0]), float(value[1])
        if not (abs(lon) <= 180 and abs(lat) <= 90):
            raise BadFormat(
                f"{where} must be [longitude, latitude] within [±180, ±90], not [{lon:g}, {lat:g}]"
            )
        return lon, lat

    def find_window(self, name: str) -> Window | None:
        """A [start, end] pair of seconds, or None."""
        value = self._find(name)
        return None if value is None else _window(value, self.path(name))

    def windows(self, name: str) -> list[Window]:
        """A list of [start, end] pairs in order of time."""
        return sorted(_window(value, f"{self.path(name)}[{n}]") for n, value in enumerate(self._list(name)))

    def find_matrix(self, name: str) -> IntMatrix | None:
        """A square list of lists of whole numbers, or None."""
        rows = self._find(name)
        return None if rows is None else _matrix(rows, self.path(name))

    def matrix(self, name: str) -> IntMatrix:
        """A square list of lists of whole numbers."""
        return _matrix(self._get(name), self.path(name))

    def find_number(self, name: str) -> float | None:
        """A field that is a number, or None."""
        value = self._find(name)
        if value is None:
            return None
        if not _is_number(value) or not math.isfinite(value):
            raise BadFormat(f"{self.path(name)} must be a number, not {_kind(value)}")
        return float(value)

    def find_wholes(self, name: str) -> dict[str, int]:
        """A field that is an object of whole numbers; empty if it is absent."""
        found = self.find_object(name)
        return {} if found is None else {key: found.whole(key, default=0) for key in found.names()}

    def finish(self, *, needs: Mapping[str, str], warnings: list[str] | None = None) -> None:
        """Look at what nobody read.

        `needs` are fields of the format that are not supported, with what each would need: refused unless
        they are empty. A name close to a known one is refused as misspelt. Any other is something of the
        caller's own, and gets a warning; it is refused where `warnings` is None.
        """
        for name, value in self.values.items():
            if name in self._asked:
                continue
            if name in needs:
                if value:
                    raise BadFormat(f"{self.path(name)} is not supported: it needs {needs[name]}")
                continue
            near = difflib.get_close_matches(name, [*self._asked, *needs], 1, cutoff=_LIKE)
            if near or warnings is None:
                hint = f" (did you mean {near[0]}?)" if near else ""
                raise BadFormat(f"{self.path(name)} is not a known field{hint}")
            warnings.append(f"{self.path(name)} is not a field of VROOM and does not count")


def _id(value: object, where: str) -> Id:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise BadFormat(f"{where} must be a whole number or a text, not {_kind(value)}")
    return value


def _whole(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadFormat(f"{where} must be a whole number, not {_kind(value)}")
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _window(value: object, where: str) -> Window:
    if not isinstance(value, list) or len(value) != 2:
        raise BadFormat(f"{where} must be [start, end]")
    start_s, end_s = (_whole(second, f"{where}[{n}]") for n, second in enumerate(value))
    try:
        return Window(start_s, end_s)
    except BadProblem as error:
        raise BadFormat(f"{where}: {error}") from error


def _matrix(rows: object, where: str) -> IntMatrix:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise BadFormat(f"{where} must be a list of rows")
    wrong = next((n for n, row in enumerate(rows) if len(row) != len(rows)), None)
    if wrong is not None:
        raise BadFormat(f"{where}[{wrong}] has {len(rows[wrong])} entries; a square of {len(rows)} is needed")
    for n, row in enumerate(rows):
        column = next(
            (c for c, entry in enumerate(row) if type(entry) is not int or entry > LONGEST_LEG), None
        )
        if column is not None:
            raise BadFormat(
                f"{where}[{n}][{column}] must be a whole number up to {LONGEST_LEG}, not {_kind(row[column])}"
            )
    return np.array(rows, dtype=np.int64).reshape(len(rows), len(rows))


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), f"{value}")
