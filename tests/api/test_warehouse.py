"""The warehouse over the API: labels, reports, custody, temperature, recall, gates."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from haoyun.rfid_ingest import decode_epc


@pytest.fixture
def order(shipper: Any, carrier: Any, deal: Any) -> dict[str, Any]:
    """The deal as an order under way."""
    made = shipper.post(f"/quotes/{deal.quote_id}/accept").json
    carrier.post(f"/orders/{made['id']}/confirm", {"vehicle_id": deal.vehicle_id})
    found: dict[str, Any] = shipper.get(f"/orders/{made['id']}").json
    return found


def test_a_repeated_request_numbers_no_second_pallet(shipper: Any) -> None:
    body = {"count": 2, "gtin": "09506000134352", "items": 24, "lot": "L7", "net_weight_kg": "812.5"}
    headers = {"Idempotency-Key": "batch-7"}
    first, again = (shipper.post("/labels", body, headers=headers) for _ in range(2))
    assert first.status_code == again.status_code == 201 and first.json == again.json
    assert shipper.post("/labels", {**body, "count": 3}, headers=headers).status_code == 422
    assert [run["id"] for run in shipper.get("/labels").json["items"]] == [first.json["id"]]
    link = first.json["labels"][0]["link"]
    assert link.endswith("?02=09506000134352&3101=008125&37=24&10=L7")


def test_labels_are_a_pdf_and_their_tags_a_csv(shipper: Any) -> None:
    run = shipper.post("/labels", {"count": 2}).json
    pdf = shipper.get(f"/labels/{run['id']}/print?format=a6")
    assert pdf.mimetype == "application/pdf" and pdf.data.startswith(b"%PDF")
    for scheme in ("sscc-96", "SSCC%2B"):
        rows = csv.DictReader(io.StringIO(shipper.get(f"/labels/{run['id']}/tags?scheme={scheme}").text))
        assert [decode_epc(row["epc_hex"]).dl_path[4:] for row in rows] == [
            one["sscc"] for one in run["labels"]
        ]
    assert shipper.get(f"/labels/{run['id']}/print?format=a3").status_code == 422


def test_what_gs1_forbids_names_its_field_in_the_callers_language(shipper: Any) -> None:
    body = {"count": 1, "gtin": "09506000134353", "items": 1}
    refused = shipper.post("/labels", body, headers={"Accept-Language": "zh"})
    assert (
        refused.status_code == 422 and refused.json["errors"]["gtin"] == "该 GTIN 的校验码应为 2，请检查数字"
    )


def test_pages_of_label_runs_follow_each_other(shipper: Any) -> None:
    made = [shipper.post("/labels", {"count": 1}).json["id"] for _ in range(3)]
    first = shipper.get("/labels?limit=2").json
    second = shipper.get(f"/labels?limit=2&before={first['next']}").json
    assert [run["id"] for run in first["items"] + second["items"]] == made[::-1]
    assert second["next"] is None


def test_a_consignment_is_told_by_reports_and_its_custody_by_both_sides(
    shipper: Any, carrier: Any, stranger: Any, supervisor: Any, order: dict[str, Any]
) -> None:
    units, path = order["consignment"]["units"], f"/orders/{order['order']['id']}/custody"
    at = datetime.now(UTC) - timedelta(minutes=20)
    packed = {"step": "pack", "objects": ["(01)09506000134352(10)L7(37)24"], "parent": units[0]}
    assert shipper.post("/handling", {**packed, "at": at.isoformat()}).status_code == 201
    loaded = shipper.post("/handling", {"step": "load", "objects": units, "at": at.isoformat()})
    assert loaded.json["tracking_numbers"] == [order["consignment"]["tracking_number"]]
    assert loaded.json["milestones"] == 1
    told = stranger.post("/handling", {"step": "receive", "objects": units})
    assert (told.json["tracking_numbers"], told.json["milestones"]) == ([], 0)
    report = carrier.get(path).json
    assert [one["document"]["bizStep"] for one in report["evidence"]] == ["packing", "loading"]
    assert [(one["holder"], one["organization"]["name_en"]) for one in report["held"]] == [
        ("shipper", "shipper Ltd"), ("carrier", "carrier Ltd"),
    ]  # fmt: skip
    assert report["held"][1]["by"]["code"] == "LOAD" and report["gaps"] == []
    assert supervisor.get(path).status_code == 200 and stranger.get(path).status_code == 404
    things = shipper.get("/recall?what=(01)09506000134352(10)L7").json["things"]
    assert [one["uri"] for one in things] == [
        "https://id.gs1.org/01/09506000134352/10/L7", f"https://id.gs1.org{_path(units[0])}",
    ]  # fmt: skip
    assert len(stranger.get("/recall?what=(01)09506000134352(10)L7").json["things"]) == 1
    table = shipper.get("/recall?what=(01)09506000134352(10)L7&output=csv")
    assert table.mimetype == "text/csv" and "L7,affected,0" in table.text


def _path(uri: str) -> str:
    from haoyun.rfid_ingest.epcis.identity import index_key

    return index_key(uri)


def test_what_cannot_be_read_is_refused_at_its_field(shipper: Any) -> None:
    refused = shipper.post("/handling", {"step": "gate_out", "objects": ["CSQU3054384"]})
    assert refused.status_code == 422 and "is 3, not 4" in refused.json["errors"]["objects"]
    assert shipper.post("/handling", {"step": "fly", "objects": ["x"]}).status_code == 422


def test_a_loggers_file_is_stored_for_the_order(carrier: Any, stranger: Any, order: dict[str, Any]) -> None:
    path = f"/orders/{order['order']['id']}/temperature?device=LOG-7"
    content = b"time,temperature\n2026-03-02 08:00:00,4.5\n2026-03-02 08:10:00,5\n"
    stored = carrier.call("POST", path, data=content, content_type="text/csv")
    assert stored.status_code == 201
    assert (stored.json["readings"], stored.json["coldest_c"], stored.json["excursions"]) == (2, 4.5, [])
    assert stranger.call("POST", path, data=content).status_code == 404
    wrong = carrier.call("POST", path, data=b"time,temperature\nnoon,4\n")
    assert wrong.status_code == 422 and "line 2" in wrong.json["errors"]["file"]


def test_gates_are_the_owners(operator: Any, shipper: Any) -> None:
    operator.post("/devices", {"name": "gate-reader-1", "kind": "reader"})
    assert [one["reader"] for one in operator.get("/gates").json["items"]] == ["gate-reader-1"]
    assert shipper.get("/gates").json["items"] == []
