"""Rounds as jobs: stored once however often a worker dies, seen by those they concern, and lines that become quotes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.database import Databases
from haoyun.platform.jobs import get_job
from haoyun.platform.jobs.errors import JobStopped
from haoyun.platform.jobs.tables import job as JOB
from haoyun.platform.jobs.worker import JobContext
from haoyun.platform.market.capacity import CapacityState
from haoyun.platform.market.errors import Conflict, NotAllowed, NotFound
from haoyun.platform.market.load import PriceMode
from haoyun.platform.market.store import (
    add_vehicle,
    find_capacity,
    open_offers,
    post_capacity,
    post_load,
    withdraw_load,
)
from haoyun.platform.market.testing import (
    CARRIER,
    NOW,
    OPERATOR,
    OTHER_CARRIER,
    OTHER_SHIPPER,
    SHIPPER,
    VIEWER,
    B,
    D,
    capacity_draft,
    hours,
    load_draft,
    road_context,
    vehicle_draft,
)
from haoyun.platform.rounds.accept import take_up
from haoyun.platform.rounds.job import ROUND, RoundJob, RoundKeeper, enqueue_round, make_round
from haoyun.platform.rounds.proposal import KEEP, VALID_FOR, Line, LineState, Round
from haoyun.platform.rounds.store import (
    get_line,
    get_round,
    keep_round,
    lapse,
    lines_of_round,
    list_rounds,
    own_sums,
)
from haoyun.platform.rounds.tables import LINE
from haoyun.platform.rounds.tables import ROUND as ROUND_TABLE
from haoyun.platform.trading.quote import Side
from haoyun.platform.trading.store import accept_quote

HERE = road_context()
FIXED: dict[str, Any] = {"price_mode": PriceMode.FIXED, "price_fen": 300_000}


def market(db: sa.Connection, pool: bool = False) -> None:
    """One truck and two loads: there and back again, or two that share the vehicle."""
    vehicle = add_vehicle(db, CARRIER, vehicle_draft("京A12345"), NOW)
    post_capacity(db, CARRIER, capacity_draft(vehicle.id), NOW, HERE)
    there = load_draft(**FIXED)
    returning = {"origin": D, "destination": B, "pickup": hours(6, 20), "delivery": hours(8, 40)}
    back = there if pool else load_draft(**returning, **FIXED)
    post_load(db, SHIPPER, there, NOW, HERE)
    post_load(db, OTHER_SHIPPER, back, NOW, HERE)


def made(db: sa.Connection, job_id: str = "job_1", now: datetime = NOW) -> tuple[Round, list[Line]]:
    found, lines = make_round(open_offers(db, now), HERE, job_id, now)
    keep_round(db, found, lines)
    return found, list(lines_of_round(db, found.id, OPERATOR).items)


def up(db: sa.Connection, who: Actor, line: Line, now: datetime = NOW) -> Any:
    return take_up(db, who, line.round_id, line.id, now, HERE)


def test_a_round_is_read_as_it_was_stored(db: sa.Connection) -> None:
    market(db)
    found, lines = make_round(open_offers(db, NOW), HERE, "job_1", NOW)
    assert keep_round(db, found, lines)
    assert get_round(db, found.id, OPERATOR) == found
    assert sorted(lines_of_round(db, found.id, OPERATOR).items, key=lambda line: line.id) == sorted(
        lines, key=lambda line: line.id
    )
    assert [(line.truck, line.position) for line in lines] == [(0, 0), (0, 1)]
    assert found.after.loads == 2 and found.after.contribution_fen <= found.bound_fen


def test_pages_go_through_all_lines_in_order(db: sa.Connection) -> None:
    market(db)
    found, lines = made(db)
    first = lines_of_round(db, found.id, OPERATOR, limit=1)
    second = lines_of_round(db, found.id, OPERATOR, limit=1, after=first.next)
    assert [*first.items, *second.items] == lines and second.next is None


def test_each_organization_sees_its_own_lines_only(db: sa.Connection) -> None:
    market(db)
    found, lines = made(db)
    assert len(lines_of_round(db, found.id, CARRIER).items) == 2
    for who, number in ((SHIPPER, 0), (OTHER_SHIPPER, 1)):
        assert list(lines_of_round(db, found.id, who).items) == [lines[number]]
        assert own_sums(db, found.id, who).lines == 1 and own_sums(db, found.id, who).contribution_fen == 0
        with pytest.raises(NotFound):
            get_line(db, found.id, lines[1 - number].id, who)
    assert own_sums(db, found.id, CARRIER).contribution_fen == sum(line.contribution_fen for line in lines)
    assert list_rounds(db, OTHER_CARRIER).items == ()
    with pytest.raises(NotFound):
        get_round(db, found.id, OTHER_CARRIER)


@pytest.mark.parametrize(("who", "side"), [(CARRIER, Side.CARRIER), (SHIPPER, Side.SHIPPER)])
def test_a_line_becomes_a_quote_of_who_takes_it_up(db: sa.Connection, who: Actor, side: Side) -> None:
    market(db)
    _found, lines = made(db)
    quote = up(db, who, lines[0])
    assert (quote.side, quote.price_fen, quote.load_id) == (side, lines[0].price_fen, lines[0].load_id)
    line = get_line(db, lines[0].round_id, lines[0].id, OPERATOR)
    assert (line.state, line.quote_id, line.quoted_by) == (LineState.QUOTED, quote.id, who.org_id)
    with pytest.raises(Conflict, match="already"):
        up(db, CARRIER, lines[0])
    assert accept_quote(db, SHIPPER if side is Side.CARRIER else CARRIER, quote.id, NOW).price_fen == 300_000


def test_strangers_and_onlookers_take_up_nothing(db: sa.Connection) -> None:
    market(db)
    _found, lines = made(db)
    with pytest.raises(NotFound):
        up(db, OTHER_CARRIER, lines[0])
    with pytest.raises(NotAllowed):
        up(db, VIEWER, lines[0])


def test_the_next_load_of_a_truck_is_quoted_once_the_one_before_is_booked(db: sa.Connection) -> None:
    market(db)
    _found, lines = made(db)
    with pytest.raises(Conflict, match="before it"):
        up(db, CARRIER, lines[1])
    first = up(db, CARRIER, lines[0])
    with pytest.raises(Conflict, match="before it"):
        up(db, CARRIER, lines[1])  # quoted is not booked
    accept_quote(db, SHIPPER, first.id, NOW)
    with pytest.raises(Conflict, match="the carrier takes this line up first"):
        up(db, OTHER_SHIPPER, lines[1])
    second = up(db, CARRIER, lines[1])
    before, after = find_capacity(db, first.capacity_id), find_capacity(db, second.capacity_id)
    assert before is not None and after is not None
    assert before.state is CapacityState.WITHDRAWN  # the vehicle's space is offered once
    assert (after.origin, after.ready.start, after.vehicle_id) == (D, lines[0].free_at, before.vehicle_id)
    order = accept_quote(db, OTHER_SHIPPER, second.id, NOW)
    assert order.capacity_id == after.id


def test_the_loads_of_a_pool_are_booked_on_one_vehicle_at_their_shares(db: sa.Connection) -> None:
    market(db, pool=True)
    _found, lines = made(db)
    assert [line.position for line in lines] == [0, 0]
    pool = lines[0].pool
    assert pool is not None and pool["saving_fen"] > 0
    assert sum(share["fen"] for share in pool["shares"]) == pool["saving_fen"]
    owners = {who.org_id: who for who in (SHIPPER, OTHER_SHIPPER)}
    for line in lines:
        assert line.price_fen == 300_000 - line.share_fen and line.share_fen > 0
        quote = up(db, CARRIER, line)
        assert accept_quote(db, owners[line.shipper_org], quote.id, NOW).price_fen == line.price_fen


def test_a_line_lapses_when_its_load_is_gone_its_time_is_over_or_a_newer_round_is_there(
    db: sa.Connection,
) -> None:
    market(db)
    found, lines = made(db)
    withdraw_load(db, SHIPPER, lines[0].load_id, NOW)
    with pytest.raises(Conflict, match="lapsed"):
        up(db, CARRIER, lines[0])
    assert lapse(db, NOW) == 1
    assert get_line(db, found.id, lines[0].id, CARRIER).state is LineState.LAPSED
    newer, _ = made(db, "job_2")
    assert get_line(db, found.id, lines[1].id, CARRIER).state is LineState.LAPSED
    assert lapse(db, NOW) == 0
    later = NOW + VALID_FOR
    (line,) = lines_of_round(db, newer.id, CARRIER).items
    with pytest.raises(Conflict, match="lapsed"):
        up(db, CARRIER, line, later)
    assert lapse(db, later) == 1


def test_what_was_quoted_does_not_lapse(db: sa.Connection) -> None:
    market(db)
    _found, lines = made(db)
    up(db, CARRIER, lines[0])
    made(db, "job_2")
    assert get_line(db, lines[0].round_id, lines[0].id, CARRIER).state is LineState.QUOTED


def test_lines_that_became_nothing_are_forgotten_after_a_week(db: sa.Connection) -> None:
    market(db)
    found, lines = made(db)
    up(db, CARRIER, lines[0])
    made(db, "job_2", NOW + KEEP)  # lets the other line lapse
    made(db, "job_3", NOW + KEEP + timedelta(minutes=1))
    assert [line.id for line in lines_of_round(db, found.id, OPERATOR).items] == [lines[0].id]
    assert get_round(db, found.id, OPERATOR) == found


class Map:
    """The market's roads, always the same."""

    def snapshot(self, _now: datetime) -> object:
        return HERE


