"""Real brokers: the embedded NATS, and Mosquitto. What devices may do, and what a broken line costs: nothing."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import orjson
import paho.mqtt.client as paho
import pytest
import sqlalchemy as sa
from paho.mqtt.enums import MQTTProtocolVersion

from haoyun.tracking.broker import EmbeddedBroker, run_broker
from haoyun.tracking.broker_config import broker_config
from haoyun.tracking.device_client import DeviceClient, DeviceFleet
from haoyun.tracking.device_outbox import DeviceOutbox
from haoyun.tracking.errors import BadBrokerUrl, BrokerFailed, BrokerRefused, BrokerUnreachable
from haoyun.tracking.intake import Intake
from haoyun.tracking.messages import UP_FILTER
from haoyun.tracking.mqtt import Subscriber
from haoyun.tracking.mqtt_url import BrokerAddress, connect_now, negotiate, new_client, parse_mqtt_url
from haoyun.tracking.positions import PositionHandler
from haoyun.tracking.probe import probe
from haoyun.tracking.store import IssuedCredential, count_fixes, list_devices, revoke_device
from haoyun.tracking.testing import wait_for

V311 = MQTTProtocolVersion.MQTTv311


def clock() -> datetime:
    return datetime.now(UTC)


def fixes(engine: sa.Engine) -> int:
    with engine.begin() as db:
        return count_fixes(db)


def item(n: int) -> dict[str, float]:
    return {"t": 1778486400 + n, "lat": 30.0, "lon": 120.0}


class Client:
    """A plain paho client in the background that remembers what it heard."""

    def __init__(self, address: BrokerAddress, client_id: str) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.granted: list[bool] = []
        self.client = new_client(address, client_id, V311)
        connect_now(self.client, address)
        self.client.on_message = lambda _c, _d, m: self.heard.append((m.topic, bytes(m.payload)))
        self.client.on_subscribe = lambda _c, _d, _m, codes, _p: self.granted.append(not codes[0].is_failure)
        self.client.reconnect_delay_set(60, 60)
        self.client.loop_start()

    def subscribe(self, topic: str) -> bool:
        before = len(self.granted)
        self.client.subscribe(topic, qos=1)
        return wait_for(lambda: len(self.granted) > before, 2) and self.granted[-1]

    def publish(self, topic: str, payload: bytes = b"{}") -> paho.MQTTMessageInfo:
        return self.client.publish(topic, payload, qos=1)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def fleet(nats_broker, sqlite_engine, register) -> dict[str, IssuedCredential]:
    """Two devices that the broker knows."""
    with sqlite_engine.begin() as db:
        issued = {name: register(db, name) for name in ("truck-0001", "truck-0002")}
    nats_broker.refresh(sqlite_engine)
    for credential in issued.values():
        address = nats_broker.address.signed_in_as(credential.device, credential.secret)
        assert wait_for(lambda address=address: _lets_in(address))
    return issued


def _lets_in(address: BrokerAddress) -> bool:
    try:
        negotiate(address, "hello-1")
    except (BrokerRefused, BrokerUnreachable):
        return False
    return True


def as_device(nats_broker, credential: IssuedCredential) -> Client:
    return Client(nats_broker.address.signed_in_as(credential.device, credential.secret), credential.device)


def test_a_device_reports_under_its_own_topic_and_hears_its_acks(nats_broker, fleet) -> None:
    ingest = Client(nats_broker.address, "ingest-test")
    device = as_device(nats_broker, fleet["truck-0001"])
    assert ingest.subscribe(UP_FILTER)
    assert device.subscribe(fleet["truck-0001"].topic_ack)
    device.publish(fleet["truck-0001"].topic_up + "/fixes")
    ingest.publish(fleet["truck-0001"].topic_ack, b'{"seq":1}')
    assert wait_for(lambda: ingest.heard and device.heard)
    device.close()
    ingest.close()


def test_a_foreign_topic_is_neither_heard_nor_spoken_on(nats_broker, fleet) -> None:
    ingest = Client(nats_broker.address, "ingest-test")
    assert ingest.subscribe(UP_FILTER)
    device, other = as_device(nats_broker, fleet["truck-0001"]), fleet["truck-0002"]
    assert not device.subscribe(other.topic_ack)
    device.close()
    device = as_device(nats_broker, fleet["truck-0001"])
    assert not device.subscribe(f"$share/ingest/{UP_FILTER}")
    device.close()
    device = as_device(nats_broker, fleet["truck-0001"])
    device.publish(other.topic_up + "/fixes", b"forged")
    device.publish(fleet["truck-0001"].topic_up + "/fixes", b"own")
    device.close()
    device = as_device(nats_broker, fleet["truck-0001"])
    device.publish(fleet["truck-0001"].topic_up + "/fixes", b"last")
    assert wait_for(lambda: b"last" in [payload for _, payload in ingest.heard])
    assert b"forged" not in [payload for _, payload in ingest.heard]
    device.close()
    ingest.close()


def test_anonymous_and_wrong_secrets_are_refused(nats_broker, fleet) -> None:
    address = nats_broker.address
    for bad in (BrokerAddress(address.host, address.port), address.signed_in_as("truck-0001", "guess")):
        with pytest.raises(BrokerRefused):
            negotiate(bad, "somebody")


def test_a_revoked_device_is_cut_within_five_seconds(tmp_path, free_port, sqlite_engine, register) -> None:
    with sqlite_engine.begin() as db:
        credentials = [register(db, "truck-0001"), register(db, "truck-0002")]
    broker, stopping = EmbeddedBroker(tmp_path / "b", free_port), threading.Event()
    loop = threading.Thread(target=run_broker, args=(broker, sqlite_engine, stopping))
    loop.start()
    try:
        assert wait_for(lambda: _lets_in(broker.ingest_address))
        lines = [
            Client(broker.ingest_address.signed_in_as(c.device, c.secret), c.device) for c in credentials
        ]
        with sqlite_engine.begin() as db:
            revoke_device(db, "truck-0001", clock())
        assert wait_for(lambda: not lines[0].client.is_connected(), 5)
        assert lines[1].client.is_connected()
        assert not _lets_in(broker.ingest_address.signed_in_as("truck-0001", credentials[0].secret))
        for line in lines:
            line.close()
    finally:
        stopping.set()
        loop.join(10)


@pytest.mark.parametrize("sync_s", [0, 0.1, 10])
def test_a_broker_that_is_killed_comes_back_with_what_it_had_acked(
    tmp_path, free_port, sqlite_engine, register, sync_s
) -> None:
    """However seldom it syncs: what was written before the answer is the operating system's (decision 47)."""
    with sqlite_engine.begin() as db:
        credential = register(db)
        devices = list_devices(db)
    broker = EmbeddedBroker(tmp_path / "b", free_port, sync_s)
    broker.start(devices)
    inbox = Subscriber(broker.ingest_address, "ingest-1", [UP_FILTER], clock)
    inbox.start()
    assert inbox.wait_connected(10)
    inbox.stop()
    device = Client(broker.ingest_address.signed_in_as(credential.device, credential.secret), "truck-0001")
    infos = [device.publish(credential.topic_up + "/fixes", orjson.dumps(item(n))) for n in range(50)]
    assert wait_for(lambda: all(info.is_published() for info in infos))
    device.close()
    broker._process.kill()
    broker._process.wait()
    broker.start(devices)
    inbox = Subscriber(broker.ingest_address, "ingest-1", [UP_FILTER], clock)
    inbox.start()
    heard = []
    assert wait_for(lambda: heard.extend(inbox.take(100, 0.1)) or len(heard) >= 50, 15)
    inbox.stop()
    broker.stop()


