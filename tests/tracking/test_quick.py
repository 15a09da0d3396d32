"""The quick path says the same as the careful one, of whatever it takes; what it does not take it leaves alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from haoyun.tracking.decoders import decode
from haoyun.tracking.errors import DecodeError
from haoyun.tracking.fixes import FixFlag, PositionFix
from haoyun.tracking.history.rows import fix_of, row_of
from haoyun.tracking.instants import to_ms
from haoyun.tracking.messages import Message
from haoyun.tracking.pipeline import latest, run
from haoyun.tracking.quick_fixes import QuickMessage, read_quickly
from haoyun.tracking.quick_states import StateRow, advance, distance_m
from haoyun.tracking.steps.fold import Fold

PATIENT = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # a busy machine is slow, not wrong
NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)

NUMBERS = st.one_of(
    st.integers(-200, 200),
    st.floats(-200, 200),
    st.sampled_from([0, 90, -90, 180.0, 360, 1001, 1e7, True, None, "7"]),
)
TIMES = st.one_of(
    st.integers(1_700_000_000, 1_800_000_000),
    st.integers(1_700_000_000_000, 1_800_000_000_000),
    st.floats(1.7e9, 1.8e9),
    st.floats(1.7e12, 1.8e12),
    st.sampled_from(
        [0, -5, 1e18, 2**63, True, None, "2026-05-11", "2026-05-11T08:00:00", "yesterday", 946_684_800]
    ),
    st.integers(-43_200, 3_155_846_400).map(
        lambda s: (datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=s)).isoformat()
    ),
    st.just("2026-05-11T16:00:00.123456+08:00"),
)


def items() -> st.SearchStrategy[Any]:
    plain = st.fixed_dictionaries(
        {"t": TIMES, "lat": st.floats(-90, 90), "lon": st.floats(-180, 180)},
        optional={"spd": st.floats(0, 1000), "seq": st.integers(0, 2**53)},
    )
    odd = st.fixed_dictionaries(
        {"t": TIMES, "lat": NUMBERS, "lon": NUMBERS},
        optional={
            **dict.fromkeys(("spd", "hdg", "alt", "acc"), NUMBERS),
            "seq": st.one_of(st.integers(-1, 5), st.floats(0, 5), st.none(), st.booleans()),
            "crs": st.sampled_from(["wgs84", "gcj02", "mars", None]),
            "sensors": st.sampled_from([{}, {"ignition": True}]),
        },
    )
    return st.one_of(plain, plain, odd, st.sampled_from([None, 3, "fix", []]))


def payloads() -> st.SearchStrategy[Any]:
    numbered = st.fixed_dictionaries(
        {"fixes": st.one_of(st.lists(items(), max_size=3), st.none())},
        optional={
            "seq": st.one_of(st.integers(-1, 9), st.booleans(), st.none()),
            "base": st.one_of(st.integers(0, 9), st.none(), st.just("1")),
            "epoch": st.sampled_from(["", "b7f2", "a-b.c_d", "路", "x" * 41, None, 4]),
        },
    )
    return st.one_of(items(), st.lists(items(), max_size=4), numbered)


def quick(payload: bytes) -> QuickMessage | None:
    return read_quickly(payload, 7, to_ms(NOW))


@PATIENT
@given(payloads())
def test_what_is_read_quickly_is_read_carefully_the_same(value: Any) -> None:
    payload = orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_SUBCLASS)
    found = quick(payload)
    if found is None:
        return
    careful = decode(Message("t", "truck-0001", "fixes", payload, NOW, 7))
    assert careful.bad == ()
    assert found.rows == [row_of(7, fix) for fix in careful.fixes]
    assert careful.envelope is not None
    assert (found.seqs, found.base, found.epoch) == (
        careful.envelope.seqs,
        careful.envelope.base,
        careful.envelope.epoch,
    )


@PATIENT
@given(st.binary(max_size=40))
def test_noise_is_left_to_the_careful_decoder(payload: bytes) -> None:
    try:
        decode(Message("t", "truck-0001", "fixes", payload, NOW))
    except DecodeError:
        assert quick(payload) is None


@pytest.mark.parametrize(
    "value",
    [
        {"t": "2026-05-11T08:00:00Z", "lat": 30.5, "lon": 114, "spd": 60, "hdg": 0.0, "alt": 20, "acc": 5},
        {
            "epoch": "b7f2",
            "seq": 3,
            "base": 2,
            "fixes": [{"t": 1778486400, "lat": 30.5, "lon": 114.2, "crs": "wgs84"}],
        },
        {"seq": 3, "fixes": [{"t": 1778486400.25, "lat": 30.5, "lon": 114.2}]},
        [
            {"t": 1778486400000, "lat": 30.5, "lon": 114.2, "seq": 4},
            {"t": 1778486401000, "lat": 30.5, "lon": 114.2},
        ],
    ],
)
def test_what_devices_usually_send_takes_the_quick_path(value: Any) -> None:
    assert quick(orjson.dumps(value)) is not None


@pytest.mark.parametrize(
    "more", [{"crs": "gcj02"}, {"sensors": {"battery_pct": 5}}, {"seq": True}, {"spd": True}]
)
def test_what_needs_a_closer_look_is_left_to_the_careful_decoder(more: dict[str, Any]) -> None:
    plain = {"t": 1778486400, "lat": 30.5, "lon": 114.2}
    assert quick(orjson.dumps(plain)) is not None
    assert quick(orjson.dumps(plain | more)) is None


def test_a_row_keeps_a_fix_whole() -> None:
    fix = PositionFix(
        "truck-0001", NOW, NOW, 30.123456789, 114.2, None, 3.5, seq=9, sensors={"ignition": True}
    )
    assert fix_of("truck-0001", row_of(7, fix)) == fix


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


# A truck that drives plausibly, with fixes that are doubted for themselves: a clock ahead, no position, a mere cell.
STEPS = st.tuples(
    st.integers(0, 7200).map(lambda n: n * 10),
    st.sampled_from([None, 0.0, 1.0, 3.0, 40.0, 90.0]),
    st.integers(0, 2),
    st.sampled_from(["good"] * 6 + ["ahead", "zero", "cell", "said"]),
)


def driven(seconds: int, speed: float | None, seq: int, kind: str) -> PositionFix:
    lat, lon = (
        (0.0, 0.0) if kind == "zero" else (round(30.0 + seconds * 1e-5, 7), round(120.0 + seconds * 1e-5, 7))
    )
    return PositionFix(
        "truck-0001",
        at(seconds),
        at(seconds - (400 if kind == "ahead" else 0)),
        lat,
        lon,
        speed,
        accuracy_m=2000.0 if kind == "cell" else 5.0,
        seq=seq,
        flags=FixFlag.NO_FIX if kind == "said" else FixFlag(0),
    )


@PATIENT
@given(st.lists(STEPS, max_size=20, unique_by=lambda step: (step[0], step[2])), st.integers(1, 6))
def test_the_newest_position_is_that_of_the_pipeline_where_no_leap_is_doubted(
    steps: list[Any], size: int
) -> None:
    fixes = sorted((driven(*step) for step in steps), key=lambda fix: (fix.fix_time, fix.seq))
    fold: Fold | None = None
    states: dict[int, StateRow] = {}
    for first in range(0, len(fixes), size):
        batch = fixes[first : first + size]
        fold, _ = run(fold, batch)
        rows, changed = advance([row_of(7, fix) for fix in reversed(batch)], states)
        assert rows == [row_of(7, fix) for fix in batch]
        states |= changed
    newest = latest("truck-0001", fold) if fold else None
    assert (newest is None) == (not states)
    if newest is not None:
        row = states[7]
        assert (row.fix_ms, row.seq, row.lat, row.lon) == (
            to_ms(newest.fix_time),
            newest.seq,
            newest.lat,
            newest.lon,
        )
        assert (row.moving, row.speed_kmh) == (newest.moving, newest.speed_kmh)
        assert row.odometer_m == pytest.approx(newest.odometer_m)


def test_a_leap_that_no_truck_makes_moves_nothing_until_time_makes_it_possible() -> None:
    near, far = driven(0, 50.0, 0, "good"), PositionFix("truck-0001", at(10), at(10), 31.0, 120.0, 50.0)
    _, states = advance([row_of(7, near), row_of(7, far)], {})
    assert states[7].lat == near.lat
    _, states = advance([row_of(7, PositionFix("truck-0001", at(7200), at(7200), 31.0, 120.0, 50.0))], states)
    assert states[7].lat == 31.0


def test_the_short_distance_is_that_of_geodesy() -> None:
    from haoyun.maps.geodesy import haversine_m

    for there in ((30.0001, 120.0), (-33.0, 151.0), (30.0, -60.0), (30.0, 120.0)):
        assert distance_m(30.0, 120.0, *there) == pytest.approx(haversine_m(30.0, 120.0, *there))
