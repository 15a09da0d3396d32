"""Small problems that the routing tests share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from haoyun.routing import Job, Problem, Shipment, Vehicle, Visit, Window


@pytest.fixture
def line() -> Callable[..., Problem]:
    """Builds problems on a straight road: location n is n km from location 0, a km takes 60 s."""

    def build(**parts: object) -> Problem:
        places = np.arange(11)
        km = np.abs(places[:, None] - places[None, :])
        return Problem(durations_s=km * 60, distances_m=km * 1000, **parts)  # type: ignore[arg-type]

    return build


@pytest.fixture
def freight(line: Callable[..., Problem]) -> Problem:
    """Two trucks, two jobs and two shipments: by hand, truck 1 serves the jobs and shipment 10, truck 2 shipment 20."""
    return line(
        vehicles=(
            Vehicle(1, 0, 0, (10, 5), Window(0, 3600), frozenset({"cold"}), 500, 100, 36),
            Vehicle(2, 10, None, (10, 5), Window(0, 3600), cost_per_km=100, max_stops=2, max_distance_m=9000),
        ),
        jobs=(
            Job(1, 1, 60, (Window(0, 200), Window(300, 400)), delivery=(4, 1)),
            Job(2, 2, 60, (Window(300, 900),), pickup=(3, 1), skills=frozenset({"cold"})),
        ),
        shipments=(
            Shipment(10, Visit(11, 3), Visit(12, 5, 30), amount=(6, 2)),
            Shipment(20, Visit(21, 9, 10), Visit(22, 7, 10, (Window(200, 800),)), amount=(2, 2)),
        ),
        capacity_names=("kg", "pallets"),
    )
