"""The intake loop: take a batch, store it in one transaction, commit, then ack the broker, then devices.

Nothing is acked before it is committed, and nothing that can go wrong with one message or with the database
ends the loop: a bad message becomes a dead letter, and a database that is away is waited for with the batch
in hand.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
import structlog

from haoyun.tracking.devices_store import mark_seen
from haoyun.tracking.envelope import ack_payload
from haoyun.tracking.handlers import Ack, Handler, HandlerResult, Reject, Ticking
from haoyun.tracking.inflow import Incoming
from haoyun.tracking.intake_store import bury, load_outboxes, save_outboxes
from haoyun.tracking.messages import Message
from haoyun.tracking.outbox import OutboxState, advance
from haoyun.tracking.routes import Refusal, Route, Routes

BATCH_SIZE = 2000  # hides an fsync: more takes longer to store than it saves
BATCH_WAIT_S = 0.05  # what a lone message waits at most before it is committed
TICK_S = 0.05  # between two looks at what waits for time alone
RETRY_MIN_S, RETRY_MAX_S = 0.1, 5.0

_log = structlog.get_logger(__name__)


class Inbox(Protocol):
    """Where messages come from; mqtt.Subscriber is one."""

    def take(self, most: int, wait_s: float) -> list[Incoming]:
        """A batch, empty if nothing came."""
        ...

    def ack(self, batch: Sequence[Incoming], replies: Sequence[tuple[str, bytes]]) -> None:
        """Tell the broker that these are committed, and devices what `replies` (topic, payload) say."""
        ...


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What one committed batch came to. `replies` are the acks to devices: (topic, payload)."""

    messages: int
    rejects: int
    replies: tuple[tuple[str, bytes], ...]
    committed_at: datetime


class Heard:
    """When each device was last written down as heard: not with every batch, which would cost a row each."""

    def __init__(self, every: timedelta = timedelta(seconds=5)) -> None:
        self._every = every
        self._written: dict[int, datetime] = {}

    def due(self, device_ids: Iterable[int], now: datetime) -> list[int]:
        """Those not written down for `every`; they count as written from now on."""
        latest = now - self._every
        due = [i for i in device_ids if (at := self._written.get(i)) is None or not latest < at <= now]
        self._written.update(dict.fromkeys(due, now))
        return due


class Intake:
    """Reads `inbox` and hands each message to the handler of its kind."""

    def __init__(
        self,
        engine: sa.Engine,
        inbox: Inbox,
        handlers: Mapping[str, Handler],
        clock: Callable[[], datetime],
        *,
        batch_size: int = BATCH_SIZE,
        batch_wait_s: float = BATCH_WAIT_S,
        on_batch: Callable[[BatchReport], None] | None = None,
    ) -> None:
        self._batch_size = batch_size
        self._batch_wait_s = batch_wait_s
        self._engine = engine
        self._inbox = inbox
        self._routes = Routes(handlers)
        self._heard = Heard()
        distinct = {id(handler): handler for handler in handlers.values()}
        self._ticking = [handler for handler in distinct.values() if isinstance(handler, Ticking)]
        self._clock = clock
        self._on_batch = on_batch

    def run(self, stopping: threading.Event) -> None:
        """Work until `stopping` is set. Call it in a thread or a process of its own."""
        while not stopping.is_set():
            self.step(stopping)

    def step(self, stopping: threading.Event) -> int:
        """One batch; returns how many messages were committed (0 if none came, or stopped meanwhile)."""
        waiting = [handler for handler in self._ticking if handler.is_waiting]
        batch = self._inbox.take(self._batch_size, TICK_S if waiting else self._batch_wait_s)
        if not batch:
            self._tick(waiting)
        report = self._store_patiently(batch, stopping) if batch else None
        if report is None:
            return 0
        self._inbox.ack(batch, report.replies)
        if self._on_batch is not None:
            self._on_batch(report)
        return report.messages

    def _tick(self, waiting: Sequence[Ticking]) -> None:
        """What is due by time alone; what the database refuses now is due again in a moment."""
        for handler in waiting:
            try:
                with self._engine.begin() as db:
                    handler.tick(db, self._clock())
            except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
                _log.warning("database_not_ready", reason=str(error.args[0]))

    def _store_patiently(self, batch: Sequence[Incoming], stopping: threading.Event) -> BatchReport | None:
        wait_s = RETRY_MIN_S
        while True:
            try:
                return self._store(batch)
            except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
                _log.warning(
                    "database_not_ready", messages=len(batch), retry_s=wait_s, reason=str(error.args[0])
                )
            if stopping.wait(wait_s):
                return None
            wait_s = min(RETRY_MAX_S, wait_s * 2)

    def _store(self, batch: Sequence[Incoming]) -> BatchReport:
        try:
            with self._engine.begin() as db:
                return _write_batch(db, batch, self._routes, self._heard, self._clock())
        except (sa.exc.DataError, sa.exc.IntegrityError) as error:
            _log.error("batch_not_storable", messages=len(batch), reason=str(error.args[0]))
        return self._store_singly(batch)

    def _store_singly(self, batch: Sequence[Incoming]) -> BatchReport:
        """The database refused a batch: find the message that it cannot hold and bury that one alone."""
        reports = []
        for incoming in batch:
            try:
                with self._engine.begin() as db:
                    reports.append(_write_batch(db, [incoming], self._routes, self._heard, self._clock()))
            except (sa.exc.DataError, sa.exc.IntegrityError) as error:
                with self._engine.begin() as db:
                    _bury_raw(db, incoming, "not_storable", str(error.args[0]))
                reports.append(BatchReport(1, 1, (), self._clock()))
        replies = tuple(reply for report in reports for reply in report.replies)
        rejects = sum(report.rejects for report in reports)
        return BatchReport(len(batch), rejects, replies, self._clock())