def run(stores: Databases, job_id: str, context: JobContext | None = None) -> dict[str, Any]:
    with stores.platform.connect() as db:
        job = get_job(db, job_id)
    handler = RoundJob(stores, Map, lambda: NOW)  # type: ignore[arg-type]
    return handler(job, context or JobContext())


def count(stores: Databases, table: sa.Table) -> int:
    with stores.platform.connect() as db:
        return int(db.scalar(sa.select(sa.func.count()).select_from(table)) or 0)


def queued(stores: Databases) -> str:
    with stores.platform.begin() as db:
        market(db)
        return enqueue_round(db, "org-operator", None, NOW).id


def test_a_worker_that_died_after_storing_proposes_nothing_twice(stores: Databases) -> None:
    job_id = queued(stores)
    first = run(stores, job_id)  # died before it could end the job: the next claim runs it again
    assert run(stores, job_id) == first
    assert count(stores, ROUND_TABLE) == 1 and count(stores, LINE) == 2 == first["lines"]


def test_two_claims_at_once_store_one_round(stores: Databases) -> None:
    job_id = queued(stores)
    with stores.platform.connect() as db:
        offers = open_offers(db, NOW)
    for found, lines in [make_round(offers, HERE, job_id, NOW) for _ in range(2)]:
        with stores.platform.begin() as db:
            keep_round(db, found, lines)
    assert count(stores, ROUND_TABLE) == 1 and count(stores, LINE) == 2


def test_a_round_that_is_cancelled_leaves_nothing(stores: Databases) -> None:
    job_id = queued(stores)
    context = JobContext()
    context.stop.set()
    with pytest.raises(JobStopped):
        run(stores, job_id, context)
    assert count(stores, ROUND_TABLE) == 0


def test_a_round_is_begun_once_for_each_span_of_time(stores: Databases) -> None:
    def jobs() -> int:
        with stores.platform.connect() as db:
            query = sa.select(sa.func.count()).select_from(JOB).where(JOB.c.kind == ROUND)
            return int(db.scalar(query) or 0)

    workers: list[Callable[[Databases, datetime], int]] = [RoundKeeper(60), RoundKeeper(60)]
    for minutes in (0, 1, 59):
        for worker in [*workers, RoundKeeper(60)]:  # one that starts anew
            worker(stores, NOW + timedelta(minutes=minutes))
    assert jobs() == 1
    workers[0](stores, NOW + timedelta(minutes=60))
    assert jobs() == 2
    RoundKeeper(0)(stores, NOW + timedelta(days=1))
    assert jobs() == 2
