"""Alerts: who is told of what, once, correctably, signed, and tried again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import orjson
import pytest

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.alerts.deliver import Deliverer, content
from haoyun.platform.alerts.follow import follow_events
from haoyun.platform.alerts.rule import AlertRule, Subject, subject_of
from haoyun.platform.alerts.store import (
    add_rule,
    alerts_of,
    count_unread,
    deliveries_of,
    end_rule,
    mark_read,
    rules_of,
)
from haoyun.platform.alerts.tables import DELIVERY
from haoyun.platform.database import Databases
from haoyun.platform.market.errors import FieldErrors, NotAllowed, NotFound
from haoyun.platform.migrations import upgrade
from haoyun.platform.webhooks.signing import pause, verify
from haoyun.rfid_ingest.epcis.errors import DeliveryFailed
from haoyun.rfid_ingest.epcis.subscriptions.post import send
from haoyun.tracking.events import EventKind, TrackEvent
from haoyun.tracking.events_store import append_events, settle_events
from haoyun.tracking.store import get_device, register_device

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
ROLES = frozenset({"dispatcher"})
MINE, OTHER = (Actor("u1", org, ROLES, frozenset({"carrier"})) for org in ("org-a", "org-b"))


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Databases]:
    databases = Databases.open(tmp_path / "data")
    upgrade(databases)
    with databases.tracking.begin() as db:
        for org in ("org-a", "org-b"):
            register_device(
                db, name=f"truck-{org}", kind="tracker", org_id=org, vehicle_id=f"v-{org}", shards=8, now=NOW
            )
    yield databases
    databases.close()


def happen(stores: Databases, *events: TrackEvent, org: str = "org-a") -> None:
    with stores.tracking.begin() as db:
        append_events(db, get_device(db, f"truck-{org}").id, events, NOW)


def speeding(minute: int = 0) -> TrackEvent:
    return TrackEvent(
        EventKind.SPEEDING, 1_000 + minute * 60_000, 0, data={"speed_kmh": 104.0, "limit_kmh": 90.0}
    )


def ask(stores: Databases, actor: Actor = MINE, url: str = "", email: str = "") -> AlertRule:
    with stores.platform.begin() as db:
        return add_rule(db, actor, Subject.SPEEDING, email, url, NOW)


def inbox(stores: Databases, actor: Actor = MINE) -> list:
    with stores.platform.begin() as db:
        return alerts_of(db, actor)


def test_an_event_reaches_the_inbox_of_its_organization_once_and_of_nobody_else(stores: Databases) -> None:
    ask(stores)
    ask(stores, OTHER)
    happen(stores, speeding(), TrackEvent(EventKind.TRIP_STARTED, 5, 0))
    assert follow_events(stores, NOW) == 2
    assert follow_events(stores, NOW) == 0
    (alert,) = inbox(stores)
    assert (alert.kind, alert.vehicle_id, alert.data["speed_kmh"]) == (EventKind.SPEEDING, "v-org-a", 104.0)
    assert inbox(stores, OTHER) == []


def test_without_a_rule_nothing_is_told_and_a_later_rule_does_not_dig_up_the_past(stores: Databases) -> None:
    happen(stores, speeding())
    follow_events(stores, NOW)
    ask(stores)
    follow_events(stores, NOW)
    assert inbox(stores) == []


def test_what_a_late_fix_moves_is_corrected_in_the_inbox_and_not_sent_again(stores: Databases) -> None:
    ask(stores, url="https://example.com/hook")
    happen(stores, speeding(5))
    follow_events(stores, NOW)
    with stores.tracking.begin() as db:
        device_id = get_device(db, "truck-org-a").id
        settle_events(db, device_id, (-1, -1), [speeding(3)], NOW)
    follow_events(stores, NOW)
    (alert,) = inbox(stores)
    assert alert.at.timestamp() == 1 + 3 * 60
    with stores.platform.begin() as db:
        assert len(deliveries_of(db, [alert.id])[alert.id]) == 1
    with stores.tracking.begin() as db:
        settle_events(db, device_id, (-1, -1), [], NOW)
    follow_events(stores, NOW)
    assert [one.withdrawn_at for one in inbox(stores)] == [NOW]


def test_reading_is_the_organizations_own(stores: Databases) -> None:
    ask(stores)
    happen(stores, speeding(1), speeding(2))
    follow_events(stores, NOW)
    newest, oldest = inbox(stores)
    with stores.platform.begin() as db:
        mark_read(db, OTHER, newest.id, NOW)
        assert count_unread(db, MINE) == 2
        mark_read(db, MINE, oldest.id, NOW)
        assert (count_unread(db, MINE), count_unread(db, OTHER)) == (1, 0)


def test_rules_are_made_by_who_may_trade_and_ended_by_their_own_organization(stores: Databases) -> None:
    rule = ask(stores)
    viewer = replace(MINE, roles=frozenset({"viewer"}))
    with stores.platform.begin() as db:
        with pytest.raises(NotAllowed):
            add_rule(db, viewer, Subject.DELAY, "", "", NOW)
        with pytest.raises(NotFound):
            end_rule(db, OTHER, rule.id, NOW)
        end_rule(db, MINE, rule.id, NOW)
        assert rules_of(db, ["org-a"]) == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"webhook_url": "ftp://example.com"}, "webhook_url"),
        ({"webhook_url": "https://me:secret@example.com"}, "webhook_url"),
        ({"webhook_url": "https://"}, "webhook_url"),
    ],
)
def test_a_rule_checks_its_addresses(values: dict[str, str], field: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        AlertRule("r", "o", Subject.DELAY, **values)
    assert set(refused.value.errors) == {field}


def test_every_event_that_alarms_has_a_subject_and_trips_have_none() -> None:
    silent = {EventKind.TRIP_STARTED, EventKind.TRIP_ENDED, EventKind.SPEEDING_ENDED}
    assert {kind for kind in EventKind if subject_of(kind) is None} == silent


# delivery


class Receiver(BaseHTTPRequestHandler):
    """A real receiver: answers what it was told to, and keeps what it got."""

    status = 200
    got: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.headers["Haoyun-Signature"], body))
        self.send_response(self.status)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Quietly."""


