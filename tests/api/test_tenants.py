"""Every route of the API: none without signing in, all reading for the authorities, and no body that breaks it.

What strangers and viewers may not do: test_matrix.py, over the pages as well.

The routes are read from the app, so that a new one is tested from its first day.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from apiflask import APIFlask
from tenant_things import HOOK, LANE, MISSING, REPEAT, exception_of, published
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

PUBLIC = {
    "GET /summary",
    "GET /statistics",
    "GET /statistics/catalog.jsonld",
    "GET /statistics/<series>",
    "GET /statistics/<series>.csv",
    "GET /statistics/<series>.geojson",
    "GET /statistics/<series>/areas",
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
PLANNED = (
    "/imports/<import_id>/report",
    "/jobs/<job_id>/plan",
    "/jobs/<job_id>/why",
)  # the world's job waits: it has no plan yet
FENCE = {"name": "Secret yard", "shape": {"type": "Point", "coordinates": [121.5, 29.8], "radius_m": 500}}


DRIVER = {"name": "Wang", "licence_class": "A2"}
TRUCK = {"plate": "浙B99999", "body": "box", "payload_kg": 8000, "volume_dm3": 80_000, "length_cm": 1360}
PAPER = {"kind": "business_licence", "name": "licence.pdf", "content": "JVBERi0xLjcgbGljZW5jZQ=="}


class World:
    """A deal between two organizations with one of everything, and the words that nobody else may read."""

    def __init__(self, app: APIFlask, shipper: Any, carrier: Any, deal: Any) -> None:
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
            "fence_id": carrier.post("/fences", FENCE).json["id"],
            "series": "price",
            "run_id": shipper.post("/labels", {"count": 1}).json["id"],
            "driver_id": carrier.post("/drivers", DRIVER).json["id"],
            "document_id": shipper.post("/organization/documents", PAPER).json["id"],
            "key_id": shipper.post("/keys", {"name": "TMS", "scopes": ["read"]}).json["id"],
            "invitation_id": shipper.post("/people/invitations", {"roles": ["viewer"]}).json["id"],
            "user_id": shipper.user_id,
            "org_id": shipper.org_id,
            **published(shipper, carrier),
        }
        self.ids["exception_id"] = exception_of(app, shipper, order["id"])
        self.ids["number"] = shipper.get(f"/orders/{order['id']}").json["consignment"]["tracking_number"]
        # Too short to be looked for in answers; and the carrier, whose truck is on public offer under its name.
        plain = {"number", "exception_id", "delivery_id", "series", "kind", "form", "partner_id"}
        self.secrets = [value for key, value in self.ids.items() if key not in plain]
        self.secrets += ["secret bearings", "浙B12345", shipper.org_id]


@pytest.fixture
def world(app: APIFlask, shipper: Any, carrier: Any, deal: Any) -> World:
    return World(app, shipper, carrier, deal)


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
        "/devices/<name>/duty": {"on": True},
        "/orders/<order_id>/milestones": {"code": "LOAD", "occurred_at": "2026-01-01T08:00:00Z"},
        "/fences": FENCE,
        "/drafts/parse": {"text": "宁波到上海"},
        "/drafts": {},
        "/drafts/<draft_id>": {"fields": {}, "version": 1},
        "/repeats": REPEAT,
        "/partners": {"partner": "nobody"},
        "/saved-lanes": LANE,
        "/flags/<flag_id>/close": {"reason": "looked into"},
        "/exceptions/<exception_id>/settle": {"note": "a new film"},
        "/devices/<name>/vehicle": {"vehicle_id": ids["vehicle_id"]},
        "/labels": {"count": 1},
        "/organization": {"name_en": "Others"},
        "/webhooks": HOOK,
        "/webhooks/<webhook_id>": HOOK,
        "/loads/<load_id>": {
            "goods": "paper",
            "weight_kg": 10,
            "origin": "Ningbo",
            "destination": "Shanghai",
            "pickup": soon,
            "delivery": soon,
            "version": 1,
        },
        "/orders/<order_id>/move": {"to": "TO_LOADING"},
        "/orders/<order_id>/fuel": {"litres": 60},
        "/handling": {"step": "gate_out", "objects": ["CSQU3054383"]},
        "/jobs/<job_id>/replan": {"now_s": 0},
        "/orders/<order_id>/confirm": {"vehicle_id": ids["vehicle_id"]},
        "/vehicles/<vehicle_id>": TRUCK,
        "/drivers/<driver_id>": DRIVER,
        "/people/<user_id>/roles": {"roles": ["viewer"]},
    }.get(rule.rule.removeprefix("/api/v1"), {})


def _query(rule: Rule, ids: dict[str, str]) -> str:
    if rule.rule.endswith("/why-not"):
        other = "capacity_id" if "<load_id>" in rule.rule else "load_id"
        return f"?{other}={ids[other]}"
    if rule.rule.endswith("/first-free"):
        return "?purpose=load&plate=SECRET-1&body=box&length_cm=960"
    if rule.rule.endswith("/recall"):
        return "?what=" + quote("(01)09506000134352(10)L7")
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


def test_the_operator_and_the_supervisor_read_everything(
    app: APIFlask, world: World, operator: Any, supervisor: Any
) -> None:
    for method, rule in _routes(app):
        if method != "GET" or "organizations" in rule.rule:
            continue
        if rule.rule.endswith("/vehicles/<vehicle_id>/history"):
            continue  # a vehicle's whole past is its owner's alone
        if rule.rule.endswith("/auction"):
            continue  # the world's load takes quotes: test_auctions.py
        if rule.rule.endswith("/documents/<document_id>"):
            assert (operator.get(f"/documents/{world.ids['document_id']}").status_code) == 200
            continue  # papers are for the operator, not for an authority
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
