"""Simulated swarms: every format reads back, faults are counted, and what must arrive arrives once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.tracking.decoders import DECODERS, decode
from haoyun.tracking.errors import BadSimulation, DecodeError
from haoyun.tracking.intake import Intake
from haoyun.tracking.messages import UP_FILTER, Message
from haoyun.tracking.mqtt import Subscriber
from haoyun.tracking.positions import PositionHandler
from haoyun.tracking.simulate import GpsReading
from haoyun.tracking.simulation.faults import (
    HELD_BACK,
    Faults,
    FaultyWay,
    parse_faults,
    poison_item,
    poison_payload,
)
from haoyun.tracking.simulation.formats import KINDS, NUMBERED, PLAIN
from haoyun.tracking.simulation.swarm import make_swarm, stored_expected
from haoyun.tracking.store import count_dead_letters, count_fixes
from haoyun.tracking.testing import wait_for

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
ALL = Faults(gaps=0.05, duplicates=0.1, reorder=0.1, poison=0.05, skew_s=120, storm_s=60)


def clock() -> datetime:
    return datetime.now(UTC)


readings = st.builds(
    GpsReading,
    st.integers(0, 86_400).map(lambda s: NOW + timedelta(seconds=s)),
    st.floats(-89, 89),
    st.floats(-179, 179),
    st.floats(0, 120),
    st.floats(0, 359),
    st.floats(1, 30),
)


def payload_of(kind: str, reading: GpsReading) -> bytes:
    if kind in PLAIN:
        return PLAIN[kind](reading)
    return orjson.dumps({"seq": 1, kind: [NUMBERED[kind](reading)]})


@given(st.sampled_from(KINDS), readings)
def test_every_format_reads_back_what_the_receiver_made(kind: str, reading: GpsReading) -> None:
    (fix,) = decode(Message("t", "truck-0001", kind, payload_of(kind, reading), NOW)).fixes
    assert fix.fix_time == reading.at
    assert (fix.lat, fix.lon) == (pytest.approx(reading.lat, abs=2e-6), pytest.approx(reading.lon, abs=2e-6))
    assert fix.speed_kmh == pytest.approx(reading.speed_kmh, abs=0.51)
    assert fix.flags == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", range(8))
def test_no_decoder_takes_the_poison(kind: str, number: int) -> None:
    raw = poison_payload(number) if kind in PLAIN else orjson.dumps({"seq": 1, kind: [poison_item(number)]})
    try:
        decoded = DECODERS[kind](Message("t", "truck-0001", kind, raw, NOW))
        assert (len(decoded.fixes), len(decoded.bad)) == (0, 1)  # one dead letter
    except DecodeError as error:
        assert str(error)


def made(count: int) -> list[GpsReading]:
    return [GpsReading(NOW + timedelta(seconds=n), 30, 120, 60, 90, 5) for n in range(count)]


@given(
    st.builds(Faults, *(st.floats(0, 1) for _ in range(4)), st.floats(0, 600)),
    st.integers(0, 99),
    st.integers(0, 60),
)
def test_the_tally_says_what_was_sent(faults: Faults, seed: int, count: int) -> None:
    way = FaultyWay(faults, seed)
    sent = [*way.send(made(count)), *way.flush()]
    good = [one.reading.at for one in sent if one.poison is None]
    tally = way.tally
    assert set(good) == tally.stored
    assert len(good) == len(tally.stored) + tally.copies
    assert sum(one.poison is not None for one in sent) == tally.poisoned
    assert tally.made == count == tally.lost + tally.poisoned + len(tally.stored)


def test_the_same_seed_gives_the_same_faults_in_any_slices() -> None:
    whole, sliced = FaultyWay(ALL, 7), FaultyWay(ALL, 7)
    parts = [one for n in range(100) for one in sliced.send(made(100)[n : n + 1])]
    assert whole.send(made(100)) == parts
    assert FaultyWay(ALL, 8).send(made(100)) != parts


def test_disorder_is_bounded() -> None:
    sent = FaultyWay(Faults(reorder=0.5), 1).send(made(200))
    places = [(one.reading.at - NOW).seconds for one in sent]
    assert places != sorted(places)
    assert max(max(places[: i + 1]) - place for i, place in enumerate(places)) <= HELD_BACK + 1


def test_faults_are_read_from_a_line_and_refused_with_what_there_is() -> None:
    assert parse_faults("gaps=0.02, poison=0.01,skew=120,storm=60") == Faults(
        gaps=0.02, poison=0.01, skew_s=120, storm_s=60
    )
    with pytest.raises(BadSimulation, match="there are: gaps, duplicates"):
        parse_faults("rain=1")
    with pytest.raises(BadSimulation, match="a share from 0 to 1"):
        parse_faults("gaps=2")
    with pytest.raises(BadSimulation, match="needs a number"):
        parse_faults("gaps=many")


def test_a_swarm_in_all_formats_with_every_fault_arrives_once_and_whole(
    nats_broker, sqlite_engine, register
) -> None:
    with sqlite_engine.begin() as db:
        credentials = [register(db, f"sim-{n:05d}", None) for n in range(2 * len(KINDS))]
    nats_broker.refresh(sqlite_engine)
    swarm = make_swarm(
        credentials, nats_broker.address, kinds=KINDS, seed=3, starts_at=NOW, interval_s=10, faults=ALL
    )
    inbox, stopping = Subscriber(nats_broker.address, "ingest-1", [UP_FILTER], clock), threading.Event()
    inbox.start()
    assert inbox.wait_connected(10)
    handlers = dict.fromkeys(PositionHandler.kinds, PositionHandler())
    worker = threading.Thread(target=Intake(sqlite_engine, inbox, handlers, clock).run, args=(stopping,))
    worker.start()

    def stored() -> tuple[int, int]:
        with sqlite_engine.begin() as db:
            return count_fixes(db), count_dead_letters(db)

    expected = (0, 0)
    try:
        assert wait_for(lambda: swarm.step(0.02) or swarm.online() == len(credentials), 20)
        for minute in range(10):  # ten simulated minutes, as quickly as they go
            swarm.tick(NOW + timedelta(minutes=minute))
            swarm.step(0.05)
        assert swarm.finish(30)
        assert swarm.storms == 9
        tallies = [device.way.tally for device in swarm.devices]
        expected = stored_expected(swarm.devices), sum(tally.poisoned for tally in tallies)
        assert min(expected) > 0
        assert wait_for(lambda: stored()[0] == expected[0], 10), (stored(), expected)
    finally:
        stopping.set()
        worker.join(10)
        inbox.stop()
        swarm.close()
    assert stored()[1] >= expected[1]  # a line that broke may have sent its poison twice
