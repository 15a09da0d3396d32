"""Subscriptions: what a receiver is told, when, how it is signed, and that nothing is lost when it does not answer."""

from __future__ import annotations

import queue
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from epcis_documents import document, seen

from haoyun.platform.database import Databases, reading
from haoyun.platform.epcis_api.deliver import AT_ONCE_OF_OWNER, SubscriptionFollower
from haoyun.platform.services import EXTENSION
from haoyun.rfid_ingest.epcis.errors import DeliveryFailed, SubscriptionRefused
from haoyun.rfid_ingest.epcis.repository.tables import NAMED_QUERY, SUBSCRIPTION
from haoyun.rfid_ingest.epcis.subscriptions import deliver as deliver_module
from haoyun.rfid_ingest.epcis.subscriptions import post as post_module
from haoyun.rfid_ingest.epcis.subscriptions import store
from haoyun.rfid_ingest.epcis.subscriptions.deliver import due_now
from haoyun.rfid_ingest.epcis.subscriptions.deliver import serve as serve_one
from haoyun.rfid_ingest.epcis.subscriptions.post import post, signature
from haoyun.rfid_ingest.epcis.subscriptions.schedule import parse_schedule
from haoyun.rfid_ingest.epcis.subscriptions.subscription import check_address
from haoyun.rfid_ingest.epcis.validation.check import faults

Make = Callable[..., Any]
PATIENCE_S = 30.0


@dataclass
class Receiver:
    """A subscriber's web server."""

    url: str
    status: int = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def events(self) -> list[list[dict[str, Any]]]:
        """The events of each document that came."""
        bodies = [orjson.loads(body) for _headers, body in self.got]
        assert all(faults(body) == [] for body in bodies)
        return [body["epcisBody"]["queryResults"]["resultsBody"]["eventList"] for body in bodies]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.got.append((dict(self.headers), body))
            self.send_response(found.status)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    found = Receiver(f"http://127.0.0.1:{server.server_port}/hook?of=me")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def serve(databases: Databases) -> Callable[..., int]:
    """Serves what is due at an instant."""

    def run(now: datetime) -> int:
        engine = databases.tracking
        send = lambda dest, body, token: post(dest, body, token, private=True)  # noqa: E731
        due = due_now(reading(engine).connect, now)
        return sum(serve_one(reading(engine).connect, engine.begin, send, one, now) for one in due)

    return run


def _subscribe(me: Any, receiver: Receiver, query: dict[str, Any] | None = None, **more: Any) -> str:
    me.post("/queries", {"name": "q", "query": query or {}})
    wish = {"dest": receiver.url, "signatureToken": "s3cret", **(more or {"stream": True})}
    made = me.post("/queries/q/subscriptions", wish)
    assert made.status_code == 201, made.text
    location: str = made.headers["Location"].split("/epcis/v2", 1)[1]
    return location


def test_a_stream_tells_what_matches_once_and_signed(
    party: Make, receiver: Receiver, serve: Callable[..., int]
) -> None:
    me, other = party(), party("carrier")
    me.post("/capture", document(seen(1)))
    location = _subscribe(me, receiver, {"EQ_bizStep": ["shipping"]})
    now = datetime.now(UTC)
    assert serve(now) == 0 and receiver.got == []
    me.post("/capture", document(seen(2), seen(3, bizStep="packing"), seen(4)))
    other.post("/capture", document(seen(5)))
    assert [serve(now + timedelta(seconds=n)) for n in range(3)] == [1, 0, 0]
    ((headers, body),) = receiver.got
    assert headers["GS1-Signature"] == signature("s3cret", body)
    assert orjson.loads(body)["epcisBody"]["queryResults"]["queryName"] == "q"
    (events,) = receiver.events()
    assert [event["eventTime"][14:16] for event in events] == ["02", "04"]
    assert me.get(location).get_json()["lastNotifiedAt"]


