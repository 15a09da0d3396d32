"""Which passages say what of which journeys."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from haoyun.rfid_ingest.milestones import Binding, Passage, milestones
from haoyun.tracking.timeline import MilestoneCode, Source

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PASSAGE = Passage(
    "ni:1", "urn:epc:id:sscc:1", AT, "Yard, gate out", "yard", 30.59, 114.3, MilestoneCode.GTOT, "r1"
)
BINDING = Binding("urn:epc:id:sscc:1", "C-1", AT - timedelta(hours=1))


def test_a_bound_epc_that_passes_a_gate_makes_a_milestone_with_its_evidence() -> None:
    (made,) = milestones([PASSAGE], [BINDING])
    assert (made.journey_id, made.code, made.source, made.occurred_at) == (
        "C-1",
        MilestoneCode.GTOT,
        Source.RFID,
        AT,
    )
    assert (made.place, made.lat, made.lon) == ("Yard, gate out", 30.59, 114.3)
    assert dict(made.evidence) == {"event": "ni:1", "epc": "urn:epc:id:sscc:1", "reader": "r1"}


def test_the_pallets_of_one_load_make_one_milestone_at_the_first_of_them() -> None:
    other = "urn:epc:id:sscc:2"
    later = replace(PASSAGE, event_id="ni:2", epc_uri=other, passed_at=AT + timedelta(seconds=9))
    made = milestones([later, PASSAGE], [BINDING, replace(BINDING, epc_uri=other)])
    assert [m.occurred_at for m in made] == [AT]


def test_the_pallets_of_two_loads_make_two() -> None:
    other = replace(PASSAGE, epc_uri="urn:epc:id:sscc:2")
    bindings = [BINDING, replace(BINDING, epc_uri="urn:epc:id:sscc:2", journey_id="C-2")]
    assert {m.journey_id for m in milestones([PASSAGE, other], bindings)} == {"C-1", "C-2"}


def test_an_epc_on_no_journey_says_nothing() -> None:
    assert milestones([PASSAGE], []) == []


def test_a_read_point_without_a_code_says_nothing() -> None:
    assert milestones([replace(PASSAGE, code=None)], [BINDING]) == []


def test_a_passage_counts_from_the_start_of_the_journey_to_the_unbinding() -> None:
    binding = replace(BINDING, since=AT, until=AT + timedelta(minutes=1))
    for seconds, counts in ((-1, 0), (0, 1), (59, 1), (60, 0)):
        passage = replace(PASSAGE, passed_at=AT + timedelta(seconds=seconds))
        assert len(milestones([passage], [binding])) == counts
