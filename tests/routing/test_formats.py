"""Reading problems: recognized by their content, and whatever is wrong is named by line, column or field."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haoyun.routing import BadFormat, Objective, Problem, Window, read_problem
from haoyun.routing.solve import plan_of

SOLOMON = """toy

VEHICLE
NUMBER     CAPACITY
  2         20

CUSTOMER
CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME

    0      0         0          0          0       100          0
    1      3         4         10          5        50         10
    2      1         1         10          0        60.5       10
"""
LILIM = """2 20 1
0 0 0 0 0 100 0 0 0
1 3 4 10 5 50 10 0 2
2 1 1 -10 0 60 10 1 0
"""
VROOM = '{"vehicles": [{"id": 1, "start": [121.5, 31.2]}], "jobs": [{"id": 1, "location": [121.6, 31.2]}]}'


def test_solomon_files_are_read(shared_data: Path) -> None:
    problem = read_problem(shared_data / "routing" / "solomon" / "R104.txt").problem
    assert (len(problem.vehicles), len(problem.jobs), problem.vehicles[0].capacity) == (25, 100, (200,))
    assert problem.jobs[0].id == 1
    assert problem.objective is Objective.DISTANCE


def test_every_academic_file_at_hand_is_read(shared_data: Path) -> None:
    found = {
        folder: {read_problem(path).format for path in (shared_data / "routing" / folder).glob("*.txt")}
        for folder in ("solomon", "gehring_homberger", "li_lim")
    }
    assert found == {"solomon": {"solomon"}, "gehring_homberger": {"solomon"}, "li_lim": {"lilim"}}


def test_li_and_lims_pairs_become_shipments(shared_data: Path) -> None:
    problem = read_problem(shared_data / "routing" / "li_lim" / "lc101.txt").problem
    assert not problem.jobs
    assert all(s.pickup.id == s.id != s.delivery.id for s in problem.shipments)
    assert len(problem.shipments) == 53


def test_rounding_never_makes_a_stop_reachable() -> None:
    problem = read_problem(SOLOMON).problem
    assert problem.durations_s[0, 1] == 5_000_000, "exact lengths stay exact"
    assert problem.durations_s[0, 2] == 1_414_214, "sqrt(2) is rounded up"
    assert problem.distances_m[0, 2] == 1414
    assert problem.jobs[1].windows == (Window(0, 60_500_000),)


def test_the_cost_of_an_academic_plan_is_its_euclidean_length() -> None:
    problem = read_problem(SOLOMON).problem
    plan = plan_of(problem, ((0, 1), ()))
    assert plan is not None
    assert plan.cost == pytest.approx(5 + 13**0.5 + 2**0.5, abs=1e-9)


@pytest.mark.parametrize("text", [SOLOMON, LILIM, VROOM])
def test_a_gzipped_file_reads_like_a_plain_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "instance"
    path.write_bytes(gzip.compress(text.encode()))
    assert read_problem(path).problem.tasks == read_problem(text).problem.tasks


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (changed(SOLOMON, "    1      3         4         10          5        50         10", "1 3 4 10 5 50"),
         "line 11: column service time is missing"),
        (changed(SOLOMON, "60.5", "soon"), "line 12: column due date must be a number, not 'soon'"),
        (changed(SOLOMON, "60.5", "inf"), "line 12: column due date must be finite"),
        (changed(SOLOMON, "60.5", "-1"), "line 12: due date -1 is before ready time 0"),
        (changed(SOLOMON, "  2         20", "  2"), "line 5: column capacity is missing"),
        (changed(SOLOMON, "  2         20", ""), "the section VEHICLE has no rows"),
        (changed(SOLOMON, "CUSTOMER", "CLIENTS"), "the section CUSTOMER is missing"),
        (changed(SOLOMON, "  1         10          0", "  1         1.5          0"), "demand must be a whole number"),
        (changed(LILIM, "10 5 50 10 0 2", "10 5 50 10 0"), "line 3: column delivery is missing"),
        (changed(LILIM, "10 1 0", "10 0 0"), "line 3: node 1 names 2 as its delivery, which does not name it back"),
        (changed(LILIM, " -10 ", " -9 "), "line 3: demand 10 is picked up, 9 delivered"),
        (changed(LILIM, "10 5 50 10 0 2", "10 5 50 10 0 0"), "line 3: node 1 is neither a pickup nor the delivery"),
        ("", "the file is empty"),
        ("hello", "of no format known here: VROOM JSON, VRPLIB"),
        ('{"jobs": [}', "line 1, column 1[0-9]: not valid JSON"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_text_is_named(text: str, message: str) -> None:
    with pytest.raises(BadFormat, match=message):
        read_problem(text)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\xff\xfe\x00\x01")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"a" * 1000)[:-9])
    with pytest.raises(BadFormat, match="not text in UTF-8"):
        read_problem(tmp_path / "picture")
    with pytest.raises(BadFormat, match="gzip file is damaged"):
        read_problem(tmp_path / "cut.gz")


@pytest.mark.parametrize("text", [SOLOMON, LILIM])
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_text_is_a_problem_or_a_named_fault(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    insert = data.draw(st.text("0123456789.-e \nxA", max_size=4))
    damaged = text[:at] + insert + text[at + data.draw(st.integers(0, 40)) :]
    try:
        assert isinstance(read_problem(damaged).problem, Problem)
    except BadFormat as error:
        assert str(error)
