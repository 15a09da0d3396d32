"""What the demonstration's companies do once besides trading, and that it is what the platform takes."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from haoyun.maps.gazetteer.places import trunk_gazetteer
from haoyun.platform.accounts.documents import media_type_of
from haoyun.platform.demo.bidding import hold_an_auction
from haoyun.platform.demo.errors import ApiRefused
from haoyun.platform.demo.office import Office, chat_message, licence
from haoyun.platform.demo.state import DemoState, TruckState
from haoyun.platform.demo.world import World
from haoyun.platform.demo.yard import BOOKED, DOCKS
from haoyun.platform.publishing.chat.parse import parse_message
from haoyun.platform.publishing.chat.places import names_of

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
ERRANDS = ["message", "lane", "newcomer", "docks", "auction", "round"]


class Platform:
    """Stands for the API: answers what an errand reads, writes down what is posted, refuses what it is told to."""

    def __init__(
        self,
        world: World,
        refuses: str = "",
        verification: str = "UNVERIFIED",
        *,
        docks_are_free: bool = True,
    ) -> None:
        self.posted: list[tuple[str, str, Any]] = []
        self._refuses = refuses
        self._docks_are_free = docks_are_free
        self._lines = [{"id": f"line_{n}", "position": n % 2} for n in range(6)]
        self._answers: Mapping[str, Any] = {
            "/organization": {"verification": verification},
            "/jobs/job_1": {"state": "SUCCEEDED", "result": {"round_id": "rnd_1"}},
            "/rounds/rnd_1/lines?limit=50": {"items": self._lines},
        }
        self._suited = world.carriers[1].key

    def get(self, path: str, who: str) -> Any:
        if path == "/rounds?limit=1":
            return {"items": [{"id": "rnd_1"}] if who == self._suited else []}
        if "/first-free?" in path:
            free = [{"dock_id": f"dock_{n}", "start": f"2026-03-02T0{n}:00:00Z"} for n in (4, 5)]
            return {"items": free if self._docks_are_free else []}
        if path.endswith("/matches"):
            return {"items": [{"capacity_id": f"cap_{n}"} for n in range(8)]}
        return self._answers[path]

    def post(self, path: str, body: object = None, *, who: str, key: str | None = None) -> Any:
        if self._refuses and path.startswith(self._refuses):
            raise ApiRefused(409, "not now")
        self.posted.append((path, who, body))
        return {"job_id": "job_1", "id": f"id_{len(self.posted)}", "distance_m": 900_000.0}


def office(platform: Platform, world: World, state: DemoState) -> Office:
    return Office(platform, world, state)  # type: ignore[arg-type]


def on_offer(world: World) -> dict[str, TruckState]:
    """Every truck that stands free is offered, and some that drive."""
    chosen = [truck for truck in world.trucks if truck.parked][:4] + list(world.trucks[:4])
    return {
        truck.key: TruckState(truck.home, capacity_id=f"cap_{number}") for number, truck in enumerate(chosen)
    }


def test_every_errand_is_run_once_even_over_a_restart(world: World) -> None:
    platform, state = Platform(world), DemoState("trunk", 20, 60, trucks=on_offer(world))
    for _ in range(len(ERRANDS) + 2):
        office(platform, world, state).run_next(NOW)
    assert state.errands == ERRANDS
    said = [str(one) for one in platform.posted]
    assert len(said) == len(set(said)), "nothing is said twice"


def test_a_refused_errand_waits_without_holding_up_the_others(world: World) -> None:
    state = DemoState("trunk", 20, 60)
    refusing = office(Platform(world, refuses="/saved-lanes"), world, state)
    for _ in range(5):
        refusing.run_next(NOW)
    assert sorted(state.errands) == ["docks", "message", "newcomer", "round"]
    office(Platform(world), world, state).run_next(NOW)
    assert "lane" in state.errands


def test_bids_of_an_auction_come_from_different_carriers_and_fall_by_its_step(world: World) -> None:
    platform, state = Platform(world), DemoState("trunk", 20, 60, trucks=on_offer(world))
    assert hold_an_auction(platform, world, state, NOW)  # type: ignore[arg-type]
    (_, owner, load), *bids = platform.posted
    assert owner == world.shippers[0].key and load["price_mode"] == "auction"
    assert len({who for _, who, _ in bids}) == len(bids) == 3
    prices = [body["price_fen"] for _, _, body in bids]
    assert all(a - b >= load["auction"]["step_fen"] for a, b in pairwise(prices))


def test_an_auction_waits_until_a_truck_is_on_offer(world: World) -> None:
    platform, state = Platform(world), DemoState("trunk", 20, 60, errands=ERRANDS[:4])
    office(platform, world, state).run_next(NOW)
    assert not [path for path, _, _ in platform.posted if path == "/loads"]
    assert state.errands == [*ERRANDS[:4], "round"]


def test_the_carrier_that_the_round_suits_quotes_lines_that_can_start_now(world: World) -> None:
    platform, state = Platform(world), DemoState("trunk", 20, 60, errands=ERRANDS[:-1])
    office(platform, world, state).run_next(NOW)
    quoted = [(path, who) for path, who, _ in platform.posted if path.endswith("/quote")]
    suited = world.carriers[1].key
    assert quoted == [(f"/rounds/rnd_1/lines/line_{n}/quote", suited) for n in (0, 2)]


@pytest.mark.parametrize("state", ["PENDING", "VERIFIED", "REFUSED"])
def test_a_newcomer_that_has_asked_does_not_ask_again(world: World, state: str) -> None:
    platform, memory = Platform(world, verification=state), DemoState("trunk", 20, 60, errands=ERRANDS[:2])
    office(platform, world, memory).run_next(NOW)
    assert (platform.posted, memory.errands) == ([], ERRANDS[:3])


def test_the_message_of_the_group_is_understood_to_its_last_field(world: World) -> None:
    offers = parse_message(chat_message(world), names_of(trunk_gazetteer()), NOW)
    assert [str(offer.kind) for offer in offers] == ["load", "load", "capacity"]
    for offer in offers:
        assert not offer.questions
        assert {"origin", "destination", "body"} <= set(offer.fields)
    assert {"weight_kg", "goods", "price_fen", "pickup"} <= set(offers[0].fields)


def test_the_paper_of_the_newcomer_is_a_picture_that_the_platform_takes(world: World) -> None:
    platform, memory = Platform(world), DemoState("trunk", 20, 60, errands=ERRANDS[:2])
    office(platform, world, memory).run_next(NOW)
    (where, who, paper), (asks, _, _) = platform.posted
    assert (where, asks, who) == ("/organization/documents", "/organization/verification", "newcomer")
    assert base64.b64decode(paper["content"]) == licence(world.newcomer)
    assert media_type_of(licence(world.newcomer))[0] == "image/png"


def test_carriers_book_the_first_shippers_docks_and_its_gate_serves_who_came(world: World) -> None:
    platform, memory = Platform(world), DemoState("trunk", 20, 60, errands=ERRANDS[:3])
    office(platform, world, memory).run_next(NOW)
    owner, carriers = world.shippers[0].key, {one.key for one in world.carriers}
    house = platform.posted[0]
    assert (house[0], house[1], len(house[2]["hours"])) == ("/warehouses", owner, 7)
    assert [path for path, _, _ in platform.posted[1:5]] == ["/warehouses/id_1/docks"] * len(DOCKS)
    bookers = [who for path, who, _ in platform.posted if path == "/bookings"]
    assert bookers[:3] == [owner] * 3 and len(bookers) == BOOKED + 3 and set(bookers[3:]) <= carriers
    steps = [(body["to"], who) for path, who, body in platform.posted if path.endswith("/move")]
    ways = ["ARRIVED", "STARTED", "FINISHED", "ARRIVED", "STARTED", "ARRIVED"]
    assert steps == [(to, owner) for to in ways]


@pytest.mark.parametrize("trouble", [{"docks_are_free": False}, {"refuses": "/bookings"}])
def test_a_full_warehouse_has_fewer_visits_and_is_no_trouble(world: World, trouble: dict[str, Any]) -> None:
    platform, memory = Platform(world, **trouble), DemoState("trunk", 20, 60, errands=ERRANDS[:3])
    office(platform, world, memory).run_next(NOW)
    assert memory.errands == ERRANDS[:4]
    assert not [path for path, _, _ in platform.posted if path.startswith("/bookings")]
