"""The place book: every named place offline, in one SQLite file, found by name while one types.

Where the map's own `Gazetteer` (places.py) holds the few places an offer may name, the book holds a quarter of a
million: divisions of China, populated places of the world, ports, stations, borders and parks.
"""

from __future__ import annotations

import math
import sqlite3
import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from haoyun.maps.errors import BadMapFile, UnknownPlace
from haoyun.maps.geodesy import check_position, haversine_m
from haoyun.maps.names import fold, has_han, simplified, spaced, within_one_slip, words
from haoyun.maps.place import Place, PlaceKind
from haoyun.maps.place_file import BEGIN, END, Progress, cells_around, place_file

PLACE_COLUMNS = (
    "p.code, p.name_zh, p.name_en, p.lat, p.lon, p.rank, p.division, p.kind, p.country, p.population, p.precision_m"
)
MOST = 1_000  # places in one answer
_MOST_NEARBY = 400  # the most important places around `near` are looked through even if a great many match
_LONGEST = 80  # characters of a question that are looked at


class How(StrEnum):
    """How a place matched, best first."""

    EXACT = "exact"
    PREFIX = "prefix"
    WORD = "word"  # a later word of the name begins so
    INSIDE = "inside"  # the characters stand somewhere in the name
    ADDRESS = "address"  # the text names the place through its divisions
    OTHER = "other"  # its name in another language
    OTHER_PREFIX = "other-prefix"
    INITIALS = "initials"  # of the pinyin syllables
    TYPO = "typo"  # one letter changed, dropped, added or swapped
    SCATTERED = "scattered"  # all characters, in any order


# Half the importance (0 to 45) is added to these, and up to 30 taken off for distance: an exact name of a village
# stays below the beginning of a great city's.
_WORTH = {
    How.EXACT: 85.0,
    How.PREFIX: 70.0,
    How.WORD: 58.0,
    How.INSIDE: 55.0,
    How.ADDRESS: 90.0,
    How.OTHER: 78.0,
    How.OTHER_PREFIX: 45.0,
    How.INITIALS: 52.0,
    How.TYPO: 45.0,
    How.SCATTERED: 35.0,
}
_AS_TYPED = frozenset({How.EXACT, How.PREFIX, How.OTHER})


@dataclass(frozen=True, slots=True)
class Found:
    """A match. `distance_m` from `near`, if that was given; a higher `score` is a better match."""

    place: Place
    how: How
    score: float
    distance_m: float | None = None


@dataclass(frozen=True, slots=True)
class PlaceBook:
    """Read access to a place book. One connection a thread, opened when it is first used there."""

    path: Path
    _threads: threading.local = field(default_factory=threading.local, compare=False, repr=False)

    def get(self, code: str) -> Place:
        """The place of that code: six digits of GB/T 2260, gn + GeoNames id, or site-…; UnknownPlace otherwise."""
        row = self.row(f"SELECT {PLACE_COLUMNS} FROM place p WHERE p.code = ?", (code,))
        if row is None:
            raise UnknownPlace(f"the place book has no place of the code {code!r}")
        return place_of(row)

    def count(self) -> int:
        """How many places the book holds."""
        return int(self.rows("SELECT count(*) FROM place")[0][0])

    def search(
        self,
        text: str,
        limit: int = 10,
        near: tuple[float, float] | None = None,
        kinds: Collection[PlaceKind] | None = None,
    ) -> list[Found]:
        """Places whose name matches what was typed so far, best first.

        Chinese (also traditional), Latin letters (case, accents and apostrophes ignored), initials of the pinyin,
        codes of ports and airports. A typo of one letter is forgiven in whole Latin names of four letters and
        more, when nothing matches as typed. `near` is (lat, lon) in WGS-84 and draws close places forward.
        """
        if not 1 <= limit <= MOST:
            raise ValueError(f"a search answers with 1 to {MOST} places, not {limit}")
        if near is not None:
            check_position(*near)
        asked = _Question(simplified(text[:_LONGEST]), limit, near, kinds)
        found: dict[int, Found] = {}
        for how, rows in self._stages(asked, found):
            for row in rows:
                found.setdefault(row[0], asked.judge(row, how))
        ranked = sorted(found.values(), key=lambda f: (-f.score, f.place.code))
        return ranked[:limit]

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """Rows of a query on the book's tables."""
        return self._connection().execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[object] = ()) -> tuple[object, ...] | None:
        """The first row of a query, or None."""
        found = self._connection().execute(sql, values).fetchone()
        return None if found is None else tuple(found)

    def _connection(self) -> sqlite3.Connection:
        open_one = getattr(self._threads, "connection", None)
        if open_one is None:
            # The file never changes once it has its name; `immutable` spares locks and works on read-only disks.
            uri = f"{self.path.resolve().as_uri()}?mode=ro&immutable=1"
            try:
                open_one = sqlite3.connect(uri, uri=True)
                open_one.execute("SELECT value FROM meta").fetchone()
            except sqlite3.Error as error:
                raise BadMapFile(f"{self.path.name} is no place book ({error}); delete it to have it rebuilt") from None
            self._threads.connection = open_one
        return open_one

    def _stages(
        self, asked: _Question, found: dict[int, Found]
    ) -> Iterable[tuple[How, list[tuple[object, ...]]]]:
        """The queries one after another; the costlier ones only while too little was found."""
        for how, table, match in asked.matches():
            if how in (How.OTHER_PREFIX, How.INITIALS, How.SCATTERED) and len(found) >= asked.limit:
                return
            yield how, self._matching(asked, table, match)
            if how == How.PREFIX and asked.near is not None:
                yield How.PREFIX, self._nearby(asked)
        if asked.may_be_typo and not any(f.how in _AS_TYPED for f in found.values()):
            yield How.TYPO, self._misspelt(asked)

    def _matching(self, asked: _Question, table: str, match: str) -> list[tuple[object, ...]]:
        sql = (
            f"SELECT p.id, p.importance, {PLACE_COLUMNS} FROM {table} JOIN place p ON p.id = {table}.rowid "
            f"WHERE {table} MATCH ?"
        )
        return self.rows(f"{sql} LIMIT ?", (match, asked.candidates))

    def _nearby(self, asked: _Question) -> list[tuple[object, ...]]:
        """Matching places around `near`: among all that match they may be too unimportant to be looked at."""
        assert asked.near is not None
        cells = ",".join(map(str, cells_around(*asked.near)))
        rows = self.rows(
            f"SELECT p.id, p.importance, {PLACE_COLUMNS} FROM place p WHERE p.cell IN ({cells}) "
            f"{asked.kind_clause} ORDER BY p.id LIMIT {_MOST_NEARBY}"
        )
        return [row for row in rows if asked.begins(str(row[3]), str(row[4]))]

    def _misspelt(self, asked: _Question) -> list[tuple[object, ...]]:
        """Names one slip away. A slip touches at most two neighbouring letters, so that the first or the last
        (n - 1) // 2 letters are right: both are looked up, and what they give is compared."""
        key = asked.key
        half = (len(key) - 1) // 2
        begin, end = key[:half], key[::-1][:half]
        ids: set[int] = set()
        for length in range(len(key) - 1, len(key) + 2):
            for column, start in (("key", begin), ("back", end)):
                near_keys = self.rows(
                    f"SELECT key, id FROM spelling WHERE length = ? AND {column} >= ? AND {column} < ?",
                    (length, start, start + "\x7f"),
                )
                ids |= {int(str(i)) for k, i in near_keys if within_one_slip(key, str(k))}
        best = sorted(ids)[: asked.candidates]
        marks = ",".join("?" * len(best))
        return self.rows(
            f"SELECT p.id, p.importance, {PLACE_COLUMNS} FROM place p WHERE p.id IN ({marks}) {asked.kind_clause}",
            best,
        )


