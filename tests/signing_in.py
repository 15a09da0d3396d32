"""How the tests of pages sign in and read what they get, with the people of tests/conftest.py's world."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PASSWORD = "correct horse battery"
CARRIER, SHIPPER, STRANGER = "carrier@example.com", "shipper@example.com", "other@example.com"


def text(response: TestResponse) -> str:
    """The page as it was sent."""
    return response.get_data(as_text=True)


def token(client: FlaskClient, path: str) -> str:
    """The form's token on a page."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text(client.get(path)))
    assert found is not None
    return found.group(1)


def sign_in(client: FlaskClient, email: str) -> FlaskClient:
    """Sign in on the page."""
    form = {"email": email, "password": PASSWORD, "csrf_token": token(client, "/login")}
    assert client.post("/login", data=form).status_code == 302
    return client