@pytest.fixture
def receiver() -> Iterator[tuple[str, type[Receiver]]]:
    kind = type("Own", (Receiver,), {"got": []})
    server = HTTPServer(("127.0.0.1", 0), kind)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", kind
    server.shutdown()


def deliverer(private: bool = True, smtp_url: str | None = None) -> Deliverer:
    return Deliverer(private=private, smtp_url=smtp_url, mail_from="haoyun@example.com")


def test_a_webhook_is_signed_and_what_was_altered_or_is_old_is_refused(stores: Databases, receiver) -> None:
    url, kind = receiver
    rule = ask(stores, url=url)
    happen(stores, speeding())
    follow_events(stores, NOW)
    assert deliverer().deliver_due(stores, NOW) == 1
    ((signature, body),) = kind.got
    assert orjson.loads(body) == content(inbox(stores)[0])
    at = NOW.timestamp()
    assert verify(rule.webhook_secret, signature, body, at + 299)
    assert not verify(rule.webhook_secret, signature, body, at + 301)
    assert not verify(rule.webhook_secret, signature, body.replace(b"104", b"105"), at)
    assert not verify("another", signature, body, at)
    assert not verify(rule.webhook_secret, "nonsense", body, at)
    assert deliverer().deliver_due(stores, NOW + timedelta(days=1)) == 0


def test_a_receiver_that_fails_is_tried_again_with_growing_pauses_and_given_up(
    stores: Databases, receiver
) -> None:
    url, kind = receiver
    kind.status = 503
    ask(stores, url=url)
    happen(stores, speeding())
    follow_events(stores, NOW)
    now, gaps = NOW, []
    for _ in range(20):
        deliverer().deliver_due(stores, now)
        with stores.platform.begin() as db:
            row = db.execute(DELIVERY.select()).one()
        if row.next_ms is None:
            break
        gaps.append(row.next_ms / 1000 - now.timestamp())
        now = datetime.fromtimestamp(row.next_ms / 1000, UTC)
    assert gaps[:4] == [30, 60, 120, 240]
    assert (len(kind.got), row.done_ms) == (10, None)
    assert "503" in row.problem
    assert pause(50) == timedelta(hours=4)


def test_a_redirect_is_not_followed_and_counts_as_a_failure(stores: Databases, receiver) -> None:
    url, kind = receiver
    kind.status = 302
    ask(stores, url=url)
    happen(stores, speeding())
    follow_events(stores, NOW)
    assert deliverer().deliver_due(stores, NOW) == 0
    assert len(kind.got) == 1


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "2130706433", "0177.0.0.1", "10.0.0.1"],
)
def test_no_webhook_reaches_inside(host: str) -> None:
    with pytest.raises(DeliveryFailed):
        send(f"http://{host}:9/", b"{}", {}, private=False)


def test_of_two_senders_one_sends(stores: Databases, receiver) -> None:
    url, kind = receiver
    ask(stores, url=url)
    happen(stores, speeding())
    follow_events(stores, NOW)
    threads = [Thread(target=partial(deliverer().deliver_due, stores, NOW)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kind.got) == 1


def test_without_a_mail_server_the_inbox_says_why_no_mail_came(stores: Databases) -> None:
    ask(stores, email="dispatch@example.com")
    happen(stores, speeding())
    follow_events(stores, NOW)
    assert deliverer().deliver_due(stores, NOW) == 0
    (alert,) = inbox(stores)
    with stores.platform.begin() as db:
        (found,) = deliveries_of(db, [alert.id])[alert.id]
    assert found == ("email", False, "no mail server is set: HAOYUN_SMTP_URL")
