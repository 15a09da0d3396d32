"""Auctions over the API, what of a carrier others see, and retries that make one thing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from haoyun.platform.accounts.users import find_actor
from haoyun.platform.alerts.auctions import follow_auctions
from haoyun.platform.alerts.store import alerts_of
from haoyun.platform.database import Databases
from haoyun.platform.trading.closing import close_due

TRUCK = {"plate": "浙B12345", "body": "box", "payload_kg": 20_000, "volume_dm3": 80_000, "length_cm": 1360}


def iso(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


def window(start: float, end: float) -> dict[str, str]:
    return {"start": iso(start), "end": iso(end)}


def auctioned(shipper: Any, **terms: Any) -> Any:
    load = {
        "goods": "轴承", "weight_kg": 8000, "origin": "宁波", "destination": "Shanghai", "pickup": window(2, 12),
        "delivery": window(6, 40), "price_mode": "auction",
        "auction": {"closes_at": iso(1), "latest_at": iso(1.5), "ceiling_fen": 400_000, **terms},
    }  # fmt: skip
    return shipper.post("/loads", load)


def offered(carrier: Any, plate: str = "浙B12345", **changes: Any) -> dict[str, Any]:
    vehicle = carrier.post("/vehicles", TRUCK | {"plate": plate}).json
    body = {"vehicle_id": vehicle["id"], "origin": "Hangzhou", "ready": window(1.6, 20), "radius_km": 300}
    answer = carrier.post("/capacities", {**body, **changes})
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def test_an_auction_from_its_post_to_the_order(
    app: APIFlask, databases: Databases, shipper: Any, carrier: Any, stranger: Any, client: FlaskClient
) -> None:
    load = auctioned(shipper, step_fen=5_000).json
    assert load["auction"]["award"] == "lowest" and load["price_fen"] is None
    mine, theirs = offered(carrier), offered(stranger, "浙B54321")
    path = f"/loads/{load['id']}"
    quoted = carrier.post("/quotes", {"load_id": load["id"], "capacity_id": mine["id"], "price_fen": 390_000})
    assert quoted.status_code == 409 and "参与竞价出价" in quoted.json["detail"]
    body, key = {"capacity_id": mine["id"], "price_fen": 390_000}, {"Idempotency-Key": "bid-1"}
    first = carrier.post(f"{path}/bids", body, headers=key)
    again = carrier.post(f"{path}/bids", body, headers=key)
    assert first.status_code == 201 and first.json == again.json and first.json["kind"] == "bid"
    high = stranger.post(f"{path}/bids", {"capacity_id": theirs["id"], "price_fen": 386_000})
    assert high.status_code == 422 and "最高 3850.00 元" in high.json["errors"]["price_fen"]
    low = stranger.post(f"{path}/bids", {"capacity_id": theirs["id"], "price_fen": 380_000})
    assert low.status_code == 201
    seen = carrier.get(f"{path}/auction").json
    assert (seen["lowest_fen"], seen["bidders"], seen["rank"], seen["most_fen"]) == (380_000, 2, 2, 375_000)
    assert [one["id"] for one in seen["bids"]] == [first.json["id"]]
    assert stranger.org_id not in carrier.get(f"{path}/auction").text
    assert [one["carrier_org"] for one in shipper.get(f"{path}/auction").json["bids"]] == [
        stranger.org_id,
        carrier.org_id,
    ]
    assert client.get(f"/api/v1{path}/auction").status_code == 401
    for act in ("withdraw", "counter", "reject", "accept"):
        asker = carrier if act == "withdraw" else shipper
        sent = {"price_fen": 1} if act == "counter" else None
        assert asker.post(f"/quotes/{first.json['id']}/{act}", sent).status_code == 409, act
    late = datetime.now(UTC) + timedelta(hours=1.1)
    assert close_due(databases, late, app.extensions["haoyun"].market) == 1
    (order,) = shipper.get("/orders").json["items"]
    assert (order["price_fen"], order["carrier_org"]) == (380_000, stranger.org_id)
    assert carrier.get(f"{path}/auction").json["state"] == "AWARDED"
    assert follow_auctions(databases, late) == 3
    assert told(databases, shipper) == {"auction_awarded"}
    assert told(databases, carrier) == {"outbid", "auction_lost"}
    assert told(databases, stranger) == {"auction_won"}
    assert follow_auctions(databases, late) == 0


def told(databases: Databases, person: Any) -> set[str]:
    """The kinds of notices in the inbox of somebody's organization."""
    with databases.platform.connect() as db:
        actor = find_actor(db, person.user_id)
        assert actor is not None
        return {one.kind.value for one in alerts_of(db, actor)}


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"closes_at": iso(-1), "latest_at": None}, "auction.closes_at"),
        ({"closes_at": iso(11.9), "latest_at": None}, "auction.closes_at"),
        ({"latest_at": iso(0.5)}, "auction.latest_at"),
        ({"step_fen": 400_000}, "auction.step_fen"),
        ({"ceiling_fen": 0}, "auction.ceiling_fen"),
        ({"award": "me"}, "auction.award"),
    ],
)
def test_a_wrong_field_of_an_auction_is_named(shipper: Any, terms: dict[str, Any], field: str) -> None:
    answer = auctioned(shipper, **terms)
    assert answer.status_code == 422 and field in answer.json["errors"], answer.json


