"""Errors: problem+json, in the caller's language, naming the field, never a traceback."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

TOKENS = "/api/v1/tokens"


@pytest.mark.parametrize(
    ("language", "words"),
    [("en-GB,en;q=0.9", "is required"), ("zh-CN", "必填"), ("fr", "必填"), ("", "必填")],
)
def test_a_missing_field_is_named_in_the_callers_language(
    client: FlaskClient, language: str, words: str
) -> None:
    answer = client.post(TOKENS, json={"email": "a@example.com"}, headers={"Accept-Language": language})
    assert answer.status_code == 422 and answer.content_type == "application/problem+json"
    assert answer.json["errors"] == {"password": words}
    assert set(answer.json) == {"type", "title", "status", "detail", "errors"}


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"name": "甲", "name_en": "A", "kinds": ["guild"]}, "kinds.0", "must be one of"),
        ({"name": "甲", "name_en": "A", "kinds": []}, "kinds", "at least 1 entries"),
        ({"name": "x" * 121, "name_en": "A", "kinds": ["shipper"]}, "name", "at most 120 characters"),
        ({"name": 7, "name_en": "A", "kinds": ["shipper"]}, "name", "must be text"),
        ({"name": "甲", "name_en": "A", "kinds": ["shipper"], "id": "mine"}, "id", "is not a field here"),
        (
            {"name": "甲", "name_en": "A", "kinds": ["shipper"], "credit_code": "91350100M000100Y44"},
            "credit_code",
            "character 18",
        ),
    ],
)
def test_a_wrong_field_is_named_with_its_rule(operator: Any, body: object, field: str, words: str) -> None:
    answer = operator.post("/organizations", body, headers={"Accept-Language": "en"})
    assert answer.status_code == 422 and words in answer.json["errors"][field]


@pytest.mark.parametrize("body", [b"{", b"", b"\xff\xfe", b"[1]", b'"x"', b"null", b"NaN"])
def test_a_body_that_is_no_json_object_is_a_client_error(client: FlaskClient, body: bytes) -> None:
    answer = client.post(TOKENS, data=body, content_type="application/json")
    assert answer.status_code in (400, 422) and answer.content_type == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"problem": {"a": ' + b"9" * 40 + b"}}", 422),
        (b'{"problem": {"a": "\\ud800"}}', 422),
        (b'{"problem": {"a": "\\u0000"}}', 400),
        (b"[" * 200_000, 400),
    ],
)
def test_a_body_that_breaks_parsers_is_a_client_error(operator: Any, body: bytes, status: int) -> None:
    answer = operator.call("POST", "/jobs", data=body, content_type="application/json")
    assert answer.status_code == status, answer.json


@pytest.mark.parametrize("path", ["/jobs/%00", "/jobs?after=%00", "/loads/%00", "/jobs/" + "x" * 5000])
def test_an_address_that_breaks_databases_is_a_client_error(operator: Any, path: str) -> None:
    assert operator.get(path).status_code in (400, 404, 422)


def test_an_unknown_address_and_a_wrong_method_are_problems_too(client: FlaskClient) -> None:
    missing = client.get("/api/v1/nothing")
    assert missing.status_code == 404 and missing.json["type"] == "urn:haoyun:problem:not-found"
    wrong = client.delete("/api/v1/summary")
    assert wrong.status_code == 405 and "GET" in wrong.headers["Allow"]
    assert wrong.content_type == "application/problem+json"


def test_an_unexpected_error_shows_a_reference_and_no_detail(app: APIFlask) -> None:
    @app.get("/api/v1/broken")
    def broken() -> None:
        raise ZeroDivisionError("secret detail")

    @app.get("/api/v1/locked")
    def locked() -> None:
        raise sa.exc.OperationalError("select secret", {}, Exception("database is locked"))

    answer = app.test_client().get("/api/v1/broken")
    assert answer.status_code == 500 and "err_" in answer.json["detail"]
    assert "secret" not in answer.text and "Traceback" not in answer.text
    busy = app.test_client().get("/api/v1/locked")
    assert busy.status_code == 503 and busy.headers["Retry-After"] and "secret" not in busy.text


def test_a_page_outside_the_api_keeps_its_own_errors(client: FlaskClient) -> None:
    assert client.get("/nothing").content_type.startswith("text/html")


def test_too_large_a_body_is_refused(client: FlaskClient) -> None:
    answer = client.post(TOKENS, data=b"x" * (9 * 1024 * 1024), content_type="application/json")
    assert answer.status_code == 413 and answer.content_type == "application/problem+json"
