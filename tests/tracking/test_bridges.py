"""Bridges: which device a native topic is, and the way from one real broker to another."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from conftest import unused_port
from hypothesis import given
from hypothesis import strategies as st

from haoyun.tracking.bridge import UNKNOWN_DEVICE, Bridge
from haoyun.tracking.bridges import Bridges, Rule, parse_bridges
from haoyun.tracking.broker import EmbeddedBroker
from haoyun.tracking.errors import BadBridge
from haoyun.tracking.gateway_line import GatewayLine
from haoyun.tracking.messages import UP_FILTER, parse_topic
from haoyun.tracking.mqtt import Incoming, Subscriber
from haoyun.tracking.mqtt_url import connect_now, new_client
from haoyun.tracking.testing import wait_for

FILE = """
[[bridge]]
from = "owntracks/{user}/{phone}"
kind = "owntracks"
device = "{user}-{phone}"

[[bridge]]
from = "owntracks/{user}/{phone}/event"
kind = "owntracks"
device = "{user}-{phone}"

[[bridge]]
from = "{imei}/data"
kind = "teltonika"
device = "{imei}"
devices = { "352093081452251" = "truck-0007" }
"""


def clock() -> datetime:
    return datetime.now(UTC)


def test_a_native_topic_says_which_device_it_is() -> None:
    bridges = parse_bridges(FILE)
    assert bridges.filters == ("owntracks/+/+", "owntracks/+/+/event", "+/data")
    assert bridges.resolve("owntracks/shunda/Phone7") == ("shunda-phone7", "owntracks")
    assert bridges.resolve("owntracks/shunda/phone7/event") == ("shunda-phone7", "owntracks")
    assert bridges.resolve("352093081452251/data") == ("truck-0007", "teltonika")


@pytest.mark.parametrize("topic", ["352093081452252/data", "elsewhere/a/b", "owntracks/a", ""])
def test_a_topic_that_no_rule_knows_is_refused(topic: str) -> None:
    with pytest.raises(BadBridge, match="no bridge knows"):
        parse_bridges(FILE).resolve(topic)


def test_a_topic_whose_name_breaks_the_rule_of_names_is_refused() -> None:
    with pytest.raises(BadBridge, match="must be 8 to 40"):
        parse_bridges(FILE).resolve("owntracks/a/b")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("x =", "not TOML"),
        ("[other]", r"holds \[\[bridge\]\] tables"),
        ("[[bridge]]\nfrom='a/{x}'\nkind='nmea'", "a bridge has"),
        ("[[bridge]]\nfrom='a/#'\nkind='nmea'\ndevice='truck-0001'", "without #"),
        ("[[bridge]]\nfrom='hy/v1/0/{x}/up/nmea'\nkind='nmea'\ndevice='{x}'", "a foreign topic"),
        ("[[bridge]]\nfrom='a/{x}'\nkind='nmea'\ndevice='{y}'", "does not name"),
        ("[[bridge]]\nfrom='a/{x}/{x}'\nkind='nmea'\ndevice='{x}'", "names a level twice"),
        ("[[bridge]]\nfrom='a/{x}'\nkind='a b'\ndevice='{x}'", "must be a kind"),
        ("[[bridge]]\nfrom='a/{x}'\nkind='nmea'\ndevice='{x}'\ndevices={a='short'}", "must be 8 to 40"),
        ("[[bridge]]\nfrom='a/{x}'\nkind='nmea'\ndevice=7", "are texts"),
    ],
)
def test_a_wrong_file_is_refused_with_its_reason(text: str, rule: str) -> None:
    with pytest.raises(BadBridge, match=rule):
        parse_bridges(text)


@given(st.text(max_size=30))
def test_no_topic_makes_a_rule_raise_anything_else(topic: str) -> None:
    try:
        device, _ = Bridges((Rule("{a}/+", "nmea", "device-{a}"),)).resolve(topic)
        assert device.startswith("device-")
    except BadBridge as error:
        assert str(error)


def test_what_no_rule_knows_goes_where_the_intake_buries_it() -> None:
    incoming = Incoming("352093081452252/data", b"\xff", clock(), 1, 1, 0)
    topic, payload = Bridge(parse_bridges(FILE), None, None, 8).translate(incoming)  # type: ignore[arg-type]
    assert parse_topic(topic).device == UNKNOWN_DEVICE
    assert b"352093081452252/data" in payload and b"/w==" in payload


@pytest.fixture
def ours(tmp_path) -> Iterator[EmbeddedBroker]:
    """Our broker beside the devices' own, on a port of its own."""
    broker = EmbeddedBroker(tmp_path / "ours", unused_port())
    broker.start([])
    yield broker
    broker.stop()


def test_reports_cross_from_a_real_broker_to_another_as_they_came(ours, mosquitto_broker) -> None:
    native, _ = mosquitto_broker
    source = Subscriber(native, "bridge-test", ["+/data"], clock)
    line = GatewayLine(ours.gateway_address, "bridge-test")
    inbox = Subscriber(ours.ingest_address, "ingest-1", [UP_FILTER], clock)
    for one in (source, inbox):
        one.start()
        assert one.wait_connected(10)
    line.start()
    stopping = threading.Event()
    worker = threading.Thread(target=Bridge(parse_bridges(FILE), source, line, 8).run, args=(stopping,))
    worker.start()
    device = new_client(native, "teltonika-1", 4)  # type: ignore[arg-type]
    connect_now(device, native)
    device.publish("352093081452251/data", b'{"state":{}}', qos=1)
    device.loop(0.2)
    heard: list[Incoming] = []
    try:
        assert wait_for(lambda: heard.extend(inbox.take(10, 0.2)) or heard, 10)
    finally:
        stopping.set()
        worker.join(10)
        source.stop()
        line.stop()
        inbox.stop()
    assert (parse_topic(heard[0].topic).device, parse_topic(heard[0].topic).kind) == (
        "truck-0007",
        "teltonika",
    )
    assert heard[0].payload == b'{"state":{}}'
