"""A rotated secret on a real broker: the old one is out, its session cut, the new one in; others notice nothing."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from paho.mqtt.enums import MQTTProtocolVersion

from haoyun.tracking.broker import EmbeddedBroker, run_broker
from haoyun.tracking.devices_store import has_secret
from haoyun.tracking.errors import BrokerRefused, BrokerUnreachable
from haoyun.tracking.mqtt_url import BrokerAddress, connect_now, negotiate, new_client
from haoyun.tracking.store import get_device, revoke_device, rotate_secret
from haoyun.tracking.testing import wait_for


def lets_in(address: BrokerAddress) -> bool:
    try:
        negotiate(address, "hello-1")
    except (BrokerRefused, BrokerUnreachable):
        return False
    return True


def test_the_old_secrets_session_is_cut_within_five_seconds(
    tmp_path, free_port, sqlite_engine, register
) -> None:
    with sqlite_engine.begin() as db:
        credentials = [register(db, "truck-0001"), register(db, "truck-0002")]
    broker, stopping = EmbeddedBroker(tmp_path / "b", free_port), threading.Event()
    loop = threading.Thread(target=run_broker, args=(broker, sqlite_engine, stopping))
    loop.start()
    try:
        assert wait_for(lambda: lets_in(broker.ingest_address))
        clients = []
        for credential in credentials:
            address = broker.ingest_address.signed_in_as(credential.device, credential.secret)
            clients.append(new_client(address, credential.device, MQTTProtocolVersion.MQTTv311))
            connect_now(clients[-1], address)
            clients[-1].reconnect_delay_set(60, 60)
            clients[-1].loop_start()
        with sqlite_engine.begin() as db:
            fresh = rotate_secret(db, "truck-0001")
        assert wait_for(lambda: not clients[0].is_connected(), 5)
        assert clients[1].is_connected()
        assert not lets_in(broker.ingest_address.signed_in_as("truck-0001", credentials[0].secret))
        assert wait_for(lambda: lets_in(broker.ingest_address.signed_in_as("truck-0001", fresh.secret)), 5)
        assert lets_in(broker.gateway_address)
        for client in clients:
            client.disconnect()
            client.loop_stop()
    finally:
        stopping.set()
        loop.join(10)


def test_only_the_hash_of_a_secret_of_128_bits_or_more_is_stored(db, register) -> None:
    credential = register(db)
    device = get_device(db, "truck-0001")
    assert len(credential.secret) * 6 >= 128
    assert credential.secret not in device.secret_bcrypt and device.secret_bcrypt.startswith("$2")
    assert has_secret(device, credential.secret)
    for wrong in ("", "guess", credential.secret[:-1], credential.secret + "x", "\0", "x" * 100):
        assert not has_secret(device, wrong)
    rotate_secret(db, "truck-0001")
    assert not has_secret(get_device(db, "truck-0001"), credential.secret)
    revoke_device(db, "truck-0001", datetime(2026, 5, 11, tzinfo=UTC))