@dataclass(frozen=True, slots=True)
class _Question:
    """What was asked, as FTS5 takes it. Only letters, digits and characters ever reach a MATCH."""

    text: str
    limit: int
    near: tuple[float, float] | None
    kinds: Collection[PlaceKind] | None

    @property
    def key(self) -> str:
        return fold(self.text)

    @property
    def candidates(self) -> int:
        return max(3 * self.limit, 60) if self.near else max(2 * self.limit, 30)

    @property
    def may_be_typo(self) -> bool:
        return len(self.key) >= 4 and self.key.isascii()

    def begins(self, name_zh: str, name_en: str) -> bool:
        """Whether one of the names begins as typed."""
        return fold(name_en).startswith(self.key) or name_zh.startswith(self.key)

    @property
    def kind_clause(self) -> str:
        if self.kinds is None:
            return ""
        return f"AND p.kind IN ({', '.join(repr(PlaceKind(k).value) for k in self.kinds)})"

    def matches(self) -> list[tuple[How, str, str]]:
        """(how, table, MATCH expression), best first."""
        if not self.key:
            return []
        if has_han(self.key):
            phrase = spaced(self.text)
            found = [
                (How.EXACT, "han", f'names : "{BEGIN} {phrase} {END}"'),
                (How.PREFIX, "han", f'names : "{BEGIN} {phrase}"'),
                (How.INSIDE, "han", f'names : "{phrase}"'),
            ]
            if len(self.key) > 2:
                scattered = " AND ".join(f'"{c}"' for c in dict.fromkeys(self.key))
                found.append((How.SCATTERED, "han", f"names : ({scattered})"))
        else:
            parts = words(self.text)
            tail = [f'"{w}"' for w in parts[:-1]] + [f'"{parts[-1]}" *']
            found = [
                (How.EXACT, "latin", f'keys : "{self.key}"'),
                (How.PREFIX, "latin", f'keys : "{self.key}" *'),
                (How.WORD, "latin", f"{{words keys}} : ({' AND '.join(tail)})"),
                (How.OTHER, "latin", f'others : "{self.key}"'),
                (How.OTHER_PREFIX, "latin", f'others : "{self.key}" *'),
                (How.INITIALS, "latin", f'initials : "{self.key}" *'),
            ]
        if self.kinds is not None:
            only = " OR ".join(f'"kind{PlaceKind(k).value.replace("_", "")}"' for k in self.kinds)
            found = [(how, table, f"({match}) AND kind : ({only})") for how, table, match in found]
        return found

    def judge(self, row: tuple[object, ...], how: How) -> Found:
        place = place_of(row[2:])
        score = _WORTH[how] + float(str(row[1])) / 2
        if self.near is None:
            return Found(place, how, score)
        distance_m = haversine_m(*self.near, place.lat, place.lon)
        return Found(place, how, score - min(30.0, 8 * math.log10(1 + distance_m / 10_000)), distance_m)


def open_places(folder: Path, progress: Progress | None = None) -> PlaceBook:
    """The place book kept in `folder`, built first where there is none (some seconds; `progress` is told)."""
    return PlaceBook(place_file(folder, progress))


def place_of(row: Sequence[object]) -> Place:
    """A place from the columns PLACE_COLUMNS."""
    code, name_zh, name_en, lat, lon, rank, division, kind, country, population, precision_m = row
    return Place(
        str(code),
        str(name_zh),
        str(name_en),
        float(str(lat)),
        float(str(lon)),
        int(str(rank)),
        str(division),
        PlaceKind(str(kind)),
        str(country),
        int(str(population)),
        float(str(precision_m)),
    )
