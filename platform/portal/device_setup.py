"""What a device must be told, as text that can be copied and as a QR code. Pure: credentials in, texts out."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import orjson
import segno
from markupsafe import Markup

from haoyun.tracking.devices_store import IssuedCredential

_QR_SCALE = 4
_DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class Setup:
    """One way to set a device up: its text, and a QR code where an app can scan one."""

    key: str  # owntracks | traccar | own
    text: str
    qr: Markup | None = None


def setups(credential: IssuedCredential, mqtt_url: str, portal_url: str) -> list[Setup]:
    """Ready-made settings for a tracker or a phone, each with the device's own secret."""
    owntracks = _owntracks(credential, mqtt_url)
    link = "owntracks:///config?inline=" + base64.b64encode(orjson.dumps(owntracks)).decode()
    traccar = http_address(credential.device, credential.secret, portal_url)
    return [
        Setup("owntracks", orjson.dumps(owntracks, option=orjson.OPT_INDENT_2).decode(), _qr(link)),
        Setup("traccar", traccar, _qr(traccar)),
        Setup("own", _own(credential, mqtt_url)),
    ]


def http_address(device: str, secret: str, portal_url: str) -> str:
    """The server address for Traccar Client and OsmAnd, which can send no header: the secret is part of it."""
    return f"{portal_url.rstrip('/')}/in/osmand/{quote(device, safe='')}/{quote(secret, safe='')}"


def _owntracks(credential: IssuedCredential, mqtt_url: str) -> Mapping[str, object]:
    parts = urlsplit(mqtt_url)
    return {
        "_type": "configuration",
        "mode": 0,
        "host": parts.hostname,
        "port": parts.port or _DEFAULT_PORTS.get(parts.scheme, 1883),
        "tls": parts.scheme == "mqtts",
        "mqttProtocolLevel": 4,
        "auth": True,
        "username": credential.device,
        "password": credential.secret,
        "clientId": credential.device,
        "deviceId": credential.device,
        "tid": credential.device[-2:],
        "pubTopicBase": f"{credential.topic_up}/owntracks",
        "pubQos": 1,
        "cleanSession": False,
        "cmd": False,
        "sub": False,
    }


def _own(credential: IssuedCredential, mqtt_url: str) -> str:
    parts = urlsplit(mqtt_url)
    tls = " --tls-use-os-certs" if parts.scheme == "mqtts" else ""
    fix = '{"t":1778486398,"lat":29.87,"lon":121.54,"spd":63}'
    return (
        f"mosquitto_pub -h {parts.hostname} -p {parts.port or _DEFAULT_PORTS.get(parts.scheme, 1883)}{tls} -q 1 \\\n"
        f"  -i {credential.device} -u {credential.device} -P '{credential.secret}' \\\n"
        f"  -t {credential.topic_up}/fixes -m '{fix}'"
    )


def _qr(text: str) -> Markup:
    """An inline SVG; black on white in both themes, or cameras would not read it."""
    file = io.BytesIO()
    segno.make(text, error="l", micro=False).save(
        file,
        kind="svg",
        scale=_QR_SCALE,
        border=3,
        dark="#000",
        light="#fff",
        xmldecl=False,
        svgns=True,
        omitsize=True,
    )
    return Markup(file.getvalue().decode())  # noqa: S704 - made here out of modules, no text of anybody's in it
