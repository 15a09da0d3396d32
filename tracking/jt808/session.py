"""One terminal's session as a state machine without I/O: what it hears, it answers with effects for the server to do.

A position is answered with success only when the platform has stored it: `stored` is told by the application-level
ack. Until then it waits in a window; when the window is full (`is_full`) the server stops reading, so that the
terminal, which keeps what is not answered, waits too. See docs/decisions/0042.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

import orjson

from haoyun.tracking.errors import BadFrame
from haoyun.tracking.jt808.frame import Frame, encode_frame
from haoyun.tracking.jt808.messages import (
    Answer,
    Authentication,
    MessageId,
    Position,
    Registered,
    Registration,
    RegistrationAnswer,
    Result,
    decode_authentication,
    decode_batch,
    decode_position,
    decode_registration,
    encode_answer,
    encode_registration_answer,
)
from haoyun.tracking.jt808.parts import Assembler, Whole
from haoyun.tracking.jt808.report import bridged

WINDOW = 64  # messages that wait for the platform's ack; a terminal sends one every few seconds
IDLE_S = 300.0  # heartbeats come every minute or so
SIGN_IN_WITHIN_S = 30.0
MAX_FAULTS = 10  # broken frames and refused messages in a session


class State(StrEnum):
    """Where a session is."""

    NEW = "new"  # connected, nobody yet
    CHECKING = "checking"  # the registry is being asked
    SIGNED_IN = "signed_in"
    CLOSED = "closed"


NEXT = {
    State.NEW: {State.CHECKING, State.CLOSED},
    State.CHECKING: {State.NEW, State.SIGNED_IN, State.CLOSED},
    State.SIGNED_IN: {State.CHECKING, State.CLOSED},  # some terminals authenticate again on the same line
    State.CLOSED: set(),
}


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes for the terminal."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Register:
    """Ask the registry to pair this terminal; tell `registered`."""

    phone: str
    registration: Registration


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Ask the registry whether this code is right; tell `authenticated`."""

    phone: str
    authentication: Authentication


