"""The gateway's rim: TCP lines of terminals on one side, the broker and the registry on the other.

One asyncio loop; every line is a Session (a state machine without I/O) whose effects are done here. The registry is
asked in threads. Bounded: lines, the bytes of a frame, what waits for an ack, and how long a silent line lives.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from haoyun.tracking.devices_store import Device
from haoyun.tracking.errors import BadFrame
from haoyun.tracking.gateway_line import GatewayLine
from haoyun.tracking.jt808.frame import Splitter, decode_frame
from haoyun.tracking.jt808.registry import Registry
from haoyun.tracking.jt808.session import (
    Authenticate,
    Close,
    Effect,
    Publish,
    Register,
    Send,
    Session,
    State,
)
from haoyun.tracking.messages import topic_ack, topic_up
from haoyun.tracking.outbox import OutboxState

MAX_LINES = 10_000
READ_BYTES = 4096
TICK_S = 1.0  # revocation and silence are looked for so often
ASK_WITHIN_S = 10.0  # the broker, whether it grants the subscription to a device's acks
WRITE_WITHIN_S = 30.0
KIND = "jt808"

_log = structlog.get_logger(__name__)


@dataclass(eq=False)
class _Line:
    """One terminal's connection."""

    session: Session
    writer: asyncio.StreamWriter
    device: Device | None = None
    room: asyncio.Event = field(default_factory=asyncio.Event)  # set when something may be read again


class Gateway:
    """Serves terminals until it is stopped; `make_line` is given the callback that hears acks."""

    def __init__(
        self,
        registry: Registry,
        make_line: Callable[[Callable[[str, OutboxState], None]], GatewayLine],
        clock: Callable[[], datetime],
        *,
        max_lines: int = MAX_LINES,
    ) -> None:
        self._registry = registry
        self._mqtt = make_line(self._ack_arrived)
        self._clock = clock
        self._max_lines = max_lines
        self._lines: set[_Line] = set()
        self._by_device: dict[str, _Line] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self.reports = 0

    @property
    def lines(self) -> int:
        """How many terminals are connected."""
        return len(self._lines)

    async def serve(
        self, host: str, port: int, stopping: asyncio.Event, on_listening: Callable[[int], None]
    ) -> None:
        """Listen until `stopping`. Raises OSError where the port cannot be used."""
        self._loop = asyncio.get_running_loop()
        self._mqtt.start()
        try:
            server = await asyncio.start_server(self._attend, host, port, limit=READ_BYTES * 4)
            on_listening(server.sockets[0].getsockname()[1])
            await self._watch(stopping)
            server.close()
            for line in list(self._lines):
                line.writer.transport.abort()
        finally:
            self._mqtt.stop()

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._lines) >= self._max_lines:
            _log.warning("line_refused", reason=f"{self._max_lines} lines are open")
            writer.close()
            return
        assert self._loop is not None
        line = _Line(Session(secrets.token_hex(6), self._loop.time()), writer)
        self._lines.add(line)
        try:
            await self._converse(line, reader)
        except (ConnectionError, TimeoutError, BadFrame) as error:
            _log.info("line_broke", phone=line.session.phone, reason=str(error) or type(error).__name__)
        finally:
            self._forget(line)

    async def _converse(self, line: _Line, reader: asyncio.StreamReader) -> None:
        splitter, frames = Splitter(), deque[bytes]()
        while line.session.state is not State.CLOSED:
            if not frames:
                data = await reader.read(READ_BYTES)
                if not data:
                    return
                frames.extend(splitter.feed(data))
                continue
            await self._take(line, frames.popleft())
            async with asyncio.timeout(WRITE_WITHIN_S):
                await line.writer.drain()
            while line.session.is_full:
                line.room.clear()
                await line.room.wait()

    async def _take(self, line: _Line, raw: bytes) -> None:
        assert self._loop is not None
        try:
            effects = line.session.heard(decode_frame(raw), self._loop.time())
        except BadFrame as error:
            effects = line.session.broken(str(error))
        for effect in effects:
            if isinstance(effect, Register):
                result, code = await asyncio.to_thread(
                    self._registry.pair, effect.phone, effect.registration, self._clock()
                )
                self._do(line, line.session.registered(result, code))
            elif isinstance(effect, Authenticate):
                self._do(line, line.session.authenticated(await self._sign_in(line, effect)))
            else:
                self._do(line, [effect])

    async def _sign_in(self, line: _Line, question: Authenticate) -> str | None:
        device = await asyncio.to_thread(
            self._registry.authenticate, question.phone, question.authentication.code
        )
        if device is None:
            return None
        # Before the terminal hears that it is in: an ack that nobody hears would leave it waiting.
        acks = topic_ack(device.name, device.shard)
        if not await asyncio.to_thread(self._mqtt.hear, acks, ASK_WITHIN_S):
            raise TimeoutError("the broker did not grant the subscription to the acks")
        older = self._by_device.get(device.name)
        if older is not None and older is not line:
            older.writer.transport.abort()  # the terminal came back before its old line was found dead
        line.device = device
        self._by_device[device.name] = line
        self._registry.look_again()
        return device.name

    def _do(self, line: _Line, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                line.writer.write(effect.data)
            elif isinstance(effect, Publish) and line.device is not None:
                self.reports += 1
                topic = topic_up(line.device.name, line.device.shard, KIND)
                if not self._mqtt.publish(topic, effect.payload):
                    _log.warning("broker_behind", device=line.device.name)  # unanswered: it sends again
            elif isinstance(effect, Close):
                _log.info("line_closed", phone=line.session.phone, reason=effect.reason)
                line.writer.close()
        line.room.set()

    def _ack_arrived(self, device: str, ack: OutboxState) -> None:
        """In paho's thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stored, device, ack)

    def _stored(self, device: str, ack: OutboxState) -> None:
        line = self._by_device.get(device)
        if line is not None and line.session.state is State.SIGNED_IN:
            self._do(line, line.session.stored(ack.epoch, ack.acked_seq))

    def _forget(self, line: _Line) -> None:
        self._lines.discard(line)
        line.writer.close()
        device = line.device
        if device is not None and self._by_device.get(device.name) is line:
            del self._by_device[device.name]
            self._mqtt.hear_no_more(topic_ack(device.name, device.shard))

    async def _watch(self, stopping: asyncio.Event) -> None:
        """Once a second: who is silent, who was revoked or got another credential."""
        assert self._loop is not None
        while not stopping.is_set():
            for line in list(self._lines):
                self._do(line, line.session.tick(self._loop.time()))
            signed_in = {line.device.name: line.device for line in self._lines if line.device}
            for name in await asyncio.to_thread(self._registry.gone, signed_in):
                gone = self._by_device.get(name)
                if gone is not None:
                    self._do(gone, gone.session.revoked())
            try:
                async with asyncio.timeout(TICK_S):
                    await stopping.wait()
            except TimeoutError:
                continue
