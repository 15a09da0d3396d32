"""`haoyun epc`: one row a line, and a bad line stops nothing."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from click.testing import CliRunner

from haoyun.platform.commands.epc import command

HEX, TAG_URI = "311BA1B300CE0A6A83000000", "urn:epc:tag:sscc-96:0.952012.03456789123"
GOOD = {
    "hex": HEX,
    "scheme": "sscc-96",
    "tag_uri": TAG_URI,
    "uri": "urn:epc:id:sscc:952012.03456789123",
    "dl_path": "/00/095201234567891235",
    "error": "",
}


def _rows(arguments: list[str], text: str | None = None) -> list[dict[str, str]]:
    result = CliRunner().invoke(command, arguments, input=text, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.output)))


def test_decode_reads_lines_and_reports_bad_ones_in_their_row() -> None:
    rows = _rows(["decode"], f"{HEX}\n\nnonsense\nF700\n{HEX.lower()}\n")
    assert rows[0] == GOOD
    assert [bool(row["error"]) for row in rows] == [False, True, True, False]
    assert rows[1]["hex"] == "nonsense"


def test_encode_reads_tag_uris_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "tags.txt"
    file.write_text(f"{TAG_URI}\nurn:epc:tag:nothing:1\n", encoding="utf-8")
    rows = _rows(["encode", str(file)])
    assert rows[0] == GOOD
    assert "no scheme" in rows[1]["error"]


def test_bytes_that_are_no_text_are_a_bad_line_too(tmp_path: Path) -> None:
    file = tmp_path / "tags.bin"
    file.write_bytes(b"\xff\xfe\n" + HEX.encode() + b"\n")
    assert [bool(row["error"]) for row in _rows(["decode", str(file)])] == [True, False]


def test_a_missing_file_is_a_usage_error() -> None:
    assert CliRunner().invoke(command, ["decode", "/nowhere/tags.txt"]).exit_code == 2


def test_encode_takes_every_spelling_of_an_epc() -> None:
    lines = "urn:epc:id:sscc:952012.03456789123\n/00/095201234567891235\n(00)095201234567891235\n(99)1\n"
    rows = _rows(["encode", "--filter", "3"], lines)
    assert [row["hex"] for row in rows] == ["317BA1B300CE0A6A83000000", *["F93095201234567891235000"] * 2, ""]
    assert rows[3]["error"].startswith("(99)1: ")
    older = _rows(["encode", "--prefix-digits", "6"], "(00)095201234567891235")
    assert older[0] == GOOD


def test_a_scheme_that_is_none_is_a_usage_error() -> None:
    assert CliRunner().invoke(command, ["encode", "--scheme", "sgtin-97"]).exit_code == 2


def test_a_serial_with_a_comma_or_a_quote_stays_one_column() -> None:
    (row,) = _rows(["encode"], "/01/09506000134352/21/a%2C%22b")
    assert row["dl_path"] == "/01/09506000134352/21/a%2C%22b"
    (older,) = _rows(["encode", "--prefix-digits", "11"], "/01/09506000134352/21/a%2C%22b")
    assert older["uri"] == "urn:epc:id:sgtin:95060001343.05.a,%22b"
