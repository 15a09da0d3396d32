"""Publishing over HTTP: drafts, chat messages, repeats, files, partners, saved lanes, renewals, flags."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from apiflask import APIFlask

from haoyun.platform.database import Databases
from haoyun.platform.jobs.queue import claim, succeed
from haoyun.platform.jobs.worker import JobContext
from haoyun.platform.publishing.importing.job import IMPORT, handlers
from haoyun.platform.publishing.keeper import PublishingKeeper


def iso(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


def window(start_h: float, end_h: float) -> dict[str, str]:
    return {"start": iso(start_h), "end": iso(end_h)}


FIELDS: dict[str, Any] = {"goods": "钢卷", "weight_kg": 8000, "origin": "宁波", "destination": "Shanghai"}


def whole() -> dict[str, Any]:
    return {**FIELDS, "pickup": window(1, 12), "delivery": window(5, 40)}


def work(app: APIFlask, databases: Databases) -> None:
    """What a worker does with an import."""
    market, now = app.extensions["haoyun"].market, datetime.now(UTC)
    with databases.platform.begin() as db:
        job = claim(db, worker="test", now=now, lease_s=60, kinds=(IMPORT,))
    assert job is not None
    result = handlers(databases, lambda: market, lambda: datetime.now(UTC), UTC)[IMPORT](job, JobContext())
    with databases.platform.begin() as db:
        succeed(db, job, result, now)  # type: ignore[arg-type]


def test_a_draft_is_saved_changed_published_and_the_answer_names_every_missing_field(shipper: Any) -> None:
    made = shipper.post("/drafts", {"fields": FIELDS}, headers={"Idempotency-Key": "d1"})
    assert made.status_code == 201
    assert (
        shipper.post("/drafts", {"fields": FIELDS}, headers={"Idempotency-Key": "d1"}).json["id"]
        == made.json["id"]
    )
    path = f"/drafts/{made.json['id']}"
    refused = shipper.post(f"{path}/publish", headers={"Accept-Language": "zh"})
    assert (refused.status_code, refused.json["errors"]) == (422, {"pickup": "必填", "delivery": "必填"})
    changed = shipper.call("PUT", path, json={"fields": whole(), "version": 1})
    assert changed.json["version"] == 2
    assert shipper.call("PUT", path, json={"fields": whole(), "version": 1}).status_code == 409
    published = shipper.post(f"{path}/publish")
    assert published.status_code == 200 and shipper.post(f"{path}/publish").json == published.json
    assert shipper.get(f"/loads/{published.json['id']}").json["goods"] == "钢卷"
    assert shipper.call("DELETE", path).status_code == 409
    assert shipper.get("/drafts").json["items"] == []
    copy = shipper.post(f"/loads/{published.json['id']}/copy").json
    assert copy["fields"]["origin"] == shipper.get("/places?q=Ningbo").json["items"][0]["code"]
    assert "pickup" not in copy["fields"]
    assert shipper.call("DELETE", f"/drafts/{copy['id']}").status_code == 204


def test_fields_of_the_other_kind_and_of_no_kind_are_refused_by_name(shipper: Any) -> None:
    wrong = shipper.post("/drafts", {"fields": {"radius_km": 3}})
    assert list(wrong.json["errors"]) == ["fields.radius_km"]
    assert shipper.post("/drafts", {"fields": {"colour": "red"}}).status_code == 422
    assert list(shipper.post("/drafts", {"fields": {"weight_kg": "much"}}).json["errors"]) == [
        "fields.weight_kg"
    ]


def test_a_chat_message_becomes_drafts_with_evidence_questions_and_what_was_not_understood(
    shipper: Any,
) -> None:
    text = "Suzhou到成都 13米高栏 28吨 钢卷 明天装 1.2万 要盖雨布"
    answer = shipper.post("/drafts/parse", {"text": text, "save": True})
    (offer,) = answer.json["items"]
    assert (offer["kind"], offer["fields"]["weight_kg"], offer["fields"]["price_fen"]) == (
        "load",
        28_000,
        1_200_000,
    )
    assert offer["fields"]["note"] == "13米" and offer["fields"]["body"] == ["stake"]
    evidence = {one["field"]: [text[a:b] for a, b in one["spans"]] for one in offer["evidence"]}
    assert evidence["weight_kg"] == ["28吨"] and evidence["goods"] == ["钢卷"]
    assert [q["text"] for q in offer["questions"]] == ["Suzhou"] and len(
        offer["questions"][0]["candidates"]
    ) == 2
    assert any("雨布" in text[a:b] for a, b in offer["unread"])
    draft = shipper.get(f"/drafts/{offer['draft_id']}").json
    assert (draft["message"], draft["fields"]) == (text, offer["fields"])


def test_of_a_mixed_message_everybody_keeps_what_it_may_post(shipper: Any, carrier: Any) -> None:
    text = "苏州到成都 13米高栏 28吨 钢卷\n有车 上海到济南 17.5米平板 求货"
    for person, kept in ((shipper, [True, False]), (carrier, [False, True])):
        items = person.post("/drafts/parse", {"text": text, "save": True}).json["items"]
        assert [item["kind"] for item in items] == ["load", "capacity"]
        assert [item["draft_id"] is not None for item in items] == kept
    only_trucks = {"text": "有车 上海到济南 17.5米平板 求货", "save": True}
    assert shipper.post("/drafts/parse", only_trucks).status_code == 403


def test_a_repeat_is_made_shown_with_its_days_and_ended(
    app: APIFlask, databases: Databases, shipper: Any
) -> None:
    today = datetime.now(UTC).date()
    times = {
        "weekdays": [1, 2, 3, 4, 5, 6, 7], "first": (today + timedelta(days=1)).isoformat(),
        "last": (today + timedelta(days=9)).isoformat(), "at": "23:30", "ahead_h": 48,
    }  # fmt: skip
    made = shipper.post("/repeats", {"name": "每天", "fields": FIELDS, "times": times})
    assert made.status_code == 201, made.json
    for _ in range(2):
        PublishingKeeper(app.extensions["haoyun"].market, ZoneInfo("Asia/Shanghai"))(
            databases, datetime.now(UTC)
        )
    shown = shipper.get(f"/repeats/{made.json['id']}").json
    assert 1 <= len(shown["occurrences"]) <= 3
    assert shipper.get(f"/loads/{shown['occurrences'][0]['offer_id']}").status_code == 200
    wrong = shipper.post("/repeats", {"name": "", "fields": FIELDS, "times": {**times, "at": "8"}})
    assert "times.at" in wrong.json["errors"] or "at" in wrong.json["errors"]
    assert shipper.call("DELETE", f"/repeats/{made.json['id']}").status_code == 204
    assert shipper.get("/repeats").json["items"] == []


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_file_is_imported_reported_and_its_report_sent_again(
    app: APIFlask, databases: Databases, shipper: Any, stranger: Any, form: str
) -> None:
    times = ",".join((datetime.now(UTC) + timedelta(days=d)).strftime("%Y-%m-%d %H:%M") for d in (1, 2, 3, 5))
    header = "goods,weight (t),from,to,pickup from,pickup until,delivery from,delivery until"
    rows = [
        header,
        f"steel,28,Ningbo,Shanghai,{times}",
        f"steel,28,Atlantis,Shanghai,{times}",
        f"steel,1000,宁波,上海,{times}",
    ]
    content = "\n".join(rows).encode("gbk")
    key = {"Idempotency-Key": "f1"}
    sent = shipper.call("POST", "/imports?name=loads.csv", data=content, headers=key)
    assert sent.status_code == 202, sent.json
    again = shipper.call("POST", "/imports?name=loads.csv", data=content, headers=key)
    assert again.json["id"] == sent.json["id"]
    other = shipper.call("POST", "/imports", data=content + b"\n", headers=key)
    assert other.status_code == 422
    work(app, databases)
    done = shipper.get(f"/imports/{sent.json['id']}", headers={"Accept-Language": "en"}).json
    assert (done["state"], done["rows"], done["imported"], done["failed"]) == ("SUCCEEDED", 3, 1, 2)
    assert [one["row"] for one in done["problems"]] == [3, 4]
    assert "no place Atlantis" in done["problems"][0]["errors"]["origin"]
    assert "between 1 and 100000" in done["problems"][1]["errors"]["weight_kg"]
    report = shipper.get(f"/imports/{sent.json['id']}/report?form={form}")
    assert report.status_code == 200
    assert shipper.call("POST", "/imports", data=report.data).status_code == 202
    assert stranger.get(f"/imports/{sent.json['id']}/report").status_code == 404
    template = shipper.get(f"/imports/template?kind=capacity&form={form}", headers={"Accept-Language": "en"})
    assert template.status_code == 200 and len(template.data) > 100


def test_a_file_that_is_wrong_as_a_whole_is_refused_at_once(shipper: Any, carrier: Any) -> None:
    answer = shipper.call("POST", "/imports", data=b"a,b\n1,2\n", headers={"Accept-Language": "zh"})
    assert answer.status_code == 422 and "缺少列" in answer.json["errors"]["file"]


def test_partners_see_first_by_the_list(shipper: Any, carrier: Any, stranger: Any) -> None:
    body = {**whole(), "visibility": "partners", "public_at": iso(3)}
    assert list(shipper.post("/loads", body).json["errors"]) == ["invited"]
    assert shipper.post("/partners", {"partner": "carrier公司"}).json["org_id"] == carrier.org_id
    load = shipper.post("/loads", body)
    assert load.status_code == 201 and load.json["public_at"]
    path = f"/loads/{load.json['id']}"
    assert (carrier.get(path).status_code, stranger.get(path).status_code) == (200, 404)
    renewed = shipper.post(f"{path}/renew")
    assert renewed.status_code == 200 and renewed.json["expires_at"] > load.json["expires_at"]
    assert stranger.post(f"{path}/renew").json == stranger.post("/loads/load_none/renew").json
    assert shipper.call("DELETE", f"/partners/{carrier.org_id}").status_code == 204
    assert list(shipper.post("/partners", {"partner": "nobody"}).json["errors"]) == ["partner"]


def test_a_saved_lane_is_made_listed_and_ended_and_its_secret_shown_once(carrier: Any) -> None:
    body = {
        "name": "回程",
        "origin": "上海",
        "radius_km": 80,
        "webhook_url": "https://example.com/x",
        "body": "box",
    }
    made = carrier.post("/saved-lanes", body)
    assert made.status_code == 201 and made.json["webhook_secret"]
    (lane,) = carrier.get("/saved-lanes").json["items"]
    assert "webhook_secret" not in lane and (lane["body"], lane["origin"]["name_en"]) == ("box", "Shanghai")
    wrong = carrier.post("/saved-lanes", {"name": "", "min_weight_kg": 9, "max_weight_kg": 3, "email": "x"})
    assert set(wrong.json["errors"]) == {"name", "origin", "min_weight_kg"}
    assert list(carrier.post("/saved-lanes", {**body, "email": "no address"}).json["errors"]) == ["email"]
    assert carrier.call("DELETE", f"/saved-lanes/{lane['id']}").status_code == 204


def test_flags_are_shown_to_publisher_and_operator_and_closed_by_the_operator(
    app: APIFlask, databases: Databases, shipper: Any, operator: Any, stranger: Any
) -> None:
    for _ in range(2):
        assert shipper.post("/loads", whole()).status_code == 201
    PublishingKeeper(app.extensions["haoyun"].market, ZoneInfo("Asia/Shanghai"))(databases, datetime.now(UTC))
    flags = shipper.get("/flags").json["items"]
    assert [flag["kind"] for flag in flags] == ["duplicate", "duplicate"]
    assert operator.get("/flags").json["items"] == flags and stranger.get("/flags").json["items"] == []
    path, body = f"/flags/{flags[0]['id']}/close", {"reason": "two trucks"}
    assert shipper.post(path, body).status_code == 403
    assert stranger.post(path, body).status_code == 404
    assert operator.post(path, body).json["closed_reason"] == "two trucks"
    assert len(shipper.get("/flags?closed=true").json["items"]) == 1
