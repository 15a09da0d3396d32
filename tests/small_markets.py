"""Small random markets on the line A to E, and an auditor of plans that shares no code with the rounds."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from haoyun.platform.market.capacity import Capacity, CapacityState
from haoyun.platform.market.load import Load, LoadState, PriceMode
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.testing import NOW, SITES, SPEED_M_S, STEP_M, hours, road_context
from haoyun.platform.market.values import Body, Mode
from haoyun.platform.rounds.board import Board
from haoyun.platform.rounds.route import Route

PLACES = {site.code: n for n, site in enumerate(SITES)}


def load(number: int, **changes: Any) -> Load:
    """10 t from B to D for 3,000 yuan, pickup within 8 hours, delivery within a day."""
    values: dict[str, Any] = {
        "origin": SITES[1], "destination": SITES[3], "pickup": hours(0, 8), "delivery": hours(0, 24),
        "weight_kg": 10_000, "volume_dm3": 30_000, "ldm_cm": 400, "price_fen": 300_000,
        "posted_at": NOW - timedelta(minutes=number),
    }  # fmt: skip
    values.update(changes)
    a, b = PLACES[values["origin"].code], PLACES[values["destination"].code]
    metres = abs(a - b) * STEP_M
    fixed = values["price_fen"] is not None
    return Load(
        id=f"load_{number:02}", org_id=f"shipper_{number % 3}", goods="paper", state=LoadState.OPEN, version=1,
        terms=1, distance_m=metres, duration_s=metres / SPEED_M_S, expires_at=values["pickup"].end,
        price_mode=PriceMode.FIXED if fixed else PriceMode.ASK, **values,
    )  # fmt: skip


def truck(number: int, **changes: Any) -> Capacity:
    """A 30 t truck that is ready at A in an hour."""
    values: dict[str, Any] = {
        "origin": SITES[0], "destination": None, "radius_km": 450, "ready": hours(1, 48), "weight_kg": 30_000,
        "volume_dm3": 90_000, "ldm_cm": 1_300, "length_cm": 1_300, "cost_per_km_fen": 420, "plan": (),
        "booked": 0, "body": Body.BOX, "mode": Mode.ROAD, "equipment": frozenset(), "state": CapacityState.OPEN,
        "temperature_min_c": None, "temperature_max_c": None, "certificates": (), "min_price_fen": None,
    }  # fmt: skip
    return Capacity(
        id=f"cap_{number:02}", org_id=f"carrier_{number % 2}", vehicle_id=f"veh_{number:02}", note="", version=1,
        posted_at=NOW, **{**values, **changes},
    )  # fmt: skip


def market(seed: int, loads: int, trucks: int) -> tuple[list[Load], list[Capacity], MatchContext]:
    """A random market: windows tight and wide, part loads and full ones, some pairs that cannot be."""
    rng = random.Random(seed)

    def one_load(number: int) -> Load:
        a, b = rng.sample(range(5), 2)
        start = rng.randrange(0, 30)
        pickup = hours(start, start + rng.randrange(1, 12))
        delivery = hours(start + rng.randrange(0, 12), start + rng.randrange(14, 40))
        weight = rng.choice((3_000, 8_000, 14_000, 28_000))
        return load(
            number, origin=SITES[a], destination=SITES[b], pickup=pickup, delivery=delivery, weight_kg=weight,
            volume_dm3=weight * 3, ldm_cm=weight // 25,
            price_fen=rng.choice((None, abs(a - b) * rng.randrange(20_000, 90_000))),
            body=rng.choice((frozenset(), frozenset({Body.BOX}), frozenset({Body.STAKE, Body.BOX}))),
        )  # fmt: skip

    def one_truck(number: int) -> Capacity:
        start = rng.randrange(-2, 12)
        return truck(
            number, origin=rng.choice(SITES), radius_km=rng.choice((50, 120, 450)), ready=hours(start, 60),
            destination=rng.choice((None, None, None, rng.choice(SITES))), body=rng.choice((Body.BOX, Body.STAKE)),
            weight_kg=rng.choice((15_000, 30_000)), cost_per_km_fen=rng.randrange(300, 480),
        )  # fmt: skip

    return [one_load(n) for n in range(loads)], [one_truck(n) for n in range(trucks)], road_context()


def legal_s(metres: float) -> float:
    """Seconds on the road, with 20 minutes of rest after each four hours at the wheel."""
    driving = metres / SPEED_M_S
    total, left = 0.0, driving
    while left > 4 * 3600:
        total, left = total + 4 * 3600 + 20 * 60, left - 4 * 3600
    return total + left


def audit(board: Board, routes: list[Route], loads: list[Load], trucks: list[Capacity]) -> float:
    """Drive every route by hand, with plain loops; returns the contribution of all, fails on what is not allowed."""
    by_id = {one.id: one for one in loads}
    capacities = {one.id: one for one in trucks}
    seen: set[str] = set()
    total = 0.0
    for route in routes:
        capacity = capacities[board.trucks[route.truck].id]
        place, at_s = PLACES[capacity.origin.code], 0.0
        extra_m = 0.0
        if capacity.ready.start > NOW:
            at_s = (capacity.ready.start - NOW).total_seconds()
        else:
            extra_m = capacity.radius_km * 1000.0  # nobody knows where it is: the far end of its area
        assert len(route.legs) == 1 or capacity.destination is None
        for leg in route.legs:
            kilos = dm3 = cm = 0
            metres_empty, waits, alone = 0.0, 0.0, len(leg.unit.jobs) == 1
            for number, stop in enumerate(leg.unit.stops):
                one = board.jobs[stop.job].load
                assert by_id[one.id] is one
                to = PLACES[(one.origin if stop.pickup else one.destination).code]
                metres = abs(to - place) * STEP_M
                driving = legal_s(metres + extra_m) if not extra_m else legal_s_far(metres, extra_m)
                at_s += driving
                if number == 0:
                    metres_empty = metres + extra_m
                else:
                    assert kilos > 0, "empty in the middle of a unit"
                    total -= metres / 1000 * capacity.cost_per_km_fen
                extra_m, place = 0.0, to
                window = one.pickup if stop.pickup else one.delivery
                opens, closes = ((t - NOW).total_seconds() for t in (window.start, window.end))
                assert at_s <= closes + 1e-6, (one.id, "late")
                if stop.pickup or not alone:
                    waits += max(0.0, opens - at_s)
                at_s = max(at_s, opens) + 1800
                sign = 1 if stop.pickup else -1
                kilos, dm3, cm = (
                    kilos + sign * one.weight_kg,
                    dm3 + sign * one.volume_dm3,
                    cm + sign * one.ldm_cm,
                )
                assert kilos <= capacity.weight_kg and dm3 <= capacity.volume_dm3 and cm <= capacity.ldm_cm
                if stop.pickup:
                    assert one.id not in seen, "a load twice"
                    seen.add(one.id)
                    assert not one.body or capacity.body in one.body
                    total += board.jobs[stop.job].price_fen
            assert kilos == 0
            total -= metres_empty / 1000 * capacity.cost_per_km_fen + waits / 3600 * 6_000
    return total


def legal_s_far(metres: float, extra_m: float) -> float:
    """The way from the far end of an area, which is driven at 60 km/h."""
    driving = metres / SPEED_M_S + extra_m / (60 / 3.6)
    rests = max(0, -(-driving // (4 * 3600)) - 1)
    return driving + rests * 20 * 60
