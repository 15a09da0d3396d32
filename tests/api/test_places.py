"""Places over the API: those of the map as before, and all there are where one asks for them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from haoyun.maps.gazetteer.place_book import PlaceBook
from haoyun.platform.api import place_book as module
from haoyun.platform.services import EXTENSION


@pytest.fixture
def with_book(app: APIFlask, place_book: PlaceBook) -> None:
    folder = app.extensions[EXTENSION].settings.maps_folder
    folder.mkdir(parents=True)
    (folder / place_book.path.name).symlink_to(place_book.path)


def items(client: FlaskClient, query: str) -> list[dict]:
    answer = client.get(f"/api/v1/places?{query}")
    assert answer.status_code == 200, answer.json
    return answer.json["items"]


def test_without_a_scope_only_places_that_offers_may_name_are_found(client: FlaskClient) -> None:
    found = items(client, "q=Ning")
    assert {p["name_en"] for p in found} == {"Ningbo", "Ningde"}
    assert all(p["offer_code"] == p["code"] for p in found)
    assert items(client, "q=Beilun") == []


def test_near_sorts_the_places_of_the_map_by_distance(client: FlaskClient) -> None:
    found = items(client, "near=29.9,121.8&limit=5")
    assert found[0]["name_en"] == "Ningbo"
    distances = [p["distance_m"] for p in found]
    assert distances == sorted(distances)
    assert items(client, "q=Ning&near=26.6,119.5")[0]["name_en"] == "Ningde"


def test_the_whole_book_answers_with_what_an_offer_would_name(client: FlaskClient, with_book: None) -> None:
    beilun = items(client, "scope=all&q=北仑&limit=8")[0]
    assert (beilun["code"], beilun["kind"], beilun["division"]) == ("330206", "county", "330206")
    assert beilun["offer_code"] == "330200"  # Ningbo, the place of the map it belongs to
    hamburg = items(client, "scope=all&q=hamb")[0]
    assert (hamburg["name_zh"], hamburg["country"], hamburg["offer_code"]) == ("汉堡", "DE", None)


def test_the_answer_names_whom_to_credit(client: FlaskClient) -> None:
    assert "GeoNames (CC BY 4.0)" in client.get("/api/v1/places?limit=1").json["attribution"]


def test_an_address_is_completed_too(client: FlaskClient, with_book: None) -> None:
    assert items(client, "scope=all&q=宁波北仑")[0]["code"] == "330206"
    assert {p["code"] for p in items(client, "scope=all&q=鼓楼区")} >= {"320106", "350102"}


def test_near_draws_forward_what_is_close(client: FlaskClient, with_book: None) -> None:
    first = items(client, "scope=all&q=朝阳区&near=43.9,125.3")[0]
    assert first["code"] == "220104"
    assert first["distance_m"] < 20_000


@pytest.mark.parametrize("near", ["here", "91,0", "1", "1,2,3", "nan,0"])
def test_a_position_that_is_none_is_refused_at_its_field(client: FlaskClient, near: str) -> None:
    answer = client.get(f"/api/v1/places?near={near}")
    assert answer.status_code == 422
    assert "is not a position such as 29.9,121.8" in str(answer.json["errors"])


def test_while_the_book_is_built_the_answer_says_when_to_ask_again(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders: list[Path] = []
    monkeypatch.setattr(module, "open_places", folders.append)
    answer = client.get("/api/v1/places?scope=all&q=a")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "being built" in answer.json["detail"]
    for _ in range(100):
        if folders:
            break
        time.sleep(0.01)
    assert [folder.name for folder in folders] == ["maps"]