def test_a_port_that_is_taken_is_said_clearly(nats_broker, tmp_path) -> None:
    second = EmbeddedBroker(tmp_path / "other", nats_broker.address.port)
    with pytest.raises(BrokerFailed, match="is taken by another program"):
        second.start([])


def test_secrets_and_configuration_are_private(nats_broker, tmp_path) -> None:
    folder = tmp_path / "nats" / "broker"
    for name in ("nats.conf", "secrets.json"):
        assert (folder / name).stat().st_mode & 0o077 == 0
    assert nats_broker.address.password not in (folder / "nats.conf").read_text()
    assert nats_broker.address.password not in repr(nats_broker.address)


def test_a_revoked_device_is_not_in_the_configuration(sqlite_engine, register) -> None:
    with sqlite_engine.begin() as db:
        register(db)
        assert "truck-0001" in broker_config(list_devices(db), "$2a$04$x", port=1, folder=Path("/x"))
        revoke_device(db, "truck-0001", clock())
        assert "truck-0001" not in broker_config(list_devices(db), "$2a$04$x", port=1, folder=Path("/x"))


def test_the_probe_finds_that_nats_must_not_be_shared(nats_broker) -> None:
    found = probe(nats_broker.address)
    assert (found.protocol, found.delivers, found.shared_delivers) == ("3.1.1", True, False)
    assert "speaks MQTT 3.1.1; a plain subscription delivers" in found.sentence()


