"""Bridges: from topics that a device chose by itself to ours, by a configured map. Pure.

A rule is a pattern of levels, `{name}` for a level that is to be kept and `+` for one that is not. It says which
device and which kind the report is: `owntracks/{user}/{phone}` with `device = "{user}-{phone}"`, or a table from a
native identifier (an IMEI) to the device's name. See docs/howto/add-a-device.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from haoyun.tracking.errors import BadBridge, BadTopic
from haoyun.tracking.messages import check_device_name

_LEVEL = re.compile(r"\{([a-z_]{1,20})\}")
_KIND = re.compile(r"[a-z0-9_-]{1,32}")
_FIELDS = {"from", "kind", "device", "devices"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern and what it means. `devices` maps what `device` yields to a name; empty: it is the name."""

    pattern: str
    kind: str
    device: str
    devices: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        levels = _LEVEL.findall(self.pattern)
        if not self.pattern or "#" in self.pattern or self.pattern.startswith("hy/"):
            raise BadBridge(
                f"from {self.pattern!r} must be a foreign topic without #; {{name}} or + stand for a level"
            )
        if len(set(levels)) != len(levels):
            raise BadBridge(f"from {self.pattern!r} names a level twice")
        if unknown := sorted(set(_LEVEL.findall(self.device)) - set(levels)):
            raise BadBridge(
                f"device {self.device!r} uses {unknown[0]!r}, which {self.pattern!r} does not name"
            )
        if not _KIND.fullmatch(self.kind):
            raise BadBridge(f"kind {self.kind!r} must be a kind of docs/reference/mqtt.md")
        for name in self.devices.values():
            _checked(name)

    @property
    def filter(self) -> str:
        """What to subscribe to."""
        return _LEVEL.sub("+", self.pattern)

    def device_of(self, topic: str) -> str | None:
        """The device that this topic's report is from, None where the rule does not say. Raises BadBridge."""
        levels = topic.split("/")
        wanted = self.pattern.split("/")
        if len(levels) != len(wanted):
            return None
        known = {}
        for level, want in zip(levels, wanted, strict=True):
            named = _LEVEL.fullmatch(want)
            if named is not None:
                known[named[1]] = level
            elif want not in ("+", level):
                return None
        native = _LEVEL.sub(lambda match: known[match[1]], self.device)
        if not self.devices:
            return _checked(native.lower())
        return self.devices.get(native)


@dataclass(frozen=True, slots=True)
class Bridges:
    """All rules; the first that fits decides."""

    rules: tuple[Rule, ...]

    @property
    def filters(self) -> tuple[str, ...]:
        """What to subscribe to, each once."""
        return tuple(dict.fromkeys(rule.filter for rule in self.rules))

    def resolve(self, topic: str) -> tuple[str, str]:
        """Device and kind of a native topic. Raises BadBridge where no rule knows it."""
        for rule in self.rules:
            device = rule.device_of(topic)
            if device is not None:
                return device, rule.kind
        raise BadBridge(f"no bridge knows the device of {topic[:120]!r}")


def parse_bridges(text: str) -> Bridges:
    """The rules of a TOML file of [[bridge]] tables. Raises BadBridge naming what is wrong."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadBridge(f"not TOML: {error}") from error
    tables = given.get("bridge")
    if set(given) != {"bridge"} or not isinstance(tables, list) or not tables:
        raise BadBridge("a file of bridges holds [[bridge]] tables and nothing else")
    return Bridges(tuple(_rule(table) for table in tables))


def _rule(table: Any) -> Rule:
    if not isinstance(table, dict) or not {"from", "kind", "device"} <= set(table) <= _FIELDS:
        raise BadBridge(f"a bridge has {', '.join(sorted(_FIELDS))} (devices may be left out)")
    devices = table.get("devices", {})
    texts: Sequence[object] = [table["from"], table["kind"], table["device"]]
    if not isinstance(devices, dict) or not all(isinstance(v, str) for v in [*texts, *devices.values()]):
        raise BadBridge("from, kind and device are texts, devices is a table of texts")
    return Rule(table["from"], table["kind"], table["device"], devices)


def _checked(name: str) -> str:
    try:
        return check_device_name(name)
    except BadTopic as error:
        raise BadBridge(str(error)) from error
