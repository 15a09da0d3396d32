"""A plan as tables, CSV, workbook and GeoJSON."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from dataclasses import replace
from typing import Any

import openpyxl
import pytest

from haoyun.routing import BadFormat, Plan, Problem, ReadResult, Reload, read_problem
from haoyun.routing.formats.geojson import as_geojson
from haoyun.routing.formats.plan_files import plan_csv, plan_xlsx, workbook
from haoyun.routing.formats.plan_table import PlanTables, Table
from haoyun.routing.formats.vroom_answer import as_vroom
from haoyun.routing.legend import Legend
from haoyun.routing.solve import plan_of

SHEET = """order,pickup,delivery,pickup_from,delivery_min,weight_kg,note
A,"31.2, 121.5","31.3, 121.5",2026-12-01 23:50,10,1.5,"ring, twice"
=B,,"31.2, 121.5",,5,2.5,
C,,"31.4, 121.5",,,9000,late

vehicle,start,weight_kg,fixed_cost,cost_per_km
T/1,"31.2, 121.5",100,12.5,1
t:1,"31.2, 121.5",100,0,1
"""


@pytest.fixture
def read() -> ReadResult:
    return read_problem(SHEET)


@pytest.fixture
def plan(read: ReadResult) -> Plan:
    """T/1 brings =B and carries A; nobody can carry C."""
    found = plan_of(read.problem, ((0, 2, 3), ()))
    assert found is not None
    return found


def both_drive(read: ReadResult) -> Plan:
    found = plan_of(read.problem, ((0,), (2, 3)))
    assert found is not None
    return found


def test_the_stops_are_told_with_wall_clock_kilometres_and_loads_in_the_lists_units(
    read: ReadResult, plan: Plan
) -> None:
    rows = list(
        csv.DictReader(io.StringIO(plan_csv(read.problem, plan, read.legend, "en").removeprefix("\ufeff")))
    )
    assert [(row["Vehicle"], row["Action"], row["Stop"]) for row in rows] == [
        ("T/1", "start", ""),
        ("T/1", "delivery", "'=B"),  # no spreadsheet takes it for a formula
        ("T/1", "pickup", "A"),
        ("T/1", "delivery", "A"),
        ("T/1", "end", ""),
        ("", "unassigned", "C"),
    ]
    assert [row["Load weight_kg"] for row in rows] == ["2.5", "0", "1.5", "0", "0", ""]
    assert rows[2]["Begin"] == "2026-12-01 23:50:00"
    pickup, delivery = read.problem.shipments[0].visits
    metres = read.problem.distances_m[pickup.location, delivery.location]
    assert float(rows[3]["Distance of leg (km)"]) == metres / 1000
    assert rows[3]["Departure"].startswith("2026-12-02 00:"), "past midnight"
    assert rows[3]["Note"] == "ring, twice"
    assert (rows[3]["Latitude"], rows[3]["Longitude"]) == ("31.3", "121.5")


def test_the_summary_adds_up(read: ReadResult) -> None:
    table = PlanTables(read.problem, both_drive(read), read.legend, "en").summary()
    first, second, total = table.rows
    costs, kilometres = table.headings.index("Cost"), table.headings.index("Distance (km)")
    assert (first[0], second[0], total[0]) == ("T/1", "t:1", "Total")
    assert first[costs] == 12.5
    assert total[kilometres] == second[kilometres] == pytest.approx(14.455, abs=0.001)
    assert total[costs] == pytest.approx(12.5 + 14.455, abs=0.001)
    assert all(len(row) == len(table.headings) for row in table.rows)


@pytest.mark.parametrize(
    ("language", "titles"), [("en", ["Summary", "Stops", "Unassigned"]), ("zh", ["汇总", "站点", "未安排"])]
)
def test_a_workbook_has_a_summary_all_stops_the_unassigned_and_a_sheet_a_route(
    read: ReadResult, language: Any, titles: list[str]
) -> None:
    content = plan_xlsx(read.problem, both_drive(read), read.legend, language)
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == [*titles, "T_1", "t_1~2"]
    stops = list(book[titles[1]].iter_rows(values_only=True))
    assert len(stops) == 1 + 3 + 4
    assert stops[2][3] == "=B" and book[titles[1]].cell(3, 4).data_type == "s", "a text, not a formula"
    assert [row[1] for row in book[titles[2]].iter_rows(min_row=2, values_only=True)] == ["C"]
    assert stops[0][-2] == ("Load weight_kg" if language == "en" else "载量 重量kg")


def test_titles_of_sheets_are_short_and_each_once() -> None:
    names = ["a" * 40, "a" * 40, "'", "History"]
    content = workbook([Table(name, ("x",), ((1,),)) for name in names])
    assert openpyxl.load_workbook(io.BytesIO(content)).sheetnames == [
        "a" * 31,
        "a" * 29 + "~2",
        "_",
        "History~2",
    ]


def test_geojson_has_a_line_a_route_and_a_point_a_step(read: ReadResult, plan: Plan) -> None:
    document = json.loads(json.dumps(as_geojson(read.problem, plan, read.legend)))
    line, *points = document["features"]
    assert line["geometry"] == {
        "type": "LineString",
        "coordinates": [[121.5, 31.2], [121.5, 31.2], [121.5, 31.2], [121.5, 31.3]],
    }
    assert line["properties"]["stops"] == ["=B", "A", "A"]
    assert [p["properties"]["kind"] for p in points] == ["start", "job", "pickup", "delivery", "unassigned"]
    assert points[3]["geometry"] == {"type": "Point", "coordinates": [121.5, 31.3]}
    assert points[3]["properties"]["description"] == "ring, twice"
    assert points[2]["properties"]["load"] == [1.5]


@pytest.mark.parametrize(
    ("legend", "message"),
    [
        (Legend(), "this file has no coordinates"),
        (Legend(points=((1.0, 2.0),)), "this file has coordinates of a plane"),
        (
            Legend(points=((1.0, 2.0),), geographic=True),
            "longitude and latitude of every stop; job 1 has none",
        ),
    ],
)
def test_geojson_of_a_file_without_places_on_the_globe_is_refused(
    freight: Problem, legend: Legend, message: str
) -> None:
    plan = plan_of(freight, ((0, 1, 2, 3), ()))
    assert plan is not None
    with pytest.raises(BadFormat, match=message):
        as_geojson(freight, plan, legend)


@pytest.mark.parametrize(
    ("legend", "seconds", "shown"),
    [
        (Legend(), 30_600, "08:30:00"),
        (Legend(), 90_000, "25:00:00"),
        (Legend(), -60, "-00:01:00"),
        (Legend(), 1_796_112_000, "2026-12-01 08:00:00Z"),
        (Legend(origin=dt.datetime.fromisoformat("2026-12-01")), 90_000, "2026-12-02 01:00:00"),
        (Legend(abstract=True, time_parts=1000), 1500, 1.5),
    ],
)
def test_times_are_shown_as_the_file_means_them(
    freight: Problem, legend: Legend, seconds: int, shown: object
) -> None:
    plan = plan_of(freight, ((), ()))
    assert plan is not None
    assert PlanTables(freight, plan, legend, "en").when(seconds) == shown


def test_a_reload_is_a_step_of_every_form_of_a_plan(read: ReadResult) -> None:
    first, *others = read.problem.vehicles
    home = replace(first, reloads=(Reload("yard", first.start or 0, 600),))
    two_trips = replace(read.problem, vehicles=(home, *others))
    plan = plan_of(two_trips, ((0, -1, 2, 3), ()))
    assert plan is not None
    rows = list(
        csv.DictReader(io.StringIO(plan_csv(two_trips, plan, read.legend, "zh").removeprefix("\ufeff")))
    )
    assert [row["作业"] for row in rows][1:3] == ["卸货", "回库装货"]
    assert rows[2]["站点编号"] == "yard"
    assert plan_xlsx(two_trips, plan, read.legend, "en")
    points = [f["properties"] for f in as_geojson(two_trips, plan, read.legend)["features"]]
    assert ("reload", "yard") in {(p["kind"], p.get("id")) for p in points}
    steps = as_vroom(two_trips, plan, read.legend)["routes"][0]["steps"]
    assert [step["type"] for step in steps] == ["start", "job", "reload", "pickup", "delivery", "end"]
