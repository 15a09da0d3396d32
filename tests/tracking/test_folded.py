"""One line of milestones out of many sources, with conflicts named; exceptions beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from haoyun.tracking import Fence, Journey, Milestone, MilestoneCode, Quality, Source
from haoyun.tracking.events import EventKind
from haoyun.tracking.events_store import events_after
from haoyun.tracking.exceptions import (
    ExceptionKind,
    ExceptionState,
    ShipmentException,
    clear_exception,
    exceptions_of,
    newest_exceptions,
    raise_exception,
    settle_exception,
)
from haoyun.tracking.folded import ConflictKind, fold
from haoyun.tracking.store import get_device, open_journey

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
ACTUAL = Quality.ACTUAL


def fact(
    code: str, minutes: int, source: Source = Source.GPS, quality: Quality = ACTUAL, of: str = ""
) -> Milestone:
    return Milestone(
        "c1", MilestoneCode(code), quality, source, NOW + timedelta(minutes=minutes), occurrence=of
    )


def test_planned_estimated_and_actual_are_one_step() -> None:
    plan, old = (
        fact("ARRI", 60, Source.PLAN, Quality.PLANNED),
        fact("ARRI", 50, Source.PLAN, Quality.PLANNED, "old"),
    )
    estimate, actual = fact("ARRI", 65, Source.GPS, Quality.ESTIMATED), fact("ARRI", 70)
    (step,) = fold([plan, old, estimate, actual]).steps
    assert (step.planned, step.estimated, step.actual) == (plan, estimate, actual)
    assert step.at == actual.occurred_at
    (open_step,) = fold([plan, estimate]).steps
    assert (open_step.actual, open_step.at) == (None, estimate.occurred_at)


def test_the_time_is_that_of_the_most_trusted_source_and_all_are_kept() -> None:
    gps, rfid, driver = fact("LOAD", 10), fact("LOAD", 14, Source.RFID), fact("LOAD", 5, Source.DRIVER)
    (step,) = fold([gps, rfid, driver]).steps
    assert step.actual == rfid
    assert set(step.evidence) == {gps, rfid, driver}
    assert fold([gps, rfid, driver]).conflicts == ()


def test_sources_that_are_half_an_hour_apart_are_a_conflict_that_names_both() -> None:
    gps, driver = fact("ARRI", 10), fact("ARRI", 41, Source.DRIVER)
    (conflict,) = fold([gps, driver]).conflicts
    assert (conflict.kind, conflict.first, conflict.second) == (ConflictKind.TIMES_DIFFER, gps, driver)


def test_an_arrival_before_the_departure_is_a_conflict() -> None:
    depa, arri = fact("DEPA", 30), fact("ARRI", 20, Source.DOCUMENT)
    (conflict,) = fold([arri, depa]).conflicts
    assert (conflict.kind, conflict.first, conflict.second) == (ConflictKind.WRONG_ORDER, depa, arri)


facts = st.lists(
    st.builds(
        fact,
        st.sampled_from([code.value for code in MilestoneCode]),
        st.integers(0, 90),
        st.sampled_from([Source.GPS, Source.RFID, Source.DRIVER, Source.DOCUMENT]),
        st.sampled_from([ACTUAL, Quality.ESTIMATED]),
    ),
    max_size=10,
    unique_by=lambda m: (m.code, m.source, m.quality),
)


@given(facts, st.randoms())
def test_the_order_in_which_facts_became_known_does_not_matter(known: list[Milestone], random) -> None:
    assert fold(random.sample(known, len(known))) == fold(known)


# exceptions


def missed(epc: str = "urn:epc:id:sscc:690.1") -> ShipmentException:
    return ShipmentException("c1", ExceptionKind.MISSED_READ, Source.RFID, NOW, epc, {"reader": "dock-2"})


def test_an_exception_is_raised_once_cleared_once_and_may_come_back(db: sa.Connection) -> None:
    assert raise_exception(db, missed(), NOW)
    assert not raise_exception(db, missed(), NOW)
    assert raise_exception(db, missed("urn:epc:id:sscc:690.2"), NOW)
    assert [one.cleared_at for one in exceptions_of(db, ["c1"])] == [None, None]
    assert clear_exception(db, "c1", ExceptionKind.MISSED_READ, missed().subject, NOW)
    assert not clear_exception(db, "c1", ExceptionKind.MISSED_READ, missed().subject, NOW)
    assert {one.exception.subject: one.cleared_at for one in exceptions_of(db, ["c1"])} == {
        "urn:epc:id:sscc:690.1": NOW,
        "urn:epc:id:sscc:690.2": None,
    }
    assert raise_exception(db, missed(), NOW + timedelta(hours=1))


def test_a_settled_exception_is_neither_cleared_nor_raised_again_by_evidence(db: sa.Connection) -> None:
    raise_exception(db, missed(), NOW)
    (one,) = exceptions_of(db, ["c1"])
    assert one.state is ExceptionState.STANDING
    assert settle_exception(db, one.id, "usr1", " found in lane 4 ", NOW)
    assert not settle_exception(db, one.id, "usr2", "too late", NOW)
    assert not clear_exception(db, "c1", ExceptionKind.MISSED_READ, missed().subject, NOW)
    assert not raise_exception(db, missed(), NOW)
    (one,) = exceptions_of(db, ["c1"])
    assert (one.state, one.settled_by, one.note) == (ExceptionState.SETTLED, "usr1", "found in lane 4")
    with pytest.raises(ValueError, match="1 to 300"):
        settle_exception(db, one.id, "usr1", "  ", NOW)


def test_one_that_stands_takes_what_is_known_by_now_without_telling_again(db: sa.Connection) -> None:
    raise_exception(db, missed(), NOW)
    assert not raise_exception(db, replace(missed(), evidence={"reader": "dock-3"}), NOW)
    assert [one.exception.evidence for one in exceptions_of(db, ["c1"])] == [{"reader": "dock-3"}]


def test_the_newest_exceptions_come_first_page_by_page_and_only_of_the_journeys_asked_for(
    db: sa.Connection,
) -> None:
    for n in range(5):
        raise_exception(db, replace(missed(f"unit {n}"), journey_id=f"c{n % 2}"), NOW)
    first = newest_exceptions(db, ["c0"], limit=2)
    assert [one.exception.subject for one in first] == ["unit 4", "unit 2"]
    rest = newest_exceptions(db, ["c0"], before=first[-1].id)
    assert [one.exception.subject for one in rest] == ["unit 0"]
    clear_exception(db, "c0", ExceptionKind.MISSED_READ, "unit 0", NOW)
    assert len(newest_exceptions(db, ["c0", "c1"], standing=True)) == 4


def test_an_exception_of_a_journey_is_an_event_of_its_device(
    db: sa.Connection, register: Callable[..., object]
) -> None:
    register(db)
    device_id = get_device(db, "truck-0001").id
    ends = Fence(30.0, 120.0, 1000, "A"), Fence(30.0, 121.0, 1000, "B")
    open_journey(db, Journey("c1", device_id, *ends, NOW, NOW, NOW + timedelta(hours=2), 120_000), NOW)
    raise_exception(db, missed(), NOW)
    raise_exception(db, missed(), NOW)
    events, _ = events_after(db, 0)
    assert [(e.event.kind, e.event.journey_id, e.org_id) for e in events] == [
        (EventKind.EXCEPTION, "c1", "org1")
    ]
    assert events[0].event.data["exception"] == "missed_read"
