"""What came from the broker and waits for the intake: bounded in messages and in bytes."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

MAX_BYTES = 16 * 1024 * 1024  # some 80,000 fixes of the usual size, or 64 messages of the greatest


class Incoming(NamedTuple):
    """A message as the broker delivered it. `mid` means something on its `connection` only."""

    topic: str
    payload: bytes
    received_at: datetime
    mid: int
    qos: int
    connection: int


class Inflow:
    """A queue between the thread that reads the socket and the one that stores.

    `put` never blocks and never drops: whoever reads asks `has_room` first and leaves the rest to the broker.
    What one read brought may stand over the bounds, no more.
    """

    def __init__(self, max_messages: int, max_bytes: int = MAX_BYTES) -> None:
        self.max_messages = max_messages
        self._max_bytes = max_bytes
        self._chunks: deque[Sequence[Incoming]] = deque()
        self._messages = 0
        self._bytes = 0
        self._wanted = 1
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return self._messages

    def has_room(self) -> bool:
        """Whether more may be read."""
        return self._messages < self.max_messages and self._bytes < self._max_bytes

    def wait_for_room(self, timeout_s: float) -> bool:
        """Wait at most `timeout_s` until there is room; whether there is."""
        with self._changed:
            return self._changed.wait_for(self.has_room, timeout_s)

    def put(self, messages: Sequence[Incoming]) -> None:
        """Hand over what one read brought, in order."""
        with self._changed:
            self._chunks.append(messages)
            self._messages += len(messages)
            self._bytes += sum([len(message.payload) for message in messages])
            if self._messages >= self._wanted:
                self._changed.notify_all()

    def take(self, most: int, wait_s: float) -> list[Incoming]:
        """What is there within `wait_s`, oldest first, at most `most`; returns at once when that many are."""
        deadline = time.monotonic() + wait_s
        with self._changed:
            self._wanted = min(most, self.max_messages)
            while self._messages < self._wanted and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)
            self._wanted = self.max_messages + 1
            taken = self._pop(most)
            self._changed.notify_all()
        return taken

    def _pop(self, most: int) -> list[Incoming]:
        taken: list[Incoming] = []
        while self._chunks and len(taken) < most:
            chunk = self._chunks.popleft()
            room = most - len(taken)
            taken += chunk[:room]
            if len(chunk) > room:
                self._chunks.appendleft(chunk[room:])
        self._messages -= len(taken)
        self._bytes -= sum([len(message.payload) for message in taken])
        return taken
