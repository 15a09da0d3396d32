"""Live streams: everybody sees their own vehicles as they move, nobody another's, and slow ones hold up nobody."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import gevent
import pytest
from itsdangerous import URLSafeTimedSerializer

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.database import Databases
from haoyun.platform.live.askings import Askings
from haoyun.platform.live.feed import Audience, Board, Seen
from haoyun.platform.live.streams import Room, Stream
from haoyun.platform.live.ticket import BadTicket, issue, redeem
from haoyun.platform.market.tables import VEHICLE
from haoyun.platform.migrations import upgrade
from haoyun.platform.settings import kept_secret
from haoyun.tracking.fixes_store import FRESH, LatestPosition
from haoyun.tracking.motion import DeviceState
from haoyun.tracking.positions import store_batch
from haoyun.tracking.store import get_device, register_device
from haoyun.tracking.testing import fix_at, wait_for

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
KEY = "k" * 40


def person(org: str) -> Actor:
    return Actor("u1", org, frozenset({"viewer"}), frozenset({"carrier"}))


@dataclass
class Live:
    """A running live process and its databases."""

    port: int
    databases: Databases
    key: str
    ids: dict[str, int]

    def report(self, device: str, lat: float) -> None:
        now = datetime.now(UTC)
        with self.databases.tracking.begin() as db:
            store_batch(db, self.ids, [fix_at(now, 0, lat, 120.0, device=device)], now)

    def stream(self, org: str) -> Stream_:
        return Stream_(self.port, issue(self.key, person(org)))


class Stream_:
    """A browser's stream, read event by event."""

    def __init__(self, port: int, ticket: str) -> None:
        self._answer = urllib.request.urlopen(f"http://127.0.0.1:{port}/stream?ticket={ticket}", timeout=15)
        self.type = self._answer.headers["Content-Type"]

    def event(self) -> tuple[str, list[dict]]:
        name = ""
        while True:
            line = self._answer.readline().decode().strip()
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                return name, json.loads(line[6:])

    def close(self) -> None:
        self._answer.close()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    data = tmp_path_factory.mktemp("live")
    databases = Databases.open(data)
    upgrade(databases)
    with databases.platform.begin() as db:
        for i, org in enumerate(("org-a", "org-b")):
            row = {"id": f"v-{org}", "org_id": org, "plate": f"苏A0000{i}", "plate_colour": "yellow", "body": "box",
                   "payload_kg": 9000, "volume_dm3": 9000, "length_cm": 900, "certificates": "{}",
                   "created_ms": 0}  # fmt: skip
            db.execute(VEHICLE.insert(), row)
    ids = {}
    with databases.tracking.begin() as db:
        for org in ("org-a", "org-b"):
            name = f"truck-{org}"
            register_device(
                db,
                name=name,
                kind="tracker",
                org_id=org,
                vehicle_id=f"v-{org}",
                shards=8,
                now=datetime.now(UTC),
            )
            ids[name] = get_device(db, name).id
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    environment = {**os.environ, "HAOYUN_LIVE_PORT": str(port)}
    command = [sys.executable, "-m", "haoyun.platform.cli", "--data", str(data), "live"]
    process = subprocess.Popen(command, env=environment)
    assert wait_for(lambda: answers(port), 60)
    yield Live(port, databases, kept_secret(data, "session"), ids)
    process.terminate()
    assert process.wait(10) == 0
    databases.close()


def answers(port: int) -> bool:
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2).status == 200
    except OSError:
        return False


def test_a_stream_begins_with_what_is_known_and_goes_on_with_what_moves(live: Live) -> None:
    live.report("truck-org-a", 30.0)
    stream = live.stream("org-a")
    assert stream.type == "text/event-stream"
    name, vehicles = stream.event()
    while not vehicles:  # the process may not have looked yet
        name, vehicles = stream.event()
    live.report("truck-org-a", 30.002)
    while vehicles[0]["lat"] != 30.002:
        name, vehicles = stream.event()
    assert (name, vehicles[0]["plate"], vehicles[0]["kind"]) == ("moved", "苏A00000", "moving")
    stream.close()


def test_nobody_sees_the_vehicles_of_another_organization(live: Live) -> None:
    mine, other = live.stream("org-a"), live.stream("org-b")
    seen = [vehicle["id"] for vehicle in other.event()[1]]
    live.report("truck-org-a", 30.004)
    live.report("truck-org-b", 31.0)
    while "v-org-b" not in seen:
        seen += [vehicle["id"] for vehicle in other.event()[1]]
    assert set(seen) == {"v-org-b"}
    live.report("truck-org-a", 30.006)
    assert {vehicle["id"] for vehicle in mine.event()[1]} <= {"v-org-a"}
    for stream in (mine, other):
        stream.close()


@pytest.mark.parametrize("ticket", ["", "nonsense", "of-another-key"])
def test_a_stream_needs_a_ticket_of_this_platform(live: Live, ticket: str) -> None:
    shown = issue("x" * 40, person("org-a")) if ticket == "of-another-key" else ticket
    with pytest.raises(urllib.error.HTTPError, match="401"):
        Stream_(live.port, shown)