def test_a_receiver_that_does_not_answer_is_told_later_and_misses_nothing(
    party: Make, receiver: Receiver, serve: Callable[..., int], databases: Databases
) -> None:
    me = party()
    _subscribe(me, receiver)
    me.post("/capture", document(seen(1)))
    receiver.status = 503
    now = datetime.now(UTC)
    assert serve(now) == 0
    me.post("/capture", document(seen(2)))
    receiver.status = 200
    assert serve(now + timedelta(seconds=1)) == 0  # it rests for two seconds
    with databases.tracking.connect() as db:
        row = db.execute(sa.select(SUBSCRIPTION)).one()
    assert (row.failures, row.problem) == (1, "127.0.0.1 answered 503")
    assert serve(now + timedelta(seconds=3)) == 1
    assert [len(events) for events in receiver.events()] == [1, 2]


def test_two_workers_do_not_tell_the_same_thing_twice(
    party: Make, receiver: Receiver, databases: Databases
) -> None:
    me = party()
    _subscribe(me, receiver)
    me.post("/capture", document(seen(1)))
    engine, now = databases.tracking, datetime.now(UTC)
    (one,) = due_now(reading(engine).connect, now)
    second: list[int] = []

    def send(dest: str, body: bytes, token: str | None) -> None:
        second.append(serve_one(reading(engine).connect, engine.begin, send, one, now))
        post(dest, body, token, private=True)

    assert serve_one(reading(engine).connect, engine.begin, send, one, now) == 1
    assert (second, len(receiver.got)) == ([0], 1)
    assert due_now(reading(engine).connect, now) == []


def test_many_events_come_in_several_documents(
    monkeypatch: pytest.MonkeyPatch, party: Make, receiver: Receiver, serve: Callable[..., int]
) -> None:
    monkeypatch.setattr(deliver_module, "EVENTS_A_DOCUMENT", 2)
    me = party()
    _subscribe(me, receiver)
    me.post("/capture", document(*(seen(n) for n in range(1, 6))))
    now = datetime.now(UTC)
    assert [serve(now + timedelta(seconds=n)) for n in range(2)] == [3, 0]
    assert [len(events) for events in receiver.events()] == [2, 2, 1]


def test_a_receiver_that_keeps_up_gives_its_place_to_others_after_a_while(
    monkeypatch: pytest.MonkeyPatch, party: Make, receiver: Receiver, serve: Callable[..., int]
) -> None:
    monkeypatch.setattr(deliver_module, "EVENTS_A_DOCUMENT", 2)
    monkeypatch.setattr(deliver_module, "BURST_S", 0.0)
    me = party()
    _subscribe(me, receiver)
    me.post("/capture", document(*(seen(n) for n in range(1, 6))))
    now = datetime.now(UTC)
    assert [serve(now + timedelta(seconds=n)) for n in range(4)] == [1, 1, 1, 0]


def test_the_initial_record_time_brings_what_was_recorded_before(
    party: Make, receiver: Receiver, serve: Callable[..., int]
) -> None:
    me = party()
    me.post("/capture", document(seen(1)))
    _subscribe(me, receiver, stream=True, initialRecordTime="2026-01-01T00:00:00Z")
    serve(datetime.now(UTC))
    assert [len(events) for events in receiver.events()] == [1]


@pytest.mark.parametrize(("report", "documents"), [(True, 2), (False, 1)])
def test_a_schedule_tells_at_its_time_and_of_nothing_only_when_asked(
    party: Make, receiver: Receiver, serve: Callable[..., int], report: bool, documents: int
) -> None:
    me = party()
    _subscribe(me, receiver, schedule={"minute": "[0-59]"}, reportIfEmpty=report)
    now = datetime.now(UTC)
    assert serve(now) == 0
    me.post("/capture", document(seen(1)))
    assert serve(now + timedelta(minutes=1)) == 1
    serve(now + timedelta(minutes=2))
    assert len(receiver.got) == documents


