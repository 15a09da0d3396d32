"""What goes wrong around the intake, one experiment each: nothing acked is lost, the end is the same."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import psutil
import pytest
import sqlalchemy as sa

from haoyun.tracking.history.read import fix_rows
from haoyun.tracking.inflow import Incoming
from haoyun.tracking.intake import Intake
from haoyun.tracking.intake_store import count_dead_letters, load_outboxes
from haoyun.tracking.messages import UP_FILTER, shard_of
from haoyun.tracking.mqtt import Subscriber
from haoyun.tracking.mqtt_url import BrokerAddress, connect_now, new_client
from haoyun.tracking.positions import PositionHandler
from haoyun.tracking.store import count_fixes, find_latest
from haoyun.tracking.testing import FakeInbox, wait_for

DEVICE = "truck-0001"
UP = f"hy/v1/{shard_of(DEVICE, 8)}/{DEVICE}/up/fixes"


def report(seq: int, *, at_s: int | None = None, lat: float = 30.0) -> bytes:
    item = {
        "t": 1778486400 + (seq * 10 if at_s is None else at_s),
        "lat": lat + seq / 1e4,
        "lon": 120.0,
        "spd": 60,
    }
    return orjson.dumps({"epoch": "e1", "seq": seq, "base": 1, "fixes": [item]})


def intake_of(engine: sa.Engine, inbox: FakeInbox, now: datetime) -> Intake:
    return Intake(
        engine, inbox, dict.fromkeys(PositionHandler.kinds, PositionHandler()), lambda: now, batch_size=7
    )


def take_all(intake: Intake, inbox: FakeInbox) -> None:
    while inbox.waiting:
        intake.step(threading.Event())


def final(engine: sa.Engine) -> bytes:
    """History, newest position and ack, as bytes."""
    with engine.begin() as db:
        outbox = load_outboxes(db, [1])[1]
        newest = find_latest(db, "v1")
        assert newest is not None
        rows = [row[:3] + row[4:] for row in fix_rows(db, [1])]  # when it was received is not its state
        state = newest.state
        return orjson.dumps(
            [rows, outbox.epoch, outbox.acked_seq, state.fix_time, state.lat, state.lon, state.moving]
        )


def test_a_feed_with_duplicates_out_of_order_ends_as_the_one_in_order(
    sqlite_engine, postgres_engine, register, now
) -> None:
    ends = []
    for engine, shuffled in ((sqlite_engine, False), (postgres_engine, True)):
        with engine.begin() as db:
            register(db)
        inbox = FakeInbox(now + timedelta(days=1))
        numbers = list(range(1, 61))
        if shuffled:
            random.Random(3).shuffle(numbers)
            numbers += random.Random(4).choices(numbers, k=40)
        # What lies after a gap is not acked, so the device sends everything once more, in order.
        for seq in [*numbers, *range(1, 61)]:
            inbox.deliver(UP, report(seq))
        take_all(intake_of(engine, inbox, now), inbox)
        ends.append(final(engine))
    assert ends[0] == ends[1]


def test_clocks_that_run_ahead_or_behind_neither_become_newest_nor_are_lost(
    tracking_engine, register, now
) -> None:
    with tracking_engine.begin() as db:
        register(db)
    inbox = FakeInbox(now)
    base = int(now.timestamp()) - 1778486400
    for seq, skew in ((1, 0), (2, 86_400), (3, -86_400), (4, 30)):
        inbox.deliver(UP, report(seq, at_s=base + skew))
    take_all(intake_of(tracking_engine, inbox, now), inbox)
    with tracking_engine.begin() as db:
        assert count_fixes(db) == 4
        assert find_latest(db, "v1").state.fix_time == now + timedelta(seconds=30)
        assert load_outboxes(db, [1])[1].acked_seq == 4


def test_poison_between_good_messages_costs_only_itself(tracking_engine, register, now) -> None:
    with tracking_engine.begin() as db:
        register(db)
    inbox = FakeInbox(now)
    poison = [
        b"",
        b"\xff\xfe",
        b"[" * 5000,
        b'{"t":1e999}',
        b'{"fixes":[{"t":"\\ud800"}],"seq":1}',
        b"null",
        b"9" * 9000,
    ]
    for n, bad in enumerate(poison, 1):
        inbox.deliver(UP, report(n))
        inbox.deliver(UP, bad)
    take_all(intake_of(tracking_engine, inbox, now), inbox)
    assert len(inbox.acked) == 2 * len(poison)
    with tracking_engine.begin() as db:
        assert (count_fixes(db), count_dead_letters(db)) == (len(poison), len(poison))


def test_a_disk_that_is_full_keeps_the_input_and_acks_nothing(sqlite_engine, register, now) -> None:
    """SQLite says so by the same error that a full disk gives: the page count may not grow."""
    with sqlite_engine.begin() as db:
        register(db)
        pages = db.exec_driver_sql("PRAGMA page_count").scalar()

    def full(connection, _record) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    sa.event.listen(sqlite_engine, "connect", full)
    sqlite_engine.dispose()
    inbox, stopping = FakeInbox(now), threading.Event()
    for seq in range(1, 400):
        inbox.deliver(UP, report(seq))
    intake = Intake(sqlite_engine, inbox, {"fixes": PositionHandler()}, lambda: now)
    worker = threading.Thread(target=intake.step, args=(stopping,))
    worker.start()
    worker.join(1)
    assert worker.is_alive()
    assert inbox.acked == []
    sa.event.remove(sqlite_engine, "connect", full)
    sqlite_engine.dispose()  # the disk has room again
    worker.join(20)
    assert not worker.is_alive()
    assert len(inbox.acked) == 399
    with sqlite_engine.begin() as db:
        assert count_fixes(db) == 399


class SlowInbox:
    """A subscriber whose intake takes its time."""

    def __init__(self, subscriber: Subscriber, pause_s: float) -> None:
        self._subscriber, self._pause_s = subscriber, pause_s

    def take(self, most: int, wait_s: float) -> list[Incoming]:
        time.sleep(self._pause_s)
        return self._subscriber.take(most, wait_s)

    def ack(self, batch: Sequence[Incoming], replies: Sequence[tuple[str, bytes]]) -> None:
        self._subscriber.ack(batch, replies)


@pytest.mark.parametrize("fast", [True, False], ids=["fast", "stock"])
def test_a_flood_waits_at_the_broker_and_not_in_memory(
    fast, mosquitto_broker, sqlite_engine, register: Callable[..., object]
) -> None:
    address, _ = mosquitto_broker
    with sqlite_engine.begin() as db:
        register(db)

    def clock() -> datetime:
        return datetime.now(UTC)

    subscriber = Subscriber(address, "ingest-flood", [UP_FILTER], clock, queue_size=20, fast=fast)
    subscriber.start()
    assert subscriber.wait_connected(20)
    device = BrokerAddress(address.host, address.port, user=DEVICE, password="device-secret")
    client = new_client(device, DEVICE, subscriber._negotiated())
    connect_now(client, device)
    client.loop_start()
    before = psutil.Process().memory_info().rss
    filler = "x" * 30_000
    for seq in range(1, 601):
        body = orjson.loads(report(seq)) | {"filler": filler}
        client.publish(UP, orjson.dumps(body), qos=1).wait_for_publish(20)
    assert len(subscriber._inflow) <= 40
    assert psutil.Process().memory_info().rss - before < 64e6
    stopping = threading.Event()
    handlers = dict.fromkeys(PositionHandler.kinds, PositionHandler())
    intake = Intake(sqlite_engine, SlowInbox(subscriber, 0.01), handlers, clock, batch_size=10)
    worker = threading.Thread(target=intake.run, args=(stopping,))
    worker.start()

    def stored() -> int:
        with sqlite_engine.begin() as db:
            return count_fixes(db)

    assert wait_for(lambda: stored() == 600, 60), stored()
    stopping.set()
    worker.join(10)
    subscriber.stop()
    client.disconnect()
    client.loop_stop()


def test_a_reconnect_storm_ends_with_every_message_once(
    nats_broker, sqlite_engine, register, tmp_path: Path
) -> None:
    """Forty devices lose their lines again and again while they report; each comes back with jitter."""
    from haoyun.tracking.device_client import DeviceClient, DeviceFleet
    from haoyun.tracking.device_outbox import DeviceOutbox

    with sqlite_engine.begin() as db:
        credentials = [register(db, f"storm-truck-{n:02}", None) for n in range(40)]
    nats_broker.refresh(sqlite_engine)
    subscriber = Subscriber(nats_broker.address, "ingest-storm", [UP_FILTER], lambda: datetime.now(UTC))
    subscriber.start()
    assert subscriber.wait_connected(20)
    stopping = threading.Event()
    handlers = dict.fromkeys(PositionHandler.kinds, PositionHandler())
    intake = Intake(sqlite_engine, subscriber, handlers, lambda: datetime.now(UTC))
    worker = threading.Thread(target=intake.run, args=(stopping,))
    worker.start()
    clients = [
        DeviceClient(nats_broker.address, c, DeviceOutbox(), random.Random(n), resend_after_s=2)
        for n, c in enumerate(credentials)
    ]
    fleet = DeviceFleet(clients)
    for client in clients:
        for n in range(10):
            client.submit("fixes", [{"t": 1778486400 + n, "lat": 30.0, "lon": 120.0}])
    rng, deadline, cuts = random.Random(1), time.monotonic() + 60, 0
    while fleet.unacked() and time.monotonic() < deadline:
        fleet.step(0.02)
        if cuts < 3 and rng.random() < 0.1:
            cuts += 1
            for client in clients:
                line = client.socket()
                if line is not None:
                    # The broker may have closed this line first: then it is cut already.
                    with suppress(OSError):
                        line.shutdown(socket.SHUT_RDWR)
    stopping.set()
    worker.join(10)
    fleet.close()
    subscriber.stop()
    assert fleet.unacked() == 0
    with sqlite_engine.begin() as db:
        assert count_fixes(db) == 400
