"""Where a message goes: topic -> device and handler, remembered for as long as the registry does not change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from haoyun.tracking.devices_store import find_devices, registry_version
from haoyun.tracking.errors import BadTopic
from haoyun.tracking.handlers import Handler
from haoyun.tracking.messages import UpTopic, parse_topic, topic_ack

MAX_ROUTES = 100_000  # some 50 MB; beyond it all are looked up anew


@dataclass(frozen=True, slots=True)
class Route:
    """A topic that is understood: whose it is and who handles it."""

    device: str
    device_id: int
    kind: str
    ack_topic: str
    handler: Handler


@dataclass(frozen=True, slots=True)
class Refusal:
    """A topic whose messages become dead letters, with the reason."""

    device: str
    code: str
    reason: str


class Routes:
    """The routes known so far. `handlers` are by kind."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._handlers = dict(handlers)
        self._known: dict[str, Route] = {}
        self._version = -1

    def of(self, db: sa.Connection, topics: set[str]) -> tuple[Mapping[str, Route], Mapping[str, Refusal]]:
        """Routes of (at least) `topics`, and the refusals among them. One look at the registry's version."""
        version = registry_version(db)
        if version != self._version or len(self._known) + len(topics) > MAX_ROUTES:
            self._known.clear()
            self._version = version
        refused: dict[str, Refusal] = {}
        unknown = topics - self._known.keys()
        if unknown:
            refused = self._learn(db, unknown)
        return self._known, refused

    def _learn(self, db: sa.Connection, topics: Iterable[str]) -> dict[str, Refusal]:
        refused: dict[str, Refusal] = {}
        parsed: dict[str, UpTopic] = {}
        for topic in topics:
            try:
                parsed[topic] = parse_topic(topic)
            except BadTopic as error:
                refused[topic] = Refusal("", "bad_topic", str(error))
        devices = find_devices(db, {up.device for up in parsed.values()})
        for topic, up in parsed.items():
            device = devices.get(up.device)
            if device is None:
                refused[topic] = Refusal(up.device, "unknown_device", f"no device {up.device} is registered")
            elif device.revoked_at is not None:
                refused[topic] = Refusal(up.device, "revoked_device", f"{up.device} was revoked")
            elif up.kind not in self._handlers:
                supported = ", ".join(sorted(self._handlers))
                reason = f"kind {up.kind} is none of {supported}"
                refused[topic] = Refusal(up.device, "unsupported_kind", reason)
            else:
                ack_topic = topic_ack(device.name, device.shard)
                handler = self._handlers[up.kind]
                self._known[topic] = Route(device.name, device.id, up.kind, ack_topic, handler)
        return refused
