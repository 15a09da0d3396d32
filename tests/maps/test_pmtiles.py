"""One file for all tiles: other readers find in it what was written, and damaged files are refused in a sentence."""

from __future__ import annotations

import gzip
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haoyun.maps.errors import BadMapFile
from haoyun.maps.network import Bounds
from haoyun.maps.tiles.pmtiles import TileFile, tile_number, write_pmtiles
from haoyun.maps.tiles.tilegrid import Tile

BOX = Bounds(30.0, 120.0, 31.0, 121.0)


@st.composite
def tiles(draw: Any) -> Tile:
    z = draw(st.integers(0, 16))
    last = (1 << z) - 1
    return Tile(z, draw(st.integers(0, last)), draw(st.integers(0, last)))


@settings(deadline=None)
@given(tiles())
def test_tiles_are_numbered_as_the_reference_reader_does(tile: Tile) -> None:
    reference = pytest.importorskip("pmtiles.tile", reason="pmtiles is missing")
    assert tile_number(tile) == reference.zxy_to_tileid(tile.z, tile.x, tile.y)


@settings(deadline=None, max_examples=30)
@given(st.dictionaries(tiles(), st.binary(min_size=1, max_size=40), min_size=1, max_size=60))
def test_every_tile_is_read_back_by_us_and_by_others(
    tmp_path_factory: pytest.TempPathFactory, content: dict[Tile, bytes]
) -> None:
    reader = pytest.importorskip("pmtiles.reader", reason="pmtiles is missing")
    path = tmp_path_factory.getbasetemp() / "t.pmtiles"
    assert write_pmtiles(path, content.items(), bounds=BOX, metadata={"attribution": "©"}) == len(content)
    ours = TileFile(path)
    with path.open("rb") as file:
        others = reader.Reader(reader.MmapSource(file))
        for tile, data in content.items():
            assert gzip.decompress(ours.read(tile) or b"") == data
            assert gzip.decompress(others.get(tile.z, tile.x, tile.y)) == data
        assert others.metadata() == {"attribution": "©"}
    ours.close()


def test_tiles_that_cannot_be_written_are_told_and_leave_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "t.pmtiles").mkdir()  # stands where the file belongs
    with pytest.raises(BadMapFile, match="the tiles cannot be written to"):
        write_pmtiles(tmp_path / "t.pmtiles", [(Tile(0, 0, 0), b"a")], bounds=BOX, metadata={})
    assert [path.name for path in tmp_path.iterdir()] == ["t.pmtiles"]


def test_a_tile_that_was_not_written_is_none(tmp_path: Path) -> None:
    path = tmp_path / "t.pmtiles"
    write_pmtiles(
        path, [(Tile(3, 1, 1), b"a"), (Tile(3, 5, 5), b"b"), (Tile(2, 0, 0), b"")], bounds=BOX, metadata={}
    )
    file = TileFile(path)
    assert [file.read(t) for t in (Tile(3, 1, 2), Tile(0, 0, 0), Tile(2, 0, 0), Tile(12, 0, 0))] == [None] * 4
    assert (file.info.min_zoom, file.info.max_zoom, file.info.bounds) == (3, 3, BOX)


def test_many_tiles_lie_in_leaf_directories_and_equal_ones_once(tmp_path: Path) -> None:
    path = tmp_path / "t.pmtiles"
    n = 256
    chance = random.Random(7)
    content = {
        Tile(8, x, y): b"sea" if y >= 100 else chance.randbytes(chance.randrange(1, 60))
        for x in range(n)
        for y in range(n)
    }
    write_pmtiles(path, content.items(), bounds=BOX, metadata={})
    file = TileFile(path)
    assert len(file._root.first) < 10, "the root only leads on"
    assert path.stat().st_size < 100 * n * 80, "the sea lies in it once"
    assert all(gzip.decompress(file.read(tile) or b"") == data for tile, data in content.items())


def test_the_same_tiles_make_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_pmtiles(
            tmp_path / name, [(Tile(1, 1, 1), b"x"), (Tile(1, 0, 1), b"y")], bounds=BOX, metadata={}
        )
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("keep", [0, 5, 126, 140, -3])
def test_a_damaged_file_is_refused_with_one_sentence(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "t.pmtiles"
    write_pmtiles(path, [(Tile(1, 1, 1), b"x" * 50)], bounds=BOX, metadata={})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(BadMapFile, match=r"t\.pmtiles is not a"):
        TileFile(path)
    with pytest.raises(BadMapFile, match="there is no tile file gone"):
        TileFile(tmp_path / "gone")
