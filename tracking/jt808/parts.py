"""Messages that came in parts: bounded in number, size and time, so that nobody can fill the memory with halves."""

from __future__ import annotations

from dataclasses import dataclass, field

from haoyun.tracking.errors import BadFrame
from haoyun.tracking.jt808.frame import Frame

MAX_PARTS = 64  # some 64 KB, more than any batch of positions
MAX_OPEN = 4
MAX_AGE_S = 60.0


@dataclass(frozen=True, slots=True)
class Whole:
    """A complete message, with the serials of all its frames: each of them wants its answer."""

    message_id: int
    body: bytes
    serials: tuple[int, ...]


@dataclass(slots=True)
class _Half:
    total: int
    begun_s: float
    bodies: dict[int, tuple[int, bytes]] = field(default_factory=dict)


class Assembler:
    """Joins the parts of one session's messages."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, int], _Half] = {}

    def take(self, frame: Frame, now_s: float) -> Whole | None:
        """The message that this frame is or completes. Raises BadFrame beyond the bounds."""
        part = frame.part
        if part is None:
            return Whole(frame.message_id, frame.body, (frame.serial,))
        if part.total > MAX_PARTS:
            raise BadFrame(f"a message in {part.total} parts: at most {MAX_PARTS} are taken")
        key = (frame.message_id, (frame.serial - part.number) & 0xFFFF)  # serials of parts follow one another
        self._make_room(key, now_s)
        half = self._open.setdefault(key, _Half(part.total, now_s))
        if half.total != part.total:
            raise BadFrame(f"part {part.number} of {part.total} belongs to a message of {half.total}")
        half.bodies[part.number] = (frame.serial, frame.body)
        if len(half.bodies) < half.total:
            return None
        del self._open[key]
        ordered = [half.bodies[number] for number in range(1, half.total + 1)]
        return Whole(frame.message_id, b"".join(body for _, body in ordered), tuple(s for s, _ in ordered))

    def _make_room(self, key: tuple[int, int], now_s: float) -> None:
        for old, half in list(self._open.items()):
            if now_s - half.begun_s > MAX_AGE_S:
                del self._open[old]
        if key not in self._open and len(self._open) >= MAX_OPEN:
            del self._open[next(iter(self._open))]
