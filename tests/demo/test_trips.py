"""A trip's gates and phases, and the memory that outlives the simulator."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from haoyun.platform.api.devices import ReadPoints
from haoyun.platform.demo import floor
from haoyun.platform.demo.errors import NotADemo
from haoyun.platform.demo.state import DemoState, TruckState, load_state
from haoyun.platform.demo.trips import PAST_THE_READER, Phase, Trip, gates, parked_reading, phase, read_points
from haoyun.platform.demo.world import World
from haoyun.rfid_ingest import ReadPoint, decode_epc, sscc_epc
from haoyun.rfid_ingest.epc.scanned import scanned
from haoyun.rfid_ingest.temperature import excursions, read_logger
from haoyun.tracking.devices_store import IssuedCredential

DEPARTS = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
ARRIVES = DEPARTS + timedelta(hours=6)
TRIP = Trip(
    order_id="ord_1",
    load_id="load_1",
    shipper="shipper-01",
    origin="310100",
    destination="330200",
    units=tuple(sscc_epc("9521001", n).uri for n in range(10)),
    seed=5,
    departs_at=DEPARTS,
    handling_s=600,
)


def test_pallets_pass_dock_and_gate_then_gate_and_dock() -> None:
    passages = gates(TRIP, ARRIVES)
    assert [gate.site for gate in passages] == ["310100", "310100", "330200", "330200"]
    assert [gate.at for gate in passages] == sorted(gate.at for gate in passages)
    assert passages[1].at == DEPARTS and passages[2].at == ARRIVES


def test_a_dock_reads_every_pallet_and_a_gate_only_pallets_of_the_trip() -> None:
    units = set(TRIP.units)
    for gate in gates(TRIP, ARRIVES):
        seen = {decode_epc(read.epc_hex).uri for read in gate.reads}
        assert seen <= units
        assert not gate.is_over(max(read.read_at for read in gate.reads))
        if len({read.antenna for read in gate.reads}) == 1:
            assert seen == units


def test_a_single_pallet_is_never_missed_where_there_is_a_reader() -> None:
    for seed in range(50):
        single = replace(TRIP, units=TRIP.units[:1], seed=seed)
        read = [bool(gate.reads) for gate in gates(single, ARRIVES)]
        assert read == [True, seed % PAST_THE_READER != 0, True, True]


def test_lots_on_pallets_and_logger_files_are_such_as_the_platform_takes(world: World) -> None:
    company = world.shippers[0]
    for number in range(6):
        for text in floor.lots(company, DEPARTS, number):
            found = scanned(text)
            assert not found.is_object and found.quantity in (12, 24)
    for seed in (4, 5):
        readings = floor.temperatures(replace(TRIP, seed=seed), 2, 8, DEPARTS + timedelta(hours=2))
        out = excursions(read_logger(orjson.dumps(readings)), 2, 8)
        assert bool(out) == (seed % floor.WARM_SHARE == 0)


def test_phases_follow_each_other() -> None:
    moments = [DEPARTS - timedelta(seconds=1), DEPARTS, ARRIVES, TRIP.free_at(ARRIVES)]
    assert [phase(TRIP, ARRIVES, at) for at in moments] == list(Phase)


def test_read_points_are_such_as_the_platform_takes(world: World) -> None:
    for place in world.sites.values():
        points = ReadPoints.model_validate({"points": read_points(place, place.name_en)}).points
        assert {point.milestone_code for point in points} == {"GTOT", "GTIN", "DISC", "LOAD"}
        assert len({ReadPoint(**point.model_dump()).key for point in points}) == 4


def test_a_parked_truck_stays_where_it_is(world: World) -> None:
    place = next(iter(world.sites.values()))
    reading = parked_reading(place, ARRIVES, seed=1)
    assert reading.speed_kmh == 0
    assert abs(reading.lat - place.lat) < 0.001 and abs(reading.lon - place.lon) < 0.001


def a_state() -> DemoState:
    state = DemoState("trunk", 20, 60)
    state.trucks["001"] = TruckState("310100", "veh_1", None, TRIP, 2, ARRIVES)
    state.trucks["002"] = TruckState("310100")
    state.devices["demo-tracker-001"] = IssuedCredential("demo-tracker-001", "secret", "up", "ack")
    state.receipts["ord_1"] = "shipper-01"
    state.readers["310100"] = "demo-reader-001"
    return state


def test_the_memory_comes_back_as_it_was_and_only_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "simulator.json"
    state = a_state()
    state.next_load()
    state.save(path)
    again = load_state(path)
    assert again is not None
    assert path.stat().st_mode & 0o777 == 0o600
    for name in (
        "map",
        "seed",
        "driving",
        "trucks",
        "devices",
        "receipts",
        "readers",
        "loads_made",
        "planned",
    ):
        assert getattr(again, name) == getattr(state, name), name


def test_load_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "simulator.json"
    state = a_state()
    first = [state.next_load() for _ in range(3)]
    state.save(path)
    again = load_state(path)
    assert again is not None and again.next_load() == first[-1] + 1


def test_nothing_is_written_while_nothing_changes(tmp_path: Path) -> None:
    path = tmp_path / "simulator.json"
    state = a_state()
    state.save(path)
    path.unlink()
    state.save(path)
    assert not path.exists()
    with state.changing():
        state.planned = True
    state.save(path)
    assert path.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 99}', '{"format": 1, "map": "trunk"}'])
def test_a_damaged_memory_is_named_with_the_way_out(tmp_path: Path, content: str) -> None:
    path = tmp_path / "simulator.json"
    path.write_text(content)
    with pytest.raises(NotADemo, match="--fresh"):
        load_state(path)


def test_two_threads_may_save_at_once(tmp_path: Path) -> None:
    path, state, failed = tmp_path / "simulator.json", a_state(), []

    def work() -> None:
        try:
            for _ in range(200):
                state.next_load()
                state.save(path)
        except OSError as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = load_state(path)
    assert not failed and again is not None and again.loads_made == 800
