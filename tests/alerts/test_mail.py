"""Alerts by e-mail, handed to a real server: in the rule's language, once, and tried again where it is refused."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from pathlib import Path
from threading import Thread

import pytest

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.alerts.deliver import Deliverer
from haoyun.platform.alerts.follow import follow_events
from haoyun.platform.alerts.mail_words import EXCEPTIONS, KINDS, mail_words
from haoyun.platform.alerts.rule import Alert, NoticeKind, Subject, subject_of
from haoyun.platform.alerts.store import add_rule, alerts_of, deliveries_of
from haoyun.platform.database import Databases
from haoyun.platform.migrations import upgrade
from haoyun.tracking.events import EventKind, TrackEvent
from haoyun.tracking.events_store import append_events
from haoyun.tracking.exceptions import ExceptionKind
from haoyun.tracking.store import get_device, register_device

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
CHINA = timezone(timedelta(hours=8))
MINE = Actor("u1", "org-a", frozenset({"dispatcher"}), frozenset({"carrier"}))


class Postman(socketserver.StreamRequestHandler):
    """As much of SMTP as a client needs; `refusal` is answered to the first recipients."""

    got: list[tuple[str, bytes]]
    refusals: int

    def handle(self) -> None:
        self.wfile.write(b"220 test\r\n")
        to = ""
        while line := self.rfile.readline().strip():
            verb = line[:4].upper()
            if verb == b"RCPT" and type(self).refusals > 0:
                type(self).refusals -= 1
                self.wfile.write(b"451 come back later\r\n")
            elif verb == b"RCPT":
                to = line.split(b"<")[1].rstrip(b">").decode()
                self.wfile.write(b"250 ok\r\n")
            elif verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = []
                while (part := self.rfile.readline()) != b".\r\n":
                    lines.append(part[1:] if part.startswith(b"..") else part)
                type(self).got.append((to, b"".join(lines)))
                self.wfile.write(b"250 taken\r\n")
            elif verb == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


@pytest.fixture
def postman() -> Iterator[tuple[str, type[Postman]]]:
    kind = type("Own", (Postman,), {"got": [], "refusals": 0})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), kind) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"smtp://127.0.0.1:{server.server_address[1]}", kind
        server.shutdown()


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Databases]:
    databases = Databases.open(tmp_path / "data")
    upgrade(databases)
    with databases.tracking.begin() as db:
        register_device(
            db, name="truck-0001", kind="tracker", org_id="org-a", vehicle_id="v1", shards=8, now=NOW
        )
    yield databases
    databases.close()


def speed(stores: Databases, language: str) -> None:
    """Somebody asked in a language, and a truck was too fast."""
    with stores.platform.begin() as db:
        add_rule(db, MINE, Subject.SPEEDING, "dispatch@example.com", "", NOW, language)
    event = TrackEvent(
        EventKind.SPEEDING, 1_778_486_400_000, 1, "", data={"speed_kmh": 104.0, "limit_kmh": 80.0}
    )
    with stores.tracking.begin() as db:
        append_events(db, get_device(db, "truck-0001").id, [event], NOW)
    follow_events(stores, NOW)


@pytest.mark.parametrize(
    ("language", "subject", "sentence"),
    [("zh", "好运 · 超速", "车速：104 公里/小时"), ("en", "Haoyun: Too fast", "speed: 104 km/h")],
)
def test_the_mail_arrives_once_and_speaks_the_language_of_its_rule(
    stores: Databases, postman: tuple[str, type[Postman]], language: str, subject: str, sentence: str
) -> None:
    url, kind = postman
    speed(stores, language)
    deliverer = Deliverer(private=False, smtp_url=url, mail_from="haoyun@example.com", zone=CHINA)
    assert deliverer.deliver_due(stores, NOW) == 1
    assert deliverer.deliver_due(stores, NOW + timedelta(days=1)) == 0
    ((to, raw),) = kind.got
    mail = message_from_bytes(raw, policy=policy.default)
    assert (to, mail["From"], mail["Subject"]) == ("dispatch@example.com", "haoyun@example.com", subject)
    assert mail["Message-ID"] and mail["Date"].datetime == datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
    body = mail.get_body().get_content()
    assert sentence in body and "2026-05-11 16:00" in body


def test_a_server_that_refuses_is_tried_again_and_the_inbox_says_why(
    stores: Databases, postman: tuple[str, type[Postman]]
) -> None:
    url, kind = postman
    kind.refusals = 1
    speed(stores, "zh")
    deliverer = Deliverer(private=False, smtp_url=url, mail_from="haoyun@example.com")
    assert deliverer.deliver_due(stores, NOW) == 0
    with stores.platform.begin() as db:
        (alert,) = alerts_of(db, MINE)
        ((_, done, problem),) = deliveries_of(db, [alert.id])[alert.id]
    assert not done and "come back later" in problem and kind.got == []
    assert deliverer.deliver_due(stores, NOW + timedelta(seconds=31)) == 1
    assert len(kind.got) == 1


def test_a_server_that_is_away_is_no_crash(stores: Databases) -> None:
    speed(stores, "zh")
    deliverer = Deliverer(private=False, smtp_url="smtp://127.0.0.1:9", mail_from="haoyun@example.com")
    assert deliverer.deliver_due(stores, NOW) == 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_everything_that_is_alerted_has_words(language: str) -> None:
    told = {kind for kind in EventKind if subject_of(kind) is not None} | set(NoticeKind)
    assert set(KINDS) == told and set(EXCEPTIONS) == set(ExceptionKind)
    data = {
        "exception": "damaged",
        "delay_s": 1800,
        "arrival": "2026-05-11T09:00:00+00:00",
        "value_c": 9.25,
        "x": 1,
    }
    for kind in told:
        alert = Alert(1, "o", kind, None, "ord_1", NOW, data, None, None)
        subject, text = mail_words(alert, language, "浙A12345", CHINA)
        assert "浙A12345" in subject and "ord_1" in text and "17:00 (UTC+0800)" in text and "{" not in text
