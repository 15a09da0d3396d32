"""paho's client with a socket that is read in blocks: one recv for hundreds of messages instead of three for each.

Only PUBLISH packets of the plain kind (QoS 0 or 1, no properties) are taken apart here; every other packet is handed
to paho's own handler, in its place in the order. This leans on attributes that paho does not promise, so the path is
used with the versions that were tried (VERSIONS) and only if the attributes are there; `fast_path_problem` says why
not. tests/tracking/test_fast_client.py compares it with the stock client on the same bytes.
"""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes

from haoyun.tracking.inflow import Incoming, Inflow

VERSIONS = ("2.2.0",)
BLOCK_BYTES = 262_144
FULL_PAUSE_S = 0.02  # between two looks at a full inflow; meanwhile acks and pings go out
MAX_TOPICS = 100_000  # decoded names kept; a fleet has a few for each device
_PRIVATE = (
    *("_sock_recv", "_loop_rc_handle", "_packet_handle", "_packet_queue", "_easy_log", "reconnect"),
    *("_in_packet", "_msgtime_mutex", "_last_bytes_received", "_ping_t", "_protocol", "_out_packet"),
)
_MALFORMED: type[Exception] = getattr(paho, "MalformedPacket", ValueError)  # another version may lack it
_PUBACK_HEAD = b"\x40\x02"


def fast_path_problem(client_class: type[paho.Client] = paho.Client) -> str | None:
    """Why the fast path cannot be used with the installed paho, or None if it can."""
    version = importlib.metadata.version("paho-mqtt")
    if version not in VERSIONS:
        return f"paho-mqtt {version} is none of {', '.join(VERSIONS)}, with which the fast path was tried"
    probe = client_class(CallbackAPIVersion.VERSION2)
    missing = [name for name in _PRIVATE if not hasattr(probe, name)]
    return f"paho-mqtt {version} lacks {', '.join(missing)}" if missing else None


class FastClient(paho.Client):
    """A paho client whose messages go to `inflow` in chunks; manual acks are the caller's, by `send_acks`."""

    inflow: Inflow
    clock: Callable[[], datetime]
    connection: int = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._unread = b""
        self._topic_names: dict[bytes, str] = {}

    def reconnect(self) -> MQTTErrorCode:
        """Connect again; half a packet of the old line means nothing on the new one."""
        self._unread = b""
        return super().reconnect()

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read a block and take its packets apart. While the inflow is full nothing is read."""
        if self._sock is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        if not self.inflow.has_room():
            self._pause()
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        try:
            block = self._sock_recv(BLOCK_BYTES)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        except OSError:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        if not block:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        self._heard()
        rc = self._take_apart(self._unread + block if self._unread else block)
        return self._loop_rc_handle(rc) if rc > 0 else MQTTErrorCode.MQTT_ERR_SUCCESS

    def send_acks(self, mids: Iterable[int], replies: Sequence[tuple[str, bytes]]) -> None:
        """PUBACK `mids` and publish `replies` (topic, payload) at QoS 0, all in one write."""
        packets = [_PUBACK_HEAD + mid.to_bytes(2, "big") for mid in mids]
        v5 = self._protocol == MQTTProtocolVersion.MQTTv5
        packets += [publish_packet(topic, payload, v5=v5) for topic, payload in replies]
        if packets:  # queued as one PUBACK: paho looks at the command only of what wants bookkeeping
            self._packet_queue(PacketTypes.PUBACK << 4, b"".join(packets), 0, 0)

    def _pause(self) -> None:
        """Back-pressure. The line is not dead because we do not listen: paho must not think so."""
        self.inflow.wait_for_room(FULL_PAUSE_S)
        self._heard()
        self._ping_t = 0

    def _heard(self) -> None:
        with self._msgtime_mutex:
            self._last_bytes_received = time.monotonic()

    def _take_apart(self, data: bytes) -> MQTTErrorCode:
        """Hand on every whole packet in `data`, keep the rest; a code above 0 is an error."""
        now, names, connection = self.clock(), self._topic_names, self.connection
        v5 = self._protocol == MQTTProtocolVersion.MQTTv5
        size, at = len(data), 0
        found: list[Incoming] = []
        add, new = found.append, tuple.__new__
        while size - at >= 2:
            command, length, body = data[at], data[at + 1], at + 2
            if length > 127:
                length, body = _remaining_length(data, at)
                if length < 0:
                    if body:
                        self._deliver(found)
                        return MQTTErrorCode.MQTT_ERR_PROTOCOL
                    break
            end = body + length
            if end > size:
                break
            # Plain PUBLISH: type 3, QoS bits 00 or 01, whatever DUP and RETAIN say.
            if command & 0xF4 == 0x30:
                topic_at = body + 2
                payload_at = topic_at + (data[body] << 8 | data[body + 1]) if length >= 2 else end + 1
                raw = data[topic_at:payload_at]
                mid = 0
                qos = command >> 1 & 1
                if qos:
                    payload_at += 2
                    if payload_at <= end:
                        mid = data[payload_at - 2] << 8 | data[payload_at - 1]
                if v5:
                    payload_at += 1
                plain = payload_at <= end and raw and not (v5 and data[payload_at - 1])
                name = names.get(raw) or self._name(raw) if plain else None
                if name:
                    add(new(Incoming, (name, data[payload_at:end], now, mid, qos, connection)))
                    at = end
                    continue
            self._deliver(found)
            found.clear()
            rc = self._hand_to_paho(command, data[body:end])
            at = end
            if rc > 0 or self._sock is None:
                self._unread = b""
                return rc
        self._deliver(found)
        self._unread = data[at:]
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _deliver(self, found: list[Incoming]) -> None:
        if found:
            self.inflow.put(tuple(found))

    def _name(self, raw: bytes) -> str | None:
        """The topic as text, remembered; None where it is not UTF-8, which paho shall judge."""
        try:
            name = raw.decode()
        except UnicodeDecodeError:
            return None
        if len(self._topic_names) >= MAX_TOPICS:
            self._topic_names.clear()
        self._topic_names[raw] = name
        return name

    def _hand_to_paho(self, command: int, body: bytes) -> MQTTErrorCode:
        """What paho's own reader does once it has a whole packet."""
        self._in_packet = {
            "command": command,
            "have_remaining": 1,
            "remaining_count": [],
            "remaining_mult": 1,
            "remaining_length": len(body),
            "packet": bytearray(body),
            "to_process": 0,
            "pos": 0,
        }
        try:
            return self._packet_handle()
        except _MALFORMED as error:
            self._easy_log(paho.MQTT_LOG_DEBUG, "malformed packet: %s", error)
            return MQTTErrorCode.MQTT_ERR_PROTOCOL


def publish_packet(topic: str, payload: bytes, *, v5: bool) -> bytes:
    """A PUBLISH packet at QoS 0 without properties."""
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + (b"\x00" if v5 else b"") + payload
    length, rest = bytearray(), len(body)
    while rest > 127:
        length.append(rest & 127 | 128)
        rest >>= 7
    length.append(rest)
    return b"\x30" + length + body


def _remaining_length(data: bytes, at: int) -> tuple[int, int]:
    """Length of a packet's body and where it begins; (-1, 0) if bytes are missing, (-1, 1) if it is no length."""
    length = shift = 0
    for place in range(at + 1, at + 5):
        if place >= len(data):
            return -1, 0
        length |= (data[place] & 127) << shift
        if data[place] < 128:
            return length, place + 1
        shift += 7
    return -1, int(at + 5 < len(data))  # paho, too, gives up at a fifth byte of length, not before
