"""The intake's MQTT side: a subscriber whose messages are acked only when told so.

paho's thread puts messages into a bounded inflow. When it is full the thread stops reading the socket, and the broker
keeps the rest: back-pressure, never an unbounded buffer. The socket is read in blocks (fast_client.py) where the
installed paho allows it, else by paho itself; the log says which.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from haoyun.tracking.errors import BrokerRefused, BrokerUnreachable
from haoyun.tracking.fast_client import FastClient, fast_path_problem
from haoyun.tracking.inflow import Incoming, Inflow
from haoyun.tracking.mqtt_url import KEEPALIVE_S, BrokerAddress, negotiate, new_client

SESSION_EXPIRY_S = 7 * 86_400  # the broker keeps our place in the feed over a long week-end
RECONNECT_MIN_S, RECONNECT_MAX_S = 1, 10
_WAKE_S = 0.5  # how soon a thread that waits notices that it should stop

_log = structlog.get_logger(__name__)

__all__ = ["Incoming", "Subscriber"]


class Subscriber:
    """A persistent subscription to `topics`, under a client id that must stay the same over restarts.

    `fast` False forces paho's own reading path.
    """

    def __init__(
        self,
        address: BrokerAddress,
        client_id: str,
        topics: Sequence[str],
        clock: Callable[[], datetime],
        *,
        queue_size: int = 8000,
        fast: bool = True,
    ) -> None:
        self._address = address
        self._client_id = client_id
        self._topics = tuple(topics)
        self._clock = clock
        self._inflow = Inflow(queue_size)
        self._fast = fast and _may_be_fast()
        self._stopping = threading.Event()
        self._connected = threading.Event()
        self._lock = threading.Lock()  # an ack must not slip onto the next connection
        self._connection = 0
        self._client: paho.Client | None = None
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    def start(self) -> None:
        """Connect in the background, and again whenever the connection breaks."""
        self._thread.start()

    def stop(self) -> None:
        """Disconnect, keeping the session at the broker. What was not acked is delivered again."""
        self._stopping.set()
        self._thread.join(timeout=10)
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()

    def wait_connected(self, timeout_s: float) -> bool:
        """Whether the subscription stands within `timeout_s`."""
        return self._connected.wait(timeout_s)

    def take(self, most: int, wait_s: float) -> list[Incoming]:
        """A batch: what arrives within `wait_s`, at most `most` messages. Empty if nothing came.

        Messages of a broken connection are left out: the broker delivers them again.
        """
        taken = self._inflow.take(most, wait_s)
        current = self._connection
        return [incoming for incoming in taken if incoming.connection == current]

    def ack(self, batch: Sequence[Incoming], replies: Sequence[tuple[str, bytes]] = ()) -> None:
        """Tell the broker that these are safe, and devices what `replies` (topic, payload) say.

        On a connection that is gone there is nobody to tell. Replies go at QoS 0: a lost ack to a device only
        makes it send again.
        """
        with self._lock:
            client, current = self._client, self._connection
            if client is None:
                return
            fresh = [incoming for incoming in batch if incoming.qos and incoming.connection == current]
            if isinstance(client, FastClient):
                client.send_acks([incoming.mid for incoming in fresh], replies)
                return
            for incoming in fresh:
                client.ack(incoming.mid, incoming.qos)
            for topic, payload in replies:
                client.publish(topic, payload, qos=0)

    def _run(self) -> None:
        protocol = self._negotiated()
        if protocol is None:
            return
        client = new_client(
            self._address,
            self._client_id,
            protocol,
            manual_ack=True,
            persistent=True,
            client_class=FastClient if self._fast else paho.Client,
        )
        if isinstance(client, FastClient):
            client.inflow, client.clock, client.connection = self._inflow, self._clock, self._connection
        client.reconnect_delay_set(RECONNECT_MIN_S, RECONNECT_MAX_S)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        self._client = client
        if protocol is MQTTProtocolVersion.MQTTv5:
            client.connect_async(
                self._address.host,
                self._address.port,
                KEEPALIVE_S,
                clean_start=False,
                properties=self._session_properties(),
            )
        else:
            client.connect_async(self._address.host, self._address.port, KEEPALIVE_S)
        if not self._stopping.is_set():
            # Its own thread, so that only that one writes to the socket: two would mix halves of packets.
            client.loop_start()

    def _negotiated(self) -> MQTTProtocolVersion | None:
        while not self._stopping.is_set():
            try:
                return negotiate(self._address, f"{self._client_id}-hello")
            except (BrokerUnreachable, BrokerRefused) as error:
                _log.warning("broker_not_ready", broker=str(self._address), reason=str(error))
                self._stopping.wait(RECONNECT_MIN_S)
        return None

    def _session_properties(self) -> Properties:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        properties.ReceiveMaximum = min(65_535, self._inflow.max_messages)
        return properties

    def _on_connect(
        self, client: paho.Client, _data: object, _flags: object, code: ReasonCode, _p: Properties | None
    ) -> None:
        if code.is_failure:
            _log.warning("broker_refused", broker=str(self._address), reason=str(code))
            return
        _log.info("broker_connected", broker=str(self._address), topics=self._topics)
        # Always, session or not: some brokers forget subscriptions when they restart.
        client.subscribe([(topic, 1) for topic in self._topics])

    def _on_disconnect(
        self, client: paho.Client, _data: object, _flags: object, code: ReasonCode, _p: Properties | None
    ) -> None:
        with self._lock:
            self._connection += 1  # message ids start over: acks of the old connection are void
            self._connected.clear()
            if isinstance(client, FastClient):
                client.connection = self._connection
        if not self._stopping.is_set():
            _log.warning("broker_disconnected", broker=str(self._address), reason=str(code))

    def _on_subscribe(
        self, _client: paho.Client, _data: object, _mid: int, codes: list[ReasonCode], _p: Properties | None
    ) -> None:
        refused = [topic for topic, code in zip(self._topics, codes, strict=False) if code.is_failure]
        if refused:
            _log.error("subscription_refused", broker=str(self._address), topics=refused)
        else:
            self._connected.set()

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        """By paho's own path, and on the fast one for what only paho can read, e.g. with properties."""
        topic = message._topic.decode(errors="replace")  # `topic` would raise for what is not UTF-8
        incoming = Incoming(
            topic, bytes(message.payload), self._clock(), message.mid, message.qos, self._connection
        )
        while not self._fast and not self._stopping.is_set():
            if self._inflow.wait_for_room(_WAKE_S):
                break
        self._inflow.put((incoming,))


def _may_be_fast() -> bool:
    problem = fast_path_problem()
    if problem:
        _log.warning("fast_path_off", reason=problem, consequence="messages are read by paho itself, slower")
    return problem is None