def test_the_probe_finds_mqtt_5_and_shared_subscriptions_on_mosquitto(mosquitto_broker) -> None:
    address, _ = mosquitto_broker
    found = probe(address)
    assert (found.protocol, found.delivers, found.shared_delivers, found.retains) == ("5", True, True, True)


def test_probing_nothing_says_so(free_port) -> None:
    with pytest.raises(BrokerUnreachable, match="no broker answers at mqtt://127"):
        probe(BrokerAddress("127.0.0.1", free_port))


@pytest.mark.parametrize("url", ["http://x", "mqtt://", "mqtt://h:99999", "broker:1883"])
def test_a_bad_address_names_the_rule(url: str) -> None:
    with pytest.raises(BadBrokerUrl, match="must"):
        parse_mqtt_url(url)


def test_an_address_is_read_with_its_escapes() -> None:
    address = parse_mqtt_url("mqtts://us%40er:p%2Fw@broker.example")
    assert (address.host, address.port, address.tls) == ("broker.example", 8883, True)
    assert (address.user, address.password) == ("us@er", "p/w")


def _run(engine: sa.Engine, address: BrokerAddress) -> tuple[Subscriber, threading.Event, threading.Thread]:
    inbox, stopping = Subscriber(address, "ingest-1", [UP_FILTER], clock), threading.Event()
    inbox.start()
    assert inbox.wait_connected(10)
    handlers = dict.fromkeys(PositionHandler.kinds, PositionHandler())
    worker = threading.Thread(target=Intake(engine, inbox, handlers, clock).run, args=(stopping,))
    worker.start()
    return inbox, stopping, worker


def _send_all(client: DeviceClient, until: Callable[[], object], timeout_s: float = 15) -> bool:
    fleet = DeviceFleet([client])
    return wait_for(lambda: fleet.step(0.05) or until(), timeout_s)


@pytest.mark.parametrize("broker", ["nats", "mosquitto"])
def test_a_device_empties_its_outbox_over_either_broker(request, broker, sqlite_engine, register) -> None:
    with sqlite_engine.begin() as db:
        credential = register(db)
    if broker == "nats":
        running = request.getfixturevalue("nats_broker")
        running.refresh(sqlite_engine)
        address = running.address
    else:
        address, _ = request.getfixturevalue("mosquitto_broker")
        credential = IssuedCredential(
            "truck-0001", "device-secret", credential.topic_up, credential.topic_ack
        )
    inbox, stopping, worker = _run(sqlite_engine, address)
    client = DeviceClient(address, credential, DeviceOutbox(), random.Random(1))
    for n in range(45):
        client.submit("fixes", [item(2 * n), item(2 * n + 1)])
    done = _send_all(client, lambda: not client.outbox)
    stopping.set()
    worker.join(10)
    inbox.stop()
    client.close()
    assert done
    assert fixes(sqlite_engine) == 90
