"""Distances of VRPLIB files: explicit matrices, or coordinates with the rounding of the family.

The files do not say how their published costs round, so the TYPE decides, as the authors' own readers do:
CVRP and its kin round each distance to a whole number (Uchoa et al. 2017; TSPLIB's `nint`), the types with
time windows of one depot truncate to one decimal (12th DIMACS challenge), the rest keep three decimals
(Pessoa et al. 2018; Vidal et al. 2013, as PyVRP's instances have them). CEIL_2D, FLOOR_2D and EXACT_2D say
it themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from haoyun.routing.errors import BadFormat
from haoyun.routing.formats.academic import numbers
from haoyun.routing.formats.vrplib_text import Document
from haoyun.routing.legend import Point
from haoyun.routing.travel import LONGEST_LEG, FloatMatrix, IntMatrix


@dataclass(frozen=True, slots=True)
class Rounding:
    """Distances are counted in 1/`parts` of the file's unit, brought to whole numbers by `to_whole`."""

    parts: int
    to_whole: Callable[[FloatMatrix], FloatMatrix]

    def of(self, lengths: FloatMatrix) -> IntMatrix:
        """Lengths in the file's unit as whole parts."""
        return self.to_whole(lengths * self.parts).astype(np.int64)


def _half_up(values: FloatMatrix) -> FloatMatrix:
    return np.floor(values + 0.5)


NEAREST = Rounding(1, _half_up)
ONE_DECIMAL_TRUNCATED = Rounding(10, np.floor)
THREE_DECIMALS = Rounding(1000, np.rint)

ROUNDINGS = {"nearest": NEAREST, "one-decimal": ONE_DECIMAL_TRUNCATED, "three-decimals": THREE_DECIMALS}
_BY_TYPE = {
    "CVRP": NEAREST,
    "OVRP": NEAREST,
    "VRPTW": ONE_DECIMAL_TRUNCATED,
    "CVRPTW": ONE_DECIMAL_TRUNCATED,
    "PCVRPTW": ONE_DECIMAL_TRUNCATED,
    "MTVRPTWR": ONE_DECIMAL_TRUNCATED,
}
_BY_WEIGHT = {
    "CEIL_2D": Rounding(1, np.ceil),
    "FLOOR_2D": Rounding(1, np.floor),
    "EXACT_2D": THREE_DECIMALS,
}
_LAYOUTS = {
    "FULL_MATRIX": ("full", 0),
    "LOWER_ROW": ("lower", -1),
    "LOWER_DIAG_ROW": ("lower", 0),
    "UPPER_ROW": ("upper", 1),
    "UPPER_DIAG_ROW": ("upper", 0),
    # A column of the one triangle, top to bottom, is a row of the other.
    "UPPER_COL": ("lower", -1),
    "UPPER_DIAG_COL": ("lower", 0),
    "LOWER_COL": ("upper", 1),
    "LOWER_DIAG_COL": ("upper", 0),
}


@dataclass(frozen=True, slots=True)
class Travel:
    """The square of distances, which are times as well, in 1/`parts` of the file's unit."""

    matrix: IntMatrix
    parts: int
    points: tuple[Point | None, ...]