@dataclass(frozen=True, slots=True)
class Publish:
    """A numbered report for the broker, kind `jt808`."""

    device: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Hang up."""

    reason: str


Effect = Send | Register | Authenticate | Publish | Close


@dataclass(slots=True)
class _Waiting:
    """A report that the platform has not stored yet: which frames brought it."""

    message_id: int
    serials: tuple[int, ...]


@dataclass(slots=True)
class Session:
    """A terminal's line. `epoch` names the numbering of its reports, different for every session."""

    epoch: str
    opened_s: float
    window: int = WINDOW
    state: State = State.NEW
    phone: str = ""
    device: str = ""
    _version: int | None = None
    _digits: str = ""
    _serial: int = 0
    _next_seq: int = 1
    _heard_s: float = 0.0
    _faults: int = 0
    _asked: Frame | None = None
    _parts: Assembler = field(default_factory=Assembler)
    _waiting: dict[int, _Waiting] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        """Whether nothing more should be read until the platform or the registry answers."""
        return self.state is State.CHECKING or (
            self.state is State.SIGNED_IN and len(self._waiting) >= self.window
        )

    @property
    def unstored(self) -> int:
        """How many reports wait for the platform's ack."""
        return len(self._waiting)

    def heard(self, frame: Frame, now_s: float) -> list[Effect]:
        """What to do about a frame."""
        self._heard_s = now_s
        phone = frame.phone.lstrip("0")
        if self.phone and phone != self.phone:
            return [self._close(f"the line of {self.phone} spoke for {phone}")]
        self.phone, self._digits, self._version = phone, frame.phone, frame.version
        if frame.encryption:
            return self._refuse(frame, Result.NOT_SUPPORTED)
        try:
            whole = self._parts.take(frame, now_s)
            return [] if whole is None else self._understand(frame, whole)
        except BadFrame as error:
            return [*self._refuse(frame, Result.WRONG), *self._kept_raw(frame), *self.broken(str(error))]

    def broken(self, reason: str) -> list[Effect]:
        """What to do about bytes that are no frame: pass over some, then hang up."""
        self._faults += 1
        return (
            [self._close(f"{self._faults} faults, the last: {reason}")] if self._faults > MAX_FAULTS else []
        )

    def registered(self, result: Registered, code: str = "") -> list[Effect]:
        """The registry's answer to Register."""
        frame = self._answered()
        self._move(State.NEW)
        body = encode_registration_answer(RegistrationAnswer(frame.serial, result, code))
        effects: list[Effect] = [self._send(MessageId.REGISTRATION_ANSWER, body)]
        return (
            effects
            if result is Registered.SUCCESS
            else [*effects, self._close(f"registration: {result.name}")]
        )

    def authenticated(self, device: str | None) -> list[Effect]:
        """The registry's answer to Authenticate: the device, or None for a wrong code or a revoked device."""
        frame = self._answered()
        if device is None:
            self._move(State.NEW)
            return [*self._refuse(frame, Result.FAILURE), self._close("authentication refused")]
        self._move(State.SIGNED_IN)
        self.device = device
        return [self._answer(frame.message_id, frame.serial, Result.SUCCESS)]

    def stored(self, epoch: str, seq: int) -> list[Effect]:
        """The platform's cumulative ack: everything up to `seq` is committed, so it may be answered."""
        if epoch != self.epoch:
            return []
        done = [number for number in self._waiting if number <= seq]
        reports = [self._waiting.pop(number) for number in done]
        return [
            self._answer(report.message_id, serial, Result.SUCCESS)
            for report in reports
            for serial in report.serials
        ]

    def tick(self, now_s: float) -> list[Effect]:
        """Hang up on who stays silent or never signs in."""
        if self.state is State.CLOSED:
            return []
        if self.state in (State.NEW, State.CHECKING) and now_s - self.opened_s > SIGN_IN_WITHIN_S:
            return [self._close("no authentication in time")]
        if now_s - max(self._heard_s, self.opened_s) > IDLE_S:
            return [self._close("silent for too long")]
        return []

    def revoked(self) -> list[Effect]:
        """The registry no longer lets this device in."""
        return [self._close("revoked")]

    def _understand(self, frame: Frame, whole: Whole) -> list[Effect]:
        if self.state is State.CLOSED:
            return []
        if whole.message_id == MessageId.REGISTRATION:
            return self._ask(frame, Register(self.phone, decode_registration(whole.body, frame.is_2019)))
        if whole.message_id == MessageId.AUTHENTICATION:
            code = decode_authentication(whole.body, frame.is_2019)
            return self._ask(frame, Authenticate(self.phone, code))
        if self.state is not State.SIGNED_IN:
            return [*self._refuse(frame, Result.FAILURE), *self.broken("a message before the authentication")]
        handle = self._HANDLERS.get(whole.message_id)
        if handle is None:
            return self._answer_all(whole, Result.NOT_SUPPORTED)
        return handle(self, whole)

    def _ask(self, frame: Frame, question: Register | Authenticate) -> list[Effect]:
        self._asked = frame
        self._move(State.CHECKING)
        return [question]

    def _answered(self) -> Frame:
        frame, self._asked = self._asked, None
        assert frame is not None, "an answer without a question"
        return frame

    def _heartbeat(self, whole: Whole) -> list[Effect]:
        return self._answer_all(whole, Result.SUCCESS)

    def _quiet(self, _whole: Whole) -> list[Effect]:
        return []  # an answer is not answered

    def _logout(self, whole: Whole) -> list[Effect]:
        return [*self._answer_all(whole, Result.SUCCESS), self._close("logged out")]

    def _position(self, whole: Whole) -> list[Effect]:
        return self._report(MessageId.POSITION, whole, [decode_position(whole.body)])

    def _batch(self, whole: Whole) -> list[Effect]:
        return self._report(MessageId.BATCH, whole, decode_batch(whole.body))

    def _report(self, message_id: MessageId, whole: Whole, positions: list[Position]) -> list[Effect]:
        seq = self._number(whole)
        base = min(self._waiting)
        item = bridged(message_id, self.phone, whole.serials[0], positions)
        payload = {"epoch": self.epoch, "seq": seq, "base": base, "jt808": [item]}
        return [Publish(self.device, orjson.dumps(payload))]

    def _kept_raw(self, frame: Frame) -> list[Effect]:
        """A report that cannot be understood still goes to the platform, which keeps it as a dead letter."""
        if self.state is not State.SIGNED_IN:
            return []
        header = {"msg_id": frame.message_id, "phone": self.phone, "msg_sn": frame.serial}
        return [Publish(self.device, orjson.dumps({"header": header, "raw": frame.body.hex()}))]

    def _number(self, whole: Whole) -> int:
        """The report's number; a message that the terminal repeats, impatient, keeps the one that it had."""
        for seq, report in self._waiting.items():
            if (report.message_id, report.serials) == (whole.message_id, whole.serials):
                return seq
        seq, self._next_seq = self._next_seq, self._next_seq + 1
        self._waiting[seq] = _Waiting(whole.message_id, whole.serials)
        return seq

    _HANDLERS: ClassVar[dict[int, Callable[[Session, Whole], list[Effect]]]] = {
        MessageId.HEARTBEAT: _heartbeat,
        MessageId.TERMINAL_ANSWER: _quiet,
        MessageId.LOGOUT: _logout,
        MessageId.POSITION: _position,
        MessageId.BATCH: _batch,
    }

    def _refuse(self, frame: Frame, result: Result) -> list[Effect]:
        return [self._answer(frame.message_id, frame.serial, result)]

    def _answer_all(self, whole: Whole, result: Result) -> list[Effect]:
        return [self._answer(whole.message_id, serial, result) for serial in whole.serials]

    def _answer(self, message_id: int, serial: int, result: Result) -> Effect:
        return self._send(MessageId.ANSWER, encode_answer(Answer(serial, message_id, result)))

    def _send(self, message_id: MessageId, body: bytes) -> Effect:
        serial, self._serial = self._serial, (self._serial + 1) & 0xFFFF
        return Send(encode_frame(Frame(message_id, self._digits, serial, body, self._version)))

    def _close(self, reason: str) -> Close:
        self._move(State.CLOSED)
        return Close(reason)

    def _move(self, state: State) -> None:
        assert state is self.state or state in NEXT[self.state], f"{self.state} -> {state}"
        self.state = state
