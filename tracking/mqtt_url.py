"""Broker addresses and clients: mqtt://user:password@host:1883, or mqtts:// for TLS."""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from haoyun.tracking.errors import BadBrokerUrl, BrokerRefused, BrokerUnreachable

DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}
KEEPALIVE_S = 60
CONNECT_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where a broker is and how to sign in. The password never shows in a repr."""

    host: str
    port: int
    tls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    def signed_in_as(self, user: str, password: str) -> BrokerAddress:
        """The same broker under another identity."""
        return replace(self, user=user, password=password)

    def __str__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


def parse_mqtt_url(url: str) -> BrokerAddress:
    """The address in `mqtt://user:password@host:port` or `mqtts://…`. Raises BadBrokerUrl naming the rule."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadBrokerUrl(f"a broker's port must be a number from 0 to 65535: {error}") from error
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise BadBrokerUrl("a broker's address must look like mqtt://user:password@host:1883, or mqtts://…")
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    tls = parts.scheme == "mqtts"
    return BrokerAddress(parts.hostname, port or DEFAULT_PORTS[parts.scheme], tls, user, password)


def new_client(
    address: BrokerAddress,
    client_id: str,
    protocol: MQTTProtocolVersion,
    *,
    manual_ack: bool = False,
    persistent: bool = False,
    client_class: type[paho.Client] = paho.Client,
) -> paho.Client:
    """A paho client that signs in to `address`; `persistent` keeps its session while it is away."""
    clean = None if protocol is MQTTProtocolVersion.MQTTv5 else not persistent
    client = client_class(
        CallbackAPIVersion.VERSION2, client_id, clean_session=clean, protocol=protocol, manual_ack=manual_ack
    )
    client.connect_timeout = CONNECT_TIMEOUT_S
    if address.user is not None:
        client.username_pw_set(address.user, address.password)
    if address.tls:
        client.tls_set_context(ssl.create_default_context())
    return client


def negotiate(address: BrokerAddress, client_id: str) -> MQTTProtocolVersion:
    """MQTT 5 where the broker speaks it, else 3.1.1. Raises BrokerRefused or BrokerUnreachable."""
    refused = _try_connect(address, client_id, MQTTProtocolVersion.MQTTv5)
    if refused is None:
        return MQTTProtocolVersion.MQTTv5
    if "protocol version" not in refused:
        raise BrokerRefused(f"{address} refused the sign-in of {address.user}: {refused}")
    refused = _try_connect(address, client_id, MQTTProtocolVersion.MQTTv311)
    if refused is not None:
        raise BrokerRefused(f"{address} refused the sign-in of {address.user}: {refused}")
    return MQTTProtocolVersion.MQTTv311


def connect_now(client: paho.Client, address: BrokerAddress) -> None:
    """Connect and wait for the answer. Raises BrokerRefused or BrokerUnreachable. Uses on_connect."""
    answers: list[ReasonCode] = []

    def answered(
        _client: paho.Client, _data: object, _flags: object, code: ReasonCode, _p: Properties | None
    ) -> None:
        answers.append(code)

    client.on_connect = answered
    try:
        client.connect(address.host, address.port, KEEPALIVE_S)
    except (OSError, socket.gaierror) as error:
        raise BrokerUnreachable(f"no broker answers at {address}: {error}") from error
    deadline = time.monotonic() + CONNECT_TIMEOUT_S
    while not answers:
        if time.monotonic() > deadline or (client.loop(0.05) not in (0, paho.MQTT_ERR_AGAIN) and not answers):
            raise BrokerUnreachable(f"{address} accepted the connection but did not answer the sign-in")
    if answers[0].is_failure:
        raise BrokerRefused(str(answers[0]))


def _try_connect(address: BrokerAddress, client_id: str, protocol: MQTTProtocolVersion) -> str | None:
    """None where the broker lets us in, else its reason."""
    client = new_client(address, client_id, protocol)
    try:
        connect_now(client, address)
    except BrokerRefused as refused:
        return str(refused).lower()
    finally:
        client.disconnect()
        client.loop(0.05)
    return None
