"""The place book: every named place offline, in one SQLite file, found by name while one types.

Where the map's own `Gazetteer` (places.py) holds the few places an offer may name, the book holds a quarter of a
million: divisions of China, populated places of the world, ports, stations, borders and parks.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from haoyun.maps.errors import BadMapFile, UnknownPlace
from haoyun.maps.gazetteer.names import within_one_slip
from haoyun.maps.gazetteer.place import Place, PlaceKind
from haoyun.maps.gazetteer.place_file import Progress, as_json, cells_around, place_file
from haoyun.maps.gazetteer.place_query import Found, How, Question
from haoyun.maps.geodesy import check_position

MOST = 1_000  # places in one answer
_MOST_NEARBY = 400  # the most important places around `near` are looked through even if a great many match
_AS_TYPED = frozenset({How.EXACT, How.PREFIX, How.OTHER})

Row = tuple[Any, ...]

_MATCHING = {
    "latin": "SELECT p.* FROM latin JOIN place p ON p.id = latin.rowid WHERE latin MATCH ? LIMIT ?",
    "han": "SELECT p.* FROM han JOIN place p ON p.id = han.rowid WHERE han MATCH ? LIMIT ?",
}
_NEARBY = "SELECT * FROM place WHERE cell IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?"
_BEGINNING = "SELECT key, id FROM spelling WHERE length = ? AND key >= ? AND key < ?"
_ENDING = "SELECT key, id FROM spelling WHERE length = ? AND back >= ? AND back < ?"
_BY_ID = "SELECT * FROM place WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"


@dataclass(frozen=True, slots=True)
class PlaceBook:
    """Read access to a place book. One connection a thread, opened when it is first used there."""

    path: Path
    _threads: threading.local = field(default_factory=threading.local, compare=False, repr=False)

    def get(self, code: str) -> Place:
        """The place of that code: six digits of GB/T 2260, gn + GeoNames id, or site-…; UnknownPlace otherwise."""
        row = self.row("SELECT * FROM place WHERE code = ?", (code,))
        if row is None:
            raise UnknownPlace(f"the place book has no place of the code {code!r}")
        return place_of(row)

    def count(self) -> int:
        """How many places the book holds."""
        (found,) = self.rows("SELECT count(*) FROM place")
        return int(found[0])

    def facts(self) -> dict[str, str]:
        """What the book was built from: versions and dates."""
        return dict(self.rows("SELECT key, value FROM meta"))

    def search(
        self,
        text: str,
        limit: int = 10,
        near: tuple[float, float] | None = None,
        kinds: Collection[PlaceKind] | None = None,
    ) -> list[Found]:
        """Places whose name matches what was typed so far, best first; [] for a text without letters.

        Chinese (also traditional), Latin letters (case, accents and apostrophes ignored), initials of the pinyin,
        codes of ports and airports. A typo of one letter is forgiven in whole Latin names of four letters and
        more, where nothing matches as typed. `near` is (lat, lon) in WGS-84 and draws close places forward.
        """
        if not 1 <= limit <= MOST:
            raise ValueError(f"a search answers with 1 to {MOST} places, not {limit}")
        if near is not None:
            check_position(*near)
        asked = Question.of(text, limit, near, kinds)
        found: dict[int, Found] = {}
        for how, rows in self._stages(asked, found):
            for row in rows:
                if row[0] not in found:
                    found[row[0]] = asked.judge(place_of(row), row[1], how)
        return sorted(found.values(), key=lambda f: (-f.score, f.place.code))[:limit]

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Rows of a query on the book's tables."""
        return self._connection().execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[object] = ()) -> Row | None:
        """The first row of a query, or None."""
        found = self._connection().execute(sql, values).fetchone()
        return None if found is None else tuple(found)

    def _connection(self) -> sqlite3.Connection:
        kept = getattr(self._threads, "connection", None)
        if isinstance(kept, sqlite3.Connection):
            return kept
        # The file never changes once it has its name; `immutable` spares locks and works on read-only disks.
        uri = f"{self.path.resolve().as_uri()}?mode=ro&immutable=1"
        try:
            opened = sqlite3.connect(uri, uri=True)
            opened.execute("SELECT value FROM meta").fetchone()
        except sqlite3.Error as error:
            raise BadMapFile(
                f"{self.path.name} is no place book ({error}); delete it to have it rebuilt"
            ) from None
        self._threads.connection = opened
        return opened

    def _stages(self, asked: Question, found: dict[int, Found]) -> Iterator[tuple[How, list[Row]]]:
        """The queries one after another; the costlier ones only while too little was found."""
        for how, table, match in asked.matches():
            if how == How.SCATTERED and len(found) >= asked.limit:
                return
            yield how, self.rows(_MATCHING[table], (match, asked.candidates))
            if how == How.PREFIX and asked.near is not None:
                yield how, self._nearby(asked, asked.near)
        if asked.may_be_typo and not any(f.how in _AS_TYPED for f in found.values()):
            yield How.TYPO, self._misspelt(asked)

    def _nearby(self, asked: Question, near: tuple[float, float]) -> list[Row]:
        """Matching places around a position: among all that match they may be too unimportant to be looked at."""
        rows = self.rows(_NEARBY, (as_json(cells_around(*near)), _MOST_NEARBY))
        return [row for row in rows if asked.begins(place_of(row))]

    def _misspelt(self, asked: Question) -> list[Row]:
        """Names one slip away. A slip touches at most two neighbouring letters, so that the first or the last
        (n - 1) // 2 letters are right: both are looked up, and what they give is compared."""
        key = asked.key
        half = (len(key) - 1) // 2
        ids: set[int] = set()
        for length in range(len(key) - 1, len(key) + 2):
            for sql, start in ((_BEGINNING, key[:half]), (_ENDING, key[::-1][:half])):
                rows = self.rows(sql, (length, start, start + "\x7f"))
                ids |= {row[1] for row in rows if within_one_slip(key, row[0])}
        best = self.rows(_BY_ID, (as_json(sorted(ids)[: asked.candidates]),))
        return [row for row in best if asked.wants(place_of(row))]


def open_places(folder: Path, progress: Progress | None = None) -> PlaceBook:
    """The place book kept in `folder`, built first where there is none (some seconds; `progress` is told)."""
    return PlaceBook(place_file(folder, progress))


def place_of(row: Row) -> Place:
    """A place from a row of the table place."""
    _, _, code, name_zh, name_en, lat, lon, kind, country, division, rank, population, precision_m, _ = row
    return Place(
        code,
        name_zh,
        name_en,
        lat,
        lon,
        rank,
        division=division,
        kind=PlaceKind(kind),
        country=country,
        population=population,
        precision_m=precision_m,
    )
