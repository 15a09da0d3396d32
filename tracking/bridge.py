"""The bridge at work: takes reports from native topics of a broker and publishes them on ours, each as it came.

A report is acknowledged to its broker when ours has it: a bridge that is killed loses nothing and may send twice.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Sequence

import orjson
import structlog

from haoyun.tracking.bridges import Bridges
from haoyun.tracking.errors import BadBridge
from haoyun.tracking.gateway_line import GatewayLine
from haoyun.tracking.messages import shard_of, topic_up
from haoyun.tracking.mqtt import Incoming, Subscriber

BATCH = 500
BATCH_WAIT_S = 0.2
TAKEN_WITHIN_S = 10.0
RETRY_S = 1.0
# What no rule knows goes under a name that nobody registers: the intake keeps it as a dead letter.
UNKNOWN_DEVICE, UNKNOWN_KIND = "bridge-unknown", "bridge"

_log = structlog.get_logger(__name__)


class Bridge:
    """Between two brokers; call `run` in a thread or a process of its own."""

    def __init__(self, bridges: Bridges, source: Subscriber, line: GatewayLine, shards: int) -> None:
        self._bridges = bridges
        self._source = source
        self._line = line
        self._shards = shards

    def run(self, stopping: threading.Event) -> None:
        """Work until `stopping` is set."""
        while not stopping.is_set():
            batch = self._source.take(BATCH, BATCH_WAIT_S)
            if batch and self._hand_over(batch, stopping):
                self._source.ack(batch)

    def _hand_over(self, batch: Sequence[Incoming], stopping: threading.Event) -> bool:
        messages = [self.translate(incoming) for incoming in batch]
        while not self._line.publish_all(messages, TAKEN_WITHIN_S):
            _log.warning("broker_not_ready", messages=len(messages))
            if stopping.wait(RETRY_S):
                return False
        return True

    def translate(self, incoming: Incoming) -> tuple[str, bytes]:
        """Our topic and the payload as it came; what no rule knows, wrapped with the topic that it came on."""
        try:
            device, kind = self._bridges.resolve(incoming.topic)
        except BadBridge as error:
            _log.warning("bridge_unknown", topic=incoming.topic, reason=str(error))
            raw = base64.b64encode(incoming.payload).decode()
            payload = orjson.dumps({"topic": incoming.topic, "payload_base64": raw})
            return topic_up(UNKNOWN_DEVICE, 0, UNKNOWN_KIND), payload
        return topic_up(device, shard_of(device, self._shards), kind), incoming.payload
