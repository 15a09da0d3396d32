"""Reports over HTTP: a real broker behind the app, and what is answered when it is not there."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from haoyun.platform.accounts.security import init_security
from haoyun.platform.api.app_parts import api_flask_options, register_api
from haoyun.platform.api.http_intake import EXTENSION
from haoyun.platform.database import Databases
from haoyun.platform.settings import Settings
from haoyun.tracking.broker import EmbeddedBroker
from haoyun.tracking.messages import UP_FILTER
from haoyun.tracking.mqtt import Incoming, Subscriber
from haoyun.tracking.store import IssuedCredential, register_device, revoke_device

FORM = "timestamp=1778486398&lat=29.87&lon=121.54&speed=34&batt=81"


@dataclass
class Site:
    """The app, a device's credential, and what arrives at the intake's place."""

    client: FlaskClient
    databases: Databases
    credential: IssuedCredential
    inbox: Subscriber | None = None

    def send(self, kind: str = "osmand", secret: str | None = None, **options: Any) -> Any:
        device = self.credential.device
        given = base64.b64encode(f"{device}:{secret or self.credential.secret}".encode()).decode()
        headers = {"Authorization": f"Basic {given}", **options.pop("headers", {})}
        return self.client.open(f"/in/{kind}", method="POST", headers=headers, **options)

    def arrived(self) -> list[Incoming]:
        assert self.inbox is not None
        return self.inbox.take(1, 5.0)


@pytest.fixture
def port(free_port: int) -> int:
    return free_port


@pytest.fixture
def lonely(databases: Databases, tmp_path: Path, port: int) -> Iterator[Site]:
    """No broker answers."""
    settings = Settings(data=tmp_path / "data", broker_port=port)
    app = APIFlask("api", instance_path=str(tmp_path), root_path=str(tmp_path), **api_flask_options())
    init_security(app, settings, databases)
    register_api(app, settings, databases)
    with databases.tracking.begin() as db:
        credential = register_device(
            db, name="phone-0001", kind="phone", org_id="o", vehicle_id=None, shards=8, now=datetime.now(UTC)
        )
    yield Site(app.test_client(), databases, credential)
    app.extensions[EXTENSION].close()


@pytest.fixture
def site(lonely: Site, tmp_path: Path, port: int) -> Iterator[Site]:
    """A broker, and a subscriber where the intake stands."""
    broker = EmbeddedBroker(tmp_path / "data", port)
    broker.start([])
    lonely.inbox = Subscriber(broker.ingest_address, "ingest-1", [UP_FILTER], lambda: datetime.now(UTC))
    lonely.inbox.start()
    assert lonely.inbox.wait_connected(10)
    yield lonely
    lonely.inbox.stop()
    broker.stop()


def test_a_form_goes_through_the_broker_under_the_devices_own_topic(site: Site) -> None:
    answer = site.send(data=FORM, content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.text) == (200, "[]")
    (message,) = site.arrived()
    assert message.topic == f"{site.credential.topic_up}/osmand"
    assert message.payload == FORM.encode()


def test_an_app_without_headers_carries_its_credential_in_the_address(site: Site) -> None:
    path = f"/in/osmand/{site.credential.device}/{site.credential.secret}"
    assert site.client.get(f"{path}?{FORM}").status_code == 200
    (message,) = site.arrived()
    assert message.payload == FORM.encode()


def test_json_and_other_kinds_are_taken_too(site: Site) -> None:
    report = {"location": {"timestamp": "2026-05-11T07:59:58Z", "coords": {"latitude": 1, "longitude": 2}}}
    assert site.send(json=report).status_code == 200
    assert (
        site.send("owntracks", json={"_type": "location", "lat": 1, "lon": 2, "tst": 1778486398}).status_code
        == 200
    )
    kinds = {message.topic.rsplit("/", 1)[1] for _ in range(2) for message in site.arrived()}
    assert kinds == {"osmand", "owntracks"}


def test_a_wrong_report_is_refused_with_its_reason_and_not_published(site: Site) -> None:
    answer = site.send(data=FORM.replace("29.87", "91"), headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert answer.json["detail"] == "The report cannot be taken: latitude 91 is outside -90..90"
    assert site.send("morse", data=".-").status_code == 404
    assert site.send(data=b"").status_code == 400
    assert site.send(data=b"x" * 70_000).status_code == 413
    assert site.inbox is not None
    assert site.inbox.take(1, 0.3) == []


def test_a_wrong_secret_an_unknown_and_a_revoked_device_get_the_same_answer(site: Site) -> None:
    wrong = site.send(secret="guess", data=FORM)
    assert wrong.status_code == 401 and "Basic" in wrong.headers["WWW-Authenticate"]
    unknown = site.client.get(f"/in/osmand/nobody-0001/guess?{FORM}")
    none = site.client.get(f"/in/osmand?{FORM}")
    with site.databases.tracking.begin() as db:
        revoke_device(db, site.credential.device, datetime.now(UTC))
    revoked = site.send(data=FORM)
    assert [one.json for one in (unknown, none, revoked)] == [wrong.json] * 3
    assert {one.status_code for one in (unknown, none, revoked)} == {401}


def test_guessing_secrets_is_slowed_down(site: Site) -> None:
    codes = [site.send(secret=f"guess-{n}", data=FORM).status_code for n in range(62)]
    assert codes[:60] == [401] * 60 and codes[-1] == 429


def test_without_the_broker_nothing_is_confirmed(lonely: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("haoyun.platform.api.http_intake.BROKER_WITHIN_S", 0.2)
    for _ in range(2):
        answer = lonely.send(data=FORM)
        assert answer.status_code == 503 and "Retry-After" in answer.headers


def test_no_log_line_holds_the_secret_of_an_address(
    lonely: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise sa.exc.OperationalError("select", {}, Exception("away"))

    monkeypatch.setattr("haoyun.platform.api.http_intake.find_device", fail)
    answer = lonely.client.get(f"/in/osmand/{lonely.credential.device}/{lonely.credential.secret}?{FORM}")
    assert answer.status_code == 503
    said = "".join(capsys.readouterr())
    assert "/in/<kind>/<device>/<secret>" in said
    assert lonely.credential.secret not in said