def test_a_subscription_ends_with_its_query(
    party: Make, receiver: Receiver, serve: Callable[..., int]
) -> None:
    me = party()
    _subscribe(me, receiver)
    me.post("/capture", document(seen(1)))
    assert me.call("DELETE", "/queries/q").status_code == 204
    assert serve(datetime.now(UTC)) == 0


@pytest.mark.parametrize(
    "dest", ["http://127.0.0.1:9/", "http://localhost/", "http://169.254.1.1/", "http://[::1]/"]
)
def test_the_own_network_is_not_called_unless_that_is_allowed(dest: str) -> None:
    with pytest.raises(DeliveryFailed, match="own network"):
        post(dest, b"{}", None, private=False)


def test_a_follower_serves_beside_the_others(party: Make, receiver: Receiver, databases: Databases) -> None:
    me = party()
    _subscribe(me, receiver)
    me.post("/capture", document(seen(1)))
    follower = SubscriptionFollower(private=True)
    now = datetime.now(UTC)
    assert follower(databases, now) == 0  # the delivery has only begun
    assert follower.wait() == 1
    assert follower(databases, now) == 0
    assert len(receiver.got) == 1


class Hanging:
    """Receivers that do not answer until they are let go; the others answer at once."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.told: queue.Queue[str] = queue.Queue()

    def __call__(self, dest: str, _body: bytes, _token: str | None) -> None:
        self.told.put(dest)
        if "slow" in dest:
            self.go.wait(PATIENCE_S)


def _subscribe_all(me: Any, names: list[str]) -> None:
    me.post("/queries", {"name": "q", "query": {}})
    for name in names:
        wish = {"dest": f"https://{name}.example.org/", "stream": True}
        assert me.post("/queries/q/subscriptions", wish).status_code == 201
    me.post("/capture", document(seen(1)))


def _told(send: Hanging, count: int) -> set[str]:
    return {send.told.get(timeout=PATIENCE_S).split("/")[2].split(".")[0] for _ in range(count)}


def test_a_receiver_that_hangs_holds_up_no_other(party: Make, databases: Databases) -> None:
    send = Hanging()
    _subscribe_all(party(), ["slow", "quick"])
    _subscribe_all(party("carrier"), ["other"])
    follower = SubscriptionFollower(private=True, send=send)
    follower(databases, datetime.now(UTC))
    assert _told(send, 3) == {"slow", "quick", "other"}
    send.go.set()
    assert follower.wait() == 3


def test_an_organization_whose_receivers_hang_leaves_the_others_their_places(
    party: Make, databases: Databases
) -> None:
    send = Hanging()
    _subscribe_all(party(), [f"slow{n}" for n in range(20)])
    _subscribe_all(party("carrier"), ["other"])
    follower = SubscriptionFollower(private=True, send=send)
    now = datetime.now(UTC)
    for _ in range(3):
        follower(databases, now)
    told = _told(send, AT_ONCE_OF_OWNER + 1)
    assert "other" in told and send.told.empty()
    send.go.set()
    follower.wait()
    follower(databases, now)  # and the next of the many come in their turn
    assert len(_told(send, AT_ONCE_OF_OWNER) - told) == AT_ONCE_OF_OWNER
    follower.wait()


def test_the_organizations_take_turns(party: Make, databases: Databases) -> None:
    _subscribe_all(party(), [f"a{n}" for n in range(4)])
    _subscribe_all(party("carrier"), ["b0", "b1"])
    with reading(databases.tracking).connect() as db:
        due = store.due_subscriptions(db, datetime.now(UTC), limit=4)
    assert Counter(one.owner for one in due) == {1: 2, 2: 2}


def test_streams_with_nothing_new_do_not_stand_in_the_way(party: Make, databases: Databases) -> None:
    me = party()
    _subscribe_all(me, [f"a{n}" for n in range(3)])
    with databases.tracking.begin() as db:
        kept = sa.select(SUBSCRIPTION.c.id).order_by(SUBSCRIPTION.c.id).limit(2)
        db.execute(sa.update(SUBSCRIPTION).where(SUBSCRIPTION.c.id.in_(kept)).values(cursor=1))
        due = store.due_subscriptions(db, datetime.now(UTC), limit=1)
    assert [one.cursor for one in due] == [0]


def test_an_organization_has_so_many_subscriptions_and_no_more(
    monkeypatch: pytest.MonkeyPatch, party: Make
) -> None:
    monkeypatch.setattr(store, "MOST_OF_OWNER", 2)
    me, other = party(), party("carrier")
    _subscribe_all(me, ["a", "b"])
    refused = me.post("/queries/q/subscriptions", {"dest": "https://c.example.org/", "stream": True})
    assert refused.status_code == 400 and "as many as it may" in refused.get_json()["detail"]
    _subscribe_all(other, ["a"])


@pytest.mark.parametrize(
    ("fields", "after", "due"),
    [
        ({"hour": "1", "minute": "5"}, "2026-03-02T01:04:59", "2026-03-02T01:05:00"),
        ({"hour": "1", "minute": "5"}, "2026-03-02T01:05:00", "2026-03-03T01:05:00"),
        ({"second": "0,30"}, "2026-03-02T08:00:00", "2026-03-02T08:00:30"),
        ({"minute": "[10-12]"}, "2026-03-02T08:12:00", "2026-03-02T09:10:00"),
        ({"dayOfMonth": "29", "month": "2"}, "2026-03-02T00:00:00", "2028-02-29T00:00:00"),
        ({"dayOfWeek": "7"}, "2026-03-02T08:00:00", "2026-03-08T00:00:00"),
    ],
)
def test_a_schedule_is_due_when_every_field_fits(fields: dict[str, str], after: str, due: str) -> None:
    instant = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert parse_schedule(fields).next(instant) == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_a_schedule_without_a_field_is_refused() -> None:
    with pytest.raises(SubscriptionRefused, match="at least one field"):
        parse_schedule({})


def test_a_long_answer_tells_events_as_they_come(party: Make, app: APIFlask) -> None:
    me = party()
    me.post("/queries", {"name": "q", "query": {"EQ_bizStep": ["shipping"]}})
    me.post("/capture", document(seen(1)))
    answer = me.get("/queries/q/events?stream=true")
    assert (answer.status_code, answer.content_type) == (200, "application/x-ndjson")
    lines = answer.response
    iterator = iter(lines)
    assert next(iterator) == b"\n"
    me.post("/capture", document(seen(2, bizStep="packing"), seen(3)))
    told = orjson.loads(next(iterator))
    assert [e["bizStep"] for e in told["epcisBody"]["queryResults"]["resultsBody"]["eventList"]] == [
        "shipping"
    ]
    answer.close()


def test_streams_leave_threads_for_everything_else(party: Make, app: APIFlask) -> None:
    me = party()
    me.post("/queries", {"name": "q", "query": {}})
    most = app.extensions[EXTENSION].settings.threads // 4
    running = [me.get("/queries/q/events?stream=true") for _ in range(most)]
    refused = me.get("/queries/q/events?stream=true")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
    for answer in running:
        answer.close()
    again = me.get("/queries/q/events?stream=true")
    assert again.status_code == 200
    again.close()


def test_a_websocket_is_declined_with_what_is_offered_instead(party: Make) -> None:
    me = party()
    me.post("/queries", {"name": "q", "query": {}})
    answer = me.get("/queries/q/events?stream=true", Upgrade="websocket", Connection="Upgrade")
    assert answer.status_code == 406 and "stream=true" in answer.get_json()["detail"]


@pytest.mark.parametrize(
    "dest",
    ["http://example.org/到", f"http://{'a' * 64}.example.org/", "http://a..b/", "http://example.org/a b"],
)
def test_an_address_that_cannot_be_written_is_refused_and_is_a_failed_delivery(dest: str) -> None:
    with pytest.raises(SubscriptionRefused, match="dest"):
        check_address(dest)
    with pytest.raises(DeliveryFailed):
        post(dest, b"{}", None, private=False)


@pytest.mark.parametrize(
    "host", ["239.0.0.1", "[ff0e::1]", "[fec0::1]", "[64:ff9b::a00:1]", "[2002:a00:1::1]", "[::10.0.0.1]",
             "[::ffff:10.0.0.1]"],
)  # fmt: skip
def test_addresses_that_carry_or_are_another_networks_are_not_called(host: str) -> None:
    with pytest.raises(DeliveryFailed, match="own network"):
        post(f"http://{host}:9/", b"{}", None, private=False)


def test_a_receiver_that_answers_a_byte_at_a_time_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes well within the time of a step, so that only the time of all of them ends it."""
    monkeypatch.setattr(post_module, "TOTAL_S", 0.5)
    ended = threading.Event()

    def dribble(server: socket.socket) -> None:
        stream, _ = server.accept()
        with stream, suppress(OSError):
            stream.recv(65_536)
            while not ended.wait(0.1):
                stream.sendall(b"H")

    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=dribble, args=(server,), daemon=True)
        answering.start()
        with pytest.raises(DeliveryFailed):
            post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", None, private=True)
        ended.set()
        answering.join(5)


