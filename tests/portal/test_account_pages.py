"""The pages about organizations and people: signing up, being verified, joining, keys, and the ways in."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from signing_in import PASSWORD, sign_in, text, token
from werkzeug.test import TestResponse

from haoyun.platform.accounts.totp import code_at, step_of
from haoyun.platform.api.limits import limiter

CODE = "91350100M000100Y43"


@pytest.fixture(autouse=True)
def _unlimited() -> Iterator[None]:
    limiter.enabled = False
    yield
    limiter.enabled = True


def send(client: FlaskClient, page: str, path: str, **fields: Any) -> TestResponse:
    return client.post(path, data={"csrf_token": token(client, page), **fields})


def test_from_signing_up_to_a_verified_organization(world: Any) -> None:
    new, operator = world.app.test_client(), sign_in(world.app.test_client(), "ops@example.com")
    form = {
        "kinds": "carrier", "name": "新运输", "country": "CN", "credit_code": CODE[:-1] + "4",
        "display_name": "赵", "email": "zhao@example.com", "password": PASSWORD,
    }  # fmt: skip
    refused = send(new, "/register", "/register?lang=en", **form)
    assert refused.status_code == 422 and "character 18 (4) must be 3" in text(refused)
    made = send(new, "/register", "/register", **form | {"credit_code": CODE})
    assert (made.status_code, made.headers["Location"]) == (302, "/organization")
    assert "PDF, JPEG or PNG" in text(new.get("/organization?lang=en"))
    assert "not verified" in text(new.get("/me?lang=en")).lower()
    page = send(new, "/organization", "/organization/documents", kind="business_licence",
                file=(io.BytesIO(b"<html>"), "licence.pdf"))  # fmt: skip
    assert page.status_code == 422
    send(new, "/organization", "/organization/documents", kind="business_licence",
         file=(io.BytesIO(b"%PDF-1.7 x"), "licence.pdf"))  # fmt: skip
    send(new, "/organization", "/organization/verification")
    queue = text(operator.get("/verification"))
    org_id = re.findall(r"/verification/(org_\w+)", queue)[0]
    case = text(operator.get(f"/verification/{org_id}?lang=en"))
    document = re.findall(r"/documents/(doc_\w+)", case)[0]
    file = operator.get(f"/documents/{document}")
    assert file.data == b"%PDF-1.7 x"
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in file.headers["Content-Security-Policy"]
    silent = send(operator, f"/verification/{org_id}", f"/verification/{org_id}/refuse?lang=en", reason="")
    assert silent.status_code == 422 and "gives its reason" in text(silent)
    send(operator, f"/verification/{org_id}", f"/verification/{org_id}/refuse", reason="no stamp")
    assert "no stamp" in text(new.get("/organization"))
    send(new, "/organization", "/organization/verification")
    send(operator, f"/verification/{org_id}", f"/verification/{org_id}/approve", reason="")
    assert "Until the operator has verified" not in text(new.get("/me?lang=en"))


def test_a_person_joins_by_a_link_and_the_link_is_closed_then(world: Any) -> None:
    owner, guest = sign_in(world.app.test_client(), "carrier@example.com"), world.app.test_client()
    page = text(send(owner, "/people", "/people/invitations", email="", roles=["driver", "viewer"], days="7"))
    link = re.findall(r"/join/[\w-]+", page)[0]
    assert "顺达运输" in text(guest.get(link + "?lang=zh"))
    form = {"email": "driver@example.com", "display_name": "李师傅", "password": "short"}
    assert send(guest, link, link, **form).status_code == 422
    assert send(guest, link, link, **form | {"password": PASSWORD}).status_code == 302
    assert "李师傅" in text(guest.get("/me"))
    assert guest.get(link).status_code == 404
    assert "Invite a person" not in text(guest.get("/people?lang=en"))
    assert send(guest, "/me", "/people/invitations", roles="owner", days="7").status_code == 403
    person = re.findall(r"/people/(user_\w+)/deactivate", text(owner.get("/people")))[0]
    send(owner, "/people", f"/people/{person}/deactivate")
    assert guest.get("/me").status_code == 302  # signed out at once
    reset = text(send(owner, "/people", f"/people/{person}/activate"))
    assert reset is not None
    page = text(send(owner, "/people", f"/people/{person}/new-password"))
    link = re.findall(r"/new-password/[\w-]+", page)[0]
    assert send(guest, link, link, password="another horse battery").status_code == 302
    assert guest.get(link).status_code == 404


def test_a_key_is_shown_once_and_works(world: Any) -> None:
    client = sign_in(world.app.test_client(), "shipper@example.com")
    page = text(send(client, "/me/keys", "/me/keys", name="TMS", scopes=["read", "trade"], days="30"))
    key = re.findall(r"hy_[\w-]{30,}", page)[0]
    assert key not in text(client.get("/me/keys"))
    program = world.app.test_client()
    held = {"Authorization": f"Bearer {key}"}
    assert program.get("/api/v1/orders", headers=held).status_code == 200
    assert program.get("/orders", headers=held).status_code == 403  # a limited key opens no page
    assert send(client, "/me/keys", "/me/keys", name="", days="x").status_code == 422
    key_id = re.findall(r"/me/keys/(token_\w+)/revoke", text(client.get("/me/keys")))[0]
    send(client, "/me/keys", f"/me/keys/{key_id}/revoke")
    assert program.get("/api/v1/orders", headers=held).status_code == 401


def test_two_step_sign_in_asks_for_a_code_after_the_password(world: Any) -> None:
    client = sign_in(world.app.test_client(), "other@example.com")
    send(client, "/me/security", "/me/two-step")
    page = text(client.get("/me/two-step"))
    secret = re.findall(r">([A-Z2-7]{32})<", page)[0]
    assert "<svg" in page
    assert send(client, "/me/two-step", "/me/two-step/confirm", code="12").status_code == 422
    code = code_at(secret, step_of(datetime.now(UTC)))
    codes = re.findall(
        r">([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})<",
        text(send(client, "/me/two-step", "/me/two-step/confirm", code=code)),
    )
    assert len(codes) == 10
    other = world.app.test_client()
    form = {"email": "other@example.com", "password": PASSWORD}
    sent = send(other, "/login", "/login", **form)
    assert sent.headers["Location"].startswith("/login/code")
    assert other.get("/me").status_code == 302  # the password alone lets nobody in
    assert send(other, "/login/code", "/login/code", code=code).status_code == 422  # used already
    assert (
        send(other, "/login/code", "/login/code?next=//evil.example", code=codes[0]).headers["Location"]
        == "/"
    )
    assert other.get("/me").status_code == 200
    third = world.app.test_client()
    send(third, "/login", "/login", **form)
    assert send(third, "/login/code", "/login/code", code=codes[0]).status_code == 422
    assert send(third, "/login/code", "/login/code", code=codes[1]).status_code == 302
    assert send(client, "/me/security", "/me/two-step/off", code=codes[2]).status_code == 302


def test_sessions_end_where_their_person_ends_them(world: Any) -> None:
    here, there = (sign_in(world.app.test_client(), "shipper@example.com") for _ in range(2))
    stolen = there.get_cookie("haoyun_session")
    assert stolen is not None
    send(here, "/me/security", "/me/sessions/end-others")
    assert here.get("/me").status_code == 200
    assert there.get("/me").status_code == 302
    thief = world.app.test_client()
    thief.set_cookie("haoyun_session", stolen.value)
    assert thief.get("/me").status_code == 302
    assert there.get("/login").status_code == 200  # and may sign in anew
    left = here.get_cookie("haoyun_session")
    assert left is not None
    here.post("/logout", data={"csrf_token": token(here, "/me")})
    thief.set_cookie("haoyun_session", left.value)
    assert thief.get("/me").status_code == 302  # signing out ends the session, not the cookie alone
