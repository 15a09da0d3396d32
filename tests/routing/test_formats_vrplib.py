"""VRPLIB and Sartori and Buriol, from small files: each layout, each rounding, and each fault with its line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haoyun.routing import BadFormat, Objective, Problem, Reload, Window, as_json, read_problem
from haoyun.routing.solve import plan_of

CVRP = """NAME : toy
TYPE : CVRP
DIMENSION : 4
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 30
NODE_COORD_SECTION
1 0 0
2 3 4
3 1 1
4 0 2.6
DEMAND_SECTION
1 0
2 10
3 10
4 10
DEPOT_SECTION
1
-1
EOF
"""
SARTORI = """NAME: toy
LOCATION: nowhere
TYPE: PDPTW
SIZE: 3
ROUTE-TIME: 240
CAPACITY: 30
NODES
0 -30.0 -51.0 0 0 240 0 0 0
1 -30.1 -51.1 5 10 90 15 0 2
2 -30.2 -51.2 -5 0 200 15 1 0
EDGES
0 7 8
9 0 10
11 12 0
EOF
"""


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


def with_section(*lines: str) -> str:
    return changed(CVRP, "DEPOT_SECTION\n", "\n".join((*lines, "DEPOT_SECTION", "")))


def cost(text: str, *route: int) -> float:
    """What the tour over these stops, by position, costs."""
    result = read_problem(text)
    plan = plan_of(result.problem, (route, *((),) * (len(result.problem.vehicles) - 1)))
    assert plan is not None
    return float(as_json(result.problem, plan, result.legend)["cost"])


def test_stops_are_called_by_their_number_in_the_file() -> None:
    problem = read_problem(CVRP).problem
    assert [job.id for job in problem.jobs] == [2, 3, 4]
    assert len(problem.vehicles) == 3, "as many as could be of use"
    assert problem.vehicles[0].window is None and problem.objective is Objective.DISTANCE


@pytest.mark.parametrize(
    ("kind", "weight", "expected"),
    [
        ("CVRP", "EUC_2D", 1 + 3),  # 1.414, 2.6: nearest whole; 1.887 between them: 2
        ("CVRP", "CEIL_2D", 2 + 3),
        ("CVRP", "FLOOR_2D", 1 + 2),
        ("VRPTW", "EUC_2D", 1.4 + 2.6),
        ("HFVRP", "EUC_2D", 1.414 + 2.6),
        ("CVRP", "EXACT_2D", 1.414 + 2.6),
    ],
)
def test_each_family_rounds_as_its_published_costs_do(kind: str, weight: str, expected: float) -> None:
    text = changed(changed(CVRP, "CVRP", kind), "EUC_2D", weight)
    between = {"CEIL_2D": 2, "FLOOR_2D": 1}.get(weight, {"CVRP": 2, "VRPTW": 1.8}.get(kind, 1.887))
    between = 1.887 if weight == "EXACT_2D" else between
    assert cost(text, 1, 2) == pytest.approx(expected + between, abs=1e-9)


def test_another_rounding_may_be_asked_for() -> None:
    assert read_problem(CVRP, rounding="three-decimals").problem.distances_m[0, 2] == 1414
    with pytest.raises(BadFormat, match="rounding is for VRPLIB files alone"):
        read_problem(SARTORI, rounding="nearest")


FULL = [[0, 5, 6, 7], [5, 0, 8, 9], [6, 8, 0, 4], [7, 9, 4, 0]]


@pytest.mark.parametrize(
    ("layout", "weights"),
    [
        ("FULL_MATRIX", "0 5 6 7 5 0 8 9\n6 8 0 4 7 9 4 0"),
        ("LOWER_ROW", "5\n6 8\n7 9 4"),
        ("LOWER_DIAG_ROW", "0\n5 0\n6 8 0\n7 9 4 0"),
        ("UPPER_ROW", "5 6 7\n8 9\n4"),
        ("UPPER_DIAG_ROW", "0 5 6 7\n0 8 9\n0 4\n0"),
        ("LOWER_COL", "5 6 7\n8 9\n4"),
        ("UPPER_COL", "5\n6 8\n7 9 4"),
    ],
)
def test_explicit_distances_are_read_in_every_layout(layout: str, weights: str) -> None:
    nodes = CVRP[CVRP.index("NODE_COORD") : CVRP.index("DEMAND")]
    text = changed(CVRP, nodes, f"EDGE_WEIGHT_FORMAT : {layout}\nEDGE_WEIGHT_SECTION\n{weights}\n")
    text = changed(text, "EUC_2D", "EXPLICIT")
    assert read_problem(text).problem.distances_m.tolist() == FULL


def test_explicit_decimals_are_kept() -> None:
    nodes = CVRP[CVRP.index("NODE_COORD") : CVRP.index("DEMAND")]
    text = changed(CVRP, nodes, "EDGE_WEIGHT_FORMAT : LOWER_ROW\nEDGE_WEIGHT_SECTION\n5.25\n6 8\n7 9 4\n")
    text = changed(text, "EUC_2D", "EXPLICIT")
    assert cost(text, 0) == 10.5


def test_windows_and_service_count_in_the_unit_of_the_distances() -> None:
    rows = "TIME_WINDOW_SECTION\n1 0 100\n2 5 50\n3 0 60.5\n4 1.25 99\nSERVICE_TIME_SECTION\n1 0\n2 7\n3 7\n4 7.5"
    problem = read_problem(changed(with_section(rows), "CVRP", "VRPTW")).problem
    assert [job.windows for job in problem.jobs] == [
        (Window(50, 500),),
        (Window(0, 605),),
        (Window(13, 990),),  # a window is never wider than in the file
    ]
    assert [job.service_s for job in problem.jobs] == [70, 70, 75]
    assert problem.vehicles[0].window == Window(0, 1000)


def test_vehicles_of_a_row_each_have_their_own_capacity_costs_depot_and_reach() -> None:
    text = with_section(
        "CAPACITY_SECTION", "1 10", "2 20", "VEHICLES_FIXED_COST_SECTION", "1 7", "2 8.5",
        "VEHICLES_UNIT_DISTANCE_COST_SECTION", "1 2", "2 1.5", "VEHICLES_DEPOT_SECTION", "1 1", "2 2",
        "VEHICLES_MAX_DISTANCE_SECTION", "1 50", "2 60", "VEHICLES_ALLOWED_CLIENTS_SECTION", "1 3", "2 3 4",
    )  # fmt: skip
    text = changed(
        changed(changed(text, "CAPACITY : 30\n", "VEHICLES : 2\n"), "CVRP", "HFVRP"), "\n1\n-1", "\n1\n2\n-1"
    )
    result = read_problem(text)
    first, second = result.problem.vehicles
    assert (first.start, second.end, first.capacity, second.max_distance_m) == (0, 1, (10,), 60_000)
    assert [job.id for job in result.problem.jobs] == [3, 4], "depots are no customers"
    assert result.problem.objective is Objective.COST
    assert cost(text, 0) == pytest.approx(7 + 2 * 2 * 1.414)
    plan = plan_of(result.problem, ((), (1,)))
    assert plan is not None
    assert as_json(result.problem, plan, result.legend)["cost"] == pytest.approx(8.5 + 1.5 * 2 * 3.311)
    last = result.problem.jobs[1]
    assert last.skills <= second.skills and not last.skills <= first.skills


def test_distance_limits_travel_and_service_together_where_there_are_no_windows() -> None:
    text = changed(CVRP, "CAPACITY", "DISTANCE : 40\nSERVICE_TIME : 10\nCAPACITY")
    problem = read_problem(text).problem
    assert problem.vehicles[0].window == Window(0, 40)
    assert plan_of(problem, ((0,), (1, 2), ())) is not None
    assert plan_of(problem, ((0, 1, 2), (), ())) is None


def test_linehaul_is_delivered_and_backhaul_picked_up() -> None:
    text = changed(with_section("BACKHAUL_SECTION", "1 0", "2 1", "3 0", "4 9"), "CVRP", "VRPSPD")
    assert [(j.delivery, j.pickup) for j in read_problem(text).problem.jobs] == [
        ((10,), (1,)),
        ((10,), (0,)),
        ((10,), (9,)),
    ]


def test_what_has_no_prize_where_others_have_one_is_required() -> None:
    result = read_problem(with_section("PRIZE_SECTION", "1 0", "2 4", "3 0", "4 1.5"))
    assert result.problem.objective is Objective.PROFIT
    assert [(j.revenue, j.mandatory) for j in result.problem.jobs] == [(40, False), (0, True), (15, False)]
    assert result.legend.money_parts == 10
    plan = plan_of(result.problem, ((1,), (), ()))
    assert plan is not None
    assert as_json(result.problem, plan, result.legend)["feasible"], "optional stops may stay behind"


@pytest.mark.parametrize("wanted", [None, "distance", "cost", "profit"])
def test_where_stops_have_prizes_the_distance_counts_with_those_that_are_missed(wanted: str | None) -> None:
    result = read_problem(with_section("PRIZE_SECTION", "1 0", "2 4", "3 0", "4 1.5"))
    assert result.objective(wanted) is Objective.PROFIT
    assert result.objective("vehicles") is Objective.VEHICLES
    plan = plan_of(result.problem, ((1,), (), ()))
    assert plan is not None
    assert as_json(result.problem, plan, result.legend)["uncollected"] == 5.5


def test_without_prizes_a_file_is_asked_what_one_wants() -> None:
    result = read_problem(CVRP)
    assert [result.objective(wanted) for wanted in (None, "distance", "cost")] == [
        result.problem.objective, Objective.DISTANCE, Objective.COST,
    ]  # fmt: skip


def test_vehicles_reload_at_depots_while_they_are_open_and_goods_come_later() -> None:
    text = with_section(
        "RELEASE_TIME_SECTION", "1 0", "2 0", "3 7", "4 0", "VEHICLES_RELOAD_DEPOT_SECTION", "1 1", "2", "3 1",
        "VEHICLES_MAX_RELOADS_SECTION", "1 2", "2 0", "3 1", "TIME_WINDOW_SECTION", "1 0 90", "2 0 90", "3 0 90",
        "4 0 90", "SERVICE_TIME_SECTION", "1 5", "2 1", "3 1", "4 1",
    )  # fmt: skip
    problem = read_problem(text).problem
    assert [job.release_s for job in problem.jobs] == [None, 7, None]
    assert [v.max_trips for v in problem.vehicles] == [3, 1, 2]
    assert problem.vehicles[0].reloads == (Reload(1, 0, 5, (Window(0, 90),)),)
    assert problem.vehicles[1].reloads == ()


def test_a_limit_on_a_routes_time_counts_waiting_and_service() -> None:
    text = changed(CVRP, "CAPACITY", "VEHICLES_MAX_DURATION : 40.5\nSERVICE_TIME : 10\nCAPACITY")
    assert {v.max_duration_s for v in read_problem(text).problem.vehicles} == {40}


def test_open_routes_end_at_their_last_stop() -> None:
    assert {v.end for v in read_problem(changed(CVRP, "CVRP", "OVRP")).problem.vehicles} == {None}


def test_pairs_are_shipments() -> None:
    demand = CVRP[CVRP.index("DEMAND") : CVRP.index("DEPOT")]
    pairs = "PICKUP_AND_DELIVERY_SECTION\n1 0 0 100 0 0 0\n2 5 0 50 1 0 3\n3 -5 0 60 1 2 0\n4 0 0 9 0 0 0\n"
    text = changed(changed(CVRP, demand, pairs), "\n1\n-1", "\n1\n4\n-1")
    (shipment,) = read_problem(changed(text, "CVRP", "PDPTW")).problem.shipments
    assert (shipment.pickup.id, shipment.delivery.id, shipment.amount) == (2, 3, (5,))
    assert shipment.delivery.windows == (Window(0, 60_000),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (changed(CVRP, "2 3 4", "2 3"), "line 8: column y is missing"),
        (changed(CVRP, "2 3 4", "2 3 north"), "line 8: column y must be a number, not 'north'"),
        (changed(CVRP, "2 3 4", "5 3 4"), "line 8: node 5 in NODE_COORD_SECTION, numbers run from 1 to 4"),
        (changed(CVRP, "2 3 4", "1 3 4"), "line 8: node 1 appears twice in NODE_COORD_SECTION"),
        (changed(CVRP, "2 3 4\n", ""), "line 6: NODE_COORD_SECTION has no row for node 2"),
        (changed(CVRP, "DIMENSION : 4\n", ""), "DIMENSION is missing"),
        (changed(CVRP, ": 4\n", ": 4000000\n"), "line 3: DIMENSION is 4000000; up to 50000"),
        (changed(CVRP, "2 10", "2 -10"), "line 13: demand is negative"),
        (changed(CVRP, "CAPACITY : 30\n", ""), "CAPACITY is missing, though there are demands"),
        (changed(CVRP, "CAPACITY : 30", "CAPACITY : 30.5"), "CAPACITY must be a whole number"),
        (changed(CVRP, "EUC_2D", "GEO"), "EDGE_WEIGHT_TYPE GEO is not supported; EUC_2D, CEIL_2D"),
        (changed(CVRP, "TYPE : CVRP", "TYPE : SDVRP"), "TYPE SDVRP is not supported; CVRP, "),
        (changed(CVRP, "NAME", "MAX_ROUTES : 4\nNAME"), "line 1: MAX_ROUTES is not a key known here"),
        (with_section("PENALTY_SECTION", "1 1"), "line 16: PENALTY_SECTION is not known here"),
        (with_section("MUTUALLY_EXCLUSIVE_GROUP_SECTION", "1 2 3"), "GROUP_SECTION is not supported: it needs"),
        (with_section("PRIZE_SECTION", "1 0", "2 4", "3 -1", "4 0"), "line 19: the prize is negative (-1)"),
        (with_section("VEHICLES_RELOAD_DEPOT_SECTION", "1 1", "2 3", "3 1"), "names 3, which is not in DEPOT_SECTION"),
        (changed(CVRP, "\n1\n-1", "\n9\n-1"), "line 17: depot 9 is not the number of a node"),
        (changed(CVRP, "NAME : toy", "hello"), "line 1: neither KEY : value nor a section, but 'hello'"),
        (with_section("CAPACITY_SECTION", "1 10"), None),
        (changed(with_section("CAPACITY_SECTION", "1 10"), "DIMENSION", "VEHICLES : 2\nDIMENSION"),
         "line 17: CAPACITY_SECTION has no row for vehicle 2"),
        (changed(SARTORI, "SIZE: 3", "SIZE: 4"), "NODES has 3 rows, SIZE says 4"),
        (changed(SARTORI, "9 0 10", "9 0"), "line 13: 2 minutes, a row of EDGES has 3"),
        (changed(SARTORI, "9 0 10", "9 0 ten"), "line 13: column 3 must be whole minutes up to 2147483647, not 'ten'"),
        (changed(SARTORI, "11 12 0\n", ""), "EDGES has 2 rows, SIZE says 3"),
        (changed(SARTORI, "CAPACITY: 30\n", ""), "CAPACITY is missing in the head"),
        (changed(SARTORI, "15 1 0", "15 0 0"), "line 9: node 1 names 2 as its delivery, which does not name it back"),
        (changed(SARTORI, "-5 0 200", "-4 0 200"), "line 9: demand 5 is picked up, 4 delivered"),
        (changed(SARTORI, "10 90", "90 10"), "line 9: window ends"),
        (changed(SARTORI, "EDGES", "ARCS"), "the section EDGES is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_text_is_named(text: str, message: str | None) -> None:
    if message is None:
        with pytest.raises(BadFormat):
            read_problem(text)
        return
    with pytest.raises(BadFormat) as caught:
        read_problem(text)
    assert message in str(caught.value)


@pytest.mark.parametrize("section", ["PRIZE_SECTION", "RELEASE_TIME_SECTION"])
def test_a_section_of_zeros_asks_for_nothing(section: str) -> None:
    assert isinstance(read_problem(with_section(section, "1 0", "2 0", "3 0", "4 0")).problem, Problem)


@pytest.mark.parametrize("text", [CVRP, SARTORI])
@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_a_damaged_text_is_a_problem_or_a_named_fault(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    insert = data.draw(st.text("0123456789.-e \nxA:_", max_size=4))
    damaged = text[:at] + insert + text[at + data.draw(st.integers(0, 40)) :]
    try:
        assert isinstance(read_problem(damaged).problem, Problem)
    except BadFormat as error:
        assert str(error)
