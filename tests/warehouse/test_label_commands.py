"""`haoyun labels` and `haoyun rfid verify`, as somebody at a keyboard meets them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from haoyun.platform.accounts.organizations import create_organization
from haoyun.platform.cli import cli
from haoyun.platform.database import Databases
from haoyun.rfid_ingest import sscc_epc
from haoyun.rfid_ingest.epcis.hash import event_hash
from haoyun.rfid_ingest.epcis.model import ObjectEvent, document
from haoyun.rfid_ingest.epcis.parts import Action

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def data(migrated_folder: Path, tmp_path: Path) -> Path:
    import shutil

    shutil.copytree(migrated_folder, tmp_path / "data")
    databases = Databases.open(tmp_path / "data")
    with databases.platform.begin() as db:
        create_organization(
            db,
            name="华东冷链",
            name_en="East Cold Chain",
            kinds={"shipper"},
            now=NOW,
            company_prefix="9521234",
        )
    databases.close()
    return tmp_path / "data"


def haoyun(data: Path, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, ["--data", str(data), *words], input=typed)


def test_labels_are_numbered_listed_and_printed_again_the_same(data: Path, tmp_path: Path) -> None:
    out, again, tags = tmp_path / "a.pdf", tmp_path / "b.pdf", tmp_path / "t.csv"
    words = [
        "--organization",
        "East Cold Chain",
        "--count",
        "2",
        "--goods",
        "冷冻水产",
        "--gtin",
        "09506000134352",
    ]
    made = haoyun(data, "labels", "new", *words, "--items", "24", "--out", str(out), "--tags", str(tags))
    assert made.exit_code == 0, made.output
    run = made.output.split(":")[0]
    assert haoyun(data, "labels", "list", "--organization", "华东冷链").output.startswith(run)
    printed = haoyun(data, "labels", "print", run, "--organization", "华东冷链", "--out", str(again))
    assert printed.exit_code == 0 and again.read_bytes() == out.read_bytes()
    rows = list(csv.DictReader(io.StringIO(tags.read_text(encoding="utf-8"))))
    assert [row["epc_uri"] for row in rows] == [sscc_epc("9521234", n).uri for n in (1, 2)]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--organization", "Nobody"], "no organization is called 'Nobody'"),
        (["--organization", "East Cold Chain", "--gtin", "09506000134353", "--items", "1"], "would be 2"),
        (["--organization", "East Cold Chain", "--count", "501"], "between 1 and 500"),
        (["--organization", "East Cold Chain", "--net-weight-kg", "heavy"], "'heavy' is no number"),
    ],
)
def test_what_is_wrong_is_one_sentence(data: Path, tmp_path: Path, words: list[str], sentence: str) -> None:
    refused = haoyun(data, "labels", "new", *words, "--out", str(tmp_path / "a.pdf"))
    assert refused.exit_code != 0 and sentence in refused.output and "Traceback" not in refused.output
    assert not (tmp_path / "a.pdf").exists()


def test_a_list_of_epcs_becomes_the_list_of_a_tag_printer(data: Path) -> None:
    lines = "(01)09506000134352(21)7\nnonsense\n"
    made = haoyun(
        data, "labels", "tags", "--scheme", "sgtin-96", "--filter", "1", "--prefix-digits", "7", typed=lines
    )
    assert made.exit_code == 1 and "1 of 2 lines" in made.output
    assert "urn:epc:tag:sgtin-96:1.9506000.013435.7" in made.output


def test_verify_names_the_event_that_was_changed(data: Path, tmp_path: Path) -> None:
    event = ObjectEvent(
        event_time=NOW, action=Action.OBSERVE, epc_list=(sscc_epc("9521234", 1).uri,)
    ).to_json()
    good = {**event, "eventID": event_hash(event)}
    file = tmp_path / "report.json"
    file.write_bytes(orjson.dumps(document([good], NOW)))
    right = haoyun(data, "rfid", "verify", str(file))
    assert (right.exit_code, right.output) == (0, "1 events are what their hashes say\n")
    file.write_bytes(orjson.dumps(document([good, {**good, "action": "ADD"}], NOW)))
    wrong = haoyun(data, "rfid", "verify", str(file))
    assert wrong.exit_code == 1 and f"changed: {event_hash(event)}" in wrong.output
    assert "1 of 2 events" in wrong.output
