"""The device's side of the protocol, for simulators and gateways: an outbox, an MQTT line, patience.

`DeviceFleet` drives any number of them in one thread: call `submit` and `step` from the same loop.
"""

from __future__ import annotations

import random
import select
import time
from collections.abc import Iterable, Sized
from typing import Any, Protocol

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from haoyun.tracking.device_outbox import DeviceOutbox
from haoyun.tracking.devices_store import IssuedCredential
from haoyun.tracking.envelope import parse_ack
from haoyun.tracking.errors import DecodeError
from haoyun.tracking.mqtt_url import KEEPALIVE_S, BrokerAddress, new_client

WINDOW = 20  # messages sent ahead of the ack
RESEND_AFTER_S = 10.0  # without progress for so long, everything unacked is sent again
BACKOFF_MIN_S, BACKOFF_MAX_S = 0.5, 30.0

_log = structlog.get_logger(__name__)


class DeviceClient:
    """One device: `submit` keeps a message until the platform says that it is stored."""

    def __init__(
        self,
        address: BrokerAddress,
        credential: IssuedCredential,
        outbox: DeviceOutbox,
        rng: random.Random,
        *,
        resend_after_s: float = RESEND_AFTER_S,
    ) -> None:
        self.device = credential.device
        self.outbox = outbox
        self._address = address.signed_in_as(credential.device, credential.secret)
        self._topic_up = credential.topic_up
        self._topic_ack = credential.topic_ack
        self._rng = rng
        self._resend_after_s = resend_after_s
        self._client: paho.Client | None = None
        self._online = False
        self._next_seq = outbox.base
        self._progress_at = 0.0
        self._failures = 0
        self._retry_at = 0.0

    @property
    def online(self) -> bool:
        """Whether the line stands and acks are subscribed to."""
        return self._online

    def submit(self, kind: str, items: list[Any]) -> None:
        """Keep a message and send it as soon as the line and the window allow."""
        self.outbox.add(kind, items)

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
        """Connect when due, resend when nothing moves, send what the window allows."""
        if self._client is None:
            if monotonic_s >= self._retry_at:
                self._connect(monotonic_s)
            return
        self._client.loop_misc()
        if self._client is None or not self._online:
            return
        if monotonic_s - self._progress_at > self._resend_after_s:
            self._next_seq = self.outbox.base
            self._progress_at = monotonic_s
        self._send_window()

    def wait_until(self, monotonic_s: float) -> None:
        """Do not connect before: a fleet that starts at once need not come in one instant."""
        self._retry_at = monotonic_s

    def hang_up(self) -> None:
        """Lose the line without a word, as a truck in a tunnel does."""
        if self._client is None:
            return
        sock = self.socket()
        self._client, self._online = None, False
        if sock is not None:
            sock.close()
        self._back_off(time.monotonic())

    def close(self) -> None:
        """Sign off; what is not acked stays in the outbox."""
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            client.loop_write()
        self.outbox.close()

    def _connect(self, monotonic_s: float) -> None:
        # A new client for each line: paho would otherwise resend its own copies beside the outbox's.
        client = new_client(self._address, self.device, MQTTProtocolVersion.MQTTv311)
        client.on_connect, client.on_disconnect = self._connected, self._disconnected
        client.on_subscribe, client.on_message = self._subscribed, self._heard
        try:
            client.connect(self._address.host, self._address.port, KEEPALIVE_S)
        except OSError:
            self._back_off(monotonic_s)
            return
        self._client = client

    def _send_window(self) -> None:
        self._next_seq = max(self._next_seq, self.outbox.base)
        room = WINDOW - (self._next_seq - self.outbox.base)
        for pending in self.outbox.from_seq(self._next_seq, room):
            if self._client is None:  # publishing writes at once, and may find that the line is gone
                return
            topic = f"{self._topic_up}/{pending.kind}"
            self._client.publish(topic, self.outbox.payload(pending), qos=1)
            self._next_seq = pending.seq + 1

    def _back_off(self, monotonic_s: float) -> None:
        """Exponential, with jitter: a fleet that lost its broker must not come back in one instant."""
        wait_s = min(BACKOFF_MAX_S, BACKOFF_MIN_S * 2**self._failures)
        self._failures = min(self._failures + 1, 16)
        self._retry_at = monotonic_s + wait_s * self._rng.uniform(0.5, 1.5)

    def _connected(
        self, client: paho.Client, _data: object, _flags: object, code: ReasonCode, _p: Properties | None
    ) -> None:
        if not code.is_failure:
            client.subscribe(self._topic_ack, qos=0)

    def _subscribed(
        self, _client: paho.Client, _data: object, _mid: int, codes: list[ReasonCode], _p: Properties | None
    ) -> None:
        if any(code.is_failure for code in codes):
            _log.warning("ack_topic_refused", device=self.device, topic=self._topic_ack)
            return
        self._online, self._failures = True, 0
        self._next_seq, self._progress_at = self.outbox.base, time.monotonic()

    def _disconnected(
        self, client: paho.Client, _data: object, _flags: object, _code: ReasonCode, _p: Properties | None
    ) -> None:
        if client is self._client:
            self._client, self._online = None, False
            self._back_off(time.monotonic())

    def _heard(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        try:
            ack = parse_ack(bytes(message.payload))
        except DecodeError as error:
            _log.warning("bad_ack", device=self.device, reason=str(error))
            return
        if self.outbox.acked(ack):
            self._progress_at = time.monotonic()


class Line(Protocol):
    """What a fleet drives: DeviceClient, or a device that knows nothing of our acks (simulation.plain_client)."""

    @property
    def outbox(self) -> Sized:
        """What is not acked yet."""
        ...

    def socket(self) -> Any:
        """The socket to wait on, or None."""
        ...

    def wants_write(self) -> bool:
        """Whether bytes wait."""
        ...

    def read(self) -> None:
        """Take what the socket has."""
        ...

    def write(self) -> None:
        """Send what waits."""
        ...

    def tick(self, monotonic_s: float) -> None:
        """Keep the timers."""
        ...

    def close(self) -> None:
        """Sign off."""
        ...


class DeviceFleet:
    """Many devices, one thread, one poll."""

    def __init__(self, clients: Iterable[Line]) -> None:
        self.clients = list(clients)

    def step(self, timeout_s: float) -> None:
        """Let every line read, write and keep its timers; returns after `timeout_s` without traffic."""
        monotonic_s = time.monotonic()
        poll, by_fd = select.poll(), {}
        for client in self.clients:
            client.tick(monotonic_s)
            sock = client.socket()
            if sock is not None:
                by_fd[sock.fileno()] = client
                poll.register(sock, select.POLLIN | (select.POLLOUT if client.wants_write() else 0))
        for fd, event in poll.poll(timeout_s * 1000):
            if event & select.POLLOUT:
                by_fd[fd].write()
            if event & ~select.POLLOUT:
                by_fd[fd].read()

    def unacked(self) -> int:
        """How many messages wait for an ack over all devices."""
        return sum(len(client.outbox) for client in self.clients)

    def close(self) -> None:
        """Sign all off."""
        for client in self.clients:
            client.close()
