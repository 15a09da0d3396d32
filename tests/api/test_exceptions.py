"""Exceptions of shipments over the API: one list for both sides, settled by the shipper."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from apiflask import APIFlask

from haoyun.platform.services import EXTENSION
from haoyun.tracking.exceptions import ExceptionKind, ShipmentException, clear_exception, raise_exception
from haoyun.tracking.timeline import Source

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)


@pytest.fixture
def order(app: APIFlask, shipper: Any, carrier: Any, deal: Any) -> dict[str, Any]:
    """An order whose goods have three exceptions, one of them cleared by now."""
    made = shipper.post(f"/quotes/{deal.quote_id}/accept").json
    detail: dict[str, Any] = shipper.get(f"/orders/{made['id']}").json
    journey = detail["consignment"]["id"]
    with app.extensions[EXTENSION].write_tracking() as db:
        for kind, subject in (
            (ExceptionKind.DAMAGED, "pallet 1"),
            (ExceptionKind.SHORT, "1"),
            (ExceptionKind.OTHER, ""),
        ):
            raise_exception(db, ShipmentException(journey, kind, Source.DRIVER, NOW, subject, {"n": 1}), NOW)
        clear_exception(db, journey, ExceptionKind.OTHER, "", NOW)
    return detail


def kinds(answer: Any) -> list[str]:
    return [one["kind"] for one in answer.json["items"]]


def test_both_sides_see_one_list_and_strangers_an_empty_one(
    order: dict[str, Any], shipper: Any, carrier: Any, stranger: Any, operator: Any
) -> None:
    for person in (shipper, carrier, operator):
        found = person.get("/exceptions")
        assert kinds(found) == ["short", "damaged"]
        assert {one["order_id"] for one in found.json["items"]} == {order["order"]["id"]}
    assert kinds(shipper.get("/exceptions?state=all")) == ["other", "short", "damaged"]
    assert stranger.get("/exceptions?state=all").json == {"items": [], "next": None}
    detail = shipper.get(f"/orders/{order['order']['id']}").json
    assert [(one["kind"], one["state"]) for one in detail["exceptions"]] == [
        ("damaged", "standing"), ("short", "standing"), ("other", "cleared"),
    ]  # fmt: skip


def test_pages_go_on_where_the_last_ended(order: dict[str, Any], shipper: Any) -> None:
    first = shipper.get("/exceptions?state=all&limit=2")
    assert kinds(first) == ["other", "short"] and first.json["next"]
    last = shipper.get(f"/exceptions?state=all&limit=2&after={first.json['next']}")
    assert kinds(last) == ["damaged"] and last.json["next"] is None
    assert shipper.get("/exceptions?after=none").status_code == 422


def test_the_shipper_settles_once_and_repeating_is_harmless(
    order: dict[str, Any], shipper: Any, carrier: Any, stranger: Any, operator: Any
) -> None:
    one = shipper.get("/exceptions").json["items"][0]["id"]
    path = f"/exceptions/{one}/settle"
    assert carrier.post(path, {"note": "not mine"}).status_code == 403
    assert stranger.post(path, {"note": "x"}).status_code == 404
    assert shipper.post("/exceptions/999999/settle", {"note": "x"}).status_code == 404
    assert shipper.post("/exceptions/one/settle", {"note": "x"}).status_code == 404
    refused = shipper.call("POST", path, json={"note": ""}, headers={"Accept-Language": "zh"})
    assert refused.status_code == 422 and "处理结果" in refused.json["errors"]["note"]
    settled = shipper.post(path, {"note": "one pallet was left in Ningbo"})
    assert (settled.status_code, settled.json["state"]) == (200, "settled")
    assert shipper.post(path, {"note": "one pallet was left in Ningbo"}).json == settled.json
    assert operator.post(path, {"note": "something else"}).status_code == 409
    assert kinds(shipper.get("/exceptions")) == ["damaged"]