def read_travel(document: Document, size: int, rounding: str | None = None) -> Travel:
    """The distances between all nodes; BadFormat for a weight type or layout that is not read.

    `rounding` names one of ROUNDINGS for EUC_2D, where the type's own is not the one that is wanted.
    """
    kind = document.word("EDGE_WEIGHT_TYPE", "EUC_2D" if "NODE_COORD" in document.sections else "EXPLICIT")
    points = _points(document, size)
    if kind == "EXPLICIT":
        return _explicit(document, size, points)
    if kind != "EUC_2D" and kind not in _BY_WEIGHT:
        known = ", ".join(("EUC_2D", *_BY_WEIGHT, "EXPLICIT"))
        raise BadFormat(f"EDGE_WEIGHT_TYPE {kind} is not supported; {known} are")
    if any(point is None for point in points):
        raise BadFormat(f"EDGE_WEIGHT_TYPE {kind} needs NODE_COORD_SECTION")
    of_type = _BY_TYPE.get(document.word("TYPE").upper(), THREE_DECIMALS)
    chosen = _BY_WEIGHT.get(kind) or (of_type if rounding is None else ROUNDINGS[rounding])
    places = np.array(points, dtype=np.float64)
    _check_range(float(np.abs(places).max(initial=0)) * 4 * chosen.parts)
    lengths = np.hypot(*(places[:, None, :] - places[None, :, :]).transpose(2, 0, 1))
    return Travel(chosen.of(lengths), chosen.parts, points)


def _check_range(longest: float) -> None:
    if longest > LONGEST_LEG:
        raise BadFormat(f"distances reach {longest:g}; up to {LONGEST_LEG} can be calculated with")


def _points(document: Document, size: int) -> tuple[Point | None, ...]:
    name = next((name for name in ("NODE_COORD", "DISPLAY_DATA") if name in document.sections), None)
    if name is None:
        return (None,) * size
    rows = document.sections[name].by_number(("x", "y"), size, "node")
    return tuple((row["x"], row["y"]) for row in rows)


def _explicit(document: Document, size: int, points: tuple[Point | None, ...]) -> Travel:
    section = document.section("EDGE_WEIGHT")
    layout = document.word("EDGE_WEIGHT_FORMAT", "FULL_MATRIX")
    if layout not in _LAYOUTS:
        raise BadFormat(f"EDGE_WEIGHT_FORMAT {layout} is not supported; {', '.join(_LAYOUTS)} are")
    shape, diagonal = _LAYOUTS[layout]
    values = [value for line, text in section.rows for value in _values(line, text)]
    rows, columns = _cells(shape, size, diagonal)
    if len(values) != len(rows):
        raise BadFormat(
            f"line {section.line}: EDGE_WEIGHT_SECTION has {len(values)} numbers, "
            f"{layout} of {size} nodes has {len(rows)}"
        )
    lengths = np.zeros((size, size))
    lengths[rows, columns] = values
    if shape != "full":
        lengths = np.maximum(lengths, lengths.T)
    parts = _parts_of(lengths)
    _check_range(float(lengths.max(initial=0)) * parts)
    return Travel(np.rint(lengths * parts).astype(np.int64), parts, points)


def _cells(shape: str, size: int, diagonal: int) -> tuple[Any, Any]:
    """The (rows, columns) that a layout fills, in its order."""
    if shape == "lower":
        return np.tril_indices(size, diagonal)
    if shape == "upper":
        return np.triu_indices(size, diagonal)
    rows, columns = np.indices((size, size)).reshape(2, -1)
    return rows, columns


def _values(line: int, text: str) -> list[float]:
    words = text.split()
    names = [f"number {n}" for n in range(1, len(words) + 1)]
    row = numbers(line, text, names)
    values = [row[name] for name in names]
    if min(values, default=0) < 0:
        raise BadFormat(f"line {line}: a distance is negative ({min(values):g})")
    return values


def _parts_of(lengths: FloatMatrix) -> int:
    """The power of ten that makes all lengths whole; explicit lengths are never rounded."""
    for parts in (1, 10, 100, 1000):
        whole = lengths * parts
        if np.allclose(whole, np.rint(whole), rtol=0, atol=1e-6):
            return parts
    raise BadFormat("EDGE_WEIGHT_SECTION has more than three decimals; give whole numbers of a finer unit")


def whole_parts(value: float, parts: int, *, up: bool) -> int:
    """A time in whole parts; exact where the parts allow, otherwise rounded to the safe side."""
    exact = value * parts
    if abs(exact - round(exact)) < 1e-6:
        return round(exact)
    return math.ceil(exact) if up else math.floor(exact)
