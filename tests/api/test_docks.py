"""Warehouses, docks and bookings over the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

HOUSE = {
    "name": "Beilun 1",
    "address": "1 Port Road",
    "lat": 29.9,
    "lon": 121.8,
    "zone": "Asia/Shanghai",
    "hours": ["00:00-24:00"] * 7,
}
COMES = {"purpose": "unload", "plate": "浙B12345", "body": "box", "length_cm": 960}
ASKED = "purpose=unload&plate=X12345&body=box&length_cm=960"


@pytest.fixture
def house(shipper: Any) -> dict[str, Any]:
    """A warehouse of the shipper's with a dock that every verified organization may book."""
    made = shipper.post("/warehouses", HOUSE)
    assert made.status_code == 201, made.json
    dock = {"name": "A", "open_to": "verified", "max_length_cm": 1300, "lead_min": 0}
    assert shipper.post(f"/warehouses/{made.json['id']}/docks", dock).status_code == 201
    return dict(shipper.get(f"/warehouses/{made.json['id']}").json)


def free(person: Any, house: dict[str, Any], **more: object) -> list[dict[str, Any]]:
    asked = "&".join([ASKED, *(f"{key}={value}" for key, value in more.items())])
    return list(person.get(f"/warehouses/{house['id']}/first-free?{asked}").json["items"])


def wish(house: dict[str, Any], start: str, **changes: object) -> dict[str, object]:
    return {**COMES, "dock_id": house["docks"][0]["id"], "start": start, **changes}


def test_a_carrier_finds_a_warehouse_books_it_and_the_gate_serves_it(
    shipper: Any, carrier: Any, house: dict[str, Any]
) -> None:
    found = carrier.get("/warehouses?near=29.8,121.7&radius_km=30&body=box&length_cm=960&purpose=unload")
    assert [one["id"] for one in found.json["items"]] == [house["id"]]
    assert found.json["items"][0]["distance_m"] == pytest.approx(14_700, rel=0.02)
    first = free(carrier, house)[0]
    made = carrier.post("/bookings", wish(house, first["start"], slots=2, note="two pallets"))
    assert made.status_code == 201, made.json
    assert (made.json["state"], made.json["slots"], made.json["note"]) == ("BOOKED", 2, "two pallets")
    booking = f"/bookings/{made.json['id']}"
    assert carrier.get(booking).json == shipper.get(booking).json == made.json
    refused = carrier.post(f"{booking}/move", {"to": "ARRIVED"})
    assert (
        refused.status_code == 403
        and "gate"
        in carrier.post(f"{booking}/move", {"to": "ARRIVED"}, headers={"Accept-Language": "en"}).json[
            "detail"
        ]
    )
    states = [
        shipper.post(f"{booking}/move", {"to": to}).json["state"] for to in ("ARRIVED", "STARTED", "FINISHED")
    ]
    assert states == ["ARRIVED", "STARTED", "FINISHED"]
    assert shipper.post(f"{booking}/move", {"to": "ARRIVED"}).status_code == 409


def test_a_taken_slot_answers_409_with_the_next_free_one_in_both_languages(
    carrier: Any, stranger: Any, house: dict[str, Any]
) -> None:
    first = free(carrier, house)[0]
    assert carrier.post("/bookings", wish(house, first["start"])).status_code == 201
    answers = {}
    for language in ("en", "zh"):
        answer = stranger.post(
            "/bookings", wish(house, first["start"]), headers={"Accept-Language": language}
        )
        assert answer.status_code == 409 and answer.content_type == "application/problem+json"
        answers[language] = answer.json["detail"]
    assert answers["en"].startswith("this time is taken; next free: 20")
    assert answers["zh"].startswith("该时段已被占用；最近空闲：20")


