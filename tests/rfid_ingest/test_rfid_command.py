"""`haoyun rfid`: reads from a file, and mappings."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from haoyun.platform.cli import cli
from haoyun.platform.database import Databases
from haoyun.rfid_ingest import Direction, ReadPoint, count_events, count_reads, set_read_points, sscc_epc
from haoyun.rfid_ingest.readers_store import mappings_of
from haoyun.tracking.devices_store import DeviceKind, get_device, register_device

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
READER = "reader-gate-01"


@pytest.fixture
def data(migrated_folder: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    shutil.copytree(migrated_folder, folder)
    databases = Databases.open(folder)
    with databases.tracking.begin() as db:
        for name, kind in ((READER, DeviceKind.READER), ("truck-0001", DeviceKind.TRACKER)):
            register_device(db, name=name, kind=kind, org_id="o", vehicle_id=None, shards=4, now=NOW)
        set_read_points(db, READER, [ReadPoint(1, "gate", "g", 30, 114, Direction.IN, "arriving")], NOW)
    databases.close()
    return folder


def _run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--data", str(data), "rfid", *words])


def test_a_file_of_reads_becomes_events_once(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "reads.csv"
    lines = [f"2026-03-02T08:00:{n:02d}Z,1,{sscc_epc('6901234', n).hex},-60" for n in range(30)]
    file.write_text("\n".join(["t,antenna,epc,rssi", *lines, "soon,1,31,-60"]), encoding="utf-8")
    for _ in range(2):
        result = _run(data, "import", str(file), "--reader", READER)
        assert result.exit_code == 0, result.output
        assert "30 reads stored, 1 rows refused" in result.output
    databases = Databases.open(data)
    with databases.tracking.begin() as db:
        assert (count_reads(db), count_events(db)) == (30, 30)
    databases.close()


@pytest.mark.parametrize(
    ("text", "reader", "sentence"),
    [
        ("a,b\n1,2\n", READER, "no column for the time"),
        ("t,antenna,epc\n", "nobody-0001", "nobody-0001"),
        ("t,antenna,epc\n", "truck-0001", "not a reader"),
    ],
)
def test_what_cannot_be_imported_is_said_in_a_sentence(
    data: Path, tmp_path: Path, text: str, reader: str, sentence: str
) -> None:
    file = tmp_path / "reads.csv"
    file.write_text(text, encoding="utf-8")
    result = _run(data, "import", str(file), "--reader", reader)
    assert result.exit_code == 1
    assert sentence in result.output


def test_a_mapping_is_stored_and_a_wrong_one_refused(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "keonn.json"
    file.write_text(json.dumps({"items": "tags[*]", "epc": "e", "time": "t"}), encoding="utf-8")
    assert _run(data, "mapping", READER, str(file)).exit_code == 0
    databases = Databases.open(data)
    with databases.tracking.begin() as db:
        (mapping,) = mappings_of(db, [get_device(db, READER).id]).values()
    databases.close()
    assert mapping.items == "tags[*]"
    for text, sentence in (('{"epc": "e"}', "missing: time"), ("[", "keonn.json"), ("[1]", "JSON object")):
        file.write_text(text, encoding="utf-8")
        result = _run(data, "mapping", READER, str(file))
        assert (result.exit_code, sentence in result.output) == (1, True)


@pytest.mark.parametrize(
    ("reader", "sentence"), [("Gate 1", "device name"), (READER, "LLRP reader 127.0.0.1")]
)
def test_an_llrp_reader_that_cannot_be_asked_is_said_in_a_sentence(
    data: Path, tmp_path: Path, free_port: int, reader: str, sentence: str
) -> None:
    pytest.importorskip("llrpkit", reason="the extra llrp is not installed")
    (tmp_path / "secret").write_text("s", encoding="utf-8")
    result = _run(
        data,
        "llrp",
        "127.0.0.1",
        "--reader",
        reader,
        "--secret-file",
        str(tmp_path / "secret"),
        "--port",
        str(free_port),
    )
    assert (result.exit_code, sentence in result.output) == (1, True), result.output
