"""``haoyun map route``, ``map matrix`` and ``map profiles``: a line in, a line out, whatever the line holds."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from road_cases import both_ways, network_of

from haoyun.maps.catalog import map_folder
from haoyun.maps.rules import Access, Condition, RoadRules, Subject, TimedRule, TimeWindow
from haoyun.platform.cli import cli

BY_DAY = Condition(windows=(TimeWindow(start_minute=420, end_minute=1200),))
RULES = (RoadRules(), RoadRules(timed=(TimedRule(Subject.HGV, Access.NO, BY_DAY),)))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ring of six streets as the map `ring`; the one from node 1 to node 2 is closed to trucks by day."""
    edges, ways = both_ways(
        [
            (0, 1, 111, 36),
            (1, 2, 111, 36),
            (2, 5, 111, 36),
            (5, 4, 111, 36),
            (4, 3, 111, 36),
            (3, 0, 111, 36),
            (1, 4, 111, 36),
        ]
    )
    folder = tmp_path_factory.mktemp("data")
    network = network_of(
        edges, ways=[way + 100 for way in ways], rules=RULES, edge_rules=[0, 0, 1, 1] + [0] * 10
    )
    network.save(map_folder("ring", folder / "maps"))
    return folder


def run(data: Path, *words: str, text: str | bytes = "") -> Result:
    return CliRunner().invoke(cli, ["--data", str(data), "map", *words], input=text)


def routes(data: Path, text: str | bytes, *words: str) -> list[dict[str, object]]:
    result = run(data, "route", "--map", "ring", *words, text=text)
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def question(a: list[float], b: list[float], **more: object) -> str:
    return json.dumps({"from": a, "to": b, **more}) + "\n"


def test_a_line_is_answered_by_a_feature_with_the_drive(data: Path) -> None:
    (found,) = routes(data, question([0.0, 0.0005], [0.0005, 0.0], id="job-7"))
    assert (found["type"], found["id"]) == ("Feature", "job-7")
    geometry, said = found["geometry"], found["properties"]
    assert geometry["type"] == "LineString"  # type: ignore[index]
    assert geometry["coordinates"] == [[0.0005, 0.0], [0.0, 0.0], [0.0, 0.0005]]  # type: ignore[index]
    assert said["osm_way_ids"] == [101, 106]  # type: ignore[index]
    assert said["distance_m"] == pytest.approx(111, abs=0.1)  # type: ignore[index]
    assert said["duration_s"] == pytest.approx(11.1, abs=8)  # type: ignore[index]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "line 2 is not JSON"),
        ("\xff", "line 2 is not JSON"),
        ("[1, 2]", "line 2: a line is one JSON object"),
        ('{"from": [0, 0]}', "line 2: 'to' is missing"),
        ('{"from": [0], "to": [0, 0]}', "line 2: 'from' is a pair [lat, lon]"),
        ('{"from": [0, 0], "to": "here"}', "line 2: 'to' is a pair [lat, lon]"),
        ('{"from": [true, 0], "to": [0, 0]}', "line 2: 'from' holds two numbers"),
        ('{"from": ["0", 0], "to": [0, 0]}', "line 2: 'from' holds two numbers"),
        ('{"from": [91, 0], "to": [0, 0]}', "line 2: latitude 91 is outside -90..90"),
        ('{"from": [0, 1e300], "to": [0, 0]}', "line 2: longitude inf is not a finite number"),
        ('{"from": [5, 5], "to": [0, 0]}', "line 2: no road for truck-40t within 500 m of the start 5,5"),
    ],
)
def test_a_bad_line_is_answered_by_its_fault_and_the_rest_goes_on(data: Path, line: str, fault: str) -> None:
    good = question([0.0, 0.0005], [0.0005, 0.0])
    text = good.encode() + line.encode("latin-1") + b"\n\n" + good.encode()
    first, bad, last = routes(data, text)
    assert str(bad["error"]).startswith(fault)
    assert bad["line"] == 2
    assert first == last
    assert first["type"] == "Feature"


def test_answers_come_line_by_line_while_questions_are_still_being_asked(data: Path) -> None:
    words = [
        sys.executable,
        "-m",
        "haoyun.platform.cli",
        "--data",
        str(data),
        "map",
        "route",
        "--map",
        "ring",
    ]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(2):
            process.stdin.write(question([0.0, 0.0005], [0.0005, 0.0]))
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["type"] == "Feature"
        process.stdin.close()
        assert process.wait(60) == 0


