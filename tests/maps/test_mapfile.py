"""A map's folder: what comes back, what is refused, and that a new import never mixes with the old."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas
import numpy as np
import pytest

from haoyun.maps import mapfile
from haoyun.maps.catalog import keep_map, map_folder
from haoyun.maps.errors import BadMapFile
from haoyun.maps.network import RoadNetwork
from haoyun.maps.osm.build import ImportReport
from haoyun.maps.rules import (
    NO_LIMITS,
    Access,
    Condition,
    Measure,
    RoadRules,
    Subject,
    Threshold,
    TimedRule,
    TimeWindow,
    TurnBan,
    Vehicles,
)

Imported = Callable[[str], tuple[RoadNetwork, ImportReport]]

MORNING = Condition((TimeWindow(31, 420, 540, (1101, 331)),), (Threshold(Measure.WEIGHT_T, above=7.5),))


@pytest.fixture
def square(graphs) -> RoadNetwork:
    graph = graphs.square_graph()
    graph.add_edge(0, 2, length=2000.0, geometry=[(0.0, 0.0), (0.004, 0.006), (0.01, 0.01)])
    plain = graphs.network(graph, "square")
    low = RoadRules(max_height_m=3.5, timed=(TimedRule(Subject.HGV, Access.NO, MORNING),), toll=True)
    return replace(
        plain,
        rules=(NO_LIMITS, low),
        edge_rules=np.array([0, 1, 0, 0, 0, 0, 0, 0, 1], dtype=np.int32),
        edge_way=np.arange(9, dtype=np.int64) + 10_000_000_000,
        turn_bans=(TurnBan(0, (), 2, Vehicles.HGV, MORNING), TurnBan(0, (2, 4), 6)),
    )


def same(before: RoadNetwork, after: RoadNetwork) -> None:
    for name in RoadNetwork.__dataclass_fields__:
        if name not in ("_tree", "edge_geometry"):
            assert np.array_equal(getattr(before, name), getattr(after, name)), name
    assert np.array_equal(before.lines.points, after.lines.points)
    assert np.array_equal(before.lines.offsets, after.lines.offsets)
    assert before.rules == after.rules
    assert before.turn_bans == after.turn_bans


def test_a_stored_network_comes_back_equal(square: RoadNetwork, tmp_path: Path) -> None:
    square.save(tmp_path / "a.map")
    same(square, RoadNetwork.load(tmp_path / "a.map"))
    assert [path.name for path in tmp_path.iterdir()] == ["a.map"]


def test_a_real_city_comes_back_equal(imported: Imported, tmp_path: Path) -> None:
    network, _ = imported("heidelberg")
    network.save(tmp_path / "a.map")
    same(network, RoadNetwork.load(tmp_path / "a.map"))


def test_arrays_are_mapped_and_cannot_be_written(square: RoadNetwork, tmp_path: Path) -> None:
    square.save(tmp_path / "a.map")
    after = RoadNetwork.load(tmp_path / "a.map")
    assert isinstance(after.lines.points.base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        after.edge_length_m[0] = 1


def test_every_truncated_file_of_a_map_is_refused(square: RoadNetwork, tmp_path: Path) -> None:
    folder = tmp_path / "a.map"
    square.save(folder)
    for path in [folder / "map.json", *folder.glob("arrays-*/*.npy")]:
        whole = path.read_bytes()
        for size in (0, 5, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:size])
            with pytest.raises(BadMapFile, match=r"a\.map"):
                RoadNetwork.load(folder)
        path.unlink()
        with pytest.raises(BadMapFile, match=r"a\.map"):
            RoadNetwork.load(folder)
        path.write_bytes(whole)
    same(square, RoadNetwork.load(folder))


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ({"format": "other"}, "is not a map of this program"),
        ({"version": 99}, "has map format 99, this program reads 2: import it again"),
        ({"generation": "../../etc"}, "names no arrays"),
        ({"rules": [{"max_height_m": "high"}]}, "is damaged"),
        ({"edge_class": []}, "is damaged"),
    ],
)
def test_another_header_is_refused_with_one_sentence(
    square: RoadNetwork, tmp_path: Path, header: dict[str, object], sentence: str
) -> None:
    folder = tmp_path / "a.map"
    square.save(folder)
    path = folder / "map.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **header}))
    with pytest.raises(BadMapFile, match=sentence):
        RoadNetwork.load(folder)


@pytest.mark.parametrize("content", ["", "[1, 2]", "{", "null"])
def test_a_header_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.map").mkdir()
    (tmp_path / "a.map" / "map.json").write_text(content)
    with pytest.raises(BadMapFile, match=r"a\.map is not a map of this program"):
        RoadNetwork.load(tmp_path / "a.map")


def test_a_missing_map_and_a_file_in_its_place_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadMapFile, match=r"there is no map a\.map"):
        RoadNetwork.load(tmp_path / "a.map")
    (tmp_path / "b.map").write_text("a file")
    with pytest.raises(BadMapFile, match=r"there is no map b\.map"):
        RoadNetwork.load(tmp_path / "b.map")


def test_a_new_import_replaces_the_old_one_and_leaves_nothing_of_it(
    square: RoadNetwork, tmp_path: Path
) -> None:
    folder = tmp_path / "a.map"
    square.save(folder)
    mapfile.save_array(folder, "order", np.arange(4))
    held = RoadNetwork.load(folder)
    replace(square, name="newer").save(folder)
    assert RoadNetwork.load(folder).name == "newer"
    assert len(list(folder.glob("arrays-*"))) == 1
    assert mapfile.load_array(folder, "order") is None, "it belonged to the older import"
    assert held.edge_length_m.sum() == square.edge_length_m.sum(), "who holds the old map keeps it"


def test_a_save_that_breaks_leaves_the_old_map_or_nothing(square: RoadNetwork, tmp_path: Path) -> None:
    def break_(path: Path) -> None:
        path.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mapfile.save(square, tmp_path / "a.map", beside={"edges.parquet": break_})
    assert list(tmp_path.iterdir()) == []
    square.save(tmp_path / "a.map")
    before = sorted(path.name for path in (tmp_path / "a.map").rglob("*"))
    with pytest.raises(KeyboardInterrupt):
        mapfile.save(square, tmp_path / "a.map", beside={"edges.parquet": break_})
    assert sorted(path.name for path in (tmp_path / "a.map").rglob("*")) == before
    same(square, RoadNetwork.load(tmp_path / "a.map"))


def test_a_map_that_is_imported_again_while_it_is_read_is_read_whole(
    square: RoadNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a.map"
    square.save(folder)
    read = mapfile._read
    left = [5]

    def replaced_midway(path: Path) -> np.ndarray:
        left[0] -= 1
        if left[0] == 0:
            replace(square, name="newer").save(folder)
        return read(path)

    monkeypatch.setattr(mapfile, "_read", replaced_midway)
    assert RoadNetwork.load(folder).name == "newer"


def test_two_imports_at_once_leave_one_whole_map(square: RoadNetwork, tmp_path: Path) -> None:
    folder = tmp_path / "a.map"
    square.save(folder)

    def another_one(path: Path) -> None:
        replace(square, name="quicker").save(folder)
        path.write_text("")

    mapfile.save(replace(square, name="slower"), folder, beside={"edges.parquet": another_one})
    assert RoadNetwork.load(folder).name == "slower"


def test_what_a_killed_import_left_is_swept_once_it_is_old(square: RoadNetwork, tmp_path: Path) -> None:
    folder = tmp_path / "a.map"
    for age_s in (0, 7 * 3600):
        (folder / f"arrays-dead{age_s}").mkdir(parents=True)
        (folder / f"x.{age_s}.part").write_text("half")
        for left in (folder / f"arrays-dead{age_s}", folder / f"x.{age_s}.part"):
            os.utime(left, (left.stat().st_atime, left.stat().st_mtime - age_s))
    square.save(folder)
    left = {path.name for path in folder.iterdir() if "dead" in path.name or path.suffix == ".part"}
    assert left == {"arrays-dead0", "x.0.part"}, "the young ones may be another import at work"


def test_an_array_of_ones_own_is_kept_with_the_map(square: RoadNetwork, tmp_path: Path) -> None:
    folder = tmp_path / "a.map"
    square.save(folder)
    assert mapfile.load_array(folder, "cch_order") is None
    mapfile.save_array(folder, "cch_order", np.array([2, 0, 1], dtype=np.uint32))
    kept = mapfile.load_array(folder, "cch_order")
    assert kept is not None
    assert (kept.tolist(), kept.dtype) == ([2, 0, 1], np.uint32)
    (path,) = folder.glob("arrays-*/extra_cch_order.npy")
    path.write_bytes(path.read_bytes()[:-1])
    assert mapfile.load_array(folder, "cch_order") is None, "a torn one is built again"
    with pytest.raises(ValueError, match="an array's name"):
        mapfile.save_array(folder, "../order", np.arange(3))
    with pytest.raises(BadMapFile, match="there is no map"):
        mapfile.save_array(tmp_path / "b.map", "order", np.arange(3))


def test_a_map_opens_without_the_packages_that_built_it(square: RoadNetwork, tmp_path: Path) -> None:
    keep_map(square, tmp_path)
    heavy = {"geopandas", "pandas", "pyarrow", "pyproj", "shapely", "osmium", "osmnx", "networkx"}
    code = (
        "import sys; from pathlib import Path; from haoyun.maps.catalog import open_map\n"
        f"open_map('square', Path({str(tmp_path)!r}))\n"
        f"print(sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_edges_are_geoparquet_that_geopandas_reads(square: RoadNetwork, tmp_path: Path) -> None:
    keep_map(square, tmp_path)
    table = geopandas.read_parquet(map_folder("square", tmp_path) / "edges.parquet")
    assert table.crs == "EPSG:4326"
    assert len(table) == square.edge_count
    assert table.way_id.tolist() == square.edge_way.tolist()
    assert table.length_m.tolist() == square.edge_length_m.tolist()
    assert set(table["class"]) == {"primary", ""}
    assert table.max_height_m.notna().tolist() == (square.edge_rules == 1).tolist()
    (bent,) = [line for line in table.geometry if len(line.coords) == 3]
    assert list(bent.coords) == [(0.0, 0.0), (0.006, 0.004), (0.01, 0.01)]
    assert table.total_bounds.tolist() == [0.0, 0.0, 0.01, 0.01]


def test_edges_are_written_in_blocks_without_a_seam(
    square: RoadNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("haoyun.maps.geoparquet._BLOCK", 4)
    keep_map(square, tmp_path)
    table = geopandas.read_parquet(map_folder("square", tmp_path) / "edges.parquet")
    assert table.edge.tolist() == list(range(9))
    lines = [np.array(line.coords)[:, ::-1] for line in table.geometry]
    assert all(np.array_equal(line, square.edge_line(edge)) for edge, line in enumerate(lines))
