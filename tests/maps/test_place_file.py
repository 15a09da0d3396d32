"""The place book's file: built once, by one of many, and never half."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
from pathlib import Path

import pytest

from haoyun.maps.errors import BadMapFile
from haoyun.maps.gazetteer import place_file as module
from haoyun.maps.gazetteer.divisions import Division
from haoyun.maps.gazetteer.geonames import GeoName
from haoyun.maps.gazetteer.place_book import PlaceBook
from haoyun.maps.gazetteer.place_file import cell_of, cells_around, place_file

SMALL = [
    Division("330000", "浙江省", 1, ""),
    Division("330200", "宁波市", 2, "330000"),
    Division("330206", "北仑区", 3, "330200"),
]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A world of two places, so that a build takes a blink."""
    places = [
        GeoName(1, "Ningbo", 29.88, 121.55, "CN", 3_700_000, "33", ("宁波",)),
        GeoName(2, "Hamburg", 53.55, 9.99, "DE", 1_900_000, "", ("汉堡",)),
    ]
    monkeypatch.setattr(module, "read_divisions", lambda: (SMALL, "2025-12-31"))
    monkeypatch.setattr(module, "read_geonames", lambda: iter(places))
    monkeypatch.setattr(module, "list_freight_sites", lambda: [])


def build(folder: str) -> None:
    def built(what: str, step: int, of: int) -> None:
        if step == 0:
            (Path(folder) / f"{os.getpid()}.built").touch()

    place_file(Path(folder), built)


def test_a_book_is_built_at_first_use_and_read_from_then_on(small: None, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    path = place_file(tmp_path / "maps", lambda what, step, of: steps.append((step, of)))
    assert steps == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    written = path.stat().st_mtime_ns
    assert place_file(tmp_path / "maps", lambda *_: pytest.fail("built again")) == path
    assert path.stat().st_mtime_ns == written
    assert PlaceBook(path).search("汉堡")[0].place.name_en == "Hamburg"
    assert PlaceBook(path).facts()["divisions_as_of"] == "2025-12-31"


def test_a_division_and_its_populated_place_are_one(small: None, tmp_path: Path) -> None:
    book = PlaceBook(place_file(tmp_path))
    (found,) = book.search("Ningbo")
    assert (found.place.code, found.place.population) == ("330200", 3_700_000)


def test_a_newer_source_makes_a_new_book_and_removes_the_old_one(
    small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = place_file(tmp_path)
    monkeypatch.setattr(module, "geonames_version", lambda: "99")
    new = place_file(tmp_path)
    assert new != old
    assert not old.exists()


def test_a_build_that_fails_leaves_nothing_that_looks_like_a_book(
    small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise OSError("disk full")

    monkeypatch.setattr(module, "read_geonames", broken)
    with pytest.raises(OSError, match="disk full"):
        place_file(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["places.lock"]


def test_of_several_processes_one_builds_and_all_read(small: None, tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")  # the children inherit the small world
    processes = [fork.Process(target=build, args=(str(tmp_path),)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".built", ".lock", ".sqlite"]


def test_a_book_cannot_be_written_through_its_readers(small: None, tmp_path: Path) -> None:
    book = PlaceBook(place_file(tmp_path))
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        book.rows("DELETE FROM place")


def test_cells_cover_the_globe_without_gaps() -> None:
    assert cell_of(-90, -180) == 0
    assert cell_of(90, 180) == 179 * 360  # the pole's row; 180° east is 180° west
    assert cell_of(29.9, 121.8) == 119 * 360 + 301
    assert len(cells_around(29.9, 121.8)) == 9
    assert cell_of(10, -180) in cells_around(10, 179.5)
    assert cell_of(10, 179.5) in cells_around(10, -179.5)
    assert len(cells_around(90, 0)) == 6


def test_a_folder_that_cannot_hold_the_book_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "places.lock").mkdir()  # as little a file to write as one on a read-only disk
    with pytest.raises(BadMapFile, match=r"the place book cannot be built in .*unable to open"):
        place_file(tmp_path)
