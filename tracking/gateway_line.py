"""The MQTT side of a gateway: publishes for devices that cannot, and hears the acks that are meant for them.

One connection under the gateways' own identity, kept up in the background. What is published waits in a bounded queue
while the broker is away; the caller learns by `Sent.taken` whether the broker has it.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from haoyun.tracking.envelope import parse_ack
from haoyun.tracking.errors import BadTopic, BrokerUnreachable, DecodeError
from haoyun.tracking.messages import parse_ack_topic
from haoyun.tracking.mqtt_url import KEEPALIVE_S, BrokerAddress, new_client
from haoyun.tracking.outbox import OutboxState

MAX_INFLIGHT = 1000  # sent and not yet acked by the broker
MAX_QUEUED = 5000  # beyond it, publishing is refused: devices send again, memory does not grow
RECONNECT_MIN_S, RECONNECT_MAX_S = 1, 10

_log = structlog.get_logger(__name__)

OnAck = Callable[[str, OutboxState], None]


class GatewayLine:
    """Call `start` once; `publish` from any thread. `on_ack` runs in paho's thread: it must only hand over."""

    def __init__(self, address: BrokerAddress, name: str, on_ack: OnAck | None = None) -> None:
        self._address = address
        self._on_ack = on_ack
        self._topics: set[str] = set()
        self._granted: dict[int, threading.Event] = {}
        self._lock = threading.Lock()
        self._online = threading.Event()
        client_id = f"{name}-{secrets.token_hex(6)}"  # every process is a session of its own
        # 3.1.1: every broker speaks it, and nothing here needs more.
        self._client = new_client(address, client_id, MQTTProtocolVersion.MQTTv311)
        self._client.max_inflight_messages_set(MAX_INFLIGHT)
        self._client.max_queued_messages_set(MAX_QUEUED)
        self._client.reconnect_delay_set(RECONNECT_MIN_S, RECONNECT_MAX_S)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._heard
        self._client.on_subscribe = self._subscribed

    def start(self) -> None:
        """Connect in the background, and again whenever the line breaks."""
        self._client.connect_async(self._address.host, self._address.port, KEEPALIVE_S)
        self._client.loop_start()

    def stop(self) -> None:
        """Sign off."""
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def online(self) -> bool:
        """Whether the line stands."""
        return self._online.is_set()

    def wait_online(self, timeout_s: float) -> bool:
        """Whether the line stands within `timeout_s`."""
        return self._online.wait(timeout_s)

    def publish(self, topic: str, payload: bytes) -> bool:
        """Send at QoS 1, or keep for when the line stands again; False where the queue is full."""
        info = self._client.publish(topic, payload, qos=1)
        return info.rc is not MQTTErrorCode.MQTT_ERR_QUEUE_SIZE

    def publish_and_wait(self, topic: str, payload: bytes, timeout_s: float) -> None:
        """Send at QoS 1 and wait until the broker has it. Raises BrokerUnreachable where it does not in time."""
        if not self.online:
            raise BrokerUnreachable(f"no line to {self._address}")
        info = self._client.publish(topic, payload, qos=1)
        if info.rc is MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
            raise BrokerUnreachable(f"{self._address} is behind")
        try:
            info.wait_for_publish(timeout_s)
        except (RuntimeError, ValueError) as error:  # paho's words for a line that broke meanwhile
            raise BrokerUnreachable(f"{self._address}: {error}") from error
        if not info.is_published():
            raise BrokerUnreachable(f"{self._address} did not take the message within {timeout_s:g} s")

    def publish_all(self, messages: Iterable[tuple[str, bytes]], timeout_s: float) -> bool:
        """Send several at QoS 1; whether the broker has all of them in time. False says nothing about each one."""
        if not self.online:
            return False
        deadline = time.monotonic() + timeout_s
        sent = [self._client.publish(topic, payload, qos=1) for topic, payload in messages]
        if any(info.rc is MQTTErrorCode.MQTT_ERR_QUEUE_SIZE for info in sent):
            return False
        try:
            for info in sent:
                info.wait_for_publish(max(0.0, deadline - time.monotonic()))
        except (RuntimeError, ValueError):  # paho's words for a line that broke meanwhile
            return False
        return all(info.is_published() for info in sent)

    def hear(self, topic: str, timeout_s: float) -> bool:
        """Subscribe to a device's acks, now and after every reconnect; whether the broker granted it in time."""
        granted = threading.Event()
        with self._lock:
            self._topics.add(topic)
            _, mid = self._client.subscribe(topic, qos=0)
            if mid is None:
                return False
            self._granted[mid] = granted
        return granted.wait(timeout_s)

    def hear_no_more(self, topic: str) -> None:
        """End a subscription."""
        with self._lock:
            self._topics.discard(topic)
        self._client.unsubscribe(topic)

    def _connected(
        self, client: paho.Client, _data: object, _flags: object, code: ReasonCode, _p: Properties | None
    ) -> None:
        if code.is_failure:
            _log.warning("broker_refused", broker=str(self._address), reason=str(code))
            return
        with self._lock:
            topics = [(topic, 0) for topic in sorted(self._topics)]
        for first in range(0, len(topics), _TOPICS_AT_ONCE):
            client.subscribe(topics[first : first + _TOPICS_AT_ONCE])
        self._online.set()

    def _disconnected(
        self, _client: paho.Client, _data: object, _flags: object, code: ReasonCode, _p: Properties | None
    ) -> None:
        self._online.clear()
        _log.info("broker_disconnected", broker=str(self._address), reason=str(code))

    def _subscribed(
        self, _client: paho.Client, _data: object, mid: int, codes: list[ReasonCode], _p: Properties | None
    ) -> None:
        with self._lock:
            granted = self._granted.pop(mid, None)
        if any(code.is_failure for code in codes):
            _log.error("subscription_refused", broker=str(self._address))
        elif granted is not None:
            granted.set()

    def _heard(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        try:
            device, ack = parse_ack_topic(message.topic), parse_ack(bytes(message.payload))
        except (BadTopic, DecodeError) as error:
            _log.warning("bad_ack", topic=message.topic, reason=str(error))
            return
        if self._on_ack is not None:
            self._on_ack(device, ack)


_TOPICS_AT_ONCE = 100
