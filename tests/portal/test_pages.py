"""Pages as a reader without JavaScript gets them: content, permissions, forms, errors, headers."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from signing_in import CARRIER, SHIPPER, STRANGER, sign_in, text, token
from werkzeug.test import TestResponse

from haoyun.maps.gazetteer.place_book import PlaceBook
from haoyun.platform.api.summary import summary_of


def test_guessing_a_password_on_the_page_is_slowed_down_for_that_address_only(client: FlaskClient) -> None:
    form = {"email": "guessed@example.com", "password": "x" * 12, "csrf_token": token(client, "/login")}
    answers = [client.post("/login", data=form) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert "请求过于频繁" in text(answers[-1])
    sign_in(client, SHIPPER)


def test_home_shows_the_figures_of_the_api(client: FlaskClient, world: Any) -> None:
    page = text(client.get("/", headers={"Accept-Language": "en"}))
    summary = client.get("/api/v1/summary").get_json()
    assert summary == summary_of(world.services).model_dump()
    for key, words in (
        ("loads_open", "Open loads"),
        ("vehicles_moving", "Vehicles moving"),
        ("fixes", "position fixes"),
    ):
        assert re.search(rf"<dt>{words}</dt><dd>{summary[key]}</dd>", page)


@pytest.mark.parametrize(
    ("asked", "expected"), [("zh-CN,zh;q=0.9", "zh-Hans"), ("en-GB", "en"), ("fr", "zh-Hans")]
)
def test_language_follows_the_browser_and_falls_back_to_chinese(
    client: FlaskClient, asked: str, expected: str
) -> None:
    response = client.get("/", headers={"Accept-Language": asked})
    assert f'<html lang="{expected}"' in text(response)
    assert response.headers["Content-Language"] == expected


def test_language_switch_is_remembered(client: FlaskClient) -> None:
    client.get("/?lang=en", headers={"Accept-Language": "zh"})
    assert "Find loads" in text(client.get("/loads", headers={"Accept-Language": "zh"}))


def test_theme_switch_works_without_javascript_and_stays_on_this_site(client: FlaskClient) -> None:
    response = client.get("/look?theme=dark&next=//elsewhere.example/")
    assert response.headers["Location"] == "/"
    assert '<html lang="zh-Hans" data-theme="dark"' in text(client.get("/"))


def test_every_page_has_a_policy_without_unsafe_scripts(client: FlaskClient) -> None:
    response = client.get("/")
    policy = response.headers["Content-Security-Policy"]
    scripts = next(part for part in policy.split(";") if part.strip().startswith("script-src"))
    nonce = re.search(r"'nonce-([^']+)'", scripts)
    assert nonce is not None and "unsafe" not in scripts
    assert len(re.findall(r"<script", text(response))) == text(response).count(f'nonce="{nonce.group(1)}"')
    assert policy != client.get("/").headers["Content-Security-Policy"]


def test_pages_name_no_other_host(client: FlaskClient) -> None:
    sign_in(client, CARRIER)
    for path in ("/", "/loads", "/trucks", "/orders", "/live", "/dispatch", "/track"):
        addresses = re.findall(r'(?:src|href|action)="(https?://[^"]*)"', text(client.get(path)))
        assert addresses == [], path


@pytest.mark.parametrize("path", ["/orders", "/live", "/dispatch", "/me", "/loads/new", "/trucks/new"])
def test_private_pages_ask_to_sign_in_and_come_back(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/login?next=")


def test_a_wrong_password_says_so_without_naming_which_half_is_wrong(client: FlaskClient) -> None:
    form = {"email": CARRIER, "password": "not this one", "csrf_token": token(client, "/login")}
    known = client.post("/login", data=form)
    unknown = client.post("/login", data={**form, "email": "nobody@example.com"})
    assert known.status_code == unknown.status_code == 200
    errors = [
        re.findall(r'class="(?:err|flash error)"[^>]*>([^<]+)<', text(page)) for page in (known, unknown)
    ]
    assert errors[0] == errors[1] == ["邮箱或密码不正确。"]


def test_signing_out_needs_a_post_with_a_token(client: FlaskClient) -> None:
    sign_in(client, CARRIER)
    assert client.get("/logout").status_code in (404, 405)
    assert client.post("/logout").status_code == 400
    assert client.post("/logout", data={"csrf_token": token(client, "/me")}).status_code == 302
    assert client.get("/me").status_code == 302


def test_the_carrier_sees_scores_and_reasons_of_the_own_trucks(client: FlaskClient) -> None:
    page = text(sign_in(client, CARRIER).get("/loads?lang=en"))
    assert "Match score" in page
    assert "to spare" in page and "margin" in page


def test_loads_filter_by_place_body_and_weight(client: FlaskClient) -> None:
    page = text(client.get("/loads?lang=en&origin=Hangzhou&radius=1"))
    assert "Hangzhou" in page and "Wuxi" not in re.sub(r"<datalist.*?</datalist>", "", page, flags=re.S)
    assert "Pharmaceuticals" in text(client.get("/loads?weight=5"))
    assert "Pharmaceuticals" not in text(client.get("/loads?body=flatbed"))


def test_an_unknown_place_is_named_in_the_readers_language(client: FlaskClient) -> None:
    assert "there is no place Atlantis" in text(client.get("/loads?lang=en&origin=Atlantis"))
    assert "地图上没有地点 Atlantis" in text(client.get("/loads?lang=zh&origin=Atlantis"))


def test_bad_numbers_in_a_filter_are_no_error(client: FlaskClient) -> None:
    for query in ("weight=abc", "weight=nan", "weight=-4", "sort=nonsense", "body=boat", "radius=inf"):
        assert client.get(f"/loads?{query}").status_code == 200, query


def test_a_load_page_says_why_and_why_not(client: FlaskClient, world: Any) -> None:
    page = text(sign_in(client, CARRIER).get(f"/loads/{world.loads[1].id}?lang=zh"))
    assert "分数理由" in page and "空驶" in page
    assert "需要 厢式，车型为 冷藏" in page


def test_quotes_of_others_are_not_shown(client: FlaskClient, world: Any) -> None:
    path = f"/loads/{world.loads[1].id}?lang=en"
    assert "¥1,500" in text(sign_in(client, CARRIER).get(path))
    assert "¥1,500" not in text(sign_in(world.app.test_client(), STRANGER).get(path))
    assert "¥1,500" not in text(world.app.test_client().get(path))


def post_form(client: FlaskClient, **changes: str) -> TestResponse:
    form = {
        "csrf_token": token(client, "/loads/new"), "goods": "玻璃 Glass", "weight_kg": "5000", "volume_dm3": "20.5",
        "origin": "杭州", "destination": "Ningbo", "pickup_start": "2036-01-05T08:00", "pickup_end": "2036-01-05T12:00",
        "delivery_start": "2036-01-05T14:00", "delivery_end": "2036-01-06T18:00", "price_mode": "fixed",
        "price_fen": "1234.50", "pay_days": "15",
    }  # fmt: skip
    return client.post("/loads", data={**form, **changes})


def test_posting_a_load_shows_it_with_its_units(client: FlaskClient) -> None:
    response = post_form(sign_in(client, SHIPPER))
    assert response.status_code == 302
    page = text(client.get(response.headers["Location"] + "?lang=en"))
    assert "¥1,234.50" in page and "20.5 m³" in page and "5.0 t" in page
    assert "5 Jan 08:00" in page  # typed as local time, shown as local time


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("goods", "", "此项必填"),
        ("weight_kg", "many", "请填写数字"),
        ("weight_kg", "5.5", "请填写整数"),
        ("volume_dm3", "999", "应在 0 与 300 之间"),
        ("origin", "亚特兰蒂斯", "地图上没有地点 亚特兰蒂斯"),
        ("destination", "杭州", "起点与终点相同"),
        ("pickup_end", "2036-01-05T07:00", "时间窗的结束早于开始"),
        ("delivery_end", "2036-01-05T07:30", "时间窗的结束早于开始"),
        ("pickup_start", "tomorrow", "请填写日期和时间"),
        ("price_fen", "0", "一口价必须大于 0"),
        ("temperature_min_c", "5", "温度范围需同时填写下限和上限"),
        ("dg_class", "77", "不是有效的危险品类别"),
    ],
)
def test_a_wrong_field_gets_its_sentence_and_keeps_what_was_typed(
    client: FlaskClient, field: str, value: str, words: str
) -> None:
    sign_in(client, SHIPPER).get("/?lang=zh")
    response = post_form(client, **{field: value})
    page = text(response)
    assert response.status_code == 422
    assert words in page
    assert "玻璃 Glass" in page or field == "goods"


def test_a_post_without_the_token_is_refused_in_words(client: FlaskClient) -> None:
    response = post_form(sign_in(client, SHIPPER), csrf_token="forged")
    assert response.status_code == 400
    assert "请刷新后重新提交" in text(response)


def test_carriers_cannot_post_loads(client: FlaskClient) -> None:
    response = sign_in(client, CARRIER).get("/loads/new?lang=en")
    assert response.status_code == 403
    assert "only shippers post loads" in text(response)


def test_offering_a_truck_twice_is_refused_at_the_field(client: FlaskClient, world: Any) -> None:
    sign_in(client, CARRIER)
    form = {
        "csrf_token": token(client, "/trucks/new"), "vehicle_id": world.vehicle_ids[0],
        "origin": "杭州", "radius_km": "100",
        "ready_start": "2036-01-05T08:00", "ready_end": "2036-01-06T08:00", "cost_per_km_fen": "4.2",
    }  # fmt: skip
    response = client.post("/trucks", data=form)
    assert response.status_code == 422
    assert "该车辆已有有效的运力" in text(response)


def test_an_order_shows_plan_gps_and_rfid_on_one_line(client: FlaskClient, world: Any) -> None:
    page = text(sign_in(client, SHIPPER).get(f"/orders/{world.order_id}?lang=en"))
    order = [page.index(word) for word in ("reader dock-ningbo-4", "left the fence")]
    assert order == sorted(order)
    assert 'class="rfid act"' in page and 'class="gps act"' in page and 'class="plan pln"' in page


def test_an_order_of_others_is_the_same_as_none(client: FlaskClient, world: Any) -> None:
    sign_in(client, STRANGER)
    foreign, missing = client.get(f"/orders/{world.order_id}"), client.get("/orders/ord_none")
    assert foreign.status_code == missing.status_code == 404
    plain = [re.sub(r'nonce="[^"]*"|/orders/\w+|next=[^"]*', "", text(page)) for page in (foreign, missing)]
    assert plain[0] == plain[1]


def test_plates_of_offered_trucks_are_shown_to_their_carrier_only(client: FlaskClient, world: Any) -> None:
    for path in (f"/loads/{world.loads[1].id}", f"/trucks/{world.capacity_ids[0]}"):
        assert "浙A12345" in text(sign_in(world.app.test_client(), CARRIER).get(path)), path
        assert "浙A12345" not in text(sign_in(world.app.test_client(), SHIPPER).get(path)), path


def test_public_tracking_shows_neither_plate_nor_exact_position(client: FlaskClient, world: Any) -> None:
    spaced = " ".join(re.findall(".{1,4}", world.tracking_number.lower()))
    response = client.get("/track", query_string={"number": spaced}, follow_redirects=True)
    page = text(response)
    assert response.status_code == 200
    assert "运输中" in page and "<svg" in page
    assert "浙B23456" not in page and "sscc" not in page and "dock-ningbo-4" not in page


def test_an_unknown_tracking_number_says_so(client: FlaskClient) -> None:
    response = client.get("/track/HYNOBODYHASTHISONE00?lang=en")
    assert response.status_code == 404
    assert "There is no consignment HYNOBODYHASTHISONE00" in text(response)


def test_the_live_map_shows_only_vehicles_in_scope(client: FlaskClient, world: Any) -> None:
    def plates(email: str) -> set[str]:
        answer = sign_in(world.app.test_client(), email).get("/live/vehicles.json").get_json()
        return {one["properties"]["label"].split(" · ")[0] for one in answer["features"]}

    assert len(plates(CARRIER)) == 5
    assert plates(SHIPPER) == {"浙B23456"}
    assert plates(STRANGER) == set()
    assert client.get("/live/vehicles.json").status_code == 401


def test_the_finished_job_shows_routes_and_a_chart(client: FlaskClient, world: Any) -> None:
    page = text(sign_in(client, CARRIER).get(f"/dispatch/{world.job_id}?lang=en"))
    assert "Routes over time" in page and 'class="stop delivery"' in page
    assert sign_in(world.app.test_client(), STRANGER).get(f"/dispatch/{world.job_id}").status_code == 404


def test_a_job_is_started_followed_and_cancelled(client: FlaskClient) -> None:
    sign_in(client, CARRIER)
    csrf = token(client, "/dispatch")
    where = client.post("/dispatch", data={"csrf_token": csrf, "time_limit_s": "3"}).headers["Location"]
    assert "排队中" in text(client.get(where, headers={"HX-Request": "true"}))
    client.post(f"{where}/cancel", data={"csrf_token": csrf})
    ended = client.get(where, headers={"HX-Request": "true"})
    assert ended.status_code == 204 and ended.headers["HX-Refresh"] == "true"
    assert "该任务已取消" in text(client.get(where))


def test_the_network_is_served_compressed_and_conditional(client: FlaskClient, world: Any) -> None:
    for part in ("network", "places"):
        path = f"/maps/trunk/{part}.geojson"
        first = client.get(path, headers={"Accept-Encoding": "gzip"})
        assert first.headers["Content-Encoding"] == "gzip"
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304
        assert client.get(path).get_json()["type"] == "FeatureCollection"
    assert client.get("/maps/elsewhere/network.geojson").status_code == 404


@pytest.mark.parametrize("path", ["/nope", "/loads/load_none", "/trucks/cap_none", "/track/"])
def test_missing_pages_are_pages(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers={"Accept-Language": "en"})
    assert response.status_code == 404
    assert "Nothing is here" in text(response)


def test_a_failure_shows_a_reference_and_no_traceback(
    client: FlaskClient, world: Any, monkeypatch: Any
) -> None:
    monkeypatch.setitem(world.app.view_functions, "home.index", lambda: 1 / 0)
    response = client.get("/", headers={"Accept-Language": "en"})
    assert response.status_code == 500
    assert "err_" in text(response)
    assert "ZeroDivisionError" not in text(response) and "Traceback" not in text(response)


def test_a_place_field_is_completed_beyond_the_maps_own_places(
    client: FlaskClient, world: Any, place_book: PlaceBook
) -> None:
    folder = world.services.settings.maps_folder
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / place_book.path.name).exists():  # the world is shared with the browser's tests
        (folder / place_book.path.name).symlink_to(place_book.path)
    assert 'data-more="/complete/places"' in text(client.get("/loads"))
    chinese = client.get("/complete/places?q=北仑", headers={"Accept-Language": "zh"}).get_json()
    assert {"value": "宁波", "label": "北仑区 · 浙江省宁波市"} in chinese
    english = client.get("/complete/places?q=宁波北仑", headers={"Accept-Language": "en"}).get_json()
    assert {"value": "Ningbo", "label": "Beilun · Ningbo, Zhejiang"} in english
    assert client.get("/complete/places?q=Hamburg").get_json() == []  # no place of the map is near
    assert client.get("/complete/places?q=").get_json() == []


def test_the_plan_of_a_job_shows_costs_slack_course_and_downloads(client: FlaskClient, world: Any) -> None:
    sign_in(client, CARRIER)
    page = text(client.get(f"/dispatch/{world.job_id}?lang=en"))
    for words in ("By distance", "Least slack", "Load over time", "The search", "Download the plan"):
        assert words in page
    assert 'class="course"' in page
    assert 'class="profile"' in page
    for form in ("xlsx", "csv", "geojson", "vroom"):
        assert client.get(f"/api/v1/jobs/{world.job_id}/plan?output={form}").status_code == 200


def test_what_stayed_behind_says_why_and_what_would_serve_it(client: FlaskClient, world: Any) -> None:
    sign_in(client, CARRIER)
    csrf = token(client, "/dispatch")
    heavy = {
        "vehicles": [{"id": 1, "start": [121.5, 29.8], "capacity": [10]}],
        "jobs": [{"id": 1, "location": [121.6, 29.9], "delivery": [11]}],
    }
    data = {"csrf_token": csrf, "file": (io.BytesIO(json.dumps(heavy).encode()), "heavy.json")}
    job_id = client.post("/dispatch/file", data=data).headers["Location"].rsplit("/", 1)[1]
    world.work(job_id)
    page = text(client.get(f"/dispatch/{job_id}?lang=en"))
    assert "Too large for every vehicle" in page
    assert "1 more of capacity 1 on vehicle 1 would do" in page
    assert "heavy.json" in page
    asked = text(client.get(f"/dispatch/{job_id}/why?kind=job&id=1&lang=zh"))
    assert "车辆 1 的 capacity 1 再多 1 即可" in asked
    assert client.get(f"/dispatch/{job_id}/why?kind=job&id=2").status_code == 404


def test_a_file_that_cannot_be_read_comes_back_as_a_sentence(client: FlaskClient) -> None:
    sign_in(client, CARRIER)
    csrf = token(client, "/dispatch")
    data = {"csrf_token": csrf, "file": (io.BytesIO(b"hello"), "hello.txt")}
    answer = client.post("/dispatch/file", data=data, follow_redirects=True)
    assert "the content is of no format known here" in text(answer)
    assert client.get("/dispatch/template.xlsx").data.startswith(b"PK")


def test_only_a_running_search_can_be_ended_early(client: FlaskClient, world: Any) -> None:
    sign_in(client, CARRIER)
    csrf = token(client, "/dispatch")
    answer = client.post(
        f"/dispatch/{world.job_id}/finish?lang=en", data={"csrf_token": csrf}, follow_redirects=True
    )
    assert "There is no search to end." in text(answer)
