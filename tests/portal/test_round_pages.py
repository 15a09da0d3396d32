"""The pages of global rounds: what each shows, to whom, and what taking a line up does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from round_world import propose
from signing_in import CARRIER, SHIPPER, STRANGER, sign_in, text, token

from haoyun.platform.database import reading
from haoyun.platform.jobs import list_jobs

OPERATOR = "ops@example.com"


@pytest.fixture(scope="module")
def proposed(world: Any) -> Iterator[tuple[str, list[Any]]]:
    yield propose(world.services)


def as_(client: FlaskClient, email: str) -> FlaskClient:
    sign_in(client, email)
    client.get("/?lang=en")
    return client


def form_of(client: FlaskClient, email: str) -> dict[str, str]:
    """Signed in, with a form's token whatever pages the person has forms on."""
    found = token(client, "/login")
    as_(client, email)
    return {"csrf_token": found}


def test_the_operator_sees_what_the_round_saves_and_every_line(
    client: FlaskClient, proposed: tuple[str, list[Any]]
) -> None:
    round_id, lines = proposed
    page = text(as_(client, OPERATOR).get(f"/rounds/{round_id}"))
    assert "Against first come, first served" in page and "No plan of loads one after the other" in page
    assert page.count("Quote this price") == len(lines) > 0
    assert round_id in text(client.get("/rounds"))


def test_the_two_sides_see_their_lines_without_the_markets_figures(
    client: FlaskClient, world: Any, proposed: tuple[str, list[Any]]
) -> None:
    round_id, lines = proposed
    carrier = text(as_(client, CARRIER).get(f"/rounds/{round_id}"))
    assert "Proposed to you" in carrier and "Against first come" not in carrier
    assert f"/rounds/{round_id}/lines/{lines[0].id}" in carrier
    shipper = as_(world.app.test_client(), SHIPPER).get(f"/rounds/{round_id}")
    assert shipper.status_code == 200 and "浙A12345" not in text(shipper)


def test_a_stranger_finds_no_round(client: FlaskClient, proposed: tuple[str, list[Any]]) -> None:
    round_id, lines = proposed
    form = form_of(client, STRANGER)
    assert round_id not in text(client.get("/rounds"))
    missing, foreign = (
        text(client.get(f"/rounds/{one}")).split("<main")[1] for one in ("rnd_none", round_id)
    )
    assert foreign == missing and "Nothing is here" in foreign
    assert client.post(f"/rounds/{round_id}/lines/{lines[0].id}", data=form).status_code == 404


def test_a_line_is_taken_up_by_its_button_once(client: FlaskClient, proposed: tuple[str, list[Any]]) -> None:
    round_id, lines = proposed
    as_(client, CARRIER)
    page = f"/rounds/{round_id}"
    first = next(line for line in lines if line.position == 0)
    form = {"csrf_token": token(client, page)}
    made = client.post(f"{page}/lines/{first.id}", data=form)
    assert made.status_code == 302 and made.headers["Location"] == f"/loads/{first.load_id}"
    again = client.post(f"{page}/lines/{first.id}", data=form, follow_redirects=True)
    assert "this line is a quote already" in text(again) and "Quoted" in text(again)
    client.get("/?lang=zh")
    again = client.post(f"{page}/lines/{first.id}", data=form, follow_redirects=True)
    assert "该建议已生成报价" in text(again) and "建议运价" in text(again)


def test_the_operators_button_starts_one_round(client: FlaskClient, world: Any) -> None:
    as_(client, OPERATOR)
    form = {"csrf_token": token(client, "/rounds"), "pools": "1"}
    for _ in range(2):
        assert client.post("/rounds", data=form).status_code == 302
    with reading(world.services.databases.platform).connect() as db:
        waiting = [job for job in list_jobs(db, org_id=None)[0] if job.kind == "round"]
    assert len(waiting) == 1 and waiting[0].payload == {"pools": True}
    assert "A round is being made" in text(client.get("/rounds"))
    assert "Global round" in text(client.get("/dispatch"))
    assert client.get(f"/dispatch/{waiting[0].id}").headers["Location"] == "/rounds"


def test_others_start_no_round(client: FlaskClient) -> None:
    form = form_of(client, CARRIER)
    assert client.post("/rounds", data=form).status_code == 403
    assert "Make a round now" not in text(client.get("/rounds"))