def test_a_query_that_cannot_be_answered_holds_up_its_own_subscription_alone(
    party: Make, receiver: Receiver, serve: Callable[..., int], databases: Databases
) -> None:
    me, other = party(), party("carrier")
    _subscribe(me, receiver)
    _subscribe(other, receiver)
    broken = sa.update(NAMED_QUERY).where(
        NAMED_QUERY.c.owner == sa.select(sa.func.min(NAMED_QUERY.c.owner)).scalar_subquery()
    )
    with databases.tracking.begin() as db:  # as an older version kept it
        db.execute(broken.values(query='{"no parameter": 1}'))
    me.post("/capture", document(seen(1)))
    other.post("/capture", document(seen(2)))
    assert serve(datetime.now(UTC)) == 1
    with databases.tracking.connect() as db:
        rows = db.execute(sa.select(SUBSCRIPTION).order_by(SUBSCRIPTION.c.owner)).all()
    assert [row.failures for row in rows] == [1, 0]
    assert "no parameter is no query parameter" in rows[0].problem


def test_what_stands_oddly_in_an_event_does_not_match_and_ends_nothing(
    party: Make, receiver: Receiver, serve: Callable[..., int]
) -> None:
    me = party()
    query = {"GE_errorDeclarationTime": "2026-01-01T00:00:00Z", "EQ_persistentDisposition_set": ["damaged"],
             "GE_quantity": 1, "EQ_bizTransaction_po": ["urn:x:1"]}  # fmt: skip
    for number, (name, value) in enumerate(query.items()):
        me.post("/queries", {"name": f"q{number}", "query": {name: value}})
        made = me.post(f"/queries/q{number}/subscriptions", {"dest": receiver.url, "stream": True})
        assert made.status_code == 201, made.text
    own = seen(1, type="https://example.org/Own", persistentDisposition="abc", sensorElementList=5)
    early = seen(2, errorDeclaration={"declarationTime": "0001-01-01T00:00:00+05:00"})
    for event in (own, early):
        assert me.post("/events", event).status_code == 201
    assert serve(datetime.now(UTC)) == 0
    assert receiver.got == []


def test_drivers_keep_no_queries_and_no_subscriptions(party: Make) -> None:
    driver = party("third", "driver")
    for method, path in (
        ("POST", "/queries"),
        ("DELETE", "/queries/q"),
        ("POST", "/queries/q/subscriptions"),
        ("DELETE", "/queries/q/subscriptions/s"),
    ):
        assert driver.call(method, path, json={"name": "q", "query": {}}).status_code == 403
