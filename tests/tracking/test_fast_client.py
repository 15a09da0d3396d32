"""The block-reading client says the same as paho's own on the same bytes, however they arrive in pieces."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import paho.mqtt.client as paho
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from structlog.testing import capture_logs

from haoyun.tracking import fast_client
from haoyun.tracking.fast_client import FastClient, fast_path_problem, publish_packet
from haoyun.tracking.inflow import Inflow
from haoyun.tracking.mqtt import Subscriber
from haoyun.tracking.mqtt_url import BrokerAddress

PATIENT = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # a busy machine is slow, not wrong
NOW = datetime(2026, 5, 11, tzinfo=UTC)
V311, V5 = MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5


class Wire:
    """A socket that gives the bytes it was made with in pieces, and remembers what is written."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces, self.sent = pieces, b""

    def recv(self, size: int) -> bytes:
        if not self.pieces:
            raise BlockingIOError
        piece = self.pieces.pop(0)
        if len(piece) > size:
            self.pieces.insert(0, piece[size:])
        return piece[:size]

    def send(self, data: bytes) -> int:
        self.sent += bytes(data)
        return len(data)

    def close(self) -> None:
        self.pieces = []


def heard_by(client: paho.Client, wire: Wire) -> tuple[list[tuple[object, ...]], bool]:
    """Messages (topic, payload, mid, qos) and answers in order, and whether the line was kept."""
    heard: list[tuple[object, ...]] = []
    inflow = Inflow(100_000)
    if isinstance(client, FastClient):
        client.inflow, client.clock = inflow, lambda: NOW

    def drain() -> None:
        heard.extend((m.topic, m.payload, m.mid, m.qos) for m in inflow.take(100_000, 0))

    def said(*what: object) -> None:
        drain()
        heard.append(what)

    client.on_message = lambda _c, _d, m: said(
        m._topic.decode(errors="replace"), bytes(m.payload), m.mid, m.qos
    )
    client.on_subscribe = lambda _c, _d, mid, codes, _p: said("suback", mid, [c.value for c in codes])
    client.on_connect = lambda _c, _d, flags, code, _p: said("connack", flags.session_present, code.value)
    client._sock = wire  # type: ignore[assignment]
    client._state = paho._ConnectionState.MQTT_CS_CONNECTED
    kept = True
    while wire.pieces and kept:
        kept = client.loop_read() == 0 and client._sock is not None
    for _ in range(50):  # paho takes one packet a call; what it had no time for is still in the wire
        if kept:
            kept = client.loop_read() == 0 and client._sock is not None
    drain()
    return heard, kept


def both(protocol: MQTTProtocolVersion, data: bytes, cuts: list[int]) -> tuple[object, object]:
    edges = [0, *sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]
    pieces = [data[a:b] for a, b in pairwise(edges) if a < b]
    found = []
    for kind in (paho.Client, FastClient):
        client = kind(CallbackAPIVersion.VERSION2, "x", protocol=protocol, manual_ack=True)
        wire = Wire(list(pieces))
        found.append((*heard_by(client, wire), wire.sent))
    return found[0], found[1]


def publish(topic: bytes, payload: bytes, qos: int, mid: int, flags: int, properties: bytes | None) -> bytes:
    body = len(topic).to_bytes(2, "big") + topic + (mid.to_bytes(2, "big") if qos else b"")
    body += (b"" if properties is None else properties) + payload
    return bytes([0x30 | qos << 1 | flags]) + length(len(body)) + body


def length(size: int) -> bytes:
    found = bytearray()
    while size > 127:
        found.append(size & 127 | 128)
        size >>= 7
    return bytes([*found, size])


def some_properties() -> st.SearchStrategy[bytes]:
    def packed(pairs: list[tuple[str, str]]) -> bytes:
        properties = Properties(PacketTypes.PUBLISH)
        if pairs:
            properties.UserProperty = pairs
        return bytes(properties.pack())

    pair = st.tuples(st.text("abc", max_size=5), st.text("xyz", max_size=5))
    return st.lists(pair, max_size=2).map(packed)


TOPICS = st.one_of(
    st.sampled_from([b"hy/v1/0/truck-0001/up/fixes", b"hy/v1/3/truck-0002/up/reads", "a/路".encode()]),
    st.binary(max_size=6),
)


def packets(protocol: MQTTProtocolVersion) -> st.SearchStrategy[bytes]:
    properties = some_properties() if protocol == V5 else st.none()
    plain = st.builds(
        publish,
        TOPICS,
        st.binary(max_size=300),
        st.integers(0, 2),
        st.integers(1, 65_535),
        st.sampled_from([0, 1, 8, 9]),
        properties,
    )
    suback = b"\x90\x03\x00\x05\x01" if protocol != V5 else b"\x90\x04\x00\x05\x00\x01"
    return st.one_of(plain, plain, plain, st.sampled_from([suback, b"\xd0\x00"]))


