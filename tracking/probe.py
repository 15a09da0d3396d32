"""What a broker really does, found by trying: silent non-delivery is the worst failure of all."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from haoyun.tracking.mqtt_url import BrokerAddress, connect_now, negotiate, new_client

WAIT_S = 1.0  # a broker on the same machine delivers within milliseconds
PROBE_ROOT = "hy/v1/probe"


@dataclass(frozen=True, slots=True)
class BrokerCapabilities:
    """What was found. `shared_granted` without `shared_delivers` is the trap: accepted, but nothing comes."""

    address: str
    protocol: str
    delivers: bool
    shared_granted: bool
    shared_delivers: bool
    retains: bool

    def sentence(self) -> str:
        """For the log and for `haoyun doctor`."""
        shared = "delivers" if self.shared_delivers else "is refused"
        if self.shared_granted and not self.shared_delivers:
            shared = "is granted but delivers nothing, so it must not be used"
        plain = "delivers" if self.delivers else "DELIVERS NOTHING"
        kept = "kept" if self.retains else "not kept"
        return (
            f"broker {self.address} speaks MQTT {self.protocol}; a plain subscription {plain}; "
            f"a shared subscription {shared}; retained messages are {kept}"
        )


def probe(address: BrokerAddress) -> BrokerCapabilities:
    """Try a broker under hy/v1/probe/…: takes up to four seconds. Raises BrokerRefused, BrokerUnreachable."""
    run = uuid.uuid4().hex[:12]
    protocol = negotiate(address, f"hy-probe-{run}")
    session = _Session(address, f"hy-probe-{run}", protocol)
    try:
        topic = f"{PROBE_ROOT}/{run}"
        delivers = session.grants(f"{topic}/plain") and session.echoes(f"{topic}/plain")
        shared_granted = session.grants(f"$share/hy-probe-{run}/{topic}/shared")
        return BrokerCapabilities(
            address=str(address),
            protocol="5" if protocol is MQTTProtocolVersion.MQTTv5 else "3.1.1",
            delivers=delivers,
            shared_granted=shared_granted,
            shared_delivers=shared_granted and session.echoes(f"{topic}/shared"),
            retains=session.retains(f"{topic}/retained"),
        )
    finally:
        session.close()


class _Session:
    """One connection, driven by hand: what it asked for and what came back."""

    def __init__(self, address: BrokerAddress, client_id: str, protocol: MQTTProtocolVersion) -> None:
        self._codes: dict[int, bool] = {}
        self._heard: set[str] = set()
        self._client = new_client(address, client_id, protocol)
        connect_now(self._client, address)
        self._client.on_subscribe = self._subscribed
        self._client.on_message = self._on_message

    def grants(self, topic: str) -> bool:
        """Whether a subscription is granted."""
        _rc, mid = self._client.subscribe(topic, qos=1)
        return self._until(lambda: mid in self._codes) and self._codes[mid or 0]

    def echoes(self, topic: str) -> bool:
        """Whether a message published on `topic` comes back."""
        self._client.publish(topic, b"probe", qos=1)
        return self._until(lambda: topic in self._heard)

    def retains(self, topic: str) -> bool:
        """Whether a retained message is there for whoever subscribes later; it is removed again."""
        self._client.publish(topic, b"probe", qos=1, retain=True)
        self._until(lambda: False, WAIT_S / 4)  # a subscription that overtakes it would hear it as a live one
        kept = self.grants(topic) and self._until(lambda: topic in self._heard)
        self._client.publish(topic, b"", qos=1, retain=True)
        return kept

    def close(self) -> None:
        """Sign off."""
        self._client.disconnect()
        self._client.loop(0.05)

    def _until(self, done: Callable[[], bool], wait_s: float = WAIT_S) -> bool:
        deadline = time.monotonic() + wait_s
        while not done() and time.monotonic() < deadline:
            if self._client.loop(0.05) != paho.MQTT_ERR_SUCCESS:
                break  # some brokers cut the line instead of refusing
        return done()

    def _subscribed(
        self, _client: paho.Client, _data: object, mid: int, codes: list[ReasonCode], _p: Properties | None
    ) -> None:
        self._codes[mid] = not any(code.is_failure for code in codes)

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        self._heard.add(message.topic)