def test_a_vehicle_that_is_too_long_is_refused_at_its_field(carrier: Any, house: dict[str, Any]) -> None:
    start = free(carrier, house)[0]["start"]
    answer = carrier.post("/bookings", wish(house, start, length_cm=1750), headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert answer.json["errors"] == {"length_cm": "this dock takes up to 13 m; the vehicle has 17.5 m"}


def test_the_same_key_books_moves_and_calls_off_once(carrier: Any, house: dict[str, Any]) -> None:
    one, two = free(carrier, house), free(carrier, house, after=_later(house, 6))
    key = {"Idempotency-Key": "k-1"}
    made = [carrier.post("/bookings", wish(house, one[0]["start"]), headers=key) for _ in range(3)]
    assert {answer.json["id"] for answer in made} == {made[0].json["id"]}
    booking = f"/bookings/{made[0].json['id']}"
    other = {"dock_id": house["docks"][0]["id"], "start": two[0]["start"]}
    moved = [carrier.post(f"{booking}/rebook", other, headers=key) for _ in range(2)]
    assert [answer.json["version"] for answer in moved] == [2, 2]
    off = [carrier.post(f"{booking}/cancel", {"reason": "no goods"}, headers=key) for _ in range(2)]
    assert [answer.json["state"] for answer in off] == ["CANCELLED"] * 2
    reused = carrier.post("/bookings", wish(house, two[0]["start"]), headers=key)
    assert reused.status_code == 422


def test_others_see_free_and_busy_and_not_who_booked(
    shipper: Any, carrier: Any, stranger: Any, house: dict[str, Any]
) -> None:
    first = free(carrier, house)[0]
    made = carrier.post("/bookings", wish(house, first["start"])).json
    day = datetime.fromisoformat(first["start"]) + timedelta(hours=8)
    seen = {}
    for name, who in (("shipper", shipper), ("carrier", carrier), ("stranger", stranger)):
        answer = who.get(f"/warehouses/{house['id']}/slots?day={day.date()}").json
        (slot,) = [s for s in answer["docks"][0]["slots"] if s["start"] == first["start"]]
        assert slot["state"] == "busy"
        seen[name] = slot["booking_id"]
    assert seen == {"shipper": made["id"], "carrier": made["id"], "stranger": None}
    assert stranger.get(f"/bookings/{made['id']}").status_code == 404
    assert stranger.get("/bookings").json["items"] == []
    assert [one["id"] for one in shipper.get(f"/bookings?warehouse_id={house['id']}").json["items"]] == [
        made["id"]
    ]


def test_a_warehouse_that_is_not_open_is_not_there(shipper: Any, stranger: Any) -> None:
    made = shipper.post("/warehouses", HOUSE).json
    shipper.post(f"/warehouses/{made['id']}/docks", {"name": "A", "open_to": "own"})
    for path in ("", "/slots", f"/first-free?{ASKED}"):
        foreign = stranger.get(f"/warehouses/{made['id']}{path}")
        missing = stranger.get(f"/warehouses/wh_none{path}")
        assert (foreign.status_code, foreign.json) == (404, missing.json)
    assert stranger.get("/warehouses").json["items"] == []


def test_docks_are_changed_closed_opened_and_taken_out_of_use(
    shipper: Any, carrier: Any, house: dict[str, Any]
) -> None:
    dock = house["docks"][0]
    changed = {"name": "B", "open_to": "verified", "slot_min": 30, "version": dock["version"]}
    assert shipper.call("PUT", f"/docks/{dock['id']}", json=changed).json["slot_min"] == 30
    assert shipper.call("PUT", f"/docks/{dock['id']}", json=changed).status_code == 409
    period = {"start": _later(house, 30), "end": _later(house, 36), "reason": "floor"}
    closure = shipper.post(f"/docks/{dock['id']}/closures", period)
    assert closure.status_code == 201
    assert [one["reason"] for one in shipper.get(f"/docks/{dock['id']}/closures").json["items"]] == ["floor"]
    first = free(carrier, house, after=_later(house, 31))[0]
    assert first["start"] >= closure.json["end"]
    gone = shipper.call("DELETE", f"/docks/{dock['id']}/closures/{closure.json['id']}")
    assert gone.status_code == 204
    made = carrier.post("/bookings", wish(house, free(carrier, house)[0]["start"])).json
    assert shipper.call("DELETE", f"/docks/{dock['id']}").status_code == 409
    assert shipper.call("DELETE", f"/warehouses/{house['id']}").status_code == 409
    carrier.post(f"/bookings/{made['id']}/cancel", {})
    assert shipper.call("DELETE", f"/docks/{dock['id']}").status_code == 204
    assert shipper.call("DELETE", f"/warehouses/{house['id']}").status_code == 204
    assert shipper.get(f"/warehouses/{house['id']}").status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"hours": ["08:00-07:00", *[""] * 6]}, "hours.1"),
        ({"hours": [""] * 7}, "hours"),
        ({"lat": 95}, "lat"),
        ({"zone": "Moon/Base"}, "zone"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_each_wrong_field_of_a_warehouse_is_named(shipper: Any, changes: dict[str, Any], field: str) -> None:
    answer = shipper.post("/warehouses", HOUSE | changes)
    assert answer.status_code == 422 and set(answer.json["errors"]) == {field}


@pytest.mark.parametrize(
    "query", ["near=nowhere-at-all", "day=1899-01-01", "day=2999-01-01", "body=box", "radius_km=0"]
)
def test_a_search_that_makes_no_sense_is_refused(carrier: Any, query: str) -> None:
    assert carrier.get(f"/warehouses?{query}").status_code == 422


@pytest.mark.parametrize("start", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_instants_at_the_edges_of_the_calendar_are_no_fault_of_ours(
    carrier: Any, house: dict[str, Any], start: str
) -> None:
    assert carrier.post("/bookings", wish(house, start)).status_code == 422
    assert carrier.get(f"/warehouses/{house['id']}/first-free?{ASKED}&after={start}").status_code == 200
    assert carrier.get(f"/bookings?since={start}").status_code == 200


def test_a_key_that_only_reads_books_nothing(house: dict[str, Any], carrier: Any) -> None:
    key = carrier.post("/keys", {"name": "screen", "scopes": ["read"]}).json["token"]
    headers = {"Authorization": f"Bearer {key}"}
    start = free(carrier, house)[0]["start"]
    assert carrier.post("/bookings", wish(house, start), headers=headers).status_code == 403
    assert carrier.get("/bookings", headers=headers).status_code == 200


def _later(house: dict[str, Any], hours: int) -> str:
    """An instant on the hour, so many hours ahead."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return (now + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")
