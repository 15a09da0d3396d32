"""LLRP readers, asked over TCP: llrpkit's emulator stands for the reader."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from haoyun.platform.commands.rfid_gateway import forward
from haoyun.platform.database import Databases
from haoyun.rfid_ingest import TagRead, TagReadHandler, count_reads, sscc_epc
from haoyun.rfid_ingest.errors import ReaderUnreachable
from haoyun.rfid_ingest.readers.llrp import LlrpReader, read_of, stream_reads
from haoyun.rfid_ingest.tables import METADATA
from haoyun.tracking.broker import EmbeddedBroker
from haoyun.tracking.devices_store import DeviceKind, list_devices, register_device
from haoyun.tracking.errors import DecodeError
from haoyun.tracking.intake import Intake
from haoyun.tracking.mqtt import Subscriber
from haoyun.tracking.tables import METADATA as TRACKING

emulator = pytest.importorskip("llrpkit.emulator", reason="the extra llrp is not installed")
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PALLET = sscc_epc("6901234", 1)


@dataclass
class Report:
    epc: bytes
    antenna: int | None = None
    rssi_dbm: float | None = None
    first_seen_us: int | None = None
    last_seen_us: int | None = None


def test_a_report_is_a_read_with_the_time_of_its_last_sight() -> None:
    report = Report(bytes.fromhex(PALLET.hex), 3, -51.0, 1_767_225_600_000_000, 1_767_225_600_250_000)
    read = read_of(report, NOW)
    assert read == TagRead(3, PALLET.hex, datetime(2026, 1, 1, 0, 0, 0, 250_000, tzinfo=UTC), -51.0)


def test_what_a_reader_leaves_out_is_filled_in() -> None:
    assert read_of(Report(bytes.fromhex(PALLET.hex)), NOW) == TagRead(1, PALLET.hex, NOW)
    with pytest.raises(DecodeError, match="words of 4"):
        read_of(Report(b"\x31"), NOW)


def test_an_emulated_reader_is_asked_for_its_tags() -> None:
    tags = [emulator.EmulatedTag(bytes.fromhex(sscc_epc("6901234", n).hex), (1, 2), -50.0) for n in range(5)]

    async def read_all() -> list[TagRead]:
        reader = emulator.LLRPEmulator(tags=tags, reads_per_sec=400, seed=3)
        await reader.start()
        try:
            return [read async for read in stream_reads(LlrpReader("127.0.0.1", reader.port), 1.0)]
        finally:
            await reader.stop()

    reads = asyncio.run(read_all())
    assert {read.epc_hex for read in reads} == {tag.epc.hex().upper() for tag in tags}
    assert {read.antenna for read in reads} == {1, 2}
    assert all(abs((read.read_at - datetime.now(UTC)).total_seconds()) < 60 for read in reads)


def test_a_reader_that_does_not_answer_is_named(free_port: int) -> None:
    async def read_all() -> None:
        async for _read in stream_reads(LlrpReader("127.0.0.1", free_port), 1.0):
            pass

    with pytest.raises(ReaderUnreachable, match=f"127.0.0.1:{free_port}"):
        asyncio.run(read_all())
    with pytest.raises(ReaderUnreachable, match="no host"):
        LlrpReader("")


@pytest.fixture
def emulated() -> Iterator[Any]:
    """An emulated reader with five tags, in a loop of its own."""
    tags = [emulator.EmulatedTag(bytes.fromhex(sscc_epc("6901234", n).hex)) for n in range(5)]
    reader = emulator.LLRPEmulator(tags=tags, reads_per_sec=200, seed=3)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(reader.start(), loop).result(10)
    yield reader
    asyncio.run_coroutine_threadsafe(reader.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def test_a_gateway_sends_every_read_and_waits_for_its_acknowledgement(
    emulated: Any, tmp_path: Path, free_port: int
) -> None:
    databases = Databases.open(tmp_path / "data")
    with databases.tracking.begin() as db:
        TRACKING.create_all(db)
        METADATA.create_all(db)
        credential = register_device(
            db, name="reader-llrp-1", kind=DeviceKind.READER, org_id="o", vehicle_id=None, shards=1, now=NOW
        )
        devices = list_devices(db, None)
    broker = EmbeddedBroker(tmp_path / "nats", free_port)
    broker.start(devices)
    subscriber = Subscriber(
        broker.ingest_address, "intake", ["hy/v1/0/+/up/+"], lambda: datetime.now(UTC), queue_size=100
    )
    intake = Intake(databases.tracking, subscriber, {"reads": TagReadHandler()}, lambda: datetime.now(UTC))
    stopping = threading.Event()
    storing = threading.Thread(target=intake.run, args=(stopping,))
    subscriber.start()
    assert subscriber.wait_connected(20)
    storing.start()
    try:
        sent = forward(
            LlrpReader("127.0.0.1", emulated.port),
            broker.ingest_address,
            credential,
            outbox=tmp_path / "outbox" / "reader.jsonl",
            seconds=1.5,
        )
        with databases.tracking.begin() as db:
            assert (sent.waiting, sent.reads) == (0, count_reads(db))
        assert sent.reads > 50
    finally:
        stopping.set()
        storing.join(20)
        subscriber.stop()
        broker.stop()
        databases.close()
