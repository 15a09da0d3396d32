"""A load by auction on the pages: posted, bid on, seen by each side as it may be; and open loads that are changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from signing_in import CARRIER, SHIPPER, STRANGER, sign_in, text, token
from werkzeug.test import TestResponse

from haoyun.platform.market.load import LoadDraft, Visibility
from haoyun.platform.market.store import get_load, post_load
from haoyun.platform.market.values import Window
from haoyun.platform.trading.closing import close_due
from haoyun.tracking.instants import to_ms

LOCAL = timedelta(hours=8)  # the pages' zone


def local(hours: float) -> str:
    return (datetime.now(UTC) + LOCAL + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


def fields(**changes: str) -> dict[str, str]:
    form = {
        "goods": "瓷砖 Tiles", "weight_kg": "5000", "origin": "宁波", "destination": "上海",
        "pickup_start": local(6), "pickup_end": local(14), "delivery_start": local(12), "delivery_end": local(40),
        "price_mode": "auction", "pay_days": "30", "visibility": "public", "mode": "road",
        "auction_closes_at": local(2), "auction_latest_at": local(3), "auction_soft_close_min": "5",
        "auction_ceiling_fen": "4000", "auction_step_fen": "50", "auction_award": "publisher",
        "auction_decide_min": "60", "auction_unsold": "ask",
    }  # fmt: skip
    return {**form, **changes}


def send(client: FlaskClient, page: str, path: str, **form: str) -> TestResponse:
    return client.post(path, data={"csrf_token": token(client, page), **form})


def posted(client: FlaskClient, **changes: str) -> str:
    answer = send(client, "/loads/new", "/loads", **fields(**changes))
    assert answer.status_code == 302, text(answer)
    return str(answer.headers["Location"])


def test_an_auction_is_posted_bid_on_and_decided_on_its_page(client: FlaskClient, world: Any) -> None:
    shipper, carrier = client, world.app.test_client()
    sign_in(shipper, SHIPPER)
    sign_in(carrier, CARRIER)
    path = posted(shipper)
    offered = text(carrier.get(f"{path}?lang=en"))
    assert "open for bids" in offered and "¥4,000" in offered and f'action="{path}/bids"' in offered
    assert 'data-left-s="' in offered and f'hx-get="{path}/auction"' in offered
    truck = world.capacity_ids[0]
    high = carrier.post(
        f"{path}/bids", data={"csrf_token": token(carrier, path), "capacity_id": truck, "price": "4000.01"}
    )
    assert "4000.00 yuan at most" in text(carrier.get(high.headers["Location"]))
    send(carrier, path, f"{path}/bids", capacity_id=truck, price="3900.50")
    own, publishers = text(carrier.get(f"{path}/auction")), text(shipper.get(f"{path}/auction?lang=en"))
    assert "¥3,900.50" in own and "1 / 1" in own and "¥3,850.50" in own
    assert "Shunda Haulage" in publishers and "Choose this bid" not in publishers
    stranger = world.app.test_client()
    sign_in(stranger, STRANGER)
    seen = text(stranger.get(f"{path}/auction?lang=en"))
    assert "¥3,900.50" in seen and "Shunda Haulage" not in seen
    late = datetime.now(UTC) + timedelta(hours=2, minutes=6)
    assert close_due(world.services.databases, late, world.services.market, verified_only=False) >= 1
    assert "closed, the publisher chooses" in text(carrier.get(f"{path}/auction?lang=en"))
    assert "Choose this bid" in text(shipper.get(f"{path}/auction?lang=en"))


def test_a_reader_who_is_not_signed_in_sees_that_it_is_an_auction(client: FlaskClient, world: Any) -> None:
    publisher = world.app.test_client()
    sign_in(publisher, SHIPPER)
    path = posted(publisher)
    page = text(client.get(f"{path}?lang=en"))
    assert "Sign in as a carrier to bid." in page
    assert client.get(f"{path}/auction").status_code == 302


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("auction_closes_at", "", "此项必填"),
        ("auction_closes_at", "2020-01-01T08:00", "时间已过"),
        ("auction_latest_at", "2020-01-01T08:00", "最晚截止不得早于竞价截止时间"),
        ("auction_soft_close_min", "61", "应在 0 与 60 之间"),
        ("auction_ceiling_fen", "many", "请填写数字"),
        ("auction_step_fen", "4000", "最小降价幅度应小于最高限价"),
    ],
)
def test_a_wrong_field_of_an_auction_gets_its_sentence(
    client: FlaskClient, field: str, value: str, words: str
) -> None:
    sign_in(client, SHIPPER).get("/?lang=zh")
    changes = {field: value}
    if field == "auction_closes_at" and value:
        changes["auction_latest_at"] = ""
    answer = send(client, "/loads/new", "/loads", **fields(**changes))
    assert answer.status_code == 422 and words in text(answer)


def test_a_draft_keeps_the_auction(client: FlaskClient) -> None:
    sign_in(client, SHIPPER).get("/?lang=en")
    kept = send(client, "/loads/new", "/loads", **fields(goods="草稿 Kept"), do="draft")
    assert kept.status_code == 302
    drafts = text(client.get("/publish"))
    draft_id = drafts[drafts.index("dra_") :].split('"')[0].split("/")[0]
    form = text(client.get(f"/loads/new?draft={draft_id}"))
    assert 'value="4000"' in form and '<option value="publisher" selected' in form


# Changing an open load.


def test_an_open_load_is_changed_in_the_form_that_posted_it(client: FlaskClient) -> None:
    sign_in(client, SHIPPER).get("/?lang=en")
    path = posted(client, price_mode="ask", goods="变更 Before")
    form = text(client.get(f"{path}/edit"))
    assert 'value="变更 Before"' in form and 'value="5000"' in form and "Save the new terms" in form
    changes = fields(price_mode="fixed", price_fen="3210", goods="变更 After", version="1")
    answer = send(client, f"{path}/edit", f"{path}/edit", **changes)
    assert answer.status_code == 302, text(answer)
    page = text(client.get(path))
    assert "变更 After" in page and "¥3,210" in page
    stale = send(client, f"{path}/edit", f"{path}/edit", **{**changes, "goods": "变更 Late"})
    assert "it was changed in the meantime" in text(client.get(stale.headers["Location"]))
    wrong = send(client, f"{path}/edit", f"{path}/edit", **{**changes, "weight_kg": "", "version": "2"})
    assert wrong.status_code == 422 and "Please fill this in" in text(wrong)


def test_what_is_not_open_or_not_ones_own_is_not_changed(client: FlaskClient, world: Any) -> None:
    sign_in(client, SHIPPER).get("/?lang=en")
    path = posted(client, price_mode="ask")
    other = world.app.test_client()
    sign_in(other, CARRIER)
    assert other.get(f"{path}/edit").status_code == 404
    send(client, path, f"{path}/withdraw")
    answer = client.get(f"{path}/edit")
    assert answer.status_code == 302 and "the load is" in text(client.get(answer.headers["Location"]))


def test_an_edit_shows_a_direct_load_to_nobody_new(client: FlaskClient, world: Any) -> None:
    now, market = datetime.now(UTC), world.services.market
    shipper, carrier = world.actors[SHIPPER], world.actors[CARRIER]
    draft = LoadDraft(
        goods="定向 Direct", weight_kg=1000, origin=market.site("宁波"), destination=market.site("上海"),
        pickup=Window(now + timedelta(hours=6), now + timedelta(hours=14)),
        delivery=Window(now + timedelta(hours=12), now + timedelta(hours=40)),
        visibility=Visibility.DIRECT, invited=frozenset({carrier.org_id}), expires_at=now + timedelta(hours=9),
    )  # fmt: skip
    with world.services.write() as db:
        load = post_load(db, shipper, draft, now, market.snapshot(now))
    path = f"/loads/{load.id}/edit"
    sign_in(client, SHIPPER).get("/?lang=en")
    assert '<option value="direct" selected' in text(client.get(path))
    answer = send(
        client, path, path, **fields(price_mode="ask", visibility="direct", version="1", weight_kg="2000")
    )
    assert answer.status_code == 302, text(answer)
    with world.services.read() as db:
        after = get_load(db, load.id, shipper)
    assert (after.weight_kg, after.visibility, after.invited) == (2000, Visibility.DIRECT, load.invited)
    assert to_ms(after.expires_at) == to_ms(load.expires_at), "an end of its own stays"
