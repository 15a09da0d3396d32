"""The intake against a hand-written inbox: what is stored, what is buried, and when anything is acked."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import orjson
import pytest
import sqlalchemy as sa

from haoyun.platform.database import BUSY_TIMEOUT_MS
from haoyun.tracking.envelope import seal
from haoyun.tracking.handlers import HandlerResult
from haoyun.tracking.intake import Intake
from haoyun.tracking.messages import Message, shard_of
from haoyun.tracking.mqtt import Incoming
from haoyun.tracking.positions import PositionHandler
from haoyun.tracking.store import (
    count_dead_letters,
    count_fixes,
    find_device,
    list_dead_letters,
    revoke_device,
)
from haoyun.tracking.testing import FakeInbox

DEVICE = "truck-0001"
UP = f"hy/v1/{shard_of(DEVICE, 8)}/{DEVICE}/up"
ACK = f"hy/v1/{shard_of(DEVICE, 8)}/{DEVICE}/down/ack"


def item(second: int, lat: float = 30.0) -> dict[str, float]:
    return {"t": 1778486400 + second, "lat": lat, "lon": 120.0, "spd": 60}


@pytest.fixture
def inbox(now: datetime) -> FakeInbox:
    return FakeInbox(now)


@pytest.fixture
def intake(
    tracking_engine: sa.Engine, inbox: FakeInbox, register: Callable[..., object], now: datetime
) -> Intake:
    with tracking_engine.begin() as db:
        register(db)
    return Intake(
        tracking_engine, inbox, dict.fromkeys(PositionHandler.kinds, PositionHandler()), lambda: now
    )


def step(intake: Intake) -> int:
    return intake.step(threading.Event())


def letters(engine: sa.Engine) -> list[tuple[str, str]]:
    with engine.begin() as db:
        return [(letter.reason_code, letter.reason) for letter in reversed(list_dead_letters(db))]


def fixes(engine: sa.Engine) -> int:
    with engine.begin() as db:
        return count_fixes(db)


def test_a_numbered_message_is_stored_then_acked_to_broker_and_device(
    intake, inbox, tracking_engine, now
) -> None:
    sent = inbox.deliver(f"{UP}/fixes", seal("fixes", [item(0), item(10)], seq=1, base=1, epoch="e1"))
    assert step(intake) == 1
    assert fixes(tracking_engine) == 2
    assert inbox.acked == [sent]
    assert [(t, orjson.loads(p)) for t, p in inbox.published] == [(ACK, {"epoch": "e1", "seq": 1})]
    with tracking_engine.begin() as db:
        assert find_device(db, DEVICE).last_seen_at == now


def test_a_gap_is_stored_but_the_ack_stays(intake, inbox, tracking_engine) -> None:
    for seq in (1, 3):
        inbox.deliver(f"{UP}/fixes", seal("fixes", [item(seq)], seq=seq, base=1, epoch="e"))
    step(intake)
    assert fixes(tracking_engine) == 2
    assert orjson.loads(inbox.published[-1][1])["seq"] == 1
    for seq in (2, 3):
        inbox.deliver(f"{UP}/fixes", seal("fixes", [item(seq)], seq=seq, base=2, epoch="e"))
    step(intake)
    assert fixes(tracking_engine) == 3
    assert orjson.loads(inbox.published[-1][1])["seq"] == 3


def test_every_kind_of_nonsense_becomes_a_dead_letter_with_its_reason(intake, inbox, tracking_engine) -> None:
    inbox.deliver("somewhere/else", b"x")
    inbox.deliver("hy/v1/0/nobody-0001/up/fixes", b"{}")
    inbox.deliver(f"{UP}/morse", b".-")
    inbox.deliver(f"{UP}/fixes", b"{not json\x00")
    inbox.deliver(f"{UP}/fixes", orjson.dumps([item(0), item(1, lat=91)]))
    assert step(intake) == 5
    assert len(inbox.acked) == 5
    assert fixes(tracking_engine) == 1
    found = letters(tracking_engine)
    assert {code for code, _ in found} == {
        "bad_topic",
        "unknown_device",
        "unsupported_kind",
        "malformed",
        "bad_fix",
    }
    reasons = dict(found)
    assert reasons["unsupported_kind"].startswith("kind morse is none of fixes, fixes-bd09")
    assert reasons["bad_fix"] == "item 1: latitude 91 is outside -90..90"
    with tracking_engine.begin() as db:
        assert b"{not json\x00" in [letter.payload for letter in list_dead_letters(db)]


def test_a_revoked_device_is_not_believed(intake, inbox, tracking_engine, now) -> None:
    with tracking_engine.begin() as db:
        revoke_device(db, DEVICE, now)
    inbox.deliver(f"{UP}/fixes", seal("fixes", [item(0)], seq=1, base=1, epoch="e"))
    step(intake)
    assert (fixes(tracking_engine), inbox.published) == (0, [])
    assert letters(tracking_engine) == [("revoked_device", f"{DEVICE} was revoked")]


class Unstorable:
    """A handler whose rows the database refuses whenever a message says so."""

    def handle(self, db: sa.Connection, messages: Sequence[Message], now: datetime) -> HandlerResult:
        for message in messages:
            if message.payload == b"poison":
                raise sa.exc.IntegrityError("INSERT", {}, sqlite3.IntegrityError("refused"))
        return HandlerResult()


def test_a_message_that_the_database_refuses_is_buried_alone(tracking_engine, inbox, register, now) -> None:
    with tracking_engine.begin() as db:
        register(db)
    intake = Intake(tracking_engine, inbox, {"odd": Unstorable()}, lambda: now)
    for payload in (b"good", b"poison", b"good"):
        inbox.deliver(f"{UP}/odd", payload)
    assert step(intake) == 3
    assert len(inbox.acked) == 3
    assert [code for code, _ in letters(tracking_engine)] == ["not_storable"]


class AckWatch(FakeInbox):
    """An inbox that looks into the database, over a connection of its own, at the moment of the ack."""

    def __init__(self, now: datetime, engine: sa.Engine) -> None:
        super().__init__(now)
        self._engine = engine
        self.stored_at_ack = -1

    def ack(self, batch: Sequence[Incoming], replies: Sequence[tuple[str, bytes]] = ()) -> None:
        self.stored_at_ack = fixes(self._engine)
        super().ack(batch, replies)


def test_nothing_is_acked_before_the_commit(tracking_engine, register, now) -> None:
    with tracking_engine.begin() as db:
        register(db)
    inbox = AckWatch(now, tracking_engine)
    inbox.deliver(f"{UP}/fixes", orjson.dumps(item(0)))
    step(Intake(tracking_engine, inbox, {"fixes": PositionHandler()}, lambda: now))
    assert inbox.stored_at_ack == 1


def test_a_locked_database_is_waited_for_with_the_batch_in_hand(
    tmp_path: Path, sqlite_engine, inbox, register, now
) -> None:
    with sqlite_engine.begin() as db:
        register(db)
    impatient = sa.create_engine(
        sqlite_engine.url,
        connect_args={"timeout": 0.05},
        execution_options={"schema_translate_map": {"tracking": None}},
    )
    assert BUSY_TIMEOUT_MS > 1000  # the real engine waits longer than this test wants to
    intake = Intake(impatient, inbox, {"fixes": PositionHandler()}, lambda: now)
    inbox.deliver(f"{UP}/fixes", orjson.dumps(item(0)))
    with sqlite_engine.begin():  # BEGIN IMMEDIATE: the only writer
        worker = threading.Thread(target=step, args=(intake,))
        worker.start()
        worker.join(0.5)
        assert worker.is_alive()
        assert inbox.acked == []
    worker.join(10)
    impatient.dispose()
    assert len(inbox.acked) == 1
    assert fixes(sqlite_engine) == 1


def test_stopping_while_the_database_is_away_acks_nothing(inbox, now) -> None:
    nowhere = sa.create_engine(
        "postgresql+psycopg://nobody@127.0.0.1:1/none", connect_args={"connect_timeout": 1}
    )
    inbox.deliver(f"{UP}/fixes", b"{}")
    stopping = threading.Event()
    stopping.set()
    assert Intake(nowhere, inbox, {}, lambda: now).step(stopping) == 0
    assert inbox.acked == []


def test_an_idle_intake_does_nothing(intake, tracking_engine) -> None:
    assert step(intake) == 0
    with tracking_engine.begin() as db:
        assert count_dead_letters(db) == 0
