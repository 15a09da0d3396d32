"""`haoyun map place` and `haoyun map where`, as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from haoyun.maps.gazetteer.place_book import PlaceBook
from haoyun.platform.cli import cli


@pytest.fixture(scope="module")
def data(place_book: PlaceBook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    (folder / "maps").mkdir()
    (folder / "maps" / place_book.path.name).symlink_to(place_book.path)
    return folder


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--data", str(data), "map", *words])


def test_place_prints_an_address_and_the_places_found(data: Path) -> None:
    lines = run(data, "place", "宁波北仑").output.splitlines()
    assert lines[0].startswith("address")
    assert "330206" in lines[0]
    assert any("宁波舟山港北仑港区" in line for line in lines)


def test_place_writes_one_json_object_a_line(data: Path) -> None:
    found = [
        json.loads(line)
        for line in run(data, "place", "浙江省宁波市北仑区明州路88号", "--json").output.splitlines()
    ]
    assert found[0] | {"division": "330206", "rest": "明州路88号"} == found[0]
    near = json.loads(run(data, "place", "北仑", "--json", "--near", "29.9,121.8").output.splitlines()[0])
    assert near["distance_m"] < 10_000


def test_place_keeps_to_the_kinds_asked_for(data: Path) -> None:
    lines = run(data, "place", "Ningbo", "--kind", "airport", "--kind", "rail").output.splitlines()
    assert {line.split()[0] for line in lines} == {"airport", "rail"}


def test_where_says_place_direction_and_divisions(data: Path) -> None:
    assert run(data, "where", "29.93", "121.87").output.splitlines()[0].startswith("北仑区东北")
    english = run(data, "where", "29.93", "121.87", "--lang", "en").output
    assert "km NE of Beilun" in english
    assert "330206 Zhejiang / Ningbo / Beilun" in english


def test_where_takes_southern_and_western_degrees(data: Path) -> None:
    found = json.loads(run(data, "where", "-33.59", "-71.62", "--json").output)
    assert found["nearest"]["country"] == "CL"
    assert found["division"] == ""


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["place", "qqqqqqq"], "no place or address is found for 'qqqqqqq'"),
        (["place", "x", "--near", "here"], "is not a position: two numbers with a comma"),
        (["place", "x", "--near", "91,2"], "latitude 91 is outside -90..90"),
        (["where", "91", "0"], "latitude 91 is outside -90..90"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(data: Path, words: list[str], sentence: str) -> None:
    result = run(data, *words)
    assert result.exit_code != 0
    assert sentence in result.output
    assert "Traceback" not in result.output
