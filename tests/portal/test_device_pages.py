"""Devices on the pages: a secret shown once, own devices only, vehicles in time, words in the reader's language."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient
from signing_in import CARRIER, SHIPPER, STRANGER, sign_in, token
from werkzeug.test import TestResponse

from haoyun.platform.portal import labels
from haoyun.platform.portal.device_setup import http_address, setups
from haoyun.tracking.device_health import DeviceState, Trouble
from haoyun.tracking.devices_store import DeviceKind, IssuedCredential
from haoyun.tracking.sensors import SENSORS


def text(response: TestResponse) -> str:
    return html.unescape(response.get_data(as_text=True))


def register(client: FlaskClient, name: str, **more: str) -> TestResponse:
    form = {"csrf_token": token(client, "/devices/new"), "kind": "phone", "name": name, **more}
    return client.post("/devices", data=form)


def secret_in(page: str) -> str:
    found = re.search(r'"password": "([^"]+)"', page)
    assert found is not None
    return found[1]


def test_a_secret_is_shown_once_with_settings_to_copy_and_to_scan(client: FlaskClient) -> None:
    sign_in(client, CARRIER)
    answer = register(client, "phone-once")
    secret = secret_in(text(answer))
    assert answer.status_code == 201 and answer.headers["Cache-Control"] == "no-store"
    assert f"/in/osmand/phone-once/{secret}" in text(answer)
    assert text(answer).count("<svg") >= 2
    for path in ("/devices/phone-once", "/devices"):
        assert secret not in text(client.get(path))


def test_rotating_shows_another_secret(client: FlaskClient) -> None:
    sign_in(client, CARRIER)
    first = secret_in(text(register(client, "phone-rotated")))
    form = {"csrf_token": token(client, "/devices/phone-rotated")}
    again = client.post("/devices/phone-rotated/rotate", data=form)
    assert again.status_code == 201
    assert secret_in(text(again)) != first


def test_a_terminal_is_told_where_the_gateway_is_and_needs_no_secret(client: FlaskClient) -> None:
    sign_in(client, CARRIER)
    page = text(register(client, "terminal-page", kind="terminal", phone="013800138000"))
    assert "127.0.0.1:6808" in page and "13800138000" in page
    assert "password" not in page
    shown = text(client.get("/devices/terminal-page", headers={"Accept-Language": "en"}))
    assert "waits for the terminal to register" in shown


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "x"}, "8 至 40 个小写字母"),
        ({"name": "terminal-no", "kind": "terminal"}, "6 至 20 位数字"),
        ({"name": "tracker-0001"}, "已被登记"),
    ],
)
def test_a_wrong_field_gets_its_sentence_in_the_readers_language(
    client: FlaskClient, fields: dict[str, str], words: str
) -> None:
    sign_in(client, CARRIER)
    answer = register(client, **fields)
    assert answer.status_code in (409, 422)
    assert words in text(answer)


def test_a_device_changes_its_vehicle_and_the_earlier_one_stays_on_the_page(
    client: FlaskClient, world: Any
) -> None:
    sign_in(client, CARRIER)
    register(client, "phone-moving", vehicle_id=world.vehicle_ids[0])
    path = "/devices/phone-moving"
    form = {"csrf_token": token(client, path), "vehicle_id": world.vehicle_ids[1]}
    assert client.post(f"{path}/vehicle", data=form).status_code == 302
    page = text(client.get(path))
    assert "浙A12345" in page and "浙B23456" in page
    refused = client.post(f"{path}/vehicle", data={**form, "since": "2099-01-01T00:00"})
    assert refused.status_code == 422 and "不得晚于现在" in text(refused)


def test_a_foreign_device_is_the_same_as_none(client: FlaskClient) -> None:
    sign_in(client, SHIPPER)
    csrf = {"csrf_token": token(client, "/me")}
    for path in ("", "/rotate", "/revoke", "/vehicle"):
        send = client.post if path else client.get
        foreign = send(f"/devices/tracker-0001{path}", **({"data": csrf} if path else {}))
        missing = send(f"/devices/tracker-none{path}", **({"data": csrf} if path else {}))
        assert (foreign.status_code, missing.status_code) == (404, 404), path
    assert "tracker-0001" not in text(client.get("/devices"))


def test_who_only_looks_changes_nothing(client: FlaskClient) -> None:
    sign_in(client, STRANGER)
    assert client.get("/devices").status_code == 200
    assert client.get("/devices/new").status_code == 403
    form = {"csrf_token": token(client, "/me"), "kind": "phone", "name": "phone-viewer"}
    assert client.post("/devices", data=form).status_code == 403


def test_a_revoked_device_says_so_and_can_no_longer_be_changed(client: FlaskClient) -> None:
    sign_in(client, CARRIER)
    register(client, "phone-gone")
    form = {"csrf_token": token(client, "/devices/phone-gone")}
    assert client.post("/devices/phone-gone/revoke", data=form).status_code == 302
    page = text(client.get("/devices/phone-gone"))
    assert "已停用" in page and "/rotate" not in page
    assert client.post("/devices/phone-gone/rotate", data=form).status_code == 403


def test_every_kind_state_trouble_and_sensor_has_words() -> None:
    assert set(labels.DEVICE_KINDS) == set(DeviceKind)
    assert set(labels.DEVICE_STATES) == set(DeviceState)
    assert set(labels.DEVICE_TROUBLES) == set(Trouble)
    assert set(labels.SENSOR_NAMES) == set(SENSORS)


def test_the_address_for_apps_keeps_any_secret_whole() -> None:
    address = http_address("phone-0001", "a/b?c", "https://portal.example/")
    assert unquote(address.rsplit("/", 1)[1]) == "a/b?c"
    credential = IssuedCredential("phone-0001", "s", "hy/v1/0/phone-0001/up", "hy/v1/0/phone-0001/down/ack")
    (owntracks, *_rest) = setups(credential, "mqtts://broker.example:8883", "https://portal.example/")
    assert '"tls": true' in owntracks.text and '"port": 8883' in owntracks.text
