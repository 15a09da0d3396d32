"""Topics and messages: `hy/v1/{shard}/{device}/up/{kind}` from a device, `…/down/{ack,cmd}` to it."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from haoyun.tracking.errors import BadTopic

ROOT = "hy/v1"
DEVICE_NAME = re.compile(r"[a-z0-9-]{8,40}")
_UP = re.compile(r"hy/v1/([0-9]{1,5})/([a-z0-9-]{8,40})/up/([a-z0-9_-]{1,32})")
_ACK = re.compile(r"hy/v1/[0-9]{1,5}/([a-z0-9-]{8,40})/down/ack")
UP_FILTER = f"{ROOT}/+/+/up/+"
MAX_SHARDS = 1024


@dataclass(frozen=True, slots=True)
class UpTopic:
    """A parsed topic of a device's report."""

    shard: int
    device: str
    kind: str


class Message(NamedTuple):
    """One report as it arrived. `device_id` is filled in by the intake from the registry."""

    topic: str
    device: str
    kind: str
    payload: bytes
    received_at: datetime
    device_id: int = 0


def check_device_name(name: str) -> str:
    """The name itself, or BadTopic naming the rule."""
    if not DEVICE_NAME.fullmatch(name):
        raise BadTopic(f"device name {name[:60]!r} must be 8 to 40 of a-z, 0-9 and -")
    return name


def shard_of(device: str, shards: int) -> int:
    """The shard of a device among `shards`: the same on every machine and in every release (CRC-32)."""
    if not 1 <= shards <= MAX_SHARDS:
        raise BadTopic(f"shards {shards} is outside 1..{MAX_SHARDS}")
    return zlib.crc32(check_device_name(device).encode()) % shards


def parse_topic(topic: str) -> UpTopic:
    """Shard, device and kind of a report's topic. Raises BadTopic for any other topic."""
    match = _UP.fullmatch(topic)
    if match is None:
        raise BadTopic(f"topic {topic[:120]!r} is not {ROOT}/{{shard}}/{{device}}/up/{{kind}}")
    return UpTopic(int(match[1]), match[2], match[3])


def topic_up(device: str, shard: int, kind: str = "") -> str:
    """The topic of a device's reports of one kind; without a kind the prefix that a device is told."""
    return f"{ROOT}/{shard}/{check_device_name(device)}/up" + (f"/{kind}" if kind else "")


def topic_ack(device: str, shard: int) -> str:
    """The topic on which a device hears up to which number its reports are stored."""
    return f"{ROOT}/{shard}/{check_device_name(device)}/down/ack"


def parse_ack_topic(topic: str) -> str:
    """The device whose ack topic this is. Raises BadTopic for any other topic."""
    match = _ACK.fullmatch(topic)
    if match is None:
        raise BadTopic(f"topic {topic[:120]!r} is not {ROOT}/{{shard}}/{{device}}/down/ack")
    return match[1]


def topic_down(device: str, shard: int) -> str:
    """The filter of everything that is sent to a device."""
    return f"{ROOT}/{shard}/{check_device_name(device)}/down/#"
