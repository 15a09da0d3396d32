"""The market over the API: vehicles, capacities, loads, matches with reasons, and why not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient


def _iso(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


def _window(start: float, end: float) -> dict[str, str]:
    return {"start": _iso(start), "end": _iso(end)}


def _load(**changes: Any) -> dict[str, Any]:
    return {
        "goods": "轴承",
        "weight_kg": 8000,
        "volume_dm3": 20_000,
        "ldm_cm": 500,
        "pallets": 12,
        "body": ["box", "curtain"],
        "origin": "宁波",
        "destination": "Shanghai",
        "pickup": _window(2, 12),
        "delivery": _window(6, 40),
        "price_mode": "fixed",
        "price_fen": 320_000,
        **changes,
    }


def _vehicle(carrier: Any, plate: str = "浙B12345") -> dict[str, Any]:
    body = {"plate": plate, "body": "box", "payload_kg": 20_000, "volume_dm3": 80_000, "length_cm": 1360}
    answer = carrier.post("/vehicles", body)
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def _capacity(carrier: Any, **changes: Any) -> dict[str, Any]:
    vehicle = _vehicle(carrier)
    body = {
        "vehicle_id": vehicle["id"],
        "origin": "Hangzhou",
        "ready": _window(0, 20),
        "radius_km": 300,
        **changes,
    }
    answer = carrier.post("/capacities", body)
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def test_a_load_is_published_as_it_was_written(shipper: Any, client: FlaskClient) -> None:
    answer = shipper.post("/loads", _load())
    assert answer.status_code == 201, answer.json
    load = answer.json
    assert load["origin"]["name_en"] == "Ningbo" and load["destination"]["name_zh"].startswith("上海")
    assert (
        load["state"] == "OPEN" and load["posted_at"].endswith("Z") and 150_000 < load["distance_m"] < 300_000
    )
    assert client.get(f"/api/v1/loads/{load['id']}").json == load, "public: no sign-in needed"
    assert [one["id"] for one in client.get("/api/v1/loads").json["items"]] == [load["id"]]


def test_a_load_and_a_capacity_match_with_at_least_three_reasons(
    shipper: Any, carrier: Any, stranger: Any
) -> None:
    capacity = _capacity(carrier)
    load = shipper.post("/loads", _load()).json
    for asker, path in (
        (shipper, f"/loads/{load['id']}/matches"),
        (carrier, f"/capacities/{capacity['id']}/matches"),
    ):
        matches = asker.get(path, headers={"Accept-Language": "en"}).json["items"]
        assert [(m["load_id"], m["capacity_id"]) for m in matches] == [(load["id"], capacity["id"])]
        assert 0 < matches[0]["score"] <= 100 and len(matches[0]["reasons"]) >= 3
        assert matches[0]["deadhead_m"] is None, "the position is unknown, not zero"
        assert "unknown_position" in {reason["key"] for reason in matches[0]["reasons"]}
        assert all(reason["text"] for reason in matches[0]["reasons"])
        margin = next(reason for reason in matches[0]["reasons"] if reason["key"] == "margin")
        open_books = (matches[0]["contribution_fen"] is not None, "cost_fen" in margin["evidence"])
        assert open_books == ((True, True) if asker is carrier else (False, False)), "the carrier's business"
    assert stranger.get(f"/loads/{load['id']}/matches").json["items"] == []


@pytest.mark.parametrize(("language", "words"), [("en", "kg too heavy"), ("zh", "超重")])
def test_why_not_names_the_first_constraint(shipper: Any, carrier: Any, language: str, words: str) -> None:
    capacity = _capacity(carrier)
    load = shipper.post("/loads", _load(weight_kg=25_000)).json
    for path in (
        f"/loads/{load['id']}/why-not?capacity_id={capacity['id']}",
        f"/capacities/{capacity['id']}/why-not?load_id={load['id']}",
    ):
        answer = carrier.get(path, headers={"Accept-Language": language}).json
        assert not answer["fits"] and answer["key"] == "too_heavy" and answer["params"] == {"over_kg": 5000}
        assert words in answer["text"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"weight_kg": 0}, "weight_kg"),
        ({"weight_kg": "heavy"}, "weight_kg"),
        ({"origin": "Atlantis"}, "origin"),
        ({"destination": "宁波"}, "destination"),
        ({"pickup": _window(5, 1)}, "pickup.end"),
        ({"pickup": {"start": "2026-03-02T08:00:00", "end": "2026-03-02T09:00:00"}}, "pickup.start"),
        ({"price_fen": None}, "price_fen"),
        ({"price_fen": -1}, "price_fen"),
        ({"body": ["sledge"]}, "body.0"),
        ({"state": "COVERED"}, "state"),
        ({"org_id": "org_other"}, "org_id"),
        ({"visibility": "direct"}, "invited"),
        ({"weight_kg": 10**30}, "weight_kg"),
    ],
)
def test_a_wrong_field_of_a_load_is_named(shipper: Any, changes: dict[str, Any], field: str) -> None:
    answer = shipper.post("/loads", _load(**changes))
    assert answer.status_code == 422 and field in answer.json["errors"], answer.json


def test_only_shippers_post_loads_and_only_carriers_offer_vehicles(
    shipper: Any, carrier: Any, viewer: Any
) -> None:
    assert carrier.post("/loads", _load()).status_code == 403
    plain = {"plate": "浙B1", "body": "box", "payload_kg": 2000, "volume_dm3": 9000, "length_cm": 400}
    assert shipper.post("/vehicles", plain | {"plate": "浙B00001"}).status_code == 403
    assert viewer.post("/loads", _load()).status_code == 403


def test_a_direct_load_is_seen_by_the_invited_only(
    shipper: Any, carrier: Any, stranger: Any, client: FlaskClient
) -> None:
    load = shipper.post("/loads", _load(visibility="direct", invited=[carrier.org_id])).json
    path = f"/loads/{load['id']}"
    assert carrier.get(path).status_code == 200 and "invited" not in carrier.get(path).json
    foreign, missing = stranger.get(path), stranger.get("/loads/load_none")
    assert (foreign.status_code, foreign.json) == (404, missing.json)
    assert client.get(f"/api/v1{path}").status_code == 404
    assert client.get("/api/v1/loads").json["items"] == []


def test_loads_are_searched_by_area_weight_and_body_in_pages(shipper: Any, client: FlaskClient) -> None:
    for weight in (1000, 2000, 3000):
        assert shipper.post("/loads", _load(weight_kg=weight)).status_code == 201
    shipper.post("/loads", _load(origin="Beijing", destination="Tianjin"))

    def found(query: str) -> list[int]:
        answer = client.get(f"/api/v1/loads?{query}")
        assert answer.status_code == 200, answer.json
        return sorted(load["weight_kg"] for load in answer.json["items"])

    assert found("origin=Shaoxing&radius_km=150") == [1000, 2000, 3000]
    assert found("origin=Ningbo&max_weight_kg=2000") == [1000, 2000]
    assert found("origin=Ningbo&body=tank") == []
    assert found("destination=Tianjin") == [8000]
    first = client.get("/api/v1/loads?limit=3&sort=pickup").json
    rest = client.get(f"/api/v1/loads?limit=3&sort=pickup&after={first['next']}").json
    assert len({load["id"] for load in (*first["items"], *rest["items"])}) == 4 and rest["next"] is None


@pytest.mark.parametrize(
    "query", ["after=x", "limit=0", "limit=100000", "sort=magic", "origin=Atlantis", "foo=1"]
)
def test_a_wrong_query_is_a_client_error(client: FlaskClient, query: str) -> None:
    assert client.get(f"/api/v1/loads?{query}").status_code == 422


def test_an_offer_is_withdrawn_once_and_by_its_owner(shipper: Any, carrier: Any, stranger: Any) -> None:
    load, capacity = shipper.post("/loads", _load()).json, _capacity(carrier)
    for owner, path, state in (
        (shipper, f"/loads/{load['id']}", "CANCELLED"),
        (carrier, f"/capacities/{capacity['id']}", "WITHDRAWN"),
    ):
        assert stranger.post(f"{path}/withdraw").status_code == 404
        assert owner.post(f"{path}/withdraw").json["state"] == state
        assert owner.post(f"{path}/withdraw").status_code == 409


def test_capacities_are_listed_and_a_vehicle_is_offered_once(carrier: Any, client: FlaskClient) -> None:
    capacity = _capacity(carrier, destination="Guangzhou", weight_kg=12_000)
    assert client.get(f"/api/v1/capacities/{capacity['id']}").json["weight_kg"] == 12_000
    assert [c["id"] for c in client.get("/api/v1/capacities?min_weight_kg=10000").json["items"]] == [
        capacity["id"]
    ]
    again = {"vehicle_id": capacity["vehicle_id"], "origin": "Hangzhou", "ready": _window(0, 20)}
    assert carrier.post("/capacities", again).status_code in (409, 422)


def test_vehicles_are_the_carriers_own(carrier: Any, stranger: Any, supervisor: Any) -> None:
    vehicle = _vehicle(carrier)
    assert [v["id"] for v in carrier.get("/vehicles").json["items"]] == [vehicle["id"]]
    assert stranger.get("/vehicles").json["items"] == []
    assert stranger.get(f"/vehicles/{vehicle['id']}").status_code == 404
    assert supervisor.get(f"/vehicles/{vehicle['id']}").json == vehicle
    offer = {"vehicle_id": vehicle["id"], "origin": "Hangzhou", "ready": _window(0, 20)}
    assert stranger.post("/capacities", offer).status_code == 404


def test_places_complete_in_both_languages(client: FlaskClient) -> None:
    for beginning in ("宁", "Ningb", "ningbo"):
        names = [place["name_en"] for place in client.get(f"/api/v1/places?q={beginning}").json["items"]]
        assert "Ningbo" in names
    assert len(client.get("/api/v1/places?limit=7").json["items"]) == 7
