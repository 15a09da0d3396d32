"""Signing in by program."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

PASSWORD = "correct horse battery"
TOKENS = "/api/v1/tokens"


def test_a_token_is_issued_for_the_right_password_and_works(client: FlaskClient, shipper: Any) -> None:
    answer = client.post(TOKENS, json={"email": "SHIPPER@example.com", "password": PASSWORD, "label": "till"})
    assert answer.status_code == 201 and answer.json["expires_at"].endswith("Z")
    me = client.get("/api/v1/me", headers={"Authorization": f"Bearer {answer.json['token']}"})
    assert me.json["email"] == "shipper@example.com" and me.json["roles"] == ["owner"]
    assert me.json["organization"]["kinds"] == ["shipper"]


def test_a_wrong_password_and_an_unknown_address_look_the_same(client: FlaskClient, shipper: Any) -> None:
    wrong = client.post(TOKENS, json={"email": "shipper@example.com", "password": "not the password"})
    unknown = client.post(TOKENS, json={"email": "nobody@example.com", "password": "not the password"})
    assert (wrong.status_code, wrong.json) == (unknown.status_code, unknown.json)
    assert wrong.status_code == 401 and wrong.content_type == "application/problem+json"


def test_guessing_one_address_is_slowed_down_and_others_are_not(client: FlaskClient, shipper: Any) -> None:
    answers = [
        client.post(TOKENS, json={"email": "shipper@example.com", "password": "x" * 12}).status_code
        for _ in range(11)
    ]
    assert answers == [401] * 10 + [429]
    other = client.post(TOKENS, json={"email": "other@example.com", "password": "x" * 12})
    assert other.status_code == 401
    limited = client.post(TOKENS, json={"email": "shipper@example.com", "password": PASSWORD})
    assert limited.status_code == 429 and int(limited.headers["Retry-After"]) > 0
    assert limited.json["type"] == "urn:haoyun:problem:too-many"


def test_a_revoked_token_is_refused(shipper: Any) -> None:
    assert shipper.call("DELETE", "/tokens/current").status_code == 204
    refused = shipper.get("/me")
    assert refused.status_code == 401 and refused.headers["WWW-Authenticate"].startswith("Bearer")
