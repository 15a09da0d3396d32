"""The embedded broker's configuration: who may sign in, and on which topics. Pure text out of the registry.

NATS writes MQTT's / as . and its + as *. A device may publish below its own `up` and hear its own `down`,
on any shard; nothing else. Facts about these permissions: docs/reference/mqtt.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from haoyun.tracking.devices_store import Device

INGEST_USER = "haoyun-ingest"
GATEWAY_USER = (
    "haoyun-gateway"  # speaks for devices that cannot speak MQTT, after it checked their credentials
)
MAX_STORE = "4GB"  # what may wait for an intake that is away; beyond it devices keep their outbox
MAX_PAYLOAD_BYTES = 262_144
MAX_UNACKED = 8000  # four intake batches in flight


def broker_config(
    devices: Iterable[Device],
    ingest_bcrypt: str,
    *,
    port: int,
    folder: Path,
    gateway_bcrypt: str = "",
    sync_s: float = 0.0,
) -> str:
    """The configuration file: loopback only, no anonymous access, written before every answer.

    What is written is synced to the disk every `sync_s`, with 0 before every answer (decision 47).
    """
    users = [_user(INGEST_USER, ingest_bcrypt, _INGEST_PUBLISH, _INGEST_SUBSCRIBE)]
    if gateway_bcrypt:
        users.append(_user(GATEWAY_USER, gateway_bcrypt, _GATEWAY_PUBLISH, _GATEWAY_SUBSCRIBE))
    users += [_device_user(device) for device in devices if device.revoked_at is None]
    return f"""server_name: haoyun
listen: "127.0.0.1:-1"
pid_file: {_quoted(folder / "nats.pid")}
log_file: {_quoted(folder / "nats.log")}
logfile_size_limit: 10MB
logfile_max_num: 3
max_payload: {MAX_PAYLOAD_BYTES}
jetstream {{ store_dir: {_quoted(folder / "store")}, sync_interval: {_interval(sync_s)}, max_file_store: {MAX_STORE} }}
mqtt {{ listen: "127.0.0.1:{port}", max_ack_pending: {MAX_UNACKED}, ack_wait: "60s" }}
authorization {{ users: [
{chr(10).join(users)}
] }}
"""


_INGEST_PUBLISH = ("hy.v1.*.*.down.>", "hy.v1.probe.>")
_INGEST_SUBSCRIBE = ("hy.v1.*.*.up.>", "hy.v1.*.*.up", "hy.v1.probe.>", "$MQTT.sub.>")
_GATEWAY_PUBLISH = ("hy.v1.*.*.up.>",)
_GATEWAY_SUBSCRIBE = ("hy.v1.*.*.down.>", "hy.v1.*.*.down", "$MQTT.sub.>")


def _device_user(device: Device) -> str:
    own = f"hy.v1.*.{device.name}"
    # An MQTT `down/#` also covers the level above it, so the broker asks for both subjects.
    return _user(
        device.name, device.secret_bcrypt, (f"{own}.up.>",), (f"{own}.down.>", f"{own}.down", "$MQTT.sub.>")
    )


def _user(name: str, secret_bcrypt: str, publish: Iterable[str], subscribe: Iterable[str]) -> str:
    permissions = f"publish: {json.dumps(list(publish))}, subscribe: {json.dumps(list(subscribe))}"
    return (
        f'  {{ user: "{name}", password: "{secret_bcrypt}", allowed_connection_types: ["MQTT"], '
        f"permissions: {{ {permissions} }} }}"
    )


def _interval(sync_s: float) -> str:
    return f'"{round(sync_s * 1000)}ms"' if sync_s else "always"


def _quoted(path: Path) -> str:
    return json.dumps(str(path), ensure_ascii=False)
