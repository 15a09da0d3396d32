"""The live process: one gevent loop that holds thousands of streams of server-sent events.

`/stream?ticket=…` is a stream, `/healthz` says that it lives. The database is looked at every LOOK_S by one thread for
everybody; who may see what is asked again every SIGHT_S. Decision 45 says why it is a process of its own.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import gevent
import sqlalchemy as sa
import structlog
from gevent.pool import Pool
from gevent.server import StreamServer

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.database import Databases
from haoyun.platform.live.askings import Askings
from haoyun.platform.live.feed import KEEP_ALIVE, Audience, Board
from haoyun.platform.live.source import PositionSource, visible_to
from haoyun.platform.live.streams import Room, Stream
from haoyun.platform.live.ticket import STREAM_S, BadTicket, redeem
from haoyun.platform.settings import Settings
from haoyun.tracking.fixes_store import FRESH

LOOK_S = 0.2
SIGHT_S = 5.0
QUIET_S = 20.0  # a comment every now and then keeps proxies from closing the stream, and finds who is gone
MOST_STREAMS = 20_000
HANDSHAKES = 500  # at once
REQUEST_S = 5.0  # for a whole request
MOST_REQUEST_BYTES = 8_192
log = structlog.get_logger(__name__)


class LiveServer:
    """Serves streams until `stop`."""

    def __init__(self, databases: Databases, settings: Settings, stale: timedelta = FRESH) -> None:
        self._databases, self._stale = databases, stale
        self._key, self._origin = settings.signing_key(), settings.live_origin
        self._source = PositionSource(databases.tracking, settings.map_crs)
        self._board = Board()
        self._rooms: dict[str, tuple[Actor, Room]] = {}
        self._askings = Askings()
        self._server: StreamServer | None = None

    @property
    def streams(self) -> int:
        """How many streams are open."""
        return sum(len(room.streams) for _, room in self._rooms.values())

    def serve(self, listener: Any) -> None:
        """Take connections from a listening socket until `stop`."""
        self._server = StreamServer(listener, self._greet, spawn=Pool(HANDSHAKES))
        watchers = [gevent.spawn(self._watch_positions), gevent.spawn(self._watch_rights)]
        self._server.serve_forever(stop_timeout=1)
        gevent.killall(watchers)

    def stop(self, *_signal: object) -> None:
        """End all streams; browsers ask again."""
        if self._server is not None:
            gevent.spawn(self._server.stop, timeout=1)

    def _greet(self, connection: Any, _address: object) -> None:
        """Read a request and answer it; a stream's socket is then kept, everybody else's closed."""
        target = None
        with gevent.Timeout(REQUEST_S, False):
            target = _target(connection)
        if target is None or not self._answer(connection, target):
            connection.close()

    def _answer(self, connection: Any, target: str) -> bool:
        """Returns whether the socket is now a stream's."""
        parts = urlsplit(target)
        if parts.path == "/healthz":
            connection.sendall(self._head("200 OK", b"ok\n"))
        elif parts.path != "/stream":
            connection.sendall(self._head("404 Not Found", b"not found\n"))
        elif self.streams >= MOST_STREAMS:
            connection.sendall(self._head("503 Service Unavailable", b"too many streams\n"))
        else:
            try:
                actor = redeem(self._key, parse_qs(parts.query).get("ticket", [""])[0])
            except BadTicket as error:
                connection.sendall(self._head("401 Unauthorized", f"{error}\n".encode()))
                return False
            try:
                room = self._room(actor)
            except sa.exc.OperationalError as error:
                log.warning("rights not read", problem=str(error.orig)[:200])
                connection.sendall(self._head("503 Service Unavailable", b"try again\n"))
                return False
            self._open(connection, room)
            return True
        return False

    def _open(self, connection: Any, room: Room) -> None:
        # The raw socket: gevent's own would wait, and hold a watcher for each stream.
        raw = socket.socket(fileno=connection.detach())
        raw.setblocking(False)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = Stream(raw, time.monotonic() + STREAM_S)
        head = self._head("200 OK", None) + b"retry: 2000\n"
        if stream.write(head + self._picture(room)()):
            room.streams.add(stream)
        else:
            stream.close()

    def _room(self, actor: Actor) -> Room:
        """The room of an actor's audience; the first of it asks what may be seen."""
        key = "*" if actor.sees_all else actor.org_id
        pool = gevent.get_hub().threadpool
        if key not in self._rooms:
            visible = self._askings.answer(key, lambda: pool.apply(visible_to, (self._databases, actor)))
            self._rooms.setdefault(key, (actor, Room(Audience(visible))))
        return self._rooms[key][1]

    def _picture(self, room: Room) -> Callable[[], bytes]:
        return lambda: room.audience.picture(self._board, _now(), self._stale)

    def _head(self, status: str, body: bytes | None) -> bytes:
        # A ticket opens the stream, not a cookie: without a named origin any page that has one may read it.
        lines = [
            f"HTTP/1.1 {status}",
            "Cache-Control: no-store",
            "Connection: close",
            "X-Accel-Buffering: no",
        ]
        lines.append(f"Access-Control-Allow-Origin: {self._origin or '*'}")
        kind = "text/event-stream" if body is None else "text/plain"
        lines += [f"Content-Type: {kind}", *([] if body is None else [f"Content-Length: {len(body)}"])]
        return "\r\n".join([*lines, "", ""]).encode() + (body or b"")

    def _watch_positions(self) -> None:
        pool = gevent.get_hub().threadpool
        quiet_until = time.monotonic() + QUIET_S
        while True:
            began = time.monotonic()
            try:
                moved = self._board.take(pool.apply(self._source.look))
            except sa.exc.OperationalError as error:
                log.warning("positions not read", problem=str(error.orig)[:200])
                moved = set()
            for _, room in list(self._rooms.values()):
                message = room.audience.moved(moved, self._board, _now(), self._stale) if moved else None
                if message is not None:
                    room.write(message)
                elif began > quiet_until:
                    room.write(KEEP_ALIVE)
                room.catch_up(self._picture(room))
                gevent.sleep(0)  # a new connection is greeted between two rooms
            if began > quiet_until:
                quiet_until = began + QUIET_S
            gevent.sleep(max(0.01, LOOK_S - (time.monotonic() - began)))

    def _watch_rights(self) -> None:
        pool = gevent.get_hub().threadpool
        while True:
            gevent.sleep(SIGHT_S)
            for key, (actor, room) in list(self._rooms.items()):
                if not room.streams:
                    del self._rooms[key]
                    continue
                try:
                    visible = pool.apply(visible_to, (self._databases, actor))
                except sa.exc.OperationalError as error:
                    log.warning("rights not read", problem=str(error.orig)[:200])
                    continue
                if visible != room.audience.visible:
                    room.audience.visible = visible
                    room.write(self._picture(room)())


def _target(connection: Any) -> str | None:
    """The target of a GET request, or None for anything else."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(4096)
        if not part or len(data) > MOST_REQUEST_BYTES:
            return None
        data += part
    words = data.split(b"\r\n", 1)[0].split(b" ")
    return words[1].decode("latin-1") if len(words) == 3 and words[0] == b"GET" else None


def _now() -> datetime:
    return datetime.now(UTC)
