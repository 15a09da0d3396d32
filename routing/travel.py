"""How far and how long it is from each location to each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from haoyun.routing.errors import require

IntMatrix = NDArray[np.int64]
FloatMatrix = NDArray[np.float64]

# A leg above this (68 years, 2 million km) is a mistake; below it, sums over any fleet stay far inside 64 bits.
LONGEST_LEG = 2**31 - 1


class LegTable(ABC):
    """A square matrix whose entries are worked out where they are looked at, for problems of very many locations.

    It is indexed like an array, by a row and a column or by a grid (`np.ix_`); `np.asarray` makes a whole matrix
    of it, which takes 8 bytes an entry. Entries are whole numbers from 0 to LONGEST_LEG.
    """

    @abstractmethod
    def __len__(self) -> int:
        """The number of locations."""

    @abstractmethod
    def between(self, origins: NDArray[np.intp], destinations: NDArray[np.intp]) -> IntMatrix:
        """The entries of these rows and columns, broadcast against one another."""

    def __getitem__(self, key: tuple[Any, ...]) -> Any:
        """One entry as a whole number, or those of a grid as an array."""
        found = self.between(np.asarray(key[0]), np.asarray(key[1]))
        return found if found.ndim else int(found)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> IntMatrix:
        """All entries."""
        every = np.arange(len(self))
        whole = self.between(every[:, None], every[None, :])
        return whole if dtype is None else whole.astype(dtype)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self), len(self)

    def max(self, initial: int = 0) -> int:
        """The largest entry, row by row."""
        every = np.arange(len(self))
        return max([initial, *(int(self.between(every[n : n + 1], every).max()) for n in range(len(self)))])


LegMatrix = IntMatrix | LegTable


@dataclass(frozen=True, slots=True, eq=False)
class Matrices:
    """Travel times and distances between all locations, row to column; arrays are private copies that cannot change."""

    durations_s: LegMatrix
    distances_m: LegMatrix

    def __post_init__(self) -> None:
        """Refuse matrices that are not square, of one size, whole and within range."""
        for name in ("durations_s", "distances_m"):
            object.__setattr__(self, name, _frozen_matrix(name, getattr(self, name)))
        require(
            self.durations_s.shape == self.distances_m.shape,
            f"durations_s covers {len(self.durations_s)} locations, distances_m {len(self.distances_m)}",
        )


def _frozen_matrix(name: str, values: LegMatrix) -> LegMatrix:
    if isinstance(values, LegTable):
        return values
    given = np.asarray(values)
    require(given.ndim == 2 and given.shape[0] == given.shape[1], f"{name} must be square, not {given.shape}")
    require(
        bool(np.issubdtype(given.dtype, np.integer)) or given.size == 0, f"{name} must hold whole numbers"
    )
    if given.size:
        low, high = int(given.min()), int(given.max())
        require(
            low >= 0 and high <= LONGEST_LEG, f"{name} has an entry outside 0..{LONGEST_LEG}: {low}..{high}"
        )
    copy = given.astype(np.int64)
    copy.flags.writeable = False
    return copy


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Points of an academic instance: its true distances and times are Euclidean decimals of the file's unit.

    The integer distances then count parts of 1/`scale` of that unit, the integer times parts of 1/`time_scale`
    (as `scale` if 0), rounded up, so that what is feasible in integers is feasible in truth; the checker
    replays with these decimals all the same.
    """

    points: FloatMatrix
    scale: int = 1000
    time_scale: int = 0

    @property
    def time_parts(self) -> int:
        """How many of the problem's seconds make one unit of the file's time."""
        return self.time_scale or self.scale

    def between(self, origin: int, destination: int) -> float:
        """Euclidean distance in the file's unit."""
        return float(np.hypot(*(self.points[origin] - self.points[destination])))

    def length(self, path: Sequence[int]) -> float:
        """Length of a path over locations in the file's unit."""
        return sum(self.between(i, j) for i, j in pairwise(path))
