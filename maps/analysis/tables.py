"""CSV tables of points and lanes, checked row by row; every bad row is named by its line."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haoyun.maps.errors import MapError
from haoyun.maps.geodesy import check_position

if TYPE_CHECKING:
    import pandas as pd

_MOST_NAMED = 20  # bad rows that a message lists; it says how many more there are

Row = dict[str, Any]


class BadTable(MapError):
    """A table that cannot be used; `problems` names each bad row by its line."""

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        """Say what is wrong with the file, then which rows."""
        more = len(problems) - _MOST_NAMED
        listed = [*problems[:_MOST_NAMED], *([f"and {more} more"] if more > 0 else [])]
        super().__init__("\n".join([message, *(f"  {problem}" for problem in listed)]))
        self.problems = tuple(problems)


def read_points(
    path: Path, kinds: Sequence[str], on_bad: Callable[[str], None] | None = None
) -> pd.DataFrame:
    """Points as columns lat, lon (WGS-84 degrees), kind (one of `kinds`), amount (default 1), name.

    Raises BadTable that lists the bad rows; with `on_bad` they are told to it, one sentence each, and left out.
    """

    def point(raw: Mapping[str, str]) -> Row:
        lat, lon = _position(raw, "lat", "lon")
        if raw["kind"] not in kinds:
            raise ValueError(f"kind is {' or '.join(kinds)}, not {raw['kind']!r}")
        amount = _amount(raw, "amount", 1.0)
        return {"lat": lat, "lon": lon, "kind": raw["kind"], "amount": amount, "name": raw.get("name", "")}

    return _read(path, ("lat", "lon", "kind"), point, on_bad)


def read_lanes(path: Path, on_bad: Callable[[str], None] | None = None) -> pd.DataFrame:
    """Lanes as columns from_lat, from_lon, to_lat, to_lon, count (whole, default 1) and tonnes (default 0).

    Raises BadTable that lists the bad rows; with `on_bad` they are told to it, one sentence each, and left out.
    """

    def lane(raw: Mapping[str, str]) -> Row:
        from_lat, from_lon = _position(raw, "from_lat", "from_lon")
        to_lat, to_lon = _position(raw, "to_lat", "to_lon")
        count = _amount(raw, "count", 1.0)
        if count != int(count):
            raise ValueError(f"count is a whole number, not {raw['count']!r}")
        return {
            "from_lat": from_lat, "from_lon": from_lon, "to_lat": to_lat, "to_lon": to_lon,
            "count": int(count), "tonnes": _amount(raw, "tonnes", 0.0),
        }  # fmt: skip

    return _read(path, ("from_lat", "from_lon", "to_lat", "to_lon"), lane, on_bad)


def _read(
    path: Path,
    needed: Sequence[str],
    parse: Callable[[Mapping[str, str]], Row],
    on_bad: Callable[[str], None] | None,
) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - only where tables are read

    rows, problems = [], []
    for line, raw, more in _lines(path, needed):
        try:
            if more:  # decimal commas would be read as another place
                raise ValueError("more cells than columns; decimals are written with a point")
            rows.append(parse(raw))
        except ValueError as error:
            problems.append(f"line {line}: {error}")
    if problems and on_bad is None:
        raise BadTable(f"there are bad rows in {path.name}:", problems)
    for problem in problems:
        assert on_bad is not None
        on_bad(f"{path.name}, {problem}; left out")
    if not rows:
        raise BadTable(f"{path.name} has no usable row")
    return pd.DataFrame(rows)


def _lines(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str], bool]]:
    """(line number, cells by column, whether there are more) of a CSV in UTF-8, with or without a byte order mark."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in needed if name not in (reader.fieldnames or ())]
            if missing:
                raise BadTable(f"{path.name} lacks the column {', '.join(missing)} in its first line")
            for raw in reader:
                cells = {k: (v or "").strip() for k, v in raw.items() if isinstance(k, str)}
                yield reader.line_num, cells, any(cell.strip() for cell in raw.get(None) or ())
    except OSError as error:
        raise BadTable(f"{path.name} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadTable(f"{path.name} is not a CSV file in UTF-8") from error


def _position(raw: Mapping[str, str], lat_name: str, lon_name: str) -> tuple[float, float]:
    lat, lon = _number(raw, lat_name), _number(raw, lon_name)
    check_position(lat, lon)
    return lat, lon


def _number(raw: Mapping[str, str], name: str) -> float:
    try:
        number = float(raw[name])
    except ValueError:
        raise ValueError(f"{name} is a number, not {raw[name]!r}") from None
    if not math.isfinite(number):
        raise ValueError(f"{name} is a finite number, not {raw[name]!r}")
    return number


def _amount(raw: Mapping[str, str], name: str, default: float) -> float:
    if not raw.get(name):
        return default
    number = _number(raw, name)
    if number < 0:
        raise ValueError(f"{name} is not negative, unlike {raw[name]!r}")
    return number
