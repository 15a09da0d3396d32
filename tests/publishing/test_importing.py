"""Files of offers: what can be stored is stored once, the rest comes back with its reasons and can be sent again."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from publishing_world import HERE, ZONE, FewRoads, People

from haoyun.platform.accounts.actor import Actor
from haoyun.platform.database import Databases
from haoyun.platform.jobs import Job, find_attached
from haoyun.platform.jobs.errors import JobRefused
from haoyun.platform.jobs.worker import JobContext
from haoyun.platform.market.errors import FieldErrors, NotAllowed
from haoyun.platform.market.store import (
    CapacityFilter,
    LoadFilter,
    add_vehicle,
    list_capacities,
    list_loads,
    matches_of_capacity,
    matches_of_load,
    post_capacity,
)
from haoyun.platform.market.tables import LOAD
from haoyun.platform.market.testing import NOW, capacity_draft, vehicle_draft
from haoyun.platform.market.values import Body
from haoyun.platform.publishing.chat.found import Kind
from haoyun.platform.publishing.importing import job as importing
from haoyun.platform.publishing.importing.columns import BadCell, find_column, starts
from haoyun.platform.publishing.importing.job import REPORT, Importer, enqueue_import
from haoyun.platform.publishing.importing.report import report_csv, report_xlsx, safe, template, unpack
from haoyun.platform.publishing.importing.rows import document_of_row
from haoyun.platform.publishing.importing.sheet import MAX_ROWS, read_sheet

LOCAL = NOW.astimezone(ZONE)
HEADER = re.split(" ", "货物名称 重量(吨) 起点 终点 提货开始 提货截止 送达开始 送达截止 价格(元) 车型 备注")


def at(hours: float) -> str:
    return (LOCAL + timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M")


def row(**changes: str) -> list[str]:
    values = {
        "goods": "钢卷", "weight": "28.5", "from": "地B", "to": "地D",
        "p1": at(0), "p2": at(8), "d1": at(4), "d2": at(30),
        "price": "12000", "body": "高栏/平板", "note": "",
    }  # fmt: skip
    return list({**values, **changes}.values())


def csv_of(rows: Sequence[Sequence[str]], encoding: str = "utf-8-sig", delimiter: str = ",") -> bytes:
    lines = [delimiter.join(cells) for cells in rows]
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


def send(stores: Databases, actor: Actor, content: bytes, kind: Kind = Kind.LOAD) -> Job:
    with stores.platform.begin() as db:
        return enqueue_import(db, actor, kind, content, "loads.csv", "zh", NOW)


def run(stores: Databases, job: Job, context: JobContext | None = None) -> dict[str, Any]:
    return Importer(stores, FewRoads, lambda: NOW, ZONE).run(job, context or JobContext())  # type: ignore[arg-type]


def report(stores: Databases, job: Job) -> tuple[list[str], list[Any]]:
    with stores.platform.begin() as db:
        content = find_attached(db, job.id, REPORT)
    assert content is not None
    return unpack(content)


def count(stores: Databases) -> int:
    with stores.platform.begin() as db:
        return db.scalar(sa.select(sa.func.count()).select_from(LOAD)) or 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_is_read_in_the_encodings_that_spreadsheets_write(encoding: str, delimiter: str) -> None:
    sheet = read_sheet(csv_of([HEADER, row()], encoding, delimiter), Kind.LOAD)
    assert [column.field for _, column, _ in sheet.columns][:3] == ["goods", "weight_kg", "origin"]
    assert sheet.rows[0][1][0] == "钢卷"


def test_three_bad_rows_come_back_with_reasons_and_the_others_are_stored_and_matched(
    stores: Databases, people: People
) -> None:
    with stores.platform.begin() as db:
        vehicle = add_vehicle(db, people.carrier, vehicle_draft(body=Body.STAKE), NOW)
        capacity = post_capacity(db, people.carrier, capacity_draft(vehicle.id), NOW, HERE)  # type: ignore[arg-type]
    bad = [row(weight="heavy"), row(to="Atlantis", p2=""), row(weight="101", p1="soon")]
    rows = [HEADER, row(), bad[0], row(), bad[1], *[row()] * 20, bad[2]]
    job = send(stores, people.shipper, csv_of(rows))
    result = run(stores, job)
    assert (result["rows"], result["imported"], result["failed"]) == (25, 22, 3)
    assert [(p["row"], sorted(p["errors"])) for p in result["problems"]] == [
        (3, ["weight_kg"]),
        (5, ["destination", "pickup.end"]),
        (26, ["pickup.start"]),
    ]
    with stores.platform.begin() as db:
        loads = list_loads(db, LoadFilter(mine=True), people.shipper).items
        assert len(loads) == 22 and {load.weight_kg for load in loads} == {28_500}
        assert (loads[0].price_fen, sorted(loads[0].body)) == (1_200_000, ["flatbed", "stake"])
        assert [m.capacity.id for m in matches_of_load(db, loads[0].id, people.shipper)] == [capacity.id]
    header, back = report(stores, job)
    text = report_csv(header, back, Kind.LOAD, "zh").decode("utf-8-sig")
    assert "重量 (kg): 应为数字" in text and "Atlantis" in text and "提货截止: 必填" in text
    assert "Weight (kg): must be a number" in report_csv(header, back, Kind.LOAD, "en").decode("utf-8-sig")


def test_the_report_corrected_is_a_file_that_is_taken(stores: Databases, people: People) -> None:
    job = send(stores, people.shipper, csv_of([HEADER, row(), row(to="Atlantis", note="=1+1")]))
    run(stores, job)
    header, back = report(stores, job)
    for make in (report_csv, report_xlsx):
        content = make(header, back, Kind.LOAD, "en")
        assert len(read_sheet(content, Kind.LOAD).rows) == 1
    corrected = report_csv(header, back, Kind.LOAD, "zh").replace(b"Atlantis", "地C".encode())
    again = send(stores, people.shipper, corrected)
    assert run(stores, again)["imported"] == 1
    with stores.platform.begin() as db:
        notes = {load.note for load in list_loads(db, LoadFilter(mine=True), people.shipper).items}
    assert notes == {"", "=1+1"}


def test_a_job_killed_between_two_chunks_stores_no_row_twice(
    stores: Databases, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHUNK", 4)
    job = send(stores, people.shipper, csv_of([HEADER, *[row()] * 10, row(weight="x")]))

    class Killed(RuntimeError):
        pass

    class Dying(JobContext):
        def report(self, fraction: float) -> None:
            if fraction > 0.2:  # two of three chunks are stored
                raise Killed

    with pytest.raises(Killed):
        run(stores, job, Dying())
    assert count(stores) == 8
    result = run(stores, job)
    assert (result["imported"], result["failed"], count(stores)) == (10, 1, 10)
    assert run(stores, job)["imported"] == 10 and count(stores) == 10


def test_capacities_are_imported_by_plate_and_each_vehicle_once(stores: Databases, people: People) -> None:
    with stores.platform.begin() as db:
        for plate in ("京A12345", "京A22222", "京A33333"):
            vehicle = add_vehicle(db, people.carrier, vehicle_draft(plate), NOW)
        post_capacity(db, people.carrier, capacity_draft(vehicle.id), NOW, HERE)
    header = ["Plate", "Stands in", "Ready from", "Ready until", "Cost per km (CNY)", "Serves around (km)"]
    rows = [
        [p, "A", at(1), at(40), "4.2", "450"]
        for p in ("京A 12345", "京a22222", "京A12345", "京A33333", "京A99999")
    ]
    job = send(stores, people.carrier, csv_of([header, *rows]), Kind.CAPACITY)
    result = run(stores, job)
    assert (result["imported"], result["failed"]) == (2, 3)
    rules = {p["row"]: p["errors"]["plate"][0] for p in result["problems"]}
    assert rules == {4: "row_same_vehicle", 5: "vehicle_offered", 6: "no_such_vehicle"}
    load = send(stores, people.shipper, csv_of([HEADER, row(body="")]))
    run(stores, load)
    with stores.platform.begin() as db:
        capacities = list_capacities(db, CapacityFilter(mine=True), people.carrier).items
        assert len(capacities) == 3 and all(matches_of_capacity(db, c.id, people.carrier) for c in capacities)


def workbook(rows: Sequence[Sequence[Any]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "remove_timezone": True})
    sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for i, cells in enumerate(rows):
        for j, cell in enumerate(cells):
            sheet.write(i, j, cell, day if isinstance(cell, datetime) else None)
    book.close()
    return out.getvalue()


def test_a_workbook_with_real_dates_and_numbers_is_read(stores: Databases, people: People) -> None:
    local = LOCAL.replace(tzinfo=None)
    cells = [
        "Steel",
        28,
        "A",
        "C",
        local,
        local + timedelta(hours=8),
        local,
        local + timedelta(hours=40),
        9800.5,
        "",
        "",
    ]
    result = run(stores, send(stores, people.shipper, workbook([HEADER, cells])))
    assert result["problems"] == []
    with stores.platform.begin() as db:
        (load,) = list_loads(db, LoadFilter(mine=True), people.shipper).items
    assert (load.weight_kg, load.price_fen, load.pickup.start) == (28_000, 980_050, NOW)


@pytest.mark.parametrize(
    ("cell", "instant"),
    [
        ("2026-11-28 08:00", "2026-11-28T08:00:00"),
        ("2026/11/28", "2026-11-28T00:00:00"),
        ("２０２６年１１月２８日", "2026-11-28T00:00:00"),
        ("2026-11-28T08:00:00Z", "2026-11-28T08:00:00+00:00"),
        (46354.5, "2026-11-28T12:00:00"),
        ("46354", "2026-11-28T00:00:00"),
        (datetime(2026, 11, 28, 8), "2026-11-28T08:00:00"),  # noqa: DTZ001
    ],
)
def test_dates_are_read_as_people_and_spreadsheets_write_them(cell: Any, instant: str) -> None:
    assert starts(cell) == instant


@pytest.mark.parametrize(("zone", "offset"), [("Asia/Shanghai", "+08:00"), ("Europe/Berlin", "+01:00")])
def test_a_time_without_a_zone_is_local_to_the_installation(zone: str, offset: str) -> None:
    columns = tuple(
        (i, *found)
        for i, name in enumerate(("提货开始", "提货截止"))
        if (found := find_column(Kind.LOAD, name)) is not None
    )
    cells = ("2026-11-28 08:00", "2026-11-28T18:00:00Z")
    document, errors = document_of_row(cells, columns, ZoneInfo(zone))
    assert not errors
    assert document["pickup"] == {"start": f"2026-11-28T08:00:00{offset}", "end": "2026-11-28T18:00:00+00:00"}


@pytest.mark.parametrize("cell", ["28", "tomorrow", "2026-13-01", 12, True, "-1"])
def test_what_is_no_date_is_not_guessed_at(cell: Any) -> None:
    with pytest.raises(BadCell):
        starts(cell)


@pytest.mark.parametrize(
    ("header", "field", "factor"),
    [
        ("重量（吨）", "weight_kg", 1000.0),
        ("Weight (kg)", "weight_kg", 1.0),
        ("weight", "weight_kg", 1.0),
        ("WEIGHT_KG", "weight_kg", 1.0),
        ("体积(方)", "volume_dm3", 1000.0),
        ("价格(万元)", "price_fen", 1_000_000.0),
        (" 提货 开始* ", "pickup.start", 1.0),
    ],
)
def test_columns_are_known_in_both_languages_and_their_units(header: str, field: str, factor: float) -> None:
    found = find_column(Kind.LOAD, header)
    assert found is not None and (found[0].field, found[1]) == (field, factor)


def test_a_unit_that_is_none_of_a_columns_is_not_guessed_at() -> None:
    assert find_column(Kind.LOAD, "Weight (stone)") is None


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "file_empty"),
        (csv_of([HEADER]), "file_empty"),
        (csv_of([HEADER[1:], row()[1:]]), "file_columns"),
        (csv_of([[*HEADER, "Colour"], [*row(), "red"]]), "file_unknown_columns"),
        (csv_of([[*HEADER, "Weight"], [*row(), "1"]]), "file_twice"),
        (b"PK\x03\x04 no archive", "file_kind"),
        (b"%PDF-1.7\0\0\0", "file_kind"),
        (b"\xff\xff\xff\xff", "file_text"),
        (csv_of([HEADER, *[row()] * (MAX_ROWS + 1)]), "file_rows"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_refused_with_the_rule(content: bytes, rule: str) -> None:
    with pytest.raises(FieldErrors) as caught:
        read_sheet(content, Kind.LOAD)
    assert caught.value.errors["file"][0] == rule
    assert all(caught.value.messages(language)["file"] for language in ("zh", "en"))


def test_a_file_is_sent_by_who_may_post_and_refused_if_that_ends(stores: Databases, people: People) -> None:
    with pytest.raises(NotAllowed):
        send(stores, people.carrier, csv_of([HEADER, row()]))
    job = send(stores, people.shipper, b"nonsense")
    with pytest.raises(JobRefused, match="缺少列"):
        run(stores, job)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_template_is_a_file_that_is_read(kind: Kind, language: str, form: str) -> None:
    assert len(read_sheet(template(kind, language, form), kind).rows) == 1


@settings(deadline=None)
@given(st.text(max_size=20))
def test_no_text_of_a_report_is_calculated_by_a_spreadsheet(text: str) -> None:
    shown = safe(text)
    assert shown in (text, f"'{text}")
    if shown[:1] in ("=", "+", "-", "@", "\t", "\r"):
        float(shown)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        read_sheet(content, Kind.LOAD)
    except FieldErrors as error:
        assert set(error.errors) == {"file"}
