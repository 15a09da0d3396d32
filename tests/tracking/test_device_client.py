"""The device keeps every message until it is acked, also over the end of its own process."""

from __future__ import annotations

import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from haoyun.tracking.device_client import DeviceClient, DeviceFleet
from haoyun.tracking.device_outbox import DeviceOutbox
from haoyun.tracking.devices_store import IssuedCredential
from haoyun.tracking.envelope import open_envelope
from haoyun.tracking.mqtt_url import BrokerAddress
from haoyun.tracking.outbox import OutboxState
from haoyun.tracking.store import count_fixes, register_device
from haoyun.tracking.testing import wait_for


def numbers(outbox: DeviceOutbox) -> list[int]:
    return [pending.seq for pending in outbox.from_seq(outbox.base, 10_000)]


def test_a_message_is_kept_until_the_ack_covers_it() -> None:
    outbox = DeviceOutbox()
    for n in range(5):
        outbox.add("fixes", [n])
    assert outbox.acked(OutboxState(outbox.epoch, 3))
    assert numbers(outbox) == [4, 5]
    assert not outbox.acked(OutboxState(outbox.epoch, 3))
    assert not outbox.acked(OutboxState("another", 5))
    assert numbers(outbox) == [4, 5]


def test_what_is_sent_names_number_base_and_epoch() -> None:
    outbox = DeviceOutbox()
    for n in range(3):
        outbox.add("fixes", [n])
    outbox.acked(OutboxState(outbox.epoch, 1))
    envelope = open_envelope(outbox.payload(outbox.from_seq(3, 1)[0]), "fixes")
    assert (envelope.seqs, envelope.base, envelope.epoch, envelope.items) == ((3,), 2, outbox.epoch, (2,))


def test_a_full_outbox_gives_up_the_oldest_and_says_so_by_its_base() -> None:
    outbox = DeviceOutbox(capacity=3)
    for n in range(5):
        outbox.add("fixes", [n])
    assert (outbox.base, numbers(outbox)) == (3, [3, 4, 5])


@given(
    st.lists(st.one_of(st.just("add"), st.integers(0, 12), st.just("restart"), st.just("tear")), max_size=30)
)
def test_an_outbox_on_disk_survives_every_restart(steps: list[str | int]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path, model, memory = Path(folder) / "outbox", [], 0
        outbox = DeviceOutbox(path)
        epoch = outbox.epoch
        for step in steps:
            if step == "add":
                memory += 1
                model.append(memory)
                outbox.add("fixes", [memory])
            elif isinstance(step, int):
                outbox.acked(OutboxState(epoch, min(step, memory)))
                model = [n for n in model if n > step]
            else:
                outbox.close()
                if step == "tear":
                    with path.open("ab") as file:
                        file.write(b'{"seq": 99, "ki')
                outbox = DeviceOutbox(path)
            assert (outbox.epoch, numbers(outbox)) == (epoch, model)
        assert outbox.add("fixes", []).seq == memory + 1
        outbox.close()


WORKER = """
import sys, threading
from datetime import UTC, datetime
from pathlib import Path
from haoyun.platform.database import Databases
from haoyun.tracking.intake import Intake
from haoyun.tracking.messages import UP_FILTER
from haoyun.tracking.mqtt import Subscriber
from haoyun.tracking.mqtt_url import parse_mqtt_url
from haoyun.tracking.positions import PositionHandler
clock = lambda: datetime.now(UTC)
inbox = Subscriber(parse_mqtt_url(sys.argv[2]), "ingest-1", [UP_FILTER], clock)
inbox.start()
Intake(Databases.open(Path(sys.argv[1])).tracking, inbox, {"fixes": PositionHandler()}, clock).run(threading.Event())
"""


def test_killing_the_intake_again_and_again_loses_nothing_that_was_acked(
    nats_broker, sqlite_engine, tmp_path, now
) -> None:
    """kill -9 in the middle of a feed; in the end every fix is stored, once."""
    with sqlite_engine.begin() as db:
        issued = [_register(db, f"truck-{n:04}", now) for n in range(4)]
    nats_broker.refresh(sqlite_engine)
    address = nats_broker.address
    url = f"mqtt://{address.user}:{address.password}@{address.host}:{address.port}"
    command = [sys.executable, "-c", WORKER, str(tmp_path / "data"), url]
    clients = [
        DeviceClient(address, c, DeviceOutbox(), random.Random(i), resend_after_s=2)
        for i, c in enumerate(issued)
    ]
    fleet, sent, rng = DeviceFleet(clients), 0, random.Random(1)
    worker = subprocess.Popen(command)
    try:
        for _ in range(3):
            goal, deadline = sent - fleet.unacked() + rng.randint(100, 400), time.monotonic() + 20
            while sent - fleet.unacked() < goal and time.monotonic() < deadline:
                for client in clients:
                    if (
                        len(client.outbox) < 60
                    ):  # a feed that is faster than the line only makes the test long
                        client.submit("fixes", [{"t": 1778486400 + sent, "lat": 30.0, "lon": 120.0}])
                        sent += 1
                fleet.step(0.01)
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
            assert _stored(sqlite_engine) >= sent - fleet.unacked() >= goal
            worker = subprocess.Popen(command)
        assert wait_for(lambda: fleet.step(0.01) or not fleet.unacked(), 60)
        assert _stored(sqlite_engine) == sent
    finally:
        worker.kill()
        worker.wait()
        fleet.close()


def _register(db, name: str, now):
    return register_device(db, name=name, kind="tracker", org_id="o", vehicle_id=None, shards=8, now=now)


def _stored(engine) -> int:
    with engine.begin() as db:
        return count_fixes(db)


def test_a_line_that_breaks_while_the_window_is_sent_loses_nothing() -> None:
    """Publishing writes at once: one message finds out that the line is gone, those behind it find none."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = BrokerAddress("127.0.0.1", server.getsockname()[1])
        credential = IssuedCredential(
            "demo-device-1", "secret", "hy/v1/0/demo-device-1/up", "hy/v1/0/demo-device-1/down/ack"
        )
        client = DeviceClient(address, credential, DeviceOutbox(), random.Random(1))
        client.tick(time.monotonic())
        line, _ = server.accept()
        line.sendall(b"\x20\x02\x00\x00\x90\x03\x00\x01\x00")  # CONNACK, SUBACK
        assert wait_for(lambda: move(client) or client.online)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()  # with a reset
        for n in range(20):
            client.submit("fixes", [n])
        assert wait_for(lambda: client.tick(time.monotonic()) or not client.online)
        assert numbers(client.outbox) == list(range(1, 21))
        client.close()


def move(client: DeviceClient) -> None:
    """What a fleet does with a client in each of its steps."""
    client.tick(time.monotonic())
    if (sock := client.socket()) is not None and select.select([sock], [], [], 0.01)[0]:
        client.read()
    client.write()
