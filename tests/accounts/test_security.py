"""Signing in with a browser: the session cookie, CSRF, and that reading people never blocks a writer."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from haoyun.platform.accounts.organizations import Organization
from haoyun.platform.accounts.security import actor_of_request, came_by_session, init_security
from haoyun.platform.accounts.tokens import issue_token
from haoyun.platform.accounts.users import create_user, set_active
from haoyun.platform.database import Databases
from haoyun.platform.settings import Settings

PASSWORD = "correct horse battery"
EMAIL = "li@example.com"


@pytest.fixture
def user_id(databases: Databases, shipper: Organization, now: datetime) -> str:
    with databases.platform.begin() as db:
        return create_user(
            db,
            email=EMAIL,
            password=PASSWORD,
            org_id=shipper.id,
            display_name="Li",
            roles={"owner"},
            now=now,
        ).id


@pytest.fixture
def client(databases: Databases, user_id: str, tmp_path: Path) -> FlaskClient:
    app = Flask("accounts", instance_path=str(tmp_path), root_path=str(tmp_path))
    init_security(app, Settings(data=tmp_path / "data"), databases)

    @app.get("/who")
    def who() -> dict[str, object]:
        actor = actor_of_request()
        with databases.platform.begin() as db:  # a view that writes while the session is known
            db.exec_driver_sql("SELECT 1")
        return {"user": actor.user_id if actor else None, "session": came_by_session()}

    @app.post("/change")
    def change() -> str:
        return "changed"

    return app.test_client()


def _csrf(client: FlaskClient) -> str:
    page = client.get("/login").text
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    return found.group(1)


def _sign_in(client: FlaskClient, password: str = PASSWORD) -> int:
    form = {"email": EMAIL, "password": password, "csrf_token": _csrf(client)}
    return client.post("/login", data=form).status_code


def test_a_session_is_signed_in_and_its_cookie_is_closed_to_scripts(
    client: FlaskClient, user_id: str
) -> None:
    assert client.get("/who").json == {"user": None, "session": False}
    assert _sign_in(client) == 302
    assert client.get("/who").json == {"user": user_id, "session": True}
    cookie = client.get_cookie("haoyun_session")
    assert cookie and cookie.http_only and cookie.same_site == "Lax"


def test_a_wrong_password_stays_outside(client: FlaskClient) -> None:
    assert _sign_in(client, "wrong password here") == 200
    assert client.get("/who").json == {"user": None, "session": False}


def test_a_form_without_its_token_is_refused(client: FlaskClient) -> None:
    assert client.post("/change").status_code == 400
    assert client.post("/change", data={"csrf_token": _csrf(client)}).status_code == 200
    assert client.post("/login", data={"email": EMAIL, "password": PASSWORD}).status_code == 400


def test_a_session_ends_when_its_person_is_deactivated(
    client: FlaskClient, databases: Databases, user_id: str
) -> None:
    _sign_in(client)
    with databases.platform.begin() as db:
        set_active(db, user_id, False)
    assert client.get("/who").json == {"user": None, "session": False}


def test_signing_out_takes_a_post(client: FlaskClient) -> None:
    _sign_in(client)
    assert client.get("/logout").status_code == 405
    assert client.post("/logout", data={"csrf_token": _csrf_of_session(client)}).status_code == 302
    assert client.get("/who").json == {"user": None, "session": False}


def _csrf_of_session(client: FlaskClient) -> str:
    from flask_wtf.csrf import generate_csrf

    with client.session_transaction() as session:
        raw = session["csrf_token"]
    with client.application.test_request_context():
        from flask import session as inner

        inner["csrf_token"] = raw
        return str(generate_csrf())


def test_a_bad_bearer_token_is_nobody_even_beside_a_good_session(
    client: FlaskClient, databases: Databases, user_id: str
) -> None:
    _sign_in(client)
    bad = {"Authorization": "Bearer hy_wrong"}
    assert client.get("/who", headers=bad).json == {"user": None, "session": False}
    with databases.platform.begin() as db:
        token = issue_token(db, user_id, datetime.now().astimezone()).token
    good = {"Authorization": f"bearer {token}"}
    assert client.get("/who", headers=good).json == {"user": user_id, "session": False}
