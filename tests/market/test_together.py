"""Offers that are matched together end as if each were matched alone, whatever happens between reading and storing."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from haoyun.platform.database import Databases
from haoyun.platform.market import refresher as rounds
from haoyun.platform.market.booking import book_space, reserve_load
from haoyun.platform.market.bulk import check_load, store_loads
from haoyun.platform.market.load import Load, PriceMode, Visibility
from haoyun.platform.market.matches_store import refresh, refresh_apart
from haoyun.platform.market.refresher import Refresher
from haoyun.platform.market.roads import MatchContext
from haoyun.platform.market.store import (
    add_vehicle,
    edit_load,
    matches_of_load,
    post_capacity,
    post_load,
    withdraw_load,
)
from haoyun.platform.market.tables import CAPACITY, LOAD, MATCH
from haoyun.platform.market.testing import (
    CARRIER,
    NOW,
    OTHER_CARRIER,
    SHIPPER,
    SITES,
    A,
    B,
    capacity_draft,
    hours,
    load_draft,
    road_context,
    seen_at,
    vehicle_draft,
)
from haoyun.platform.market.values import Mode

HERE = road_context()


def offer(db: sa.Connection, plate: str, **changes: Any) -> tuple[str, str]:
    """A truck; its capacity's and its vehicle's id."""
    vehicle = add_vehicle(db, CARRIER, vehicle_draft(plate), NOW)
    return post_capacity(db, CARRIER, capacity_draft(vehicle.id, **changes), NOW, HERE).id, vehicle.id


def a_market(db: sa.Connection, rng: random.Random) -> tuple[list[str], MatchContext]:
    """Trucks of all kinds, some seen, one booked; loads of two modes, some for one carrier. Their ids, the roads."""
    ids, seen = [], {}
    for i in range(8):
        ready = hours(rng.choice([-1, -1, 2]), 48)
        mode = rng.choice([Mode.ROAD, Mode.ROAD, Mode.ROAD, Mode.RAIL])
        truck, vehicle = offer(db, f"京B{10_000 + i}", origin=rng.choice(SITES), ready=ready, mode=mode)
        ids.append(truck)
        if rng.random() < 0.6:
            seen[vehicle] = seen_at(rng.uniform(30, 33), NOW - timedelta(minutes=rng.choice([1, 29, 31])))
    for _ in range(14):
        origin, destination = rng.sample(SITES, 2)
        changes: dict[str, Any] = {}
        if rng.random() < 0.5:
            changes |= {"price_mode": PriceMode.FIXED, "price_fen": rng.randint(50_000, 300_000)}
        if rng.random() < 0.2:
            guest = rng.choice([CARRIER, OTHER_CARRIER]).org_id
            changes |= {"visibility": Visibility.DIRECT, "invited": frozenset({guest})}
        mode = rng.choice([Mode.ROAD, Mode.ROAD, Mode.ROAD, Mode.RAIL])
        kg = rng.randint(1, 20_000)
        draft = load_draft(origin=origin, destination=destination, weight_kg=kg, mode=mode, **changes)
        ids.append(post_load(db, SHIPPER, draft, NOW, HERE).id)
    first = db.execute(sa.select(MATCH.c.load_id, MATCH.c.capacity_id).order_by(MATCH.c.load_id)).first()
    assert first is not None
    book_space(db, first.capacity_id, reserve_load(db, first.load_id, 1, "user", NOW), "user", NOW)
    return ids, road_context(seen)


def table(db: sa.Connection) -> list[tuple[Any, ...]]:
    columns = (c for c in MATCH.columns if c.name != "computed_ms")
    return sorted(tuple(row) for row in db.execute(sa.select(*columns)))


@pytest.mark.parametrize("seed", range(4))
def test_many_matched_together_are_stored_as_if_each_were_matched_alone(db: sa.Connection, seed: int) -> None:
    ids, context = a_market(db, random.Random(seed))
    loads = sorted(key for key in ids if key.startswith("load"))
    trucks = sorted(key for key in ids if key.startswith("cap"))
    for key in (*loads, *trucks):
        refresh(db, [key], NOW, context)
    alone = table(db)
    db.execute(sa.delete(MATCH))
    refresh(db, ids, NOW, context)
    assert table(db) == alone
    assert len(alone) > 20


class Meddled:
    """An engine before whose next transaction somebody else does something: after the reading, before the storing."""

    def __init__(self, engine: sa.Engine, meddle: Callable[[], object]) -> None:
        self._engine, self._meddle = engine, meddle

    def execution_options(self, **options: Any) -> sa.Engine:
        return self._engine.execution_options(**options)

    def begin(self) -> Any:
        self._meddle()
        return self._engine.begin()


def two_loads_and_a_truck(stores: Databases) -> tuple[str, str, str]:
    with stores.platform.begin() as db:
        truck, _ = offer(db, "京A12345", origin=A)
        first = post_load(db, SHIPPER, load_draft(), NOW, HERE).id
        second = post_load(db, SHIPPER, load_draft(weight_kg=20_000), NOW, HERE).id
        db.execute(sa.delete(MATCH))
    return truck, first, second


def pairs(stores: Databases) -> set[tuple[str, int]]:
    """Loads that are matched, each with the version of the truck: that which the truck has now."""
    with stores.platform.connect() as db:
        query = sa.select(MATCH.c.load_id, MATCH.c.inputs, CAPACITY.c.version)
        rows = db.execute(query.join(CAPACITY, CAPACITY.c.id == MATCH.c.capacity_id))
        found = set()
        for row in rows:
            assert f'"capacity_version":{row.version},' in row.inputs
            found.add((row.load_id, row.version))
        return found


def test_a_load_that_goes_while_it_is_ranked_keeps_no_match(stores: Databases) -> None:
    _, first, second = two_loads_and_a_truck(stores)

    def meddle() -> None:
        with stores.platform.begin() as db:
            withdraw_load(db, SHIPPER, first, NOW)

    refresh_apart(Meddled(stores.platform, meddle), [first, second], NOW, HERE)  # type: ignore[arg-type]
    assert {load for load, _ in pairs(stores)} == {second}


def test_a_load_that_changes_while_it_is_ranked_is_matched_as_it_is_now(stores: Databases) -> None:
    _, first, second = two_loads_and_a_truck(stores)

    def meddle() -> None:
        with stores.platform.begin() as db:
            edit_load(db, SHIPPER, first, load_draft(weight_kg=7), 1, NOW, HERE)

    refresh_apart(Meddled(stores.platform, meddle), [first, second], NOW, HERE)  # type: ignore[arg-type]
    with stores.platform.connect() as db:
        rows = {row.load_id: row.inputs for row in db.execute(sa.select(MATCH.c.load_id, MATCH.c.inputs))}
    assert set(rows) == {first, second}
    assert '"load_version":2,' in rows[first]


def test_a_truck_that_is_booked_while_loads_are_ranked_shows_what_is_left(stores: Databases) -> None:
    truck, first, second = two_loads_and_a_truck(stores)

    def meddle() -> None:
        with stores.platform.begin() as db:
            book_space(db, truck, reserve_load(db, first, 1, "user", NOW), "user", NOW)

    refresh_apart(Meddled(stores.platform, meddle), [second], NOW, HERE)  # type: ignore[arg-type]
    with stores.platform.connect() as db:
        free = db.scalar(sa.select(CAPACITY.c.weight_kg))
    assert free == 20_000  # just enough for the second
    assert pairs(stores) == {(second, 2)}


def test_loads_that_an_import_matched_meanwhile_do_not_wait_for_the_worker(
    stores: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "BUDGET", 1)
    with stores.platform.begin() as db:
        offer(db, "京A12345", origin=B)
    refresher = Refresher()
    refresher(stores.platform, HERE, NOW)
    made = [check_load(SHIPPER, load_draft(), NOW, HERE) for _ in range(3)]
    loads = [one for one in made if isinstance(one, Load)]
    with stores.platform.begin() as db:
        store_loads(db, "user", loads, NOW)
    assert refresher(stores.platform, HERE, NOW) == 1  # two still wait
    refresh_apart(stores.platform, [load.id for load in loads], NOW, HERE)
    assert refresher(stores.platform, HERE, NOW) == 0
    with stores.platform.connect() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(LOAD)) == 3
        assert all(matches_of_load(db, load.id, SHIPPER) for load in loads)