def test_other_requests_are_answered_and_closed(live: Live) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"http://127.0.0.1:{live.port}/etc/passwd", timeout=5)
    with socket.create_connection(("127.0.0.1", live.port), 5) as raw:
        raw.sendall(b"POST /stream HTTP/1.1\r\n\r\n")
        assert raw.recv(100) == b""
    assert answers(live.port)


def test_a_ticket_is_good_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = issue(KEY, person("org-a"))
    assert redeem(KEY, ticket) == person("org-a")
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(BadTicket, match="not valid"):
        redeem(KEY, ticket)


def test_what_is_signed_for_something_else_is_no_ticket() -> None:
    with pytest.raises(BadTicket):
        redeem(KEY, URLSafeTimedSerializer(KEY, salt="other").dumps(["u", "org-a", [], []]))


# what is sent


def position(vehicle: str, minutes: float, device_id: int = 1, lat: float = 30.0) -> LatestPosition:
    at = NOW + timedelta(minutes=minutes)
    state = DeviceState("truck-0001", at, 0, at, lat, 120.0, 60.4, None, None, 0.0, moving=True)
    return LatestPosition(device_id, vehicle, "org-a", state)


def test_only_what_moved_on_is_told_and_older_positions_of_another_device_are_not() -> None:
    board = Board()
    assert board.take([position("v1", 5)]) == {"v1"}
    assert board.take([position("v1", 5), position("v1", 3, device_id=2)]) == set()
    assert board.take([position("v1", 6, device_id=2)]) == {"v1"}
    unbound = position("v1", 9)._replace(vehicle_id=None)
    assert board.take([unbound]) == set()


def test_a_position_that_a_late_fix_took_back_is_told_again() -> None:
    board = Board()
    board.take([position("v1", 5, lat=31.0)])
    assert board.take([position("v1", 4, lat=30.0)]) == {"v1"}


def test_a_message_holds_what_the_audience_may_see_and_nothing_else() -> None:
    board, audience = Board(), Audience({"v1": Seen("苏A00001", "ord_1")})
    moved = board.take([position("v1", 0), position("v2", 0)])
    message = audience.moved(moved, board, NOW, FRESH)
    assert message is not None and message.startswith(b"event: moved\ndata: ") and message.endswith(b"\n\n")
    (vehicle,) = json.loads(message.split(b"data: ")[1])
    assert vehicle == {
        "id": "v1", "plate": "苏A00001", "order": "ord_1", "lat": 30.0, "lon": 120.0, "kmh": 60,
        "at": int(NOW.timestamp() * 1000), "kind": "moving",
    }  # fmt: skip
    assert audience.moved({"v2"}, board, NOW, FRESH) is None
    late = audience.picture(board, NOW + FRESH + timedelta(seconds=1), FRESH)
    assert json.loads(late.split(b"data: ")[1])[0]["kind"] == "stale"


# slow streams


def pair() -> tuple[Stream, socket.socket]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    return Stream(ours, time.monotonic() + 60), theirs


def test_a_slow_stream_misses_messages_and_gets_the_whole_picture_when_it_reads_again() -> None:
    (slow, reader), (quick, other) = pair(), pair()
    room = Room(Audience(), {slow, quick})
    picture = b"event: all\ndata: []\n\n"
    first = b"x" * 400_000 + b"\n\n"
    slow.write(first)
    for number in range(5):
        room.write(b"message %d\n\n" % number)
        room.catch_up(lambda: picture)
    assert other.recv(1000).count(b"message") == 5
    assert slow.behind and slow in room.streams
    heard = b""
    reader.settimeout(1)
    while not heard.endswith(picture):
        heard += reader.recv(65_536)
        room.catch_up(lambda: picture)
    assert heard == first + picture, "a message that was begun is finished, those between are left out"


def test_streams_that_are_gone_or_whose_time_is_over_are_dropped() -> None:
    (gone, reader), (old, _kept) = pair(), pair()
    reader.close()
    room = Room(Audience(), {gone, old})
    room.write(b"message\n\n")
    room.write(b"message\n\n")
    assert room.streams == {old}
    old.until = time.monotonic() - 1
    room.catch_up(lambda: b"")
    assert room.streams == set()


def test_who_wants_the_same_answer_at_the_same_time_shares_one_asking() -> None:
    askings, asked = Askings(), []

    def ask() -> int:
        asked.append(1)
        gevent.sleep(0.01)
        return 7

    together = [gevent.spawn(askings.answer, "org-a", ask) for _ in range(50)]
    gevent.joinall(together, raise_error=True)
    assert [one.value for one in together] == [7] * 50
    assert len(asked) == 1
    assert askings.answer("org-a", ask) == 7
    assert len(asked) == 2


def test_who_waits_for_an_asking_that_fails_asks_and_hears_of_it() -> None:
    askings = Askings()

    def broken() -> int:
        gevent.sleep(0.01)
        raise ValueError("no database")

    def told() -> str:
        try:
            return str(askings.answer("org-a", broken))
        except ValueError as error:
            return str(error)

    together = [gevent.spawn(told) for _ in range(5)]
    gevent.joinall(together, raise_error=True)
    assert [one.value for one in together] == ["no database"] * 5
    assert askings.answer("org-a", lambda: 7) == 7


def test_a_request_that_never_ends_is_cut(live: Live) -> None:
    with socket.create_connection(("127.0.0.1", live.port), 20) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\n")
        assert slow.recv(100) == b""