def write_batch(
    db: sa.Connection, batch: Sequence[Incoming], handlers: Mapping[str, Handler], now: datetime
) -> BatchReport:
    """Store a batch in the caller's transaction; the report's replies are true once that commits."""
    return _write_batch(db, batch, Routes(handlers), Heard(), now)


def _write_batch(
    db: sa.Connection, batch: Sequence[Incoming], routes: Routes, heard: Heard, now: datetime
) -> BatchReport:
    known, refused = routes.of(db, {incoming.topic for incoming in batch})
    groups, seen = _by_handler(batch, known)
    rejected = _bury_refused(db, batch, refused) if refused else 0
    results = [handler.handle(db, messages, now) for handler, messages in groups]
    for result in results:
        for reject in result.rejects:
            _bury(db, reject)
        rejected += len(result.rejects)
    mark_seen(db, heard.due(seen, now), now)
    states = _advance(db, results)
    save_outboxes(db, states)
    replies = tuple((seen[device_id], ack_payload(state)) for device_id, state in states.items())
    return BatchReport(len(batch), rejected, replies, now)


def _by_handler(
    batch: Iterable[Incoming], known: Mapping[str, Route]
) -> tuple[list[tuple[Handler, list[Message]]], dict[int, str]]:
    """The messages of each handler in their order, and the devices heard: id -> topic of its acks."""
    groups: dict[int, tuple[Handler, list[Message]]] = {}
    seen: dict[int, str] = {}
    handler: Handler | None = None
    add: Callable[[Message], None] = _nothing
    new = tuple.__new__
    for topic, payload, received_at, *_ in batch:
        route = known.get(topic)
        if route is None:
            continue
        if route.handler is not handler:
            handler = route.handler
            add = groups.setdefault(id(handler), (handler, []))[1].append
        device_id = route.device_id
        add(new(Message, (topic, route.device, route.kind, payload, received_at, device_id)))
        seen[device_id] = route.ack_topic
    return list(groups.values()), seen


def _nothing(_message: Message) -> None:
    """Never called: the first message of a batch finds its handler."""


def _bury_refused(db: sa.Connection, batch: Iterable[Incoming], refused: Mapping[str, Refusal]) -> int:
    letters = [(incoming, refused[incoming.topic]) for incoming in batch if incoming.topic in refused]
    for incoming, refusal in letters:
        _bury_raw(db, incoming, refusal.code, refusal.reason, refusal.device)
    return len(letters)


def _advance(db: sa.Connection, results: Iterable[HandlerResult]) -> dict[int, OutboxState]:
    acks = _merged(ack for result in results for ack in result.acks)
    states = load_outboxes(db, {ack.device_id for ack in acks})
    for ack in acks:
        states[ack.device_id] = advance(states.get(ack.device_id), ack.seqs, ack.base, ack.epoch)
    return states


def _merged(acks: Iterable[Ack]) -> list[Ack]:
    """One ack for each numbering: a device may spread one over several kinds, so over several handlers."""
    merged: dict[tuple[int, str], list[Ack]] = {}
    for ack in acks:
        merged.setdefault((ack.device_id, ack.epoch), []).append(ack)
    return [found[0] if len(found) == 1 else _sum(found) for found in merged.values()]


def _sum(acks: Sequence[Ack]) -> Ack:
    bases = [ack.base for ack in acks if ack.base is not None]
    seqs = tuple(seq for ack in acks for seq in ack.seqs)
    return replace(acks[0], seqs=seqs, base=max(bases, default=None))


def _bury(db: sa.Connection, reject: Reject) -> None:
    message = reject.message
    bury(
        db,
        topic=message.topic,
        device=message.device,
        payload=message.payload,
        reason_code=reject.code,
        reason=reject.reason,
        received_at=message.received_at,
    )


def _bury_raw(db: sa.Connection, incoming: Incoming, code: str, reason: str, device: str = "") -> None:
    bury(
        db,
        topic=incoming.topic,
        device=device,
        payload=incoming.payload,
        reason_code=code,
        reason=reason,
        received_at=incoming.received_at,
    )
