"""Columns of a network that numpy has no type for: words that repeat, and lines of different lengths.

Both look like sequences of Python values and are plain arrays inside, so that a map of millions of edges is
read, held and masked without a Python object for each edge.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Words(Sequence[str]):
    """Text that repeats: word i is `table[codes[i]]`. Compare `codes` with a number to mask all edges at once."""

    table: tuple[str, ...]
    codes: NDArray[np.int32]  # shape (m,)

    def __post_init__(self) -> None:
        if len(self.codes) and not 0 <= int(self.codes.min()) <= int(self.codes.max()) < len(self.table):
            raise ValueError("a code of a column of words lies outside its table")
        self.codes.setflags(write=False)

    @classmethod
    def of(cls, words: Iterable[str]) -> Words:
        """A column from plain strings; Words are returned as they are."""
        if isinstance(words, Words):
            return words
        number: dict[str, int] = {}
        codes = np.fromiter((number.setdefault(word, len(number)) for word in words), dtype=np.int32)
        return cls(tuple(number), codes)

    def is_one_of(self, words: Iterable[str]) -> NDArray[np.bool_]:
        """Which entries are one of `words`, shape (m,)."""
        wanted = set(words)
        return np.array([word in wanted for word in self.table], dtype=np.bool_)[self.codes]

    def __len__(self) -> int:
        return len(self.codes)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Words: ...
    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return Words(self.table, self.codes[at])
        return self.table[self.codes[at]]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # equal to tuples that hash differently


@dataclass(frozen=True, slots=True, eq=False)
class Lines(Sequence[NDArray[np.float64]]):
    """Line i is `points[offsets[i]:offsets[i + 1]]`, (k, 2) rows of latitude and longitude, k >= 2."""

    points: NDArray[np.float64]  # shape (p, 2), degrees WGS-84
    offsets: NDArray[np.int64]  # shape (m + 1,), from 0 to p

    def __post_init__(self) -> None:
        ends = self.offsets
        if len(ends) == 0 or int(ends[0]) != 0 or int(ends[-1]) != len(self.points):
            raise ValueError("the offsets of lines run from 0 to the number of their points")
        if len(ends) > 1 and int(np.diff(ends).min()) < 2:
            raise ValueError("a line has at least two points")
        self.points.setflags(write=False)
        self.offsets.setflags(write=False)

    @classmethod
    def of(cls, lines: Iterable[NDArray[np.float64] | None], straight: NDArray[np.float64]) -> Lines:
        """Lines from one array each; where there is None, the straight line `straight[i]`, shape (m, 2, 2)."""
        if isinstance(lines, Lines):
            return lines
        whole = [
            ends if line is None else np.asarray(line, dtype=np.float64)
            for line, ends in zip(lines, straight, strict=True)
        ]
        offsets = np.concatenate([[0], np.cumsum([len(line) for line in whole], dtype=np.int64)])
        return cls(np.concatenate(whole) if whole else np.zeros((0, 2)), offsets.astype(np.int64))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, at: int) -> NDArray[np.float64]: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[NDArray[np.float64], ...]: ...
    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return tuple(self[i] for i in range(*at.indices(len(self))))
        i = range(len(self))[at]
        return self.points[self.offsets[i] : self.offsets[i + 1]]
