"""`haoyun map tiles` and `haoyun map analyse`: what they write, and one sentence for what they cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from haoyun.platform.cli import cli

POINTS = """lat,lon,kind,amount
31.23,121.47,supply,3
31.20,121.50,demand,1
30.27,120.15,demand,2
"""
LANES = """from_lat,from_lon,to_lat,to_lon,count,tonnes
31.23,121.47,30.27,120.15,2,38.5
30.27,120.15,31.23,121.47,1,12
"""
SITES = """lat,lon,kind,amount,name
31.23,121.47,site,,上海仓
30.27,120.15,demand,12,
"""


def haoyun(folder: Path, *words: str) -> Result:
    result = CliRunner().invoke(cli, ["--data", str(folder / "data"), "map", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def table(folder: Path, text: str) -> str:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("balance", POINTS, "supply 3, demand 3"),
        ("flows", LANES, "count 3, tonnes 50.5"),
        ("access", SITES, "within 240 min of a site: 100.0% of the demand"),
    ],
)
@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "png"])
def test_each_analysis_writes_each_kind_of_file(
    tmp_path: Path, kind: str, text: str, said: str, suffix: str
) -> None:
    out = tmp_path / f"out.{suffix}"
    run = haoyun(
        tmp_path, "analyse", kind, "--map", "trunk", "--points", table(tmp_path, text), "--out", str(out)
    )
    assert run.exit_code == 0, run.output
    assert said in run.output
    assert out.stat().st_size > 500
    if suffix == "geojson":
        assert "GeoNames" in json.loads(out.read_text(encoding="utf-8"))["attribution"]


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        (POINTS + "95,1,supply,1\n", [], "line 5: latitude 95"),
        (POINTS, ["--cells", "3", "--places"], "choose one of --cells, --areas and --places"),
        (POINTS, ["--areas", "{table}"], "holds other things than polygons"),
        (POINTS, ["--areas", "nowhere.gpkg"], "nowhere.gpkg cannot be read"),
        (POINTS, ["--map", "nowhere"], "there is no map 'nowhere'"),
        (POINTS, ["--out", "out.shp"], "written as .geojson, .gpkg or .png"),
        (POINTS, ["--out", "/nowhere/out.png"], "there is no folder /nowhere"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    tmp_path: Path, text: str, options: list[str], sentence: str
) -> None:
    path = table(tmp_path, text)
    words = [word.replace("{table}", path) for word in options]
    out = ["--out", str(tmp_path / "out.png")]
    run = haoyun(tmp_path, "analyse", "balance", "--map", "trunk", "--points", path, *out, *words)
    assert run.exit_code != 0
    assert sentence in run.output
    assert not (tmp_path / "out.png").exists()


def test_bad_rows_may_be_left_out_and_are_still_named(tmp_path: Path) -> None:
    path, out = table(tmp_path, POINTS + "95,1,supply,1\n"), str(tmp_path / "out.geojson")
    run = haoyun(
        tmp_path, "analyse", "balance", "--map", "trunk", "--points", path, "--out", out, "--skip-bad"
    )
    assert run.exit_code == 0
    assert "line 5" in run.output and "left out" in run.output
    assert "supply 3, demand 3" in run.output


def test_what_lies_in_no_polygon_is_counted_out_loud(tmp_path: Path) -> None:
    areas = tmp_path / "areas.geojson"
    square = {"type": "Polygon", "coordinates": [[[121, 31], [122, 31], [122, 32], [121, 32], [121, 31]]]}
    areas.write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [{"type": "Feature", "properties": {"name": "A"}, "geometry": square}],
            }
        )
    )
    words = ["--map", "trunk", "--points", table(tmp_path, POINTS), "--areas", str(areas)]
    run = haoyun(tmp_path, "analyse", "balance", *words, "--out", str(tmp_path / "out.gpkg"))
    assert run.exit_code == 0, run.output
    assert "1 of 3 positions lie in no polygon" in run.output and "supply 3, demand 1" in run.output


@pytest.mark.parametrize(("minutes", "sentence"), [("a", "numbers separated by commas"), ("0", "above zero")])
def test_minutes_are_numbers_above_zero(tmp_path: Path, minutes: str, sentence: str) -> None:
    words = ["--points", table(tmp_path, SITES), "--out", str(tmp_path / "o.png"), "--minutes", minutes]
    run = haoyun(tmp_path, "analyse", "access", "--map", "trunk", *words)
    assert run.exit_code == 2 and sentence in run.output


def test_points_outside_the_map_are_counted_because_no_road_leads_to_them(tmp_path: Path) -> None:
    words = ["--points", table(tmp_path, SITES + "51.5,0,demand,1,\n"), "--out", str(tmp_path / "o.geojson")]
    run = haoyun(tmp_path, "analyse", "access", "--map", "trunk", *words)
    assert run.exit_code == 0, run.output
    assert "1 of 3 points lie outside the map trunk" in run.stderr


EXTRACT = """<?xml version="1.0"?>
<osm version="0.6">
 <node id="1" lat="30.00" lon="120.00"/><node id="2" lat="30.00" lon="120.01"/>
 <node id="3" lat="30.01" lon="120.01"/><node id="4" lat="30.01" lon="120.00"/>
 <way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/><tag k="highway" v="primary"/></way>
 <way id="2"><nd ref="1"/><nd ref="3"/><tag k="highway" v="secondary"/></way>
 <way id="3"><nd ref="2"/><nd ref="4"/><tag k="railway" v="rail"/></way>
</osm>
"""


def test_an_import_makes_tiles_unless_told_not_to_and_never_leaves_old_ones(tmp_path: Path) -> None:
    source = tmp_path / "town.osm"
    source.write_text(EXTRACT, encoding="utf-8")
    roads, land = (tmp_path / "data/maps" / f"town.{part}.pmtiles" for part in ("roads", "land"))
    assert haoyun(tmp_path, "import", str(source), "--name", "town").exit_code == 0
    assert roads.is_file() and land.is_file()
    assert haoyun(tmp_path, "import", str(source), "--name", "town", "--no-tiles").exit_code == 0
    assert not roads.exists() and not land.exists()
    assert haoyun(tmp_path, "tiles", "town").exit_code == 0
    assert roads.is_file() and not land.exists()
    assert "town.land.pmtiles" in haoyun(tmp_path, "tiles", "town", str(source)).output
    assert land.is_file()


def test_tiles_of_what_is_not_there_are_refused(tmp_path: Path) -> None:
    assert "there is no map 'nowhere'" in haoyun(tmp_path, "tiles", "nowhere").output
    run = haoyun(tmp_path, "tiles", "trunk", str(tmp_path / "gone.osm"))
    assert run.exit_code == 1 and "there is no file gone.osm" in run.output
