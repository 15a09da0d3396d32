"""What a vehicle has taken on: the loads on its way, as its capacity keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from haoyun.platform.market.values import Window
from haoyun.tracking.instants import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class Booked:
    """A load on the way of a vehicle: places by their codes."""

    load_id: str
    origin: str
    destination: str
    pickup: Window
    delivery: Window
    weight_kg: int
    volume_dm3: int
    ldm_cm: int


def plan_json(plan: Iterable[Booked]) -> str:
    """As the table keeps it."""
    return orjson.dumps(
        [
            [
                one.load_id,
                one.origin,
                one.destination,
                to_ms(one.pickup.start),
                to_ms(one.pickup.end),
                to_ms(one.delivery.start),
                to_ms(one.delivery.end),
                one.weight_kg,
                one.volume_dm3,
                one.ldm_cm,
            ]
            for one in plan
        ]
    ).decode()


def plan_of(text: str) -> tuple[Booked, ...]:
    """What `plan_json` wrote."""
    return tuple(
        Booked(
            load_id,
            origin,
            destination,
            Window(from_ms(times[0]), from_ms(times[1])),
            Window(from_ms(times[2]), from_ms(times[3])),
            *amounts,
        )
        for load_id, origin, destination, *times, kg, dm3, cm in orjson.loads(text)
        for amounts in [(kg, dm3, cm)]
    )