def test_the_hour_of_departure_decides_and_without_one_every_sign_holds(data: Path) -> None:
    ask = question([0.0, 0.0005], [0.0002, 0.002])
    (night,) = routes(data, ask, "--at", "2026-03-02T23:00+08:00")
    (day,) = routes(data, ask, "--at", "2026-03-02T08:00+08:00")
    (ever,) = routes(data, ask)
    assert 102 in night["properties"]["osm_way_ids"]  # type: ignore[index]
    assert 102 not in day["properties"]["osm_way_ids"]  # type: ignore[index]
    assert ever == day
    (car,) = routes(data, ask, "--at", "2026-03-02T08:00+08:00", "--profile", "car")
    assert 102 in car["properties"]["osm_way_ids"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--map", "atlantis"], "there is no map 'atlantis'"),
        (["--map", "ring", "--profile", "bicycle"], "there is no vehicle profile 'bicycle'"),
        (["--map", "ring", "--at", "yesterday"], "--at takes a time like"),
        (["--map", "ring", "--at", "2026-03-02T08:00"], "needs the offset of the place"),
    ],
)
def test_a_choice_that_makes_no_sense_is_one_sentence(data: Path, words: list[str], sentence: str) -> None:
    result = run(data, "route", *words)
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


def test_a_matrix_has_a_row_for_every_pair_and_nothing_where_there_is_no_way(data: Path) -> None:
    text = "\ufeffID, lat ,lon\na,0,0.0005\n\nb,0.0005,0\nfar,9,9\n"
    result = run(data, "matrix", "--map", "ring", text=text)
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [(row["from"], row["to"]) for row in rows] == [
        (a, b) for a in ("a", "b", "far") for b in ("a", "b", "far")
    ]
    cells = {(row["from"], row["to"]): row for row in rows}
    assert float(cells["a", "b"]["distance_m"]) == pytest.approx(111, abs=0.1)
    assert cells["a", "far"] == {"from": "a", "to": "far", "distance_m": "", "duration_s": ""}
    assert "point far: no road for truck-40t within 500 m" in result.stderr
    again = run(data, "matrix", "--map", "ring", "--json", text=text)
    lines = [json.loads(line) for line in again.stdout.splitlines()]
    assert lines[1] == {"from": "a", "to": "b", "distance_m": pytest.approx(111, abs=0.1),
                        "duration_s": pytest.approx(float(cells["a", "b"]["duration_s"]))}  # fmt: skip
    assert lines[2] == {"from": "a", "to": "far", "distance_m": None, "duration_s": None}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "missing: lat, lon"),
        ("id,lat\na,0\n", "missing: lon"),
        ("lat,lon\n0,zero\n", "row 2: lat and lon are numbers of degrees"),
        ("lat,lon\n0\n", "row 2: lat and lon are numbers of degrees"),
        ("lat,lon\n0,181\n", "row 2: longitude 181 is outside -180..180"),
        ("id,lat,lon\na,0,0\na,0,0\n", "row 3: the id 'a' is there twice"),
        ("lat,lon,lat\n0,0,9\n", "the column lat is there twice"),
        ("lat,lon\n49,4,8,6\n", "row 2: more cells than columns; decimals are written with a point"),
        ("id,lat,lon\n" + "x" * 200_000 + ",0,0\n", "the file of points is not a CSV file: field larger"),
    ],
)
def test_points_that_are_none_are_refused_by_row(data: Path, text: str, sentence: str) -> None:
    result = run(data, "matrix", "--map", "ring", text=text)
    assert result.exit_code == 1
    assert sentence in result.stderr


def test_quotes_hold_after_a_space_too(data: Path) -> None:
    result = run(data, "matrix", "--map", "ring", text='lat, lon, id\n0, 0.0005, "q,r"\n')
    assert [row["from"] for row in csv.DictReader(io.StringIO(result.stdout))] == ["q,r"]


def test_a_byte_order_mark_before_the_first_question_is_skipped(data: Path) -> None:
    good = question([0.0, 0.0005], [0.0005, 0.0])
    marked, plain, in_the_middle = routes(data, f"\ufeff{good}{good}\ufeff{good}")
    assert marked == plain
    assert "is not JSON" in str(in_the_middle["error"])


def test_profiles_are_listed_with_their_figures(data: Path) -> None:
    listed = run(data, "profiles").stdout
    assert "truck-40t" in listed
    assert "4 m high, 2.55 m wide, 17.1 m long, 49 t" in listed


def test_a_built_in_map_answers_between_cities(data: Path) -> None:
    result = run(data, "route", "--map", "trunk", text=question([30.25, 120.17], [31.23, 121.47]))
    found = json.loads(result.stdout)
    assert 150_000 < found["properties"]["distance_m"] < 220_000
