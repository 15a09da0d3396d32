"""Open streams: sockets that are written to and never waited for.

A greenlet for each of thousands of streams would cost some 40 kB each to wait in; here a stream is a socket and what it
could not take yet. Who is too slow for a message misses it and gets the whole picture when there is room again.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from haoyun.platform.live.feed import Audience

SLOW_S = 30.0  # a stream that took nothing for so long is closed


@dataclass(slots=True, eq=False)
class Stream:
    """One browser's stream. `rest` is the end of a message that did not fit into the socket's buffer."""

    socket: socket.socket
    until: float
    rest: bytes = b""
    behind: bool = False  # it missed a message: the whole picture comes next
    taken: float = field(default_factory=time.monotonic)

    def write(self, data: bytes) -> bool:
        """Send what fits. Returns whether the stream is still alive."""
        if self.rest:
            self.behind = True
            return self._flush()
        return self._send(data)

    def catch_up(self, picture: Callable[[], bytes]) -> bool:
        """Send what was left over, then the picture that makes up for what was missed."""
        if not self._flush():
            return False
        if self.behind and not self.rest:
            self.behind = False
            return self._send(picture())
        return True

    def close(self) -> None:
        """Let the browser go; it opens another stream when it wants to."""
        self.socket.close()

    def _flush(self) -> bool:
        if not self.rest:
            return True
        data, self.rest = self.rest, b""
        return self._send(data)

    def _send(self, data: bytes) -> bool:
        try:
            sent = self.socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            return False
        now = time.monotonic()
        if sent:
            self.taken = now
        self.rest = data[sent:]
        return now - self.taken < SLOW_S


@dataclass(slots=True)
class Room:
    """An audience and its streams."""

    audience: Audience
    streams: set[Stream] = field(default_factory=set)

    def write(self, data: bytes) -> None:
        """One message to everybody; streams that are gone are dropped."""
        for stream in [one for one in self.streams if not one.write(data)]:
            self.drop(stream)

    def catch_up(self, picture: Callable[[], bytes]) -> None:
        """Help those who fell behind, and end those whose time is over."""
        now = time.monotonic()
        made: list[bytes] = []

        def once() -> bytes:
            if not made:
                made.append(picture())
            return made[0]

        for stream in list(self.streams):
            late = stream.rest or stream.behind
            if now > stream.until or (late and not stream.catch_up(once)):
                self.drop(stream)

    def drop(self, stream: Stream) -> None:
        """Close a stream and forget it."""
        stream.close()
        self.streams.discard(stream)
