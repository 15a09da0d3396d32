"""Every operation of GS1's openapi.json, asked with requests that schemathesis makes of it.

What is checked: no fault of the server, and an answer of a documented status and media type whose body fits its schema.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from apiflask import APIFlask
from epcis_documents import document, seen
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

PREFIX = "/epcis/v2"
OPERATIONS = 63
EXAMPLES = 4  # of each operation
ALWAYS = (400, 405, 409)  # a wrong parameter or body anywhere; 409 has the status 406 in openapi.json
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def _interface(shared_data: Path) -> dict[str, Any]:
    """The interface under our prefix, without the recursive patterns that only Oniguruma knows."""
    found: dict[str, Any] = json.loads((shared_data / "rfid" / "gs1" / "openapi.json").read_bytes())
    _without_patterns(found["components"]["schemas"])
    found["servers"] = [{"url": PREFIX}]
    return found


def _without_patterns(value: Any) -> None:
    if isinstance(value, dict):
        if r"\g<" in str(value.get("pattern", "")):
            del value["pattern"]
        for item in value.values():
            _without_patterns(item)
    elif isinstance(value, list):
        for item in value:
            _without_patterns(item)


def test_the_interface_has_63_operations_and_each_is_routed(app: APIFlask, shared_data: Path) -> None:
    paths = _interface(shared_data)["paths"]
    operations = [(path, m) for path, item in paths.items() for m in item if m != "parameters"]
    assert (len(paths), len(operations)) == (29, OPERATIONS)
    adapter = app.url_map.bind("localhost")
    for path, method in operations:
        concrete = PREFIX + path.replace("{", "").replace("}", "")
        endpoint, _values = adapter.match(concrete, method=method.upper())
        assert endpoint != "epcis_discovery.nothing_here", (path, method)


def _serving(app: APIFlask, interface: dict[str, Any]) -> Callable[..., Any]:
    """The app, and the interface at the place where schemathesis reads it."""
    body = json.dumps(interface).encode()

    def serve(environ: dict[str, Any], start_response: Any) -> Any:
        if environ["PATH_INFO"] == "/openapi.json":
            start_response("200 OK", [("Content-Type", "application/json")])
            return [body]
        return app(environ, start_response)

    return serve


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_requests_made_of_the_interface_are_answered_as_it_says(
    app: APIFlask, party: Callable[..., Any], shared_data: Path
) -> None:
    me = party()
    me.post("/capture", document(*(seen(n) for n in range(1, 6))))
    me.post("/queries", {"name": "q", "query": {}})
    interface = _interface(shared_data)
    schema = schemathesis.openapi.from_wsgi("/openapi.json", _serving(app, interface))
    asked, answered = set(), set()
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            answer = case.call(headers={"Authorization": f"Bearer {me.token}"})
            answered.add(answer.status_code)
            if answer.status_code in ALWAYS:
                return
            case.validate_response(answer, checks=CHECKS)

        ask()
        asked.add((operation.path, operation.method))
    assert len(asked) == OPERATIONS
    assert {200, 202, 204, 404} <= answered
