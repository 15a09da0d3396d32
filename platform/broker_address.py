"""Where the broker of this installation is, for the intake and for devices."""

from __future__ import annotations

from urllib.parse import urlsplit

from haoyun.platform.settings import Settings
from haoyun.tracking.broker import EmbeddedBroker
from haoyun.tracking.mqtt_url import BrokerAddress, parse_mqtt_url


def ingest_address(settings: Settings) -> BrokerAddress:
    """How the intake reaches the broker, with its own credential. Raises BadBrokerUrl."""
    if settings.mqtt_url is not None:
        return parse_mqtt_url(settings.mqtt_url.get_secret_value())
    return EmbeddedBroker(settings.data, settings.broker_port).ingest_address


def gateway_address(settings: Settings) -> BrokerAddress:
    """How the platform's own gateways, which speak for devices, reach the broker. Raises BadBrokerUrl.

    On another broker than the embedded one that is an identity of its own, or else the intake's.
    """
    if settings.gateway_mqtt_url is not None:
        return parse_mqtt_url(settings.gateway_mqtt_url.get_secret_value())
    if settings.mqtt_url is not None:
        return parse_mqtt_url(settings.mqtt_url.get_secret_value())
    return EmbeddedBroker(settings.data, settings.broker_port).gateway_address


def mqtt_url(settings: Settings) -> str:
    """The broker's address for devices, without anybody's credentials."""
    if settings.mqtt_public_url:
        return settings.mqtt_public_url
    if settings.mqtt_url is None:
        return f"mqtt://127.0.0.1:{settings.broker_port}"
    parts = urlsplit(settings.mqtt_url.get_secret_value())
    return f"{parts.scheme}://{parts.hostname}:{parts.port or (8883 if parts.scheme == 'mqtts' else 1883)}"
