"""Lists of orders and vehicles: what a row means, and what is wrong by sheet, row and column."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haoyun.routing import BadFormat, Job, Objective, Problem, Shipment, Vehicle, Visit, Window, read_problem
from haoyun.routing.formats import sheet_tables
from haoyun.routing.formats.sheet_columns import ORDERS, VEHICLES
from haoyun.routing.formats.sheet_template import template_csv, template_xlsx
from haoyun.routing.tasks import LARGEST

ORDER = {"order": "A-1", "pickup": "31.2, 121.5", "delivery": "30.3, 120.2"}
TRUCK = {"vehicle": "T1", "start": "31.2, 121.5"}


def csv_text(*lists: Sequence[dict[str, Any]]) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    for rows in lists:
        headings = list(dict.fromkeys(name for row in rows for name in row))
        writer.writerow(headings)
        writer.writerows([row.get(name) for name in headings] for row in rows)
        writer.writerow([])
    return file.getvalue()


def workbook(**sheets: Sequence[Sequence[Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_an_order_with_two_places_is_a_shipment_with_one_a_job() -> None:
    rows = [
        {
            **ORDER,
            "weight_kg": "1250.5",
            "pickup_from": "08:00",
            "pickup_to": "9:30",
            "pickup_min": 30,
            "skills": "reefer, adr",
            "priority": 7,
        },
        {"order": "B", "delivery": "30.3,120.2", "weight_kg": 3},
        {"order": "C", "pickup": "30.3，120.2", "pallets": 2},
    ]  # fmt: skip
    truck = {
        "from": "07:00",
        "to": "20:00",
        "weight_kg": "18,000",
        "skills": "adr；reefer",
        "cost_per_km": 4.5,
        "max_km": 600,
        "max_travel_min": 540,
        "max_stops": 9,
    }
    result = read_problem(csv_text(rows, [{**TRUCK, **truck}]))
    problem = result.problem
    assert problem.capacity_names == ("weight_kg", "pallets"), "measures that no order has do not count"
    assert problem.shipments == (
        Shipment(
            "A-1",
            Visit("A-1", 0, 1800, (Window(28800, 34200),)),
            Visit("A-1", 1),
            (1_250_500, 0),
            frozenset({"reefer", "adr"}),
            7,
        ),
    )
    assert problem.jobs == (Job("B", 1, delivery=(3000, 0)), Job("C", 1, pickup=(0, 2000)))
    assert problem.vehicles == (
        Vehicle("T1", 0, None, (18_000_000, LARGEST), Window(25200, 72000), frozenset({"reefer", "adr"}),
                cost_per_km=450, max_stops=9, max_distance_m=600_000, max_travel_s=32400),
    )  # fmt: skip
    assert problem.objective is Objective.COST
    assert result.legend.points[1] == (120.2, 30.3) and result.legend.geographic
    assert "estimated" in result.warnings[0]


def test_dates_count_from_the_midnight_of_the_first_one() -> None:
    order = {**ORDER, "pickup_from": "2026-12-02 08:00", "delivery_to": "2026/12/3 6:30:15"}
    result = read_problem(csv_text([order], [{**TRUCK, "from": "2026年12月1日 22:00"}]))
    (shipment,) = result.problem.shipments
    assert shipment.pickup.windows[0].start_s == 86400 + 28800
    assert shipment.delivery.windows == (Window(0, 2 * 86400 + 23415),)
    assert result.problem.vehicles[0].window == Window(79200, LARGEST)
    assert result.legend.origin == dt.datetime.fromisoformat("2026-12-01")


def test_cities_are_found_by_name_in_both_languages_and_by_code() -> None:
    rows = [{"order": n, "delivery": place} for n, place in enumerate(["上海", "Shanghai", "310100"], 1)]
    result = read_problem(csv_text(rows, [TRUCK | {"start": "上海市"}]))
    assert len(result.legend.points) == 1


def test_a_workbooks_own_dates_times_and_numbers_are_read() -> None:
    moment = dt.datetime.fromisoformat("2026-12-01 08:30")
    orders = [
        ["order", "delivery", "delivery_from", "delivery_to", "weight_kg"],
        [1001, "31.2,121.5", moment, dt.datetime.fromisoformat("2026-12-01 17:00"), 24.5],
        [None, None, None, None, None],
        ["x", "31.2,121.5", None, None, None],
    ]
    vehicles = [["vehicle", "from"], ["T", dt.time(7, 0)]]
    result = read_problem(workbook(**{"订单": orders, "Vehicles ": vehicles, "notes": [["anything"]]}))
    first, second = result.problem.jobs
    assert (first.id, second.id, first.delivery) == ("1001", "x", (24500,))
    assert first.windows == (Window(30600, 61200),)
    assert result.problem.vehicles[0].window == Window(25200, LARGEST)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_template_with_its_example_is_a_problem(language: Any) -> None:
    for content in (template_xlsx(language), template_csv(language).encode()):
        problem = read_problem(content).problem
        assert len(problem.shipments) == len(problem.vehicles) == 1
        assert problem.vehicles[0].window == Window(25200, 72000)


def test_a_template_has_every_column_in_the_language_asked_for() -> None:
    book = openpyxl.load_workbook(io.BytesIO(template_xlsx("zh")))
    assert book.sheetnames == ["订单", "车辆", "说明"]
    for title, columns in (("订单", ORDERS), ("车辆", VEHICLES)):
        assert [cell.value for cell in book[title][1]] == [column.zh for column in columns]
    assert book["说明"].max_row == 1 + len(ORDERS) + len(VEHICLES)


def test_vehicles_may_stand_in_a_file_of_their_own_and_text_in_chinas_encoding() -> None:
    orders = csv_text([{"订单号": "甲", "卸货地": "上海"}]).encode("gb18030")
    with pytest.raises(BadFormat, match="there are orders but no vehicles"):
        read_problem(orders)
    result = read_problem(orders, vehicles="车辆;出发地\n沪A;上海\n".encode())
    assert (result.problem.jobs[0].id, result.problem.vehicles[0].id) == ("甲", "沪A")
    with pytest.raises(BadFormat, match="this file is none"):
        read_problem(b"{}", vehicles=b"vehicle,start\nT,\n")
    with pytest.raises(BadFormat, match=r"neither \.xlsx nor CSV"):
        read_problem(orders, vehicles=b"hello")


@pytest.mark.parametrize(
    ("change", "truck", "message"),
    [
        ({"order": ""}, {}, "line 2, column order is empty"),
        ({"pickup": "Atlantis"}, {}, 'line 2, column pickup: must be a city of the trunk network or "latitude'),
        ({"pickup": "131.2, 121.5"}, {}, "line 2, column pickup: must be latitude, longitude within ±90, ±180"),
        ({"pickup": "", "delivery": ""}, {}, "line 2: neither pickup nor delivery names a place"),
        ({"pickup": "", "pickup_min": 5}, {}, "line 2, column pickup: a place is missing; there are times for it"),
        ({"pickup_from": "noon"}, {},
         "column pickup_from: must be a time such as 2026-12-01 08:00 or 08:00, not 'noon'"),
        ({"pickup_from": "2026-13-01 08:00"}, {}, "line 2, column pickup_from: must be a time"),
        ({"pickup_from": "25:00"}, {}, "line 2, column pickup_from: must be a time"),
        ({"pickup_from": "2026-12-01"}, {}, "line 2, column pickup_from: must be a time"),
        ({"pickup_from": "10:00", "pickup_to": "09:00"}, {},
         "line 2, column pickup_to: must not be before pickup_from (10:00)"),
        ({"pickup_from": "2026-12-01 08:00", "delivery_to": "2026-12-02 08:00"}, {"from": "08:00"},
         "line 5, column from: must have a date, since the file is about several days"),
        ({"weight_kg": "heavy"}, {}, "must be a number that is not negative, with up to 3 decimals, not 'heavy'"),
        ({"weight_kg": "24,5"}, {}, "with up to 3 decimals, not '24,5'"),
        ({"weight_kg": "-1"}, {}, "line 2, column weight_kg: must be a number that is not negative"),
        ({"weight_kg": "1.2345"}, {}, "with up to 3 decimals, not '1.2345'"),
        ({"weight_kg": "nan"}, {}, "line 2, column weight_kg: must be a number"),
        ({"pickup_min": "2.5"}, {}, "line 2, column pickup_min: must be a whole number that is not negative"),
        ({"priority": "101"}, {}, "line 2, column priority: must be a whole number from 0 to 100, not '101'"),
        ({}, {"cost_per_km": "1.234"},
         "line 5, column cost_per_km: must be a number that is not negative, with up to 2"),
        ({}, {"vehicle": ""}, "line 5, column vehicle is empty"),
        ({"colour": "red"}, {}, "line 1: 'colour' is not a known column"),
        ({"pick up": "x"}, {}, "line 1: the column pickup appears twice"),
        ({"piority": 1}, {}, "line 1: 'piority' is not a known column; did you mean priority?"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_row_and_column(
    change: dict[str, Any], truck: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadFormat) as caught:
        read_problem(csv_text([{**ORDER, **change}], [{**TRUCK, **truck}]))
    assert message in str(caught.value)


def test_a_workbook_names_the_sheet_and_the_letter_of_the_column_and_several_faults_at_once() -> None:
    orders = [["order", "delivery", "weight_kg"], ["A", "Atlantis", 1], ["B", "上海", "x"], ["A", "上海", 1]]
    with pytest.raises(BadFormat) as caught:
        read_problem(workbook(orders=orders, vehicles=[["vehicle"], ["T"]]))
    assert str(caught.value) == (
        'sheet orders, row 2, column delivery (B): must be a city of the trunk network or "latitude, longitude", '
        "not 'Atlantis'; "
        "sheet orders, row 3, column weight_kg (C): must be a number that is not negative, with up to 3 decimals, "
        "not 'x'; "
        "sheet orders, row 4, column order (A): 'A' stands already in sheet orders, row 2"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (workbook(orders=[["order", "delivery"], ["A", "上海"]]),
         "the workbook has no sheet vehicles (车辆), only orders"),
        (workbook(orders=[], vehicles=[["vehicle"]]), "sheet orders is empty; its first row names the columns"),
        (workbook(orders=[["order"], ["A", "lost"]], vehicles=[["vehicle"]]),
         "sheet orders, row 2, column (B): there is no heading above 'lost'"),
        (workbook(orders=[["order", "delivery"], ["A", "=B9"]], vehicles=[["vehicle"]]),
         "sheet orders, row 2, column B: the formula has no value yet"),
        (workbook(orders=[["order", "delivery"]], vehicles=[["vehicle"], ["T"]])[:-30], "not a workbook"),
        (b"PK\x03\x04 and no more", "not a workbook (.xlsx) that can be read"),
    ],
)  # fmt: skip
def test_a_workbook_that_cannot_be_read_says_why(content: bytes, message: str) -> None:
    with pytest.raises(BadFormat) as caught:
        read_problem(content)
    assert message in str(caught.value)


def test_an_open_quotation_mark_is_named() -> None:
    with pytest.raises(BadFormat, match="not valid CSV"):
        read_problem('order,delivery\nA,"Shanghai\n')


NAMES = st.text("ABC-1甲乙 .\"',", min_size=1, max_size=5).map(str.strip).filter(bool)
DECIMALS = st.integers(0, 10**7).map(lambda n: n / 1000)
CLOCKS = st.integers(0, 86399).map(lambda s: f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}")
POSITIONS = st.tuples(st.integers(-9000, 9000), st.integers(-18000, 18000)).map(
    lambda p: (p[0] / 100, p[1] / 100)
)


@st.composite
def orders(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows = []
    for name in draw(st.lists(NAMES, min_size=1, max_size=4, unique=True)):
        first, last = sorted((draw(CLOCKS), draw(CLOCKS)))
        rows.append(
            {
                "order": name, "pickup": draw(POSITIONS), "delivery": draw(POSITIONS), "pickup_from": first,
                "pickup_to": last, "delivery_min": draw(st.integers(0, 999)), "weight_kg": draw(DECIMALS),
                "volume_m3": draw(DECIMALS), "priority": draw(st.integers(0, 100)), "note": draw(NAMES),
            }
        )  # fmt: skip
    return rows


def _seconds(clock: str) -> int:
    hours, minutes, seconds = map(int, clock.split(":"))
    return hours * 3600 + minutes * 60 + seconds


@given(orders())
@settings(max_examples=100, deadline=None)
def test_what_is_written_as_csv_or_workbook_reads_back(rows: list[dict[str, Any]]) -> None:
    written = [
        {**row, "pickup": "{}, {}".format(*row["pickup"]), "delivery": "{}; {}".format(*row["delivery"])}
        for row in rows
    ]
    headings = list(written[0])
    sheet = [headings, *([row[name] for name in headings] for row in written)]
    vehicles = [["vehicle"], ["T"]]
    for result in (
        read_problem(csv_text(written, [{"vehicle": "T", "start": ""}])),
        read_problem(workbook(orders=sheet, vehicles=vehicles)),
    ):
        assert isinstance(result.problem, Problem)
        for row, shipment in zip(rows, result.problem.shipments, strict=True):
            assert shipment.id == row["order"]
            for place, visit in ((row["pickup"], shipment.pickup), (row["delivery"], shipment.delivery)):
                assert result.legend.point(visit.location) == (place[1], place[0])
            assert shipment.pickup.windows == (
                Window(_seconds(row["pickup_from"]), _seconds(row["pickup_to"])),
            )
            assert shipment.delivery.service_s == row["delivery_min"] * 60
            assert result.legend.amounts(shipment.amount) == [row["weight_kg"], row["volume_m3"]]
            assert shipment.priority == row["priority"]
            assert result.legend.descriptions["pickup", row["order"]] == row["note"]


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_list_is_a_problem_or_a_named_fault(data: st.DataObject) -> None:
    text = template_csv(data.draw(st.sampled_from(["en", "zh"])))
    at = data.draw(st.integers(0, len(text)))
    insert = data.draw(st.text('0123456789.-,;: \n"x年', max_size=4))
    damaged = text[:at] + insert + text[at + data.draw(st.integers(0, 40)) :]
    try:
        assert isinstance(read_problem(damaged).problem, Problem)
    except BadFormat as error:
        assert str(error)


def test_a_workbook_is_read_as_far_as_a_list_can_be_wide_and_other_sheets_not_at_all() -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in (("orders", [ORDER]), ("vehicles", [TRUCK]), ("notes", [{}])):
        sheet = book.create_sheet(title)
        sheet.append(list(rows[0]))
        sheet.append(list(rows[0].values()))
        sheet.cell(row=2, column=16_384, value="far to the right")
    file = io.BytesIO()
    book.save(file)
    read = sheet_tables.workbook_tables(file.getvalue())
    assert [len(row.cells) for row in (*read.orders, *read.vehicles)] == [len(ORDER), len(TRUCK)]
    assert len(read_problem(file.getvalue()).problem.shipments) == 1
