"""Reader formats, tested with messages as the readers send them."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.rfid_ingest.errors import InvalidMapping
from haoyun.rfid_ingest.readers import FORMATS, HealthReport, JsonMapping, TagRead, parser_of
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


@pytest.mark.parametrize(
    ("kind", "event", "antenna"),
    [
        ("antennaConnected", {"antennaPort": 3, "antennaName": "Dock"}, 3),
        ("antennaDisconnected", {"antennaPort": 3}, 3),
        ("inventoryStatus", {"inventoryStatus": "running"}, None),
        ("inventoryTerminated", {}, None),
        ("gpiTransition", {"gpi": 1, "transition": "high-to-low"}, None),
    ],
)
def test_impinj_says_how_it_is(kind: str, event: dict[str, object], antenna: int | None) -> None:
    report = {"timestamp": "2026-01-01T00:00:00.5Z", "eventType": kind, f"{kind}Event": event}
    reading = FORMATS["impinj"](json.dumps([report, IMPINJ]).encode())
    (health,) = reading.health
    assert (health.kind, health.antenna) == (kind, antenna)
    assert health.at == datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)
    assert (len(reading.reads), reading.refused) == (1, ())


def test_a_report_of_health_without_its_event_is_still_one() -> None:
    (health,) = FORMATS["impinj"](b'{"eventType": "antennaConnected"}').health
    assert health == HealthReport("antennaConnected")


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


def test_a_zebra_sled_sends_lists_without_antennas() -> None:
    tags = [{"id": EPC.lower(), "rssi": -48, "seenCount": 2}, {"idHex": EPC, "antenna": 2, "peakRssi": -50}]
    report = {"eventType": "dataEVT", "timestamp": "2026-01-01T00:00:00Z", "data": {"tagData": tags}}
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert _parse("zebra", report) == [TagRead(1, EPC, at, -48.0), TagRead(2, EPC, at, -50.0)]


def test_zebra_heartbeats_are_health() -> None:
    report = {"type": "heartbeat", "timestamp": "2026-01-01T00:00:00Z", "data": {"temperature": 41}}
    (health,) = FORMATS["zebra"](json.dumps(report).encode()).health
    assert (health.kind, health.detail) == ("heartbeat", '{"temperature":41}')


def test_smartreader_tells_microseconds() -> None:
    tag = {"epc": EPC, "firstSeenTimestamp": 1767225600123456, "antennaPort": 1, "peakRssi": -51.5}
    report = {"readerName": "gate", "mac": "00:16", "site": "x", "tag_reads": [tag, {**tag, "epc": "*****"}]}
    reading = FORMATS["smartreader"](json.dumps(report).encode())
    assert reading.reads == (TagRead(1, EPC, datetime(2026, 1, 1, 0, 0, 0, 123000, tzinfo=UTC), -51.5),)
    assert [health.kind for health in reading.health] == ["heartbeat"]


@pytest.mark.parametrize(
    "report",
    [
        {"epc": EPC, "ant": 2, "rssi": -55, "time": "2026-01-01T00:00:00Z"},
        {
            "timestamp": 1767225600000,
            "tags": [{"EPC": "3055 A537 C800 0C40 009A 1FAA", "antenna": 2, "RSSI": -55}],
        },
    ],
)
def test_newland_in_its_spellings(report: object) -> None:
    assert _parse("newland", report) == [TagRead(2, EPC, datetime(2026, 1, 1, tzinfo=UTC), -55.0)]


def test_newland_answers_to_commands_are_health() -> None:
    (health,) = FORMATS["newland"](b'{"cmd": "start", "code": 0}').health
    assert health.kind == "start"


def test_csv_has_a_header_and_names_bad_rows() -> None:
    text = f"t_ms,antenna,epc,rssi_cdbm\n1767225600000,1,{EPC.lower()},-6550\n1767225600000,x,{EPC},-65\n"
    reading = FORMATS["csv"](text.encode())
    assert reading.reads == (TagRead(1, EPC, datetime(2026, 1, 1, tzinfo=UTC), -65.5),)
    ((index, error),) = reading.refused
    assert (index, "antenna must be a number" in str(error)) == (1, True)


@pytest.mark.parametrize(
    ("text", "rule"),
    [(b"a,b\n1,2\n", "no column for the time"), (b"t,epc\n1,2\n", "the antenna"), (b"\xff\xfe", "UTF-8")],
)
def test_csv_without_its_columns_is_refused_whole(text: bytes, rule: str) -> None:
    with pytest.raises(DecodeError, match=rule):
        FORMATS["csv"](text)


KEONN = {
    "report": {"dev": "AdvanReader", "tags": [{"hexepc": EPC, "port": 3, "ts": 1767225600, "level": -5550}]}
}


def test_a_mapping_leads_to_reads_in_any_json() -> None:
    mapping = JsonMapping.of(
        {
            "items": "report.tags[*]",
            "epc": "hexepc",
            "time": "ts",
            "antenna": "port",
            "rssi": "level",
            "rssi_scale": 0.01,
            "time_unit": "s",
        }
    )
    reading = parser_of(mapping)(json.dumps(KEONN).encode())
    assert reading.reads == (TagRead(3, EPC, datetime(2026, 1, 1, tzinfo=UTC), -55.5),)


def test_a_mapping_may_point_into_lists_and_read_base64url() -> None:
    epc = base64.urlsafe_b64encode(bytes.fromhex(EPC)).decode().rstrip("=")
    mapping = JsonMapping(epc="ids[0].v", time="at", epc_form="base64url", default_antenna=7)
    payload = json.dumps([{"ids": [{"v": epc}], "at": "2026-01-01T00:00:00Z"}, {"ids": []}]).encode()
    reading = parser_of(mapping)(payload)
    assert reading.reads == (TagRead(7, EPC, datetime(2026, 1, 1, tzinfo=UTC)),)
    ((index, error),) = reading.refused
    assert (index, str(error)) == (1, "field epc (ids[0].v) is missing")


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"epc": "a"}, "missing: time"),
        ({"epc": "a", "time": "b", "antena": "c"}, "unknown: antena"),
        ({"epc": "a..b", "time": "b"}, "no path"),
        ({"epc": "", "time": "b"}, "no path"),
        ({"epc": "a[*]", "time": "b"}, "has no"),
        ({"epc": "a", "time": "b", "time_unit": "minutes"}, "time_unit"),
        ({"epc": "a", "time": "b", "default_antenna": 300}, "default_antenna"),
        ({"epc": "a", "time": "b", "rssi_scale": 0}, "rssi_scale"),
    ],
)
def test_a_mapping_that_means_nothing_is_refused(values: dict[str, object], rule: str) -> None:
    with pytest.raises(InvalidMapping, match=rule):
        JsonMapping.of(values)


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


JSON_KINDS = sorted(set(FORMATS) - {"csv"})


@pytest.mark.parametrize("kind", JSON_KINDS)
@pytest.mark.parametrize("payload", [b"", b"\xff\xfe", b'{"a":', b'{"a":1}\n{"b"'])
def test_a_message_that_is_no_json_is_refused_whole(kind: str, payload: bytes) -> None:
    with pytest.raises(DecodeError, match="not JSON"):
        FORMATS[kind](payload)


_NAMES = st.sampled_from(
    ["eventType", "tagInventoryEvent", "tagInventory", "epc", "epcHex", "antennaPort", "antenna", "timestamp", "data",
     "idHex", "tagData", "tag_reads", "tags", "time", "lastSeenTime", "peakRssi", "peakRssiCdbm", "rssi", "t", "reads",
     "firstSeenTimestamp", "id", "ant"]
)  # fmt: skip
_VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _NAMES
    | st.sampled_from([EPC, "2026-01-01T00:00:00Z", "MFWlN8gADEAAmh-q", "é", "", 1e308, -(2**63), 2**64 - 1])
)  # fmt: skip
_JSON = st.recursive(
    _VALUES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=6),
    max_leaves=30,
)
_PARSERS = [
    *FORMATS.values(),
    parser_of(
        JsonMapping(epc="epc", time="time", items="tags[*]", antenna="ant", rssi="rssi", time_unit="ms")
    ),
]


@given(_JSON, st.sampled_from(_PARSERS))
def test_no_message_breaks_a_reader(value: object, parse) -> None:  # type: ignore[no-untyped-def]
    try:
        reading = parse(json.dumps(value).encode())
    except DecodeError as error:
        assert str(error)
        return
    assert all(isinstance(error, DecodeError) and str(error) for _, error in reading.refused)


@given(st.binary(max_size=200), st.sampled_from(_PARSERS))
def test_no_bytes_break_a_reader(payload: bytes, parse) -> None:  # type: ignore[no-untyped-def]
    try:
        parse(payload)
    except DecodeError as error:
        assert str(error)


@given(
    st.lists(
        st.sampled_from(["t", "antenna", "epc", "rssi", "1", EPC, '"', ",", "\n", "nan", "1e400", " "]),
        max_size=40,
    )
)
def test_no_table_breaks_the_csv_reader(pieces: list[str]) -> None:
    try:
        FORMATS["csv"](("t,antenna,epc,rssi\n" + "".join(pieces)).encode())
    except DecodeError as error:
        assert str(error)
