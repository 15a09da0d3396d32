"""Keys with scopes, people and papers over the API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from apiflask import APIFlask

from haoyun.platform.accounts.scopes import Scope
from haoyun.platform.accounts.totp import code_at, step_of
from haoyun.platform.accounts.two_step import begin_two_step, confirm_two_step
from haoyun.platform.api.scopes import WRITES, needed_scope
from haoyun.platform.database import Databases

PASSWORD = "correct horse battery"
PAPER = {"kind": "business_licence", "name": "licence.pdf", "content": "JVBERi0xLjcgbGljZW5jZQ=="}


def with_key(person: Any, *scopes: str) -> dict[str, str]:
    made = person.post("/keys", {"name": "TMS", "scopes": list(scopes)})
    assert made.status_code == 201, made.json
    return {"Authorization": f"Bearer {made.json['token']}"}


def test_a_key_opens_its_scopes_and_says_what_it_lacks(shipper: Any) -> None:
    reading = with_key(shipper, "read")
    assert shipper.get("/orders", headers=reading).status_code == 200
    refused = shipper.post("/loads", {}, headers=reading | {"Accept-Language": "en"})
    assert (refused.status_code, "trade" in refused.json["detail"]) == (403, True)
    trading = with_key(shipper, "trade")
    assert shipper.post("/loads", {}, headers=trading).status_code == 422  # let in: the body is what is wrong
    assert shipper.get("/orders", headers=trading).status_code == 403
    assert shipper.get("/me", headers=trading).json["scopes"] == ["trade"]


def test_every_writing_route_asks_for_a_scope(app: APIFlask, shipper: Any) -> None:
    named = {"api_loads", "api_capacities", "api_quotes", "api_orders", "api_jobs", "api_devices"}
    assert named <= set(WRITES) and needed_scope("POST", "api_of_tomorrow") is Scope.MANAGE
    reading = with_key(shipper, "read")
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}:
            if rule.rule.startswith("/api/v1/") and "tokens" not in rule.rule:
                path = rule.rule.removeprefix("/api/v1").replace("<", "").replace(">", "")
                assert shipper.call(method, path, headers=reading, json={}).status_code == 403, rule


def test_a_key_does_no_more_than_its_person_and_makes_no_stronger_key(viewer: Any, carrier: Any) -> None:
    everything = with_key(viewer, *Scope)
    assert viewer.post("/loads", {}, headers=everything).status_code in (403, 422)
    assert viewer.post("/vehicles", {}, headers=everything).status_code == 403
    managing = with_key(carrier, "manage")
    stronger = carrier.post("/keys", {"name": "x", "scopes": ["trade"]}, headers=managing)
    assert (stronger.status_code, set(stronger.json["errors"])) == (422, {"scopes"})


def test_a_revoked_key_is_nobody(shipper: Any) -> None:
    made = shipper.post("/keys", {"name": "TMS", "scopes": ["read"]}).json
    listed = {one["id"]: one for one in shipper.get("/keys").json["items"]}
    assert listed[made["id"]]["name"] == "TMS" and made["token"] not in str(listed)
    assert shipper.call("DELETE", f"/keys/{made['id']}").status_code == 204
    assert shipper.get("/me", headers={"Authorization": f"Bearer {made['token']}"}).status_code == 401
    assert shipper.call("DELETE", f"/keys/{made['id']}").status_code == 404


def test_a_password_alone_gives_no_token_where_two_step_sign_in_is_on(
    databases: Databases, shipper: Any
) -> None:
    with databases.platform.begin() as db:
        now = datetime.now(UTC)
        secret = begin_two_step(db, shipper.user_id, now)
        codes = confirm_two_step(db, shipper.user_id, code_at(secret, step_of(now)), now)
    wish = {"email": shipper.email, "password": PASSWORD}
    for more in ({}, {"code": "000000"}):
        refused = shipper.post("/tokens", wish | more)
        assert (refused.status_code, set(refused.json["errors"])) == (401, {"code"})
    assert shipper.post("/tokens", wish | {"code": codes[0]}).status_code == 201
    assert shipper.post("/tokens", wish | {"code": codes[0]}).status_code == 401


def test_an_owner_invites_changes_and_keeps_out(shipper: Any, stranger: Any) -> None:
    made = shipper.post("/people/invitations", {"email": "new@example.com", "roles": ["driver"]}).json
    assert made["secret"] not in shipper.get("/people/invitations").text
    assert [one["email"] for one in shipper.get("/people").json["items"]] == [shipper.email]
    last = shipper.call("PUT", f"/people/{shipper.user_id}/roles", json={"roles": ["viewer"]})
    assert last.status_code == 409
    assert shipper.post(f"/people/{shipper.user_id}/deactivate").status_code == 422
    assert (
        stranger.call("PUT", f"/people/{shipper.user_id}/roles", json={"roles": ["viewer"]}).status_code
        == 404
    )
    assert shipper.call("DELETE", f"/people/invitations/{made['id']}").status_code == 204


@pytest.mark.parametrize("language", ["zh", "en"])
def test_papers_and_profile_name_what_is_wrong_in_the_callers_language(shipper: Any, language: str) -> None:
    said = {"Accept-Language": language}
    html = {"kind": "other", "name": "a.pdf", "content": "PGh0bWw+"}
    for body, field in ((html, "file"), (PAPER | {"content": "?"}, "content")):
        refused = shipper.post("/organization/documents", body, headers=said)
        assert (refused.status_code, set(refused.json["errors"])) == (422, {field})
        assert any("\u4e00" <= c <= "\u9fff" for c in refused.json["errors"][field]) is (language == "zh")
    profile = {"name_en": "East", "gln": "9521234000005", "vat_id": "US1"}
    refused = shipper.call("PUT", "/organization", json=profile, headers=said)
    assert set(refused.json["errors"]) == {"gln", "vat_id"}


def test_the_operator_refuses_with_a_reason_and_the_organization_trades_no_more(
    shipper: Any, operator: Any, carrier: Any
) -> None:
    path = f"/organizations/{shipper.org_id}"
    assert operator.post(f"{path}/refuse", {}).json["errors"].keys() == {"reason"}
    assert operator.post(f"{path}/refuse", {"reason": "licence withdrawn"}).status_code == 200
    assert shipper.get("/organization").json["verification"] == "REFUSED"
    load = {
        "goods": "bearings", "weight_kg": 800, "origin": "Ningbo", "destination": "Shanghai",
        "pickup": {"start": "2099-01-01T08:00:00Z", "end": "2099-01-01T18:00:00Z"},
        "delivery": {"start": "2099-01-02T08:00:00Z", "end": "2099-01-02T18:00:00Z"},
    }  # fmt: skip
    assert shipper.post("/loads", load).status_code == 403
    assert shipper.post("/organization/verification").json["errors"].keys() == {"documents"}
    document = shipper.post("/organization/documents", PAPER).json
    assert operator.get(f"/documents/{document['id']}").data == b"%PDF-1.7 licence"
    assert carrier.get(f"/documents/{document['id']}").status_code == 404
    assert shipper.post("/organization/verification").json["verification"] == "PENDING"
    waiting = operator.get("/organizations?verification=PENDING").json["items"]
    assert [one["id"] for one in waiting] == [shipper.org_id]
    assert operator.post(f"{path}/approve", {}).json["verification"] == "VERIFIED"
    assert shipper.post("/loads", load).status_code == 201
    steps = [one["change"] for one in shipper.get("/organization/verification").json["items"]]
    assert steps == ["verified", "submitted", "document_added", "refused"]
