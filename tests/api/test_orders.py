"""From a quote to a completed order over the API, with evidence from tracking on the way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from haoyun.platform.database import Databases
from haoyun.platform.trading.follow import follow_timeline, hand_out
from haoyun.tracking.fixes import PositionFix
from haoyun.tracking.positions import store_batch
from haoyun.tracking.store import append_milestones, find_device
from haoyun.tracking.timeline import Milestone, MilestoneCode, Quality, Source

DOCUMENT = "a" * 64


def _accept(shipper: Any, deal: Any, **headers: str) -> Any:
    return shipper.post(f"/quotes/{deal.quote_id}/accept", headers=headers)


def _say(databases: Databases, consignment_id: str, *codes: str) -> None:
    """Evidence from the road: these milestones, one minute apart, and the followers that read them."""
    now = datetime.now(UTC)
    milestones = [
        Milestone(
            journey_id=consignment_id,
            code=MilestoneCode(code),
            quality=Quality.ACTUAL,
            source=Source.RFID,
            occurred_at=now + timedelta(minutes=number),
            place="宁波仓",
            evidence={"gate": "gate-0001"},
        )
        for number, code in enumerate(codes)
    ]
    with databases.tracking.begin() as db:
        append_milestones(db, milestones, now)
    follow_timeline(databases, now)


def _drive(databases: Databases, lat: float, lon: float) -> None:
    now = datetime.now(UTC)
    with databases.tracking.begin() as db:
        device = find_device(db, "truck-0001")
        assert device
        fix = PositionFix(
            device="truck-0001",
            fix_time=now,
            received_at=now,
            lat=lat,
            lon=lon,
            speed_kmh=66.0,
            heading_deg=10.0,
        )
        store_batch(db, {"truck-0001": device.id}, [fix], now)


def test_a_quote_becomes_an_order_that_is_followed_to_its_end(
    shipper: Any, carrier: Any, deal: Any, databases: Databases, client: FlaskClient
) -> None:
    order = _accept(shipper, deal).json
    assert order["state"] == "AWAITING_CONFIRMATION" and order["price_fen"] == 300_000
    path = f"/orders/{order['id']}"
    assert carrier.post(f"{path}/confirm", {"vehicle_id": deal.vehicle_id}).json["state"] == "READY"
    hand_out(databases, datetime.now(UTC))
    consignment = shipper.get(path).json["consignment"]
    assert len(consignment["units"]) == 2 and consignment["tracking_number"].startswith("HY")

    _say(databases, consignment["id"], "LOAD", "GTOT")
    _drive(databases, 30.1234567, 121.0)
    detail = shipper.get(path).json
    assert detail["order"]["state"] == "IN_TRANSIT" and detail["plate"] == "浙B12345"
    assert detail["position"]["lat"] == pytest.approx(30.1234567) and detail["position"]["moving"]
    assert [m["code"] for m in detail["timeline"] if m["quality"] == "ACT"] == ["LOAD", "GTOT"]
    assert {m["quality"] for m in detail["timeline"]} == {"PLN", "ACT"}
    assert detail["events"][-1]["user_id"] is None and detail["events"][-1]["state"] == "IN_TRANSIT"
    on_map = shipper.get("/vehicles/positions").json["items"]
    assert [(p["vehicle_id"], p["order_id"]) for p in on_map] == [(deal.vehicle_id, order["id"])]

    public = client.get(f"/api/v1/tracking/{consignment['tracking_number'].lower()}")
    assert public.json["state"] == "in_transit" and public.json["position"]["lat"] == 30.12
    assert "浙B" not in public.text and "gate-0001" not in public.text and deal.vehicle_id not in public.text

    assert shipper.post(f"{path}/confirm-receipt", {}).status_code == 409
    _say(databases, consignment["id"], "GTIN", "DISC")
    assert carrier.get(path).json["order"]["state"] == "TO_CONFIRM"
    assert client.get(f"/api/v1/tracking/{consignment['tracking_number']}").json["position"] is None
    assert carrier.post(f"{path}/confirm-receipt", {}).status_code == 403
    assert shipper.post(f"{path}/confirm-receipt", {}).json["state"] == "AWAITING_DOCUMENTS"
    done = shipper.post(f"{path}/confirm-receipt", {"document_sha256": DOCUMENT})
    assert done.json["state"] == "COMPLETED"
    assert shipper.get(path).json["position"] is None, "the way is over: the truck is nobody's business"
    assert client.get("/api/v1/summary").json["consignments_delivered"] == 1


def test_a_retried_accept_gets_the_same_order(shipper: Any, deal: Any) -> None:
    key = {"Idempotency-Key": "retry-1"}
    first, second = _accept(shipper, deal, **key), _accept(shipper, deal, **key)
    assert first.status_code == second.status_code == 201 and first.json["id"] == second.json["id"]
    assert _accept(shipper, deal).status_code == 409


def test_many_accepts_at_once_make_one_order(shipper: Any, deal: Any) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: _accept(shipper, deal).status_code, range(8)))
    assert sorted(answers) == [201] + [409] * 7
    assert len(shipper.get("/orders").json["items"]) == 1


def test_a_key_for_another_body_is_refused(shipper: Any, carrier: Any, deal: Any) -> None:
    def quote(price_fen: int) -> Any:
        body = {"load_id": deal.load_id, "capacity_id": deal.capacity_id, "price_fen": price_fen}
        return carrier.post("/quotes", body, headers={"Idempotency-Key": "q1"})

    carrier.post(f"/quotes/{deal.quote_id}/withdraw")
    first, again, other = quote(250_000), quote(250_000), quote(260_000)
    assert first.status_code == again.status_code == 201 and first.json["id"] == again.json["id"]
    assert other.status_code == 422 and "Idempotency-Key" in other.json["errors"]
    assert carrier.post("/quotes", {}, headers={"Idempotency-Key": "x" * 201}).status_code == 422


def test_a_quote_is_countered_rejected_and_withdrawn(shipper: Any, carrier: Any, deal: Any) -> None:
    path = f"/quotes/{deal.quote_id}"
    assert carrier.post(f"{path}/accept").status_code == 403, "one's own quote is for the other side"
    answer = shipper.post(f"{path}/counter", {"price_fen": 280_000})
    assert answer.status_code == 201 and answer.json["answers"] == deal.quote_id
    assert shipper.get(path).json["state"] == "COUNTERED"
    assert shipper.post(f"/quotes/{answer.json['id']}/withdraw").json["state"] == "WITHDRAWN"
    assert [q["id"] for q in carrier.get("/quotes?live=true").json["items"]] == [deal.quote_id]
    assert shipper.post(f"{path}/reject").json["state"] == "REJECTED"
    assert shipper.post(f"{path}/accept").status_code == 409
    assert carrier.get("/quotes?live=true").json["items"] == []


@pytest.mark.parametrize("price_fen", [0, -5, 10**13, 2.5, "cheap", None])
def test_a_price_must_be_a_price(carrier: Any, deal: Any, price_fen: object) -> None:
    body = {"load_id": deal.load_id, "capacity_id": deal.capacity_id, "price_fen": price_fen}
    answer = carrier.post("/quotes", body)
    assert answer.status_code == 422 and "price_fen" in answer.json["errors"]


def test_a_vehicle_can_be_named_after_the_confirmation(shipper: Any, carrier: Any, deal: Any) -> None:
    path = f"/orders/{_accept(shipper, deal).json['id']}"
    assert shipper.post(f"{path}/confirm", {}).status_code == 403
    assert carrier.post(f"{path}/confirm", {}).json["state"] == "AWAITING_VEHICLE"
    assert carrier.post(f"{path}/confirm", {"vehicle_id": "veh_none"}).status_code == 404
    assert carrier.post(f"{path}/confirm", {"vehicle_id": deal.vehicle_id}).json["state"] == "READY"


def test_a_cancelled_order_puts_the_load_on_offer_again(shipper: Any, carrier: Any, deal: Any) -> None:
    path = f"/orders/{_accept(shipper, deal).json['id']}"
    assert shipper.get(f"/loads/{deal.load_id}").json["state"] == "RESERVED"
    assert carrier.post(f"{path}/cancel", {"reason": "breakdown"}).json["state"] == "CANCELLED"
    assert shipper.get(f"/loads/{deal.load_id}").json["state"] == "OPEN"
    assert shipper.post(f"{path}/cancel", {}).status_code in (403, 409)
    assert [o["state"] for o in shipper.get("/orders?state=CANCELLED").json["items"]] == ["CANCELLED"]


def test_guessing_tracking_numbers_is_slowed_down(client: FlaskClient) -> None:
    answers = [client.get(f"/api/v1/tracking/HY{number:020d}").status_code for number in range(70)]
    assert set(answers) == {404, 429} and 429 in answers[:61]