@pytest.mark.parametrize("protocol", [V311, V5], ids=["3.1.1", "5"])
@PATIENT
@given(data=st.data())
def test_it_hears_what_stock_paho_hears_however_the_stream_is_cut(protocol, data) -> None:
    stream = b"".join(data.draw(st.lists(packets(protocol), max_size=12)))
    stock, fast = both(protocol, stream, data.draw(st.lists(st.integers(0, 5000), max_size=8)))
    assert fast == stock


@pytest.mark.parametrize("protocol", [V311, V5], ids=["3.1.1", "5"])
@PATIENT
@given(data=st.data())
def test_it_gives_up_a_broken_stream_where_stock_paho_does(protocol, data) -> None:
    good = b"".join(data.draw(st.lists(packets(protocol), max_size=4)))
    # Without zeros: a packet of type 0 is none, and paho forgets its first byte while it waits for more.
    noise = data.draw(st.binary(min_size=1, max_size=12)).replace(b"\0", b"\1")
    stock, fast = both(protocol, good + noise, data.draw(st.lists(st.integers(0, 2000), max_size=4)))
    assert fast == stock


@pytest.mark.parametrize("more", [b"", b"\x80", b"\x01"])
def test_a_length_without_end_is_given_up_at_its_fifth_byte_as_by_stock_paho(more: bytes) -> None:
    stock, fast = both(V5, b"\x30\x80\x80\x80\x80" + more, [])
    assert fast == stock


def test_the_installed_paho_is_one_that_was_tried() -> None:
    assert fast_path_problem() is None, "look at fast_client.py before another version of paho is used"


def test_another_version_or_a_missing_attribute_leaves_the_work_to_paho(monkeypatch) -> None:
    class Changed(paho.Client):
        _packet_handle = property()  # raises AttributeError: as if it was renamed

    assert fast_path_problem(Changed) == "paho-mqtt 2.2.0 lacks _packet_handle"
    monkeypatch.setattr(fast_client, "VERSIONS", ("1.6.1",))
    with capture_logs() as logs:
        subscriber = Subscriber(BrokerAddress("127.0.0.1", 1), "x", [], lambda: NOW)
    assert not subscriber._fast
    assert [line["event"] for line in logs] == ["fast_path_off"]
    assert "is none of 1.6.1" in logs[0]["reason"]


@pytest.mark.parametrize("protocol", [V311, V5], ids=["3.1.1", "5"])
def test_acks_and_replies_leave_in_one_write_that_a_broker_understands(protocol) -> None:
    client = FastClient(CallbackAPIVersion.VERSION2, "x", protocol=protocol, manual_ack=True)
    wire = Wire([])
    client._sock = wire  # type: ignore[assignment]
    client.send_acks([1, 65_535], [("a/b", b"x" * 200)])
    assert wire.sent[:8] == b"\x40\x02\x00\x01\x40\x02\xff\xff"
    packet = wire.sent[8:]
    assert packet == publish_packet("a/b", b"x" * 200, v5=protocol == V5)
    heard, kept = heard_by(paho.Client(CallbackAPIVersion.VERSION2, "y", protocol=protocol), Wire([packet]))
    assert (heard, kept) == ([("a/b", b"x" * 200, 0, 0)], True)


def test_a_full_inflow_stops_the_reading_and_nothing_is_dropped() -> None:
    client = FastClient(CallbackAPIVersion.VERSION2, "x", protocol=V311, manual_ack=True)
    client.inflow, client.clock = Inflow(2), lambda: NOW
    wire = Wire([publish(b"t", bytes([n]), 1, n + 1, 0, None) for n in range(4)])
    client._sock = wire  # type: ignore[assignment]
    for _ in range(5):
        client.loop_read()
    assert (len(client.inflow), len(wire.pieces)) == (2, 2)
    taken = client.inflow.take(10, 0)
    for _ in range(5):
        client.loop_read()
    assert [m.payload for m in taken + client.inflow.take(10, 0)] == [b"\x00", b"\x01", b"\x02", b"\x03"]


def test_a_full_inflow_is_measured_in_bytes_too() -> None:
    inflow = Inflow(1000, max_bytes=100)
    client = FastClient(CallbackAPIVersion.VERSION2, "x", protocol=V311)
    client.inflow, client.clock = inflow, lambda: NOW
    client._sock = Wire([publish(b"t", b"x" * 60, 0, 0, 0, None)] * 3)  # type: ignore[assignment]
    for _ in range(5):
        client.loop_read()
    assert len(inflow) == 2
