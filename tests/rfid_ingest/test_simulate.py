"""The simulated gate: deterministic, plausible, incomplete as real gates are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from haoyun.rfid_ingest import GateSim, TagRead, sscc_epc

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PALLETS = [sscc_epc("6901234", n).hex for n in range(300)]


def _centre_s(reads: list[TagRead], antennas: tuple[int, ...]) -> float:
    times = [(read.read_at - AT).total_seconds() for read in reads if read.antenna in antennas]
    return sum(times) / len(times)


def test_the_same_passing_gives_the_same_reads_whatever_came_before() -> None:
    first, second = GateSim(seed=7), GateSim(seed=7)
    second.passing(PALLETS[:3], AT - timedelta(hours=1), outwards=False)
    assert first.passing(PALLETS[:5], AT, outwards=True) == second.passing(PALLETS[:5], AT, outwards=True)
    assert first.passing(PALLETS[:5], AT, outwards=True) != GateSim(seed=8).passing(
        PALLETS[:5], AT, outwards=True
    )


def test_the_inner_antennas_see_a_pallet_first_on_its_way_out_and_last_on_its_way_in() -> None:
    gate = GateSim(seed=1, miss_rate=0, noise_db=1)
    way_out, way_in = (gate.passing(PALLETS[:1], AT, outwards=out) for out in (True, False))
    assert _centre_s(way_out, gate.inner) < _centre_s(way_out, gate.outer)
    assert _centre_s(way_in, gate.inner) > _centre_s(way_in, gate.outer)


def test_some_tags_stay_silent_and_the_others_are_read_more_than_once() -> None:
    reads = GateSim(seed=3, miss_rate=0.1).passing(PALLETS, AT, outwards=True)
    seen = {read.epc_hex for read in reads}
    assert 0.8 < len(seen) / len(PALLETS) < 0.97
    assert len(reads) > 4 * len(seen)


def test_reads_come_in_order_around_the_crossing_at_plausible_strength() -> None:
    reads = GateSim(seed=3).passing(PALLETS[:4], AT, outwards=True)
    assert reads == sorted(reads, key=lambda read: read.read_at)
    assert all(abs(read.read_at - AT) < timedelta(seconds=15) for read in reads)
    assert all(-75 <= (read.rssi_dbm or 0) <= -30 for read in reads)


def test_an_impossible_gate_is_refused() -> None:
    with pytest.raises(ValueError, match="share"):
        GateSim(seed=1, miss_rate=1.0)
    with pytest.raises(ValueError, match="above 0"):
        GateSim(seed=1, rate_hz=0)
