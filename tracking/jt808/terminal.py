"""A terminal's side of JT/T 808, for tests, benches and `haoyun simulate`: registers, signs in, reports, resends."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from haoyun.tracking.jt808.frame import MAX_BODY, Frame, Part, Splitter, decode_frame, encode_frame
from haoyun.tracking.jt808.messages import (
    Answer,
    Authentication,
    MessageId,
    Position,
    Registration,
    RegistrationAnswer,
    decode_answer,
    decode_registration_answer,
    encode_authentication,
    encode_batch,
    encode_position,
    encode_registration,
)

ANSWER_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Identity:
    """What a terminal is set to. `is_2019` chooses the edition."""

    phone: str
    plate: str = ""
    is_2019: bool = False

    @property
    def digits(self) -> str:
        """The phone number as the edition writes it."""
        return self.phone.zfill(20 if self.is_2019 else 12)


class Terminal:
    """One line to a gateway. Every request waits for its answer; ConnectionError where the gateway hangs up."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.heard: list[Frame] = []  # what nobody waited for
        self._serial = 0
        self._waiting: dict[int, asyncio.Future[Frame]] = {}
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._listening: asyncio.Task[None] | None = None

    async def connect(self, host: str, port: int) -> None:
        """Open the line."""
        self._reader, self._writer = await asyncio.open_connection(host, port)
        self._listening = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """Hang up without a word, as a truck in a tunnel does."""
        if self._writer is not None:
            self._writer.close()
        if self._listening is not None:
            self._listening.cancel()

    async def register(self) -> RegistrationAnswer:
        """0x0100, and the answer with the authentication code."""
        body = encode_registration(
            Registration(33, 200, "HAOYN", "SIM-1", "0000001", 2, self.identity.plate), self.identity.is_2019
        )
        return decode_registration_answer((await self.ask(MessageId.REGISTRATION, body)).body)

    async def authenticate(self, code: str) -> Answer:
        """0x0102."""
        body = encode_authentication(Authentication(code, "352093081452251", "1.0"), self.identity.is_2019)
        return decode_answer((await self.ask(MessageId.AUTHENTICATION, body)).body)

    async def heartbeat(self) -> Answer:
        """0x0002."""
        return decode_answer((await self.ask(MessageId.HEARTBEAT, b"")).body)

    async def report(self, position: Position) -> Answer:
        """0x0200; answered when the platform has stored it."""
        return decode_answer((await self.ask(MessageId.POSITION, encode_position(position))).body)

    async def report_batch(self, positions: Sequence[Position]) -> Answer:
        """0x0704, in parts where it is long; the answer to the last part."""
        return decode_answer((await self.ask(MessageId.BATCH, encode_batch(list(positions)))).body)

    async def ask(self, message_id: int, body: bytes) -> Frame:
        """Send a message and wait for the answer to its last frame. Raises TimeoutError, ConnectionError."""
        if self._listening is None or self._listening.done():
            raise ConnectionError("the line is down")
        frames = self.frames(message_id, body)
        waiting = asyncio.get_running_loop().create_future()
        self._waiting[frames[-1].serial] = waiting
        await self.send(b"".join(map(encode_frame, frames)))
        try:
            return await asyncio.wait_for(waiting, ANSWER_WITHIN_S)
        finally:
            self._waiting.pop(frames[-1].serial, None)

    async def send(self, data: bytes) -> None:
        """Any bytes."""
        assert self._writer is not None, "connect first"
        self._writer.write(data)
        await self._writer.drain()

    def frames(self, message_id: int, body: bytes) -> list[Frame]:
        """The message as one frame, or as numbered parts."""
        pieces = [body[at : at + MAX_BODY] for at in range(0, len(body), MAX_BODY)] or [b""]
        version = 1 if self.identity.is_2019 else None
        frames = []
        for number, piece in enumerate(pieces, 1):
            part = Part(len(pieces), number) if len(pieces) > 1 else None
            frames.append(Frame(message_id, self.identity.digits, self._serial, piece, version, part))
            self._serial = (self._serial + 1) & 0xFFFF
        return frames

    async def _listen(self) -> None:
        assert self._reader is not None
        splitter = Splitter()
        while data := await self._read():
            for raw in splitter.feed(data):
                self._take(decode_frame(raw))
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError("the gateway hung up"))

    async def _read(self) -> bytes:
        assert self._reader is not None
        try:
            return await self._reader.read(4096)
        except ConnectionError:
            return b""

    def _take(self, frame: Frame) -> None:
        waiting = self._waiting.get(int.from_bytes(frame.body[:2])) if len(frame.body) >= 3 else None
        if waiting is None or waiting.done():
            self.heard.append(frame)
        else:
            waiting.set_result(frame)
