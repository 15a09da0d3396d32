"""A device that knows MQTT and nothing of our acks: it keeps a report until the broker has it (QoS 1).

Has the face of DeviceClient, so that a DeviceFleet drives both.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sized
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from haoyun.tracking.device_client import BACKOFF_MAX_S, BACKOFF_MIN_S
from haoyun.tracking.devices_store import IssuedCredential
from haoyun.tracking.mqtt_url import KEEPALIVE_S, BrokerAddress, new_client

WINDOW = 20  # sent and not yet taken by the broker
MOST_KEPT = 20_000


class PlainClient:
    """One device; `send` keeps a payload until the broker's PUBACK, over broken lines too."""

    def __init__(
        self, address: BrokerAddress, credential: IssuedCredential, kind: str, rng: random.Random
    ) -> None:
        self.device = credential.device
        self._address = address.signed_in_as(credential.device, credential.secret)
        self._topic = f"{credential.topic_up}/{kind}"
        self._rng = rng
        self._kept: deque[bytes] = deque()
        self._under_way: dict[int, bytes] = {}
        self._client: paho.Client | None = None
        self._online = False
        self._failures = 0
        self._retry_at = 0.0
        self._now = 0.0

    @property
    def online(self) -> bool:
        """Whether the line stands."""
        return self._online

    @property
    def outbox(self) -> Sized:
        """What the broker does not have yet."""
        return range(len(self._kept) + len(self._under_way))

    def send(self, payload: bytes) -> None:
        """Keep a report and send it as soon as the line allows."""
        if len(self._kept) < MOST_KEPT:
            self._kept.append(payload)

    def socket(self) -> Any:
        """The socket to wait on, or None while there is no line."""
        return None if self._client is None else self._client.socket()

    def wants_write(self) -> bool:
        """Whether bytes wait to be sent."""
        return self._client is not None and self._client.want_write()

    def read(self) -> None:
        """Take what the socket has."""
        if self._client is not None:
            self._client.loop_read()

    def write(self) -> None:
        """Send what waits."""
        if self._client is not None:
            self._client.loop_write()

    def tick(self, monotonic_s: float) -> None:
        """Connect when due, send what the window allows."""
        self._now = monotonic_s
        if self._client is None:
            if monotonic_s >= self._retry_at:
                self._connect()
            return
        self._client.loop_misc()
        while self._client is not None and self._online and self._kept and len(self._under_way) < WINDOW:
            payload = self._kept.popleft()
            info = self._client.publish(self._topic, payload, qos=1)
            self._under_way[info.mid] = payload

    def wait_until(self, monotonic_s: float) -> None:
        """Do not connect before: a fleet that starts at once need not come in one instant."""
        self._retry_at = monotonic_s

    def hang_up(self) -> None:
        """Lose the line without a word, as in a storm."""
        if self._client is None:
            return
        sock = self.socket()
        if sock is not None:
            sock.close()
        self._lost()

    def close(self) -> None:
        """Sign off."""
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            client.loop_write()

    def _connect(self) -> None:
        client = new_client(self._address, self.device, MQTTProtocolVersion.MQTTv311)
        client.on_connect, client.on_disconnect = self._connected, self._disconnected
        client.on_publish = self._taken
        try:
            client.connect(self._address.host, self._address.port, KEEPALIVE_S)
        except OSError:
            self._back_off()
            return
        self._client = client

    def _lost(self) -> None:
        """What was under way is sent once more: the broker may or may not have it."""
        self._client, self._online = None, False
        self._kept.extendleft(reversed(self._under_way.values()))
        self._under_way.clear()
        self._back_off()

    def _back_off(self) -> None:
        """Exponential, with jitter: a fleet that lost its broker must not come back in one instant."""
        wait_s = min(BACKOFF_MAX_S, BACKOFF_MIN_S * 2**self._failures)
        self._failures = min(self._failures + 1, 16)
        self._retry_at = self._now + wait_s * self._rng.uniform(0.5, 1.5)

    def _connected(
        self, _client: paho.Client, _data: object, _flags: object, code: ReasonCode, _p: Properties | None
    ) -> None:
        if not code.is_failure:
            self._online, self._failures = True, 0

    def _disconnected(
        self, client: paho.Client, _data: object, _flags: object, _code: ReasonCode, _p: Properties | None
    ) -> None:
        if client is self._client:
            self._lost()

    def _taken(
        self, client: paho.Client, _data: object, mid: int, _code: ReasonCode, _p: Properties | None
    ) -> None:
        if client is self._client:
            self._under_way.pop(mid, None)
