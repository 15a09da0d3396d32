"""Maps by name: built-in, imported, unknown; and the streets that come with pip."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest

from haoyun.maps import streets
from haoyun.maps.catalog import BUILT_IN, import_map, list_maps, open_map
from haoyun.maps.engine import ScipyEngine
from haoyun.maps.errors import BadMapFile, MapError, UnknownMap
from haoyun.maps.gazetteer.places import network_gazetteer
from haoyun.maps.network import RoadNetwork
from haoyun.maps.osm.build import ImportReport
from haoyun.maps.trunk import trunk_network

TRIANGLE = """<osm version="0.6">
 <node id="1" lat="30.0" lon="120.0"/><node id="2" lat="30.0" lon="120.01"/><node id="3" lat="30.01" lon="120.0"/>
 <way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/></way>
 <way id="2"><nd ref="2"/><nd ref="3"/><tag k="highway" v="primary"/></way>
 <way id="3"><nd ref="3"/><nd ref="1"/><tag k="highway" v="primary"/></way>
 <way id="4"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="residential"/></way>
</osm>"""


@pytest.fixture
def triangle(tmp_path: Path) -> Path:
    path = tmp_path / "triangle.osm"
    path.write_text(TRIANGLE)
    return path


def test_an_imported_map_is_listed_and_opens_again(triangle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "maps"
    imported = import_map(triangle, "my-town", folder)
    assert list_maps(folder) == ["trunk", "coquimbo", "my-town"]
    opened = open_map("my-town", folder)
    assert opened.edge_length_m.tolist() == imported.edge_length_m.tolist()
    assert (opened.kind, opened.attribution) == ("streets", "© OpenStreetMap contributors (ODbL)")


def test_an_unknown_map_is_answered_with_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(UnknownMap, match="no map 'atlantis'; there are: trunk, coquimbo"):
        open_map("atlantis", tmp_path)
    with pytest.raises(UnknownMap, match="no map"):
        open_map("../../etc/passwd", tmp_path)


@pytest.mark.parametrize("name", ["trunk", "My Town", "../x", "", "-x", "a" * 41])
def test_a_map_cannot_take_a_built_in_or_an_unsafe_name(triangle: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(BadMapFile, match="a map's name is"):
        import_map(triangle, name, tmp_path)


def test_a_failed_import_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "bad.osm").write_text("<osm")
    with pytest.raises(BadMapFile):
        import_map(tmp_path / "bad.osm", "town", tmp_path / "maps")
    assert list_maps(tmp_path / "maps") == ["trunk", "coquimbo"]
    assert not (tmp_path / "maps").exists()


def test_a_map_of_an_older_release_asks_to_be_imported_again(tmp_path: Path, triangle: Path) -> None:
    (tmp_path / "town.map.npz").write_bytes(b"PK of version 1")
    with pytest.raises(
        BadMapFile, match=r"town\.map\.npz has map format 1, this program reads 2: import it again"
    ):
        open_map("town", tmp_path)
    import_map(triangle, "town", tmp_path)
    assert open_map("town", tmp_path).name == "town"
    assert not (tmp_path / "town.map.npz").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, triangle: Path) -> None:
    (tmp_path / "maps").write_text("a file, not a folder")
    with pytest.raises(BadMapFile, match=r"the map cannot be written to .*town\.map"):
        import_map(triangle, "town", tmp_path / "maps")


def test_an_import_reports_what_it_left_out_and_how_far_it_is(tmp_path: Path, triangle: Path) -> None:
    reports: list[ImportReport] = []
    steps: list[str] = []
    import_map(
        triangle, "town", tmp_path, progress=lambda step, _: steps.append(step), on_report=reports.append
    )
    assert reports[0].ways == 4
    assert steps[-2:] == ["writing", "done"]


def test_trunk_opens_by_name_and_is_built_once(tmp_path: Path) -> None:
    assert open_map("trunk", tmp_path) is trunk_network()


def test_without_the_extra_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_installed(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(streets, "distribution", nothing_installed)
    with pytest.raises(MapError, match=r"the extra demo-streets: pip install"):
        streets.find_archive()


def test_an_archive_without_the_streets_is_refused(tmp_path: Path) -> None:
    (tmp_path / "coquimbo.zip").write_bytes(b"PK not a zip")
    with pytest.raises(BadMapFile, match=r"coquimbo\.zip does not hold"):
        streets.coquimbo_graph(tmp_path / "coquimbo.zip")


def test_coquimbo_is_a_real_connected_street_network_with_places() -> None:
    try:
        streets.find_archive()
    except MapError as reason:
        if os.environ.get("HAOYUN_TEST_REQUIRE_ALL"):
            raise
        pytest.skip(str(reason))
    road = streets.coquimbo_network()
    assert road.node_count > 15_000
    assert road.edge_count > 34_000
    assert road.kind == "streets"
    assert "OpenStreetMap" in road.attribution
    assert "aequilibrae" not in sys.modules
    places = network_gazetteer(road).list()
    assert len(places) == 60
    nodes, distances_m = road.nearest_nodes([p.lat for p in places], [p.lon for p in places])
    assert distances_m.max() < 1
    assert np.isfinite(ScipyEngine(road).matrix(nodes[:5], nodes).duration_s).all()


def test_importing_the_room_stays_light() -> None:
    heavy = {
        "osmnx", "geopandas", "pandas", "pyogrio", "networkx", "shapely", "osmium", "numba", "aequilibrae",
        "pyarrow", "pyproj",
    }  # fmt: skip
    rooms = "haoyun.maps, haoyun.maps.matching, haoyun.maps.learning"
    code = f"import sys, {rooms}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_streets_that_are_slow_to_build_are_built_once_for_all_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, triangle: Path
) -> None:
    built = import_map(triangle, "any", tmp_path / "other")
    calls: list[str] = []

    def build() -> RoadNetwork:
        calls.append("built")
        return built

    monkeypatch.setitem(BUILT_IN, "coquimbo", build)
    first, second = open_map("coquimbo", tmp_path), open_map("coquimbo", tmp_path)
    assert calls == ["built"]
    assert first.edge_length_m.tolist() == second.edge_length_m.tolist()
    assert list_maps(tmp_path) == ["trunk", "coquimbo"]
    (tmp_path / "built-in" / "coquimbo.map" / "map.json").write_bytes(b"torn")
    open_map("coquimbo", tmp_path)
    assert calls == ["built", "built"]
