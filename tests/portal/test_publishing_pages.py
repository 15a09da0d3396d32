"""The pages around publishing: a pasted message becomes a draft and a load; files, lanes, partners and repeats."""

from __future__ import annotations

import io
import re
from typing import Any

from flask.testing import FlaskClient
from signing_in import CARRIER, SHIPPER, sign_in, text, token

MESSAGE = "Suzhou到成都 13米高栏 28吨 钢卷 明天装 1.2万 要盖雨布"
TABS = (
    "/publish",
    "/publish/paste",
    "/publish/import",
    "/publish/repeats",
    "/publish/partners",
    "/publish/lanes",
)


def send(client: FlaskClient, page: str, path: str, **fields: Any) -> Any:
    return client.post(path, data={**fields, "csrf_token": token(client, page)})


def test_a_pasted_message_is_marked_kept_as_a_draft_and_published(client: FlaskClient) -> None:
    sign_in(client, SHIPPER)
    page = text(send(client, "/publish/paste", "/publish/paste", text=MESSAGE))
    assert '<mark class="read">28吨</mark>' in page and '<mark class="asked">Suzhou</mark>' in page
    assert re.search(r'<mark class="unread">[^<]*雨布', page)
    found = re.search(r"/publish/drafts/(dra_\w+)", page)
    assert found is not None
    form = text(client.get(f"/publish/drafts/{found.group(1)}", follow_redirects=True))
    assert 'value="28000"' in form and 'value="12000"' in form and "要盖雨布" in form
    refused = client.post(
        f"/publish/drafts/{found.group(1)}/publish",
        data={"csrf_token": token(client, "/publish")},
        follow_redirects=True,
    )
    assert "必填" in text(refused) or "is needed" in text(refused)
    fields = {
        "draft_id": found.group(1), "draft_version": "1", "goods": "钢卷", "weight_kg": "28000", "origin": "苏州",
        "destination": "成都", "pickup_start": "2099-03-02T08:00", "pickup_end": "2099-03-02T18:00",
        "delivery_start": "2099-03-04T08:00", "delivery_end": "2099-03-06T18:00", "price_mode": "ask", "pay_days": "30",
        "visibility": "public", "mode": "road",
    }  # fmt: skip
    kept = send(client, "/loads/new", "/loads", **fields, do="draft")
    assert kept.status_code == 302
    posted = send(client, "/loads/new", "/loads", **{**fields, "draft_version": "2"})
    assert posted.status_code == 302 and "/loads/load_" in posted.headers["Location"]
    assert found.group(1) not in text(client.get("/publish"))
    again = send(client, "/loads/new", "/loads", **fields)
    assert again.headers["Location"].endswith("/publish")  # its draft was published already


def test_every_page_opens_for_both_sides_in_both_languages(client: FlaskClient) -> None:
    for email in (SHIPPER, CARRIER):
        with client.application.test_client() as reader:
            sign_in(reader, email)
            for path in (*TABS, "/publish/flags", "/publish/flags?closed=1"):
                for language in ("zh", "en"):
                    assert (
                        reader.get(f"{path}{'&' if '?' in path else '?'}lang={language}").status_code == 200
                    ), path


def test_a_file_is_taken_and_a_wrong_one_said_to_be_so(client: FlaskClient) -> None:
    sign_in(client, SHIPPER)
    template = client.get("/publish/import/load.xlsx")
    assert template.status_code == 200
    sent = send(
        client, "/publish/import", "/publish/import", kind="load", file=(io.BytesIO(template.data), "a.xlsx")
    )
    assert sent.status_code == 302 and "a.xlsx" in text(client.get(sent.headers["Location"]))
    wrong = client.post(
        "/publish/import",
        data={
            "kind": "load",
            "file": (io.BytesIO(b"a,b\n1,2"), "b.csv"),
            "csrf_token": token(client, "/publish/import"),
        },
        follow_redirects=True,
    )
    assert "缺少列" in text(wrong) or "are missing" in text(wrong)


def test_lanes_partners_and_repeats_are_made_and_ended(client: FlaskClient, world: Any) -> None:
    sign_in(client, SHIPPER)
    lane = send(
        client,
        "/publish/lanes",
        "/publish/lanes",
        name="回程",
        wants="capacity",
        origin="上海",
        weekdays=["1"],
    )
    assert lane.status_code == 302
    assert send(client, "/publish/lanes", "/publish/lanes", name="", weekdays=["1"]).status_code == 422
    page = text(client.get("/publish/lanes"))
    end = re.search(r"/publish/lanes/lane_\w+/end", page)
    assert end is not None and send(client, "/publish/lanes", end.group(0)).status_code == 302
    assert send(client, "/publish/partners", "/publish/partners", partner="顺达运输").status_code == 302
    assert "顺达运输" in text(client.get("/publish/partners?lang=zh"))
    assert send(client, "/publish/partners", "/publish/partners", partner="x").status_code == 422
    load = world.loads[0].id
    repeat = f"/loads/{load}/repeat"
    form = {
        "name": "每天", "weekdays": ["1", "2"], "first": "2099-01-01", "last": "2099-02-01", "at": "08:00",
        "hours": "4", "ahead_h": "24", "delivery_after_h": "24", "delivery_hours": "12",
    }  # fmt: skip
    assert send(client, repeat, repeat, **form).status_code == 302
    assert "每天" in text(client.get("/publish/repeats"))
    assert send(client, repeat, repeat, **{**form, "at": "x"}).status_code == 422
    assert client.get("/publish/partners", follow_redirects=True).status_code == 200
