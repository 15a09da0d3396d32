"""The specification: valid OpenAPI 3.1, complete, and nothing in it that the app does not serve."""

from __future__ import annotations

import re

from apiflask import APIFlask
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator

SPEC = "/api/v1/openapi.json"


def test_the_specification_is_valid_openapi_3_1(client: FlaskClient) -> None:
    answer = client.get(SPEC)
    assert answer.status_code == 200 and answer.json["openapi"] == "3.1.0"
    errors = [error.message for error in OpenAPIV31SpecValidator(answer.json).iter_errors()]
    assert not errors, errors[:5]


def test_every_route_is_specified_with_a_summary_and_a_tag(app: APIFlask, client: FlaskClient) -> None:
    paths = client.get(SPEC).json["paths"]
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api/v1/") or rule.rule == SPEC:
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            operation = paths[path][method.lower()]
            assert operation["summary"] and operation["tags"], (method, path)


def test_a_route_that_needs_a_token_says_so(client: FlaskClient) -> None:
    paths = client.get(SPEC).json["paths"]
    for path, operations in paths.items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            if "security" not in operation:
                opened = client.open(re.sub(r"\{\w+\}", "none", path), method=method.upper(), json={})
                assert opened.status_code != 401 or path.endswith("/tokens"), (method, path)
            else:
                opened = client.open(re.sub(r"\{\w+\}", "none", path), method=method.upper(), json={})
                assert opened.status_code == 401, (method, path, opened.status_code)