def test_an_auction_can_be_kept_in_a_draft_and_published(shipper: Any) -> None:
    terms = {"closes_at": iso(1), "ceiling_fen": 400_000, "award": "publisher"}
    fields = {
        "goods": "轴承", "weight_kg": 8000, "origin": "宁波", "destination": "上海", "pickup": window(2, 12),
        "delivery": window(6, 40), "price_mode": "auction", "auction": terms,
    }  # fmt: skip
    draft = shipper.post("/drafts", {"fields": fields}).json
    published = shipper.post(f"/drafts/{draft['id']}/publish", {})
    assert published.status_code == 200, published.json
    load = shipper.get(f"/loads/{published.json['id']}").json
    assert (load["auction"]["award"], load["auction"]["ceiling_fen"]) == ("publisher", 400_000)
    copied = shipper.post(f"/loads/{load['id']}/copy").json
    assert copied["fields"]["price_mode"] == "ask" and "auction" not in copied["fields"]


def test_what_a_carrier_reckons_with_is_shown_to_nobody_else(
    client: FlaskClient, shipper: Any, carrier: Any, stranger: Any, operator: Any
) -> None:
    made = offered(carrier, cost_per_km_fen=433, min_price_fen=123_400)
    assert (made["cost_per_km_fen"], made["min_price_fen"]) == (433, 123_400)
    for asker, sees in ((carrier, True), (operator, True), (shipper, False), (stranger, False)):
        one = asker.get(f"/capacities/{made['id']}").json
        (listed,) = asker.get("/capacities").json["items"]
        wanted = (433, 123_400) if sees else (None, None)
        for shown in (one, listed):
            assert (shown["cost_per_km_fen"], shown["min_price_fen"]) == wanted
    for path in (f"/api/v1/capacities/{made['id']}", "/api/v1/capacities"):
        assert "433" not in client.get(path).text and "123400" not in client.get(path).text


@pytest.mark.parametrize("query", ["max_cost_per_km_fen=433", "min_cost_per_km_fen=433", "sort=cost_km"])
def test_nor_is_it_found_out_by_searching(client: FlaskClient, carrier: Any, query: str) -> None:
    made = offered(carrier, cost_per_km_fen=433)
    assert client.get(f"/api/v1/capacities?{query}").status_code == 422
    own = carrier.get(f"/capacities?mine=true&{query}").json
    assert [one["id"] for one in own["items"]] == [made["id"]]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/vehicles", TRUCK),
        ("/drivers", {"name": "张师傅", "licence_class": "A2"}),
        ("/keys", {"name": "tms", "scopes": ["read"]}),
    ],
)
def test_a_request_that_is_sent_twice_makes_one_thing(carrier: Any, path: str, body: dict[str, Any]) -> None:
    key = {"Idempotency-Key": "once"}
    before = len(carrier.get(path).json["items"])
    first, again = (carrier.post(path, body, headers=key) for _ in range(2))
    assert first.status_code == again.status_code == 201, (first.json, again.json)
    assert first.json["id"] == again.json["id"]
    assert len(carrier.get(path).json["items"]) == before + 1
    changed = "plate" if "plate" in body else "name"
    other = carrier.post(path, {**body, changed: "浙B00002"}, headers=key)
    assert other.status_code == 422


def test_the_secret_of_a_key_is_in_the_first_answer_only(carrier: Any) -> None:
    key, body = {"Idempotency-Key": "once"}, {"name": "tms", "scopes": ["read"]}
    first, again = (carrier.post("/keys", body, headers=key) for _ in range(2))
    assert first.json["token"].startswith("hy_") and again.json["token"] is None
    assert first.json["expires_at"] == again.json["expires_at"]
