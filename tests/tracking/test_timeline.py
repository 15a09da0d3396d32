"""Status is a fold over milestones; the order in which they became known does not matter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haoyun.tracking.errors import BadMilestone
from haoyun.tracking.timeline import (
    Milestone,
    MilestoneCode,
    Quality,
    ShipmentState,
    Source,
    TimelineFlag,
    sorted_timeline,
    status,
)

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
ACTUAL, PLANNED = Quality.ACTUAL, Quality.PLANNED


def fact(code: str, minutes: int, source: Source = Source.GPS, quality: Quality = ACTUAL) -> Milestone:
    return Milestone("c1", MilestoneCode(code), quality, source, NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("codes", "state"),
    [
        ([], ShipmentState.PLANNED),
        (["INSP"], ShipmentState.PLANNED),
        (["PICK"], ShipmentState.AT_ORIGIN),
        (["PICK", "LOAD"], ShipmentState.LOADED),
        (["LOAD", "DEPA"], ShipmentState.IN_TRANSIT),
        (["LOAD", "GTOT"], ShipmentState.IN_TRANSIT),
        (["DEPA", "ARRI"], ShipmentState.ARRIVED),
        (["DEPA", "ARRI", "DISC"], ShipmentState.DELIVERED),
        (["DEPA", "ARRI", "DROP"], ShipmentState.DELIVERED),
    ],
)
def test_the_furthest_evidence_is_the_status(codes: list[str], state: ShipmentState) -> None:
    assert status([fact(code, i) for i, code in enumerate(codes)]).state is state


def test_plans_and_estimates_never_move_the_status() -> None:
    plan = fact("ARRI", 60, Source.PLAN, PLANNED)
    estimate = fact("ARRI", 70, Source.GPS, Quality.ESTIMATED)
    assert status([plan, estimate]).state is ShipmentState.PLANNED


def test_the_earliest_fact_that_reached_the_state_decided_it() -> None:
    gps, rfid = fact("ARRI", 50), fact("GTIN", 48, Source.RFID)
    assert status([gps, rfid]).decided_by == rfid
    assert status([gps, rfid]).since == rfid.occurred_at


def test_missing_evidence_is_a_flag_beside_the_state() -> None:
    delivered = status([fact("DISC", 9, Source.RFID)])
    assert delivered.state is ShipmentState.DELIVERED
    assert delivered.exceptions == (TimelineFlag.NO_DEPARTURE, TimelineFlag.NO_ARRIVAL)
    assert status([fact("DEPA", 0), fact("ARRI", 9)]).exceptions == ()


def test_planned_and_actual_stand_on_one_line_by_time() -> None:
    late, plan = fact("DEPA", 12), fact("DEPA", 10, Source.PLAN, PLANNED)
    assert sorted_timeline([late, plan]) == [plan, late]


def test_a_plan_is_never_an_observation() -> None:
    with pytest.raises(BadMilestone, match="never an actual"):
        fact("DEPA", 0, Source.PLAN, ACTUAL)
    with pytest.raises(BadMilestone, match="aware"):
        Milestone("c1", MilestoneCode.DEPA, ACTUAL, Source.GPS, NOW.replace(tzinfo=None))


facts = st.lists(
    st.builds(
        fact,
        st.sampled_from([code.value for code in MilestoneCode]),
        st.integers(0, 5),
        st.sampled_from([Source.GPS, Source.RFID, Source.DRIVER]),
        st.sampled_from([ACTUAL, Quality.ESTIMATED]),
    ),
    max_size=8,
)


@given(facts, st.randoms())
def test_late_and_shuffled_milestones_give_the_same_status_and_line(known: list[Milestone], random) -> None:
    shuffled = random.sample(known, len(known))
    assert status(shuffled) == status(known)
    assert sorted_timeline(shuffled) == sorted_timeline(known)


@given(facts, facts)
def test_more_evidence_never_takes_a_shipment_back(known: list[Milestone], more: list[Milestone]) -> None:
    rank = {state: i for i, state in enumerate(ShipmentState)}
    assert rank[status(known + more).state] >= rank[status(known).state]
