"""Sharing a shipment: what a link shows, who may make one, that every look is logged, and that guessing ends at 429."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from signing_in import CARRIER, SHIPPER, STRANGER, sign_in, text, token

from haoyun.platform.api.limits import limiter
from haoyun.platform.trading.sharing import looks_at, outer_part, shares_of
from haoyun.platform.trading.sharing_tables import SHARE

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture(autouse=True)
def _fresh_limits(world: Any) -> None:
    with world.app.app_context():
        limiter.reset()


def make_link(client: FlaskClient, world: Any, hours: str = "24") -> str:
    path = f"/orders/{world.order_id}/share"
    form = {"csrf_token": token(client, path), "label": "consignee", "hours": hours}
    page = text(client.post(f"{path}/link", data=form))
    found = re.search(r"/s/([\w-]+)", page)
    assert found is not None
    return found.group(1)


def looks(world: Any) -> list:
    with world.services.read() as db:
        return looks_at(db, world.actors[SHIPPER], world.order_id)


def test_a_link_shows_no_driver_no_plate_no_price_and_a_coarse_position(
    client: FlaskClient, world: Any
) -> None:
    link = make_link(sign_in(client, SHIPPER), world)
    page = text(world.app.test_client().get(f"/s/{link}", headers=ENGLISH))
    assert "Ningbo" in page and "about a kilometre" in page
    assert (
        "浙B23456" not in page
        and "王调度" not in page
        and "310" not in re.sub(r"<svg.*?</svg>", "", page, flags=re.S)
    )


def test_a_link_has_192_bits_and_only_its_hash_is_kept(client: FlaskClient, world: Any) -> None:
    link = make_link(sign_in(client, SHIPPER), world)
    assert len(link) * 6 >= 192
    with world.services.read() as db:
        kept = [row.token_sha256 for row in db.execute(SHARE.select())]
    assert link not in kept and all(len(one) == 64 for one in kept if one)


def test_every_look_is_written_down_for_the_owner(client: FlaskClient, world: Any) -> None:
    link = make_link(sign_in(client, SHIPPER), world)
    before = len(looks(world))
    visitor = world.app.test_client()
    visitor.get(f"/s/{link}", environ_base={"REMOTE_ADDR": "203.0.113.77"})
    visitor.get(f"/track/{world.tracking_number}", environ_base={"REMOTE_ADDR": "203.0.113.77"})
    visitor.get(f"/api/v1/tracking/{world.tracking_number}", environ_base={"REMOTE_ADDR": "203.0.113.77"})
    found = looks(world)[: len(looks(world)) - before]
    assert [(one.by, one.what, one.who) for one in found] == [
        ("number", "api", "203.0.113.0/24"), ("number", "page", "203.0.113.0/24"), ("link", "page", "203.0.113.0/24"),
    ]  # fmt: skip
    assert "203.0.113.0/24" in text(client.get(f"/orders/{world.order_id}/share"))
    assert found[-1].label == "consignee"


def test_an_ended_an_expired_and_a_wrong_link_look_the_same(client: FlaskClient, world: Any) -> None:
    owner = sign_in(client, SHIPPER)
    ended, expired = make_link(owner, world), make_link(owner, world)
    path = f"/orders/{world.order_id}/share"
    with world.services.read() as db:
        newest, second = shares_of(db, world.actors[SHIPPER], world.order_id)[:2]
    assert owner.post(f"{path}/{second.id}/end", data={"csrf_token": token(owner, path)}).status_code == 302
    with world.services.write() as db:
        past = int((datetime.now(UTC) - timedelta(seconds=1)).timestamp() * 1000)
        db.execute(SHARE.update().where(SHARE.c.id == newest.id).values(expires_ms=past))
    answers = [
        world.app.test_client().get(f"/s/{one}") for one in (ended, expired, secrets.token_urlsafe(24))
    ]
    assert [answer.status_code for answer in answers] == [404] * 3
    bodies = {
        re.sub(r'nonce="[^"]+"|name="csrf_token" value="[^"]+"|/s/[\w-]+', "", text(a)) for a in answers
    }
    assert len(bodies) == 1


@pytest.mark.parametrize("path", ["/s/{}", "/track/HY{}", "/api/v1/tracking/HY{}"])
def test_guessing_ends_at_429_before_the_hundredth_try(world: Any, path: str) -> None:
    guesser = world.app.test_client()
    answers = [guesser.get(path.format(secrets.token_hex(10).upper())).status_code for _ in range(100)]
    assert set(answers[:50]) == {404}
    assert answers[-1] == 429
    assert 200 not in answers


def test_a_stranger_cannot_share_see_or_end_anything_of_an_order(client: FlaskClient, world: Any) -> None:
    make_link(sign_in(world.app.test_client(), SHIPPER), world)
    with world.services.read() as db:
        share = shares_of(db, world.actors[SHIPPER], world.order_id)[0]
    stranger = sign_in(client, STRANGER)
    form = {"csrf_token": token(stranger, "/me"), "hours": "24", "to_org": "x"}
    path = f"/orders/{world.order_id}/share"
    assert stranger.get(path).status_code == 404
    assert [stranger.post(f"{path}/{end}", data=form).status_code for end in ("link", "grant")] == [404, 404]
    assert stranger.post(f"{path}/{share.id}/end", data=form).status_code in (403, 404)
    assert stranger.get(f"/shared/{world.order_id}").status_code == 404
    with world.services.read() as db:
        assert shares_of(db, world.actors[SHIPPER], world.order_id)[0].revoked_at is None


def test_a_grant_lets_one_organization_read_for_its_time_and_names_it_in_the_log(
    client: FlaskClient, world: Any
) -> None:
    owner = sign_in(client, SHIPPER)
    path = f"/orders/{world.order_id}/share"
    org = world.actors[STRANGER].org_id
    owner.post(f"{path}/grant", data={"csrf_token": token(owner, path), "to_org": org, "hours": "24"})
    reader = sign_in(world.app.test_client(), STRANGER)
    page = reader.get(f"/shared/{world.order_id}", headers=ENGLISH)
    assert page.status_code == 200 and "Frozen seafood" in text(page)
    assert reader.get(f"/orders/{world.order_id}").status_code == 404
    assert (looks(world)[0].by, looks(world)[0].who) == ("grant", "北方物流")
    with world.services.write() as db:
        db.execute(SHARE.update().where(SHARE.c.to_org == org).values(expires_ms=1))
    assert reader.get(f"/shared/{world.order_id}").status_code == 404


@pytest.mark.parametrize(
    ("address", "kept"),
    [("203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2::9", "2001:db8:1::/48"), (None, "–")],
)
def test_of_a_visitors_address_only_the_outer_part_is_kept(address: str | None, kept: str) -> None:
    assert outer_part(address) == kept


def test_the_replay_has_the_track_with_speeds_for_its_sides_only(client: FlaskClient, world: Any) -> None:
    owner = sign_in(client, CARRIER)
    data = owner.get(f"/orders/{world.order_id}/replay.json").get_json()
    assert len(data["at"]) == len(data["lat"]) == len(data["kmh"]) >= 10
    assert data["at"] == sorted(data["at"]) and set(data["kmh"]) == {72.0}
    assert "data-replay" in text(owner.get(f"/orders/{world.order_id}/replay"))
    stranger = sign_in(world.app.test_client(), STRANGER)
    assert stranger.get(f"/orders/{world.order_id}/replay.json").status_code == 404
