"""A device's outbox: messages are kept, on disk if it has one, until the application-level ack."""

from __future__ import annotations

import os
import secrets
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson

from haoyun.tracking.envelope import seal
from haoyun.tracking.outbox import OutboxState

CAPACITY = 20_000  # messages; beyond it the oldest is given up, and `base` says so


@dataclass(frozen=True, slots=True)
class Pending:
    """A message that is not acked yet."""

    seq: int
    kind: str
    items: list[Any]


class DeviceOutbox:
    """Numbered messages in order. With a `path` it survives the process: an append-only file of lines."""

    def __init__(self, path: Path | None = None, capacity: int = CAPACITY) -> None:
        self.epoch = secrets.token_hex(6)
        self._pending: deque[Pending] = deque()
        self._last_seq = 0
        self._capacity = capacity
        self._file: IO[bytes] | None = None
        if path is not None:
            self._open(path)

    def __len__(self) -> int:
        return len(self._pending)

    @property
    def base(self) -> int:
        """The lowest number still kept; everything below was acked or given up."""
        return self._pending[0].seq if self._pending else self._last_seq + 1

    def add(self, kind: str, items: list[Any]) -> Pending:
        """Keep a message of `items` under the next number; on return it survives a crash of the process."""
        pending = Pending(self._last_seq + 1, kind, items)
        self._write({"seq": pending.seq, "kind": kind, "items": items})
        self._take(pending)
        return pending

    def acked(self, ack: OutboxState) -> bool:
        """Forget what an ack covers; False for an ack of another numbering or of nothing new."""
        if ack.epoch != self.epoch or ack.acked_seq < self.base:
            return False
        while self._pending and self._pending[0].seq <= ack.acked_seq:
            self._pending.popleft()
        self._write({"acked": min(ack.acked_seq, self._last_seq)})
        return True

    def from_seq(self, seq: int, most: int) -> list[Pending]:
        """Up to `most` kept messages from number `seq` on."""
        start = max(0, seq - self.base)
        return [self._pending[i] for i in range(start, min(len(self._pending), start + most))]

    def payload(self, pending: Pending) -> bytes:
        """The message as it is sent now, under the present base."""
        return seal(pending.kind, pending.items, seq=pending.seq, base=self.base, epoch=self.epoch)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _take(self, pending: Pending) -> None:
        self._pending.append(pending)
        self._last_seq = pending.seq
        if len(self._pending) > self._capacity:
            self._pending.popleft()

    def _write(self, line: dict[str, Any]) -> None:
        if self._file is not None:
            self._file.write(orjson.dumps(line) + b"\n")
            self._file.flush()

    def _open(self, path: Path) -> None:
        """Read what an earlier process left and write it anew, without what was acked."""
        if path.exists():
            self._read(path)
        compact = path.with_suffix(".new")
        with compact.open("wb") as file:
            file.write(orjson.dumps({"epoch": self.epoch, "last_seq": self._last_seq}) + b"\n")
            for p in self._pending:
                file.write(orjson.dumps({"seq": p.seq, "kind": p.kind, "items": p.items}) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        compact.replace(path)
        self._file = path.open("ab")

    def _read(self, path: Path) -> None:
        for raw in path.read_bytes().split(b"\n"):
            try:
                line = orjson.loads(raw)
            except orjson.JSONDecodeError:
                continue  # the last line of a process that was killed while writing it
            if "epoch" in line:
                self.epoch, self._last_seq = line["epoch"], line["last_seq"]
            elif "acked" in line:
                while self._pending and self._pending[0].seq <= line["acked"]:
                    self._pending.popleft()
            else:
                self._take(Pending(line["seq"], line["kind"], line["items"]))
