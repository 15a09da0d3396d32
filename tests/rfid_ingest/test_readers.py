"""Reader formats, tested with messages as the readers send them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from haoyun.rfid_ingest.readers import FORMATS, TagRead
from haoyun.rfid_ingest.readers.own import to_item
from haoyun.tracking.envelope import seal
from haoyun.tracking.errors import DecodeError

EPC = "3055A537C8000C40009A1FAA"
IMPINJ = {
    "timestamp": "2026-01-01T00:00:00.123456789Z",
    "hostname": "impinj-14-2f-f4",
    "eventType": "tagInventory",
    "tagInventoryEvent": {"epc": "MFWlN8gADEAAmh-q", "antennaPort": 1, "peakRssiCdbm": -6550},
}
ZEBRA = {
    "type": "SIMPLE",
    "timestamp": "2026-01-01T08:00:00.123+08:00",
    "data": {"format": "epc", "idHex": EPC.lower(), "antenna": 2, "peakRssi": -61, "eventNum": 7},
}


def _parse(kind: str, value: object) -> list[TagRead]:
    return list(FORMATS[kind](json.dumps(value).encode()).reads)


def test_impinj_base64url_centi_dbm_and_nine_decimals() -> None:
    (read,) = _parse("impinj", IMPINJ)
    assert read == TagRead(1, EPC, datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC), -65.5)


def test_impinj_hex_is_taken_where_it_is_given_and_the_last_seen_time_counts() -> None:
    event = {"epcHex": EPC, "antennaPort": 3, "lastSeenTime": "2026-01-01T00:00:01Z"}
    (read,) = _parse("impinj", {**IMPINJ, "tagInventoryEvent": event})
    assert read == TagRead(3, EPC, datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC), None)


def test_impinj_reports_that_are_no_reads_are_counted_apart() -> None:
    reading = FORMATS["impinj"](json.dumps([{"eventType": "antennaConnected"}, IMPINJ]).encode())
    assert (len(reading.reads), reading.others, reading.refused) == (1, 1, ())


def test_an_array_one_object_and_lines_are_the_same(shared_data: Path) -> None:
    lines = (shared_data / "rfid" / "portal_impinj_sample.jsonl").read_bytes()
    reports = [json.loads(line) for line in lines.splitlines()]
    by_lines = FORMATS["impinj"](lines)
    assert not by_lines.refused
    assert by_lines.reads == FORMATS["impinj"](json.dumps(reports).encode()).reads
    assert by_lines.reads[0] == FORMATS["impinj"](lines.splitlines()[0]).reads[0]
    assert len(by_lines.reads) == len(reports)


@pytest.mark.parametrize("timestamp", ["2026-01-01T08:00:00.123+08:00", 1767225600123])
def test_zebra_iso_or_epoch_milliseconds(timestamp: object) -> None:
    (read,) = _parse("zebra", {**ZEBRA, "timestamp": timestamp})
    assert read == TagRead(2, EPC, datetime(2026, 1, 1, 0, 0, 0, 123000, tzinfo=UTC), -61.0)


def test_the_own_form_carries_its_numbers() -> None:
    read = TagRead(1, EPC, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=5), -61.5)
    reading = FORMATS["reads"](seal("reads", [to_item(read)], seq=12, base=10, epoch="b7"))
    assert reading.reads == (read,)
    assert reading.envelope is not None
    assert (reading.envelope.seqs, reading.envelope.base, reading.envelope.epoch) == ((12,), 10, "b7")


@pytest.mark.parametrize(
    ("kind", "item", "rule"),
    [
        ("impinj", {**IMPINJ, "tagInventoryEvent": {"epc": "MF!!", "antennaPort": 1}}, "base64url"),
        ("impinj", {**IMPINJ, "tagInventoryEvent": {"epcHex": EPC}}, "antennaPort is missing"),
        ("impinj", {**IMPINJ, "timestamp": "2026-01-01T00:00:00"}, "offset"),
        ("impinj", {"timestamp": 1}, "eventType is missing"),
        ("zebra", {**ZEBRA, "data": {**ZEBRA["data"], "idHex": "30X5"}}, "hex digits"),  # type: ignore[dict-item]
        ("zebra", {**ZEBRA, "data": {**ZEBRA["data"], "antenna": True}}, "wrong type"),  # type: ignore[dict-item]
        ("zebra", {**ZEBRA, "data": {**ZEBRA["data"], "antenna": 900}}, "0 to 255"),  # type: ignore[dict-item]
        ("reads", {"t": 1767225600, "antenna": 1, "epc": EPC[:23]}, "words of 4"),
        ("reads", {"t": 1767225600, "antenna": 1, "epc": EPC, "rssi": 300}, "-150..50"),
        ("reads", {"t": "soon", "antenna": 1, "epc": EPC}, "ISO-8601"),
        ("reads", "31…", "must be an object"),
    ],
)
def test_a_bad_read_is_refused_by_its_place_and_the_good_ones_are_kept(
    kind: str, item: object, rule: str
) -> None:
    good = {"impinj": IMPINJ, "zebra": ZEBRA, "reads": {"t": 1767225600, "antenna": 1, "epc": EPC}}[kind]
    reading = FORMATS[kind](json.dumps([good, item, good]).encode())
    assert len(reading.reads) == 2
    ((index, error),) = reading.refused
    assert index == 1
    assert rule in str(error)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("payload", [b"", b"\xff\xfe", b'{"a":', b'{"a":1}\n{"b"'])
def test_a_message_that_is_no_json_is_refused_whole(kind: str, payload: bytes) -> None:
    with pytest.raises(DecodeError, match="not JSON"):
        FORMATS[kind](payload)
