"""Logger files read, excursions found: how long and how far out."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.rfid_ingest.epcis.hash import event_hash
from haoyun.rfid_ingest.errors import InvalidLogger
from haoyun.rfid_ingest.temperature import (
    READINGS_PER_EVENT,
    Reading,
    excursions,
    findings,
    read_logger,
    readings_of,
    sensor_events,
)

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def series(*celsius: float) -> list[Reading]:
    return [Reading(NOW + timedelta(minutes=10 * i), value) for i, value in enumerate(celsius)]


def test_an_excursion_lasts_until_the_first_reading_back_in_range() -> None:
    (found,) = excursions(series(3, 9, 12, 8.5, 7, 5), 2, 8)
    assert (found.duration, found.worst_c, found.out_by_c) == (timedelta(minutes=30), 12, 4)


def test_too_cold_and_too_warm_are_told_apart_and_an_open_end_ends_with_the_last_reading() -> None:
    cold, warm = excursions(series(-1, 5, 5, 9, 10), 2, 8)
    assert (cold.worst_c, cold.out_by_c, cold.duration) == (-1, 3, timedelta(minutes=10))
    assert (warm.worst_c, warm.duration) == (10, timedelta(minutes=10))


def test_the_bounds_themselves_are_in_range() -> None:
    assert excursions(series(2, 8), 2, 8) == []


@given(st.lists(st.floats(-30, 30), min_size=1, max_size=60), st.integers(-20, 0), st.integers(0, 20))
def test_every_reading_out_of_range_lies_in_exactly_one_excursion(
    values: list[float], low: int, high: int
) -> None:
    readings = series(*values)
    found = excursions(readings, low, high)
    for reading in readings:
        inside = sum(
            one.start <= reading.at and (reading.at < one.end or one.end == readings[-1].at) for one in found
        )
        if not low <= reading.celsius <= high:
            assert inside == 1
            assert max(one.out_by_c for one in found) >= max(low - reading.celsius, reading.celsius - high)
    assert all(a.end <= b.start for a, b in pairwise(found))


def test_a_finding_says_how_long_and_how_far() -> None:
    (found,) = findings("C-1", excursions(series(3, 12, 5), 2, 8), 2, 8)
    assert found.detail == {"low_c": 2, "high_c": 8, "worst_c": 12, "out_by_c": 4, "minutes": 10.0}


@pytest.mark.parametrize(
    "text",
    [
        "time,temperature\n2026-03-02T08:00:00Z,4.5\n2026-03-02T08:10:00Z,5\n",
        "Model;X1\nSerial;77\n\nDate Time;Temp\n2026-03-02 16:00:00;4,5\n2026/03/02 16:10;5\n",
        "时间,温度\n2026-03-02 16:00:00,4.5℃\n2026-03-02 16:10:00,5\n",
        "time\ttemperature_f\n2026-03-02 16:00:00\t40.1\n2026-03-02 16:10:00\t41\n",
        '[{"time": "2026-03-02T16:10:00+08:00", "temp": 5}, {"time": "2026-03-02T08:00:00Z", "temp": 4.5}]',
        '{"readings": [{"at": "2026-03-02 16:00", "celsius": 4.5}, {"at": "2026-03-02 16:10", "celsius": 5}]}',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_common_form_of_a_logger_is_read(text: str, encoding: str) -> None:
    found = read_logger(text.encode(encoding))
    assert [one.at for one in found] == [NOW, NOW + timedelta(minutes=10)]
    assert [round(one.celsius, 6) for one in found] == [4.5, 5.0]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no readings"),
        (b"time,humidity\n1,2\n", "no readings"),
        (b"time,temperature\n2026-03-02 08:00:00,warm\n", "line 2: 'warm' is no number"),
        (b"time,temperature\nyesterday,4\n", "line 2: 'yesterday' is no time"),
        (b"time,temperature\n2026-03-02 08:00:00,900\n", "line 2: 900"),
        (b"time,temperature\n2026-03-02 08:00:00,nan\n", "line 2: 'nan' is no number"),
        (b"[1]", "JSON holds a list"),
        (b"{", "no JSON"),
        (b"\xff\xff\xff", "no text"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_place(content: bytes, reason: str) -> None:
    with pytest.raises(InvalidLogger, match=reason):
        read_logger(content)


@given(st.binary(max_size=400))
def test_no_file_makes_anything_but_a_refusal(content: bytes) -> None:
    with contextlib.suppress(InvalidLogger):
        assert read_logger(content)


def test_readings_come_back_from_their_events() -> None:
    readings = series(*(4 + i % 5 for i in range(READINGS_PER_EVENT + 3)))
    events = sensor_events(
        readings, "urn:epc:id:giai:9521234.LOG1", ["urn:epc:id:sscc:9521234.0000000001"], "urn:x:1"
    )
    assert len(events) == 2
    assert [one for event in events for one in readings_of(event.to_json())] == readings
    assert event_hash(events[0].to_json()).startswith("ni:///sha-256;")
