"""The gateway with a real broker, a real intake and simulated terminals over TCP."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from haoyun.tracking.fixes_store import count_fixes, fixes_of_device
from haoyun.tracking.gateway_line import GatewayLine
from haoyun.tracking.intake import Intake
from haoyun.tracking.intake_store import count_dead_letters
from haoyun.tracking.jt808.fields import beijing_digits
from haoyun.tracking.jt808.messages import MessageId, Position, Registered, Result, decode_answer
from haoyun.tracking.jt808.registry import Registry
from haoyun.tracking.jt808.server import Gateway
from haoyun.tracking.jt808.terminal import Identity, Terminal
from haoyun.tracking.messages import UP_FILTER
from haoyun.tracking.mqtt import Subscriber
from haoyun.tracking.positions import PositionHandler
from haoyun.tracking.store import get_device, revoke_device, rotate_secret
from haoyun.tracking.terminals_store import register_terminal
from haoyun.tracking.testing import wait_for

PHONE = "13912345678"
NAME = "truck-0001"


def clock() -> datetime:
    return datetime.now(UTC)


@dataclass
class Site:
    """A gateway that listens, and the platform behind it."""

    engine: sa.Engine
    broker: Any
    gateway: Gateway
    port: int

    def run(
        self, conversation: Callable[[Terminal], Coroutine[Any, Any, Any]], phone: str = PHONE, **more: Any
    ) -> Any:
        """Have a conversation over one line."""

        async def talk() -> Any:
            terminal = Terminal(Identity(phone, plate="浙B12345", **more))
            await terminal.connect("127.0.0.1", self.port)
            try:
                return await conversation(terminal)
            finally:
                await terminal.close()

        return asyncio.run(talk())

    @contextmanager
    def intake(self) -> Iterator[None]:
        """The intake at work."""
        inbox, stopping = Subscriber(self.broker.address, "ingest-1", [UP_FILTER], clock), threading.Event()
        inbox.start()
        assert inbox.wait_connected(10)
        handlers = dict.fromkeys(PositionHandler.kinds, PositionHandler())
        worker = threading.Thread(target=Intake(self.engine, inbox, handlers, clock).run, args=(stopping,))
        worker.start()
        try:
            yield
        finally:
            stopping.set()
            worker.join(10)
            inbox.stop()

    def fixes(self) -> int:
        with self.engine.begin() as db:
            return count_fixes(db)


@pytest.fixture
def site(nats_broker, sqlite_engine) -> Iterator[Site]:
    with sqlite_engine.begin() as db:
        register_terminal(db, name=NAME, phone=PHONE, org_id="org1", vehicle_id="v1", shards=8, now=clock())
    nats_broker.refresh(sqlite_engine)
    gateway = Gateway(
        Registry(sqlite_engine),
        lambda on_ack: GatewayLine(nats_broker.gateway_address, "jt808-test", on_ack),
        clock,
        max_lines=3,
    )
    ports: list[int] = []
    loop = asyncio.new_event_loop()
    stopping = asyncio.Event()
    thread = threading.Thread(
        target=loop.run_until_complete, args=(gateway.serve("127.0.0.1", 0, stopping, ports.append),)
    )
    thread.start()
    assert wait_for(lambda: ports)
    yield Site(sqlite_engine, nats_broker, gateway, ports[0])
    loop.call_soon_threadsafe(stopping.set)
    thread.join(10)
    loop.close()


def position(seconds: int = 0) -> Position:
    at = datetime(2026, 5, 11, 7, 59, 0, tzinfo=UTC) + timedelta(seconds=seconds)
    return Position(0, 3, 29_870_000, 121_540_000 + seconds, 12, 630, 271, beijing_digits(at))


async def _pair(terminal: Terminal) -> str:
    answer = await terminal.register()
    assert answer.result == Registered.SUCCESS
    return answer.code


async def _sign_in(terminal: Terminal) -> None:
    code = await _pair(terminal)
    assert (await terminal.authenticate(code)).result == Result.SUCCESS


@pytest.mark.parametrize("is_2019", [False, True])
def test_a_terminal_connects_as_it_is_and_its_positions_are_stored(site: Site, is_2019: bool) -> None:
    async def day(terminal: Terminal) -> list[int]:
        await _sign_in(terminal)
        results = [(await terminal.heartbeat()).result]
        results.append((await terminal.report(position())).result)
        assert site.fixes() == 1  # the answer came after the commit
        results.append((await terminal.report_batch([position(n) for n in range(1, 61)])).result)
        assert site.fixes() == 61
        results.append(decode_answer((await terminal.ask(0x0900, b"x")).body).result)
        return results

    with site.intake():
        assert site.run(day, is_2019=is_2019) == [0, 0, 0, Result.NOT_SUPPORTED]
    with site.engine.begin() as db:
        device = get_device(db, NAME)
        first = fixes_of_device(db, device.id, datetime(2026, 1, 1, tzinfo=UTC))[0]
    assert (first.lat, first.lon, first.speed_kmh, first.sensors["ignition"]) == (29.87, 121.54, 63, True)


def test_without_the_intake_a_position_is_not_answered_and_the_terminal_tries_again(site: Site) -> None:
    async def try_in_vain(terminal: Terminal) -> str:
        code = await _pair(terminal)
        await terminal.authenticate(code)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await terminal.report(position())
        return code

    with site.intake():
        pass  # the broker keeps what comes for a subscriber that it knows
    code = site.run(try_in_vain)

    async def again(terminal: Terminal) -> int:
        await terminal.authenticate(code)
        return (await terminal.report(position())).result

    with site.intake():
        assert site.run(again) == Result.SUCCESS
    assert site.fixes() == 1  # both copies came, one is kept


def test_an_unknown_phone_and_a_second_registration_are_refused(site: Site) -> None:
    async def register(terminal: Terminal) -> int:
        return (await terminal.register()).result

    assert site.run(register, phone="13900000000") == Registered.NO_TERMINAL
    assert site.run(register) == Registered.SUCCESS
    assert site.run(register) == Registered.TERMINAL_TAKEN
    with site.engine.begin() as db:
        rotate_secret(db, NAME)  # the owner opens the pairing again
    assert site.run(register) == Registered.SUCCESS


def test_a_wrong_code_is_refused_and_hung_up_on(site: Site) -> None:
    async def guess(terminal: Terminal) -> int:
        await _pair(terminal)
        answer = await terminal.authenticate("guess")
        with pytest.raises((ConnectionError, TimeoutError)):
            await terminal.heartbeat()
        return answer.result

    assert site.run(guess) == Result.FAILURE


def test_a_revoked_terminals_line_is_cut(site: Site) -> None:
    async def be_revoked(terminal: Terminal) -> float:
        await _sign_in(terminal)
        with site.engine.begin() as db:
            revoke_device(db, NAME, clock())
        async with asyncio.timeout(5.0):  # the promise
            while True:
                try:
                    await terminal.heartbeat()
                except ConnectionError:
                    return True
                await asyncio.sleep(0.1)

    assert site.run(be_revoked)

    async def come_back(terminal: Terminal) -> int:
        return (await terminal.register()).result

    assert site.run(come_back) == Registered.NO_TERMINAL


def test_a_terminal_that_comes_back_replaces_its_old_line(site: Site) -> None:
    async def twice(terminal: Terminal) -> bool:
        code = await _pair(terminal)
        await terminal.authenticate(code)
        second = Terminal(terminal.identity)
        await second.connect("127.0.0.1", site.port)
        await second.authenticate(code)
        with pytest.raises((ConnectionError, TimeoutError)):
            await terminal.heartbeat()
        alive = (await second.heartbeat()).result == Result.SUCCESS
        await second.close()
        return alive

    assert site.run(twice)


def test_lines_are_bounded(site: Site) -> None:
    async def crowd(terminal: Terminal) -> int:
        others = [Terminal(terminal.identity) for _ in range(4)]
        for other in others:
            await other.connect("127.0.0.1", site.port)
        await asyncio.sleep(0.2)
        lines = site.gateway.lines
        for other in others:
            await other.close()
        return lines

    assert site.run(crowd) == 3


def test_noise_does_not_stop_the_gateway(site: Site) -> None:
    async def shout(terminal: Terminal) -> None:
        await terminal.send(b"GET / HTTP/1.1\r\n\r\n" + b"\x7e\x01\x02\x7e" * 3 + b"\x7e" + b"x" * 5000)
        await asyncio.sleep(0.2)

    async def greet(terminal: Terminal) -> int:
        return (await terminal.register()).result

    site.run(shout)
    assert site.run(greet) == Registered.SUCCESS


def test_a_position_that_cannot_be_understood_becomes_a_dead_letter(site: Site) -> None:
    async def stammer(terminal: Terminal) -> int:
        await _sign_in(terminal)
        return decode_answer((await terminal.ask(MessageId.POSITION, b"\x01\x02")).body).result

    def letters() -> int:
        with site.engine.begin() as db:
            return count_dead_letters(db)

    with site.intake():
        assert site.run(stammer) == Result.WRONG
        assert wait_for(lambda: letters() == 1)
