"""``haoyun map import``: what it prints, its progress on a terminal and elsewhere, and its refusals."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from haoyun.platform.cli import cli


@pytest.fixture
def town(osmfile: ModuleType, tmp_path: Path) -> Path:
    return osmfile.cross().restriction("no_left_turn", 1, "n5", 2).write(tmp_path / "town.osm")


def haoyun(
    tmp_path: Path, *arguments: str, stderr: int = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "haoyun.platform.cli", "--data", str(tmp_path / "data"), "map", *arguments]
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=stderr, text=True, timeout=120, check=False)


def test_an_import_says_what_the_map_holds_and_what_was_left_out(town: Path, tmp_path: Path) -> None:
    run = haoyun(tmp_path, "import", str(town), "--name", "town")
    assert run.returncode == 0, run.stderr
    assert "town: 5 nodes, 16 edges" in run.stdout
    assert "1 banned turns" in run.stdout
    assert "OpenStreetMap contributors" in run.stdout
    steps = [line for line in run.stderr.splitlines() if line.endswith("...")]
    assert steps == ["roads ...", "nodes ...", "junctions ...", "writing ...", "done ..."]
    assert "tiles of town" in run.stderr.splitlines()
    assert "holds no water, land or railway" in run.stderr
    assert "a hierarchy of" in run.stdout
    assert "town" in haoyun(tmp_path, "list").stdout.split()


def test_a_terminal_gets_a_bar(town: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    run = haoyun(tmp_path, "import", str(town), "--name", "town", stderr=theirs)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert run.returncode == 0
    assert "100%" in shown
    assert "..." not in shown


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere.osm", "--name", "x"], "there is no file nowhere.osm"),
        (["{town}", "--name", "My Town"], "a map's name is 1 to 40"),
        (
            ["{town}", "--name", "x", "--classes", "highways"],
            "there is no road class 'highways'; there are: motorway",
        ),
        (["{town}", "--name", "x", "--bbox", "120,30,121,31"], "S,W,N,E"),
        (["{town}", "--name", "x", "--bbox", "1,2,3,4"], "holds no road of town.osm"),
        (["--name", "x"], "either a FILE or a --place"),
        (["{town}", "--name", "x", "--place", "Ningbo"], "either a FILE or a --place"),
        (["--name", "x", "--place", "Ningbo", "--bbox", "1,2,3,4"], "--bbox goes with a FILE"),
    ],
)
def test_a_mistake_is_answered_with_one_sentence_and_leaves_nothing(
    town: Path, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    words = [word.replace("{town}", str(town)) for word in arguments]
    run = CliRunner().invoke(cli, ["--data", str(tmp_path / "data"), "map", "import", *words])
    assert isinstance(run.exception, SystemExit)
    assert run.exit_code != 0
    assert sentence in run.stderr
    assert not list((tmp_path / "data").glob("maps/*"))


def test_the_help_says_the_order_of_the_box_and_how_service_ways_are_treated() -> None:
    text = " ".join(CliRunner().invoke(cli, ["map", "import", "--help"]).stdout.split())
    assert "south, west, north, east" in text
    assert "'default,service' adds yards" in text
