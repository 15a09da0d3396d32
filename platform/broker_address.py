"""Where the broker of this installation is, for the intake and for devices."""

from __future__ import annotations

from haoyun.platform.settings import Settings
from haoyun.tracking.broker import EmbeddedBroker
from haoyun.tracking.mqtt_url import BrokerAddress, parse_mqtt_url


def ingest_address(settings: Settings) -> BrokerAddress:
    """How the intake reaches the broker, with its own credential. Raises BadBrokerUrl."""
    if settings.mqtt_url is not None:
        return parse_mqtt_url(settings.mqtt_url.get_secret_value())
    return EmbeddedBroker(settings.data, settings.broker_port).ingest_address
