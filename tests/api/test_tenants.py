"""Every route x every kind of caller: no server error, no leak, and a foreign thing looks like a missing one.

The routes are read from the app, so that a new one is tested from its first day.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from apiflask import APIFlask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

PUBLIC = {
    "GET /summary",
    "GET /places",
    "GET /loads",
    "GET /loads/<load_id>",
    "GET /capacities",
    "GET /capacities/<capacity_id>",
    "GET /tracking/<number>",
    "GET /openapi.json",
    "GET /vroom/health",
    "POST /tokens",
}
PLANNED = ("/jobs/<job_id>/plan", "/jobs/<job_id>/why")  # the world's job waits: it has no plan yet
MISSING = {
    "load_id": "load_none",
    "capacity_id": "cap_none",
    "quote_id": "quo_none",
    "order_id": "ord_none",
    "vehicle_id": "veh_none",
    "job_id": "job_none",
    "name": "device-none",
    "number": "HY" + "0" * 20,
}


class World:
    """A deal between two organizations with one of everything, and the words that nobody else may read."""

    def __init__(self, shipper: Any, carrier: Any, deal: Any) -> None:
        order = shipper.post(f"/quotes/{deal.quote_id}/accept").json
        carrier.post(f"/orders/{order['id']}/confirm", {"vehicle_id": deal.vehicle_id})
        problem = {"vehicles": [{"id": 1, "start": [121.5, 29.8]}], "jobs": []}
        job_id = carrier.post("/jobs", {"problem": problem}).json["id"]
        self.ids = {
            "load_id": deal.load_id,
            "capacity_id": deal.capacity_id,
            "quote_id": deal.quote_id,
            "order_id": order["id"],
            "vehicle_id": deal.vehicle_id,
            "job_id": job_id,
            "name": deal.device,
        }
        self.ids["number"] = shipper.get(f"/orders/{order['id']}").json["consignment"]["tracking_number"]
        self.secrets = [value for key, value in self.ids.items() if key != "number"]
        self.secrets += ["secret bearings", "浙B12345", shipper.org_id, carrier.org_id]


@pytest.fixture
def world(shipper: Any, carrier: Any, deal: Any) -> World:
    return World(shipper, carrier, deal)


def _routes(app: APIFlask) -> list[tuple[str, Rule]]:
    return [
        (method, rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def _name(method: str, rule: Rule) -> str:
    return f"{method} {rule.rule.removeprefix('/api/v1')}"


def _path(rule: Rule, ids: dict[str, str]) -> str:
    return re.sub(r"<(\w+)>", lambda found: ids[found.group(1)], rule.rule.removeprefix("/api/v1"))


def _body(rule: Rule, ids: dict[str, str]) -> dict[str, object]:
    """A body that is right in itself, so that only the permission decides."""
    soon = {"start": "2099-01-01T08:00:00Z", "end": "2099-01-01T18:00:00Z"}
    return {
        "/quotes": {"load_id": ids["load_id"], "capacity_id": ids["capacity_id"], "price_fen": 1000},
        "/quotes/<quote_id>/counter": {"price_fen": 1000},
        "/capacities": {"vehicle_id": ids["vehicle_id"], "origin": "Ningbo", "ready": soon},
        "/devices": {"name": "device-new1", "kind": "tracker", "vehicle_id": ids["vehicle_id"]},
        "/devices/<name>/read-points": {"points": []},
        "/jobs/<job_id>/replan": {"now_s": 0},
        "/orders/<order_id>/confirm": {"vehicle_id": ids["vehicle_id"]},
    }.get(rule.rule.removeprefix("/api/v1"), {})


def _query(rule: Rule, ids: dict[str, str]) -> str:
    if rule.rule.endswith("/why-not"):
        other = "capacity_id" if "<load_id>" in rule.rule else "load_id"
        return f"?{other}={ids[other]}"
    return "?kind=job&id=1" if rule.rule.endswith("/why") else ""


def _ask(person: Any, method: str, rule: Rule, ids: dict[str, str]) -> TestResponse:
    body = None if method == "GET" else _body(rule, ids)
    answer = person.call(method, _path(rule, ids) + _query(rule, ids), json=body)
    assert isinstance(answer, TestResponse)
    return answer


def test_anonymous_and_false_callers_get_401_except_where_it_is_public(
    app: APIFlask, world: World, shipper: Any
) -> None:
    client = app.test_client()
    for method, rule in _routes(app):
        for headers in ({}, {"Authorization": "Bearer hy_false"}, {"Authorization": "Basic eDp5"}):
            path = "/api/v1" + _path(rule, world.ids) + _query(rule, world.ids)
            body = None if method == "GET" else _body(rule, world.ids)
            answer = client.open(path, method=method, headers=headers, json=body)
            name = _name(method, rule)
            assert answer.status_code < 500, (name, answer.text)
            if name not in PUBLIC:
                assert answer.status_code == 401, (name, answer.status_code)
            _no_secret(name, answer, world, path)


def test_a_stranger_sees_a_foreign_thing_as_a_missing_one(app: APIFlask, world: World, stranger: Any) -> None:
    for method, rule in _routes(app):
        name = _name(method, rule)
        if name in ("DELETE /tokens/current", "GET /tracking/<number>"):
            continue
        foreign, missing = _ask(stranger, method, rule, world.ids), _ask(stranger, method, rule, MISSING)
        assert foreign.status_code < 500, (name, foreign.text)
        _no_secret(name, foreign, world, "")
        if "<" in rule.rule or name in ("POST /quotes", "POST /capacities", "POST /devices"):
            assert (foreign.status_code, foreign.json) == (404, missing.json), (name, foreign.status_code)


def test_who_only_looks_changes_nothing(app: APIFlask, world: World, supervisor: Any, viewer: Any) -> None:
    for method, rule in _routes(app):
        name = _name(method, rule)
        if method == "GET" or name in ("POST /tokens", "DELETE /tokens/current"):
            continue
        for person in (supervisor, viewer):
            answer = _ask(person, method, rule, world.ids)
            assert answer.status_code in (403, 404), (name, answer.status_code, answer.text)


def test_the_operator_and_the_supervisor_read_everything(
    app: APIFlask, world: World, operator: Any, supervisor: Any
) -> None:
    for method, rule in _routes(app):
        if method != "GET" or "organizations" in rule.rule:
            continue
        for person in (operator, supervisor):
            answer = _ask(person, method, rule, world.ids)
            expected = 409 if rule.rule.endswith(PLANNED) else 200
            assert answer.status_code == expected, (_name(method, rule), answer.status_code, answer.text)
    assert supervisor.get("/organizations").status_code == 403


def test_a_body_full_of_nonsense_never_breaks_the_server(app: APIFlask, world: World, shipper: Any) -> None:
    for method, rule in _routes(app):
        if method == "GET" or "tokens" in rule.rule:
            continue
        for body in ([], "x", 7, None, {"": {}}, {"price_fen": {}}, {"points": [[]]}, {"pickup": []}):
            answer = shipper.call(method, _path(rule, MISSING), json=body)
            assert 400 <= answer.status_code < 500, (_name(method, rule), body, answer.status_code)
            as_vroom = rule.rule.endswith("/vroom")
            assert answer.content_type == ("application/json" if as_vroom else "application/problem+json")


def _no_secret(name: str, answer: TestResponse, world: World, path: str) -> None:
    if name == "GET /openapi.json":
        return
    found = [secret for secret in world.secrets if secret in answer.text and secret not in path]
    assert not found, (name, found)
